import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import type {
  CertificateCheck,
  NameCoverage,
  NameUse as NameUseAnswer,
} from "#contract/certificates.ts";
import type { Finding } from "#contract/traces.ts";
import type { NameUse, ServedName, UsedCertificate } from "#store/certificates.ts";
import { printable } from "#protocol/printable.ts";
import type { Assembly, JudgingContext } from "./assemble.ts";
import { datesFinding } from "./expiry.ts";
import { matchIdentity, showNameMatch } from "./identity.ts";
import { findingOf } from "./judge.ts";
import { exportKey, type PrivateKey } from "./keys.ts";
import { validatePath, type PathOutcome } from "./path.ts";
import { openWithNode, titleOf, toPem, type Certificate } from "./x509.ts";

export interface CheckContext extends JudgingContext {
  readonly names: readonly ServedName[];
  /** The host that browsers use for the dashboard, or null when it is not known. */
  readonly publicHost: string | null;
}

/** Every check of an upload, in the order of the list on the page; one that failed forbids saving. */
export function checkUpload(
  assembly: Assembly,
  upload: {
    readonly faults: readonly Finding[];
    readonly keys: readonly { readonly key: PrivateKey }[];
  },
  context: CheckContext,
): CertificateCheck[] {
  const { leaf, key, path, chain } = assembly;
  const checks: CertificateCheck[] = upload.faults.map((message) => ({
    code: "upload",
    status: message.severity === "error" ? "failed" : "warning",
    message,
  }));
  if (leaf === null || path === null)
    return [
      ...checks,
      { code: "key", status: "failed", message: finding("cert.leaf_missing", {}) },
    ];
  if (checks.length === 0) checks.push(fine("upload"));
  return [
    ...checks,
    checkKey(
      leaf,
      key,
      upload.keys.map((one) => one.key),
    ),
    ...checkChain(leaf, path, chain, key, context),
  ];
}

/** The checks of a certificate that is saved: its key was proved then. */
export function checkStored(
  chain: readonly [Certificate, ...Certificate[]],
  context: CheckContext,
): CertificateCheck[] {
  const path = validatePath(chain, context.trust, context.now, context.primitives);
  return checkChain(chain[0], path, chain, null, context);
}

/**
 * Each name that we serve, the presented name that covers it, and what its XMPP streams show. Of a certificate
 * that cannot be read (null) nothing covers anything.
 */
export function coverageOf(leaf: Certificate | null, context: CheckContext): NameCoverage[] {
  return context.names.map(({ name, xmpp }) => {
    const match = matchIdentity(leaf?.names ?? [], name, context.primitives);
    return {
      name,
      isCovered: match !== null,
      by: match === null ? null : showNameMatch(match),
      xmpp: xmpp === null ? null : showUse(xmpp),
    };
  });
}

/** The use of a name as the API shows it. */
export function showUse({ active, previous }: NameUse): NameUseAnswer {
  const show = (one: UsedCertificate | null) =>
    one === null ? null : { ...one, notAfter: one.notAfter.toISOString() };
  return { active: show(active), previous: show(previous) };
}

/** Whether a browser accepts the certificate for `host`: names and addresses, never the common name. */
export function coversHost(leaf: Certificate, host: string): boolean {
  const opened = openWithNode(leaf);
  if (opened === null) return false;
  return isIP(host) === 0
    ? opened.checkHost(host, { subject: "never", partialWildcards: false }) !== undefined
    : opened.checkIP(host) !== undefined;
}

function checkKey(
  leaf: Certificate,
  key: PrivateKey | null,
  uploaded: readonly PrivateKey[],
): CertificateCheck {
  const subject = titleOf(leaf);
  if (key !== null) return fine("key");
  const message =
    uploaded.length === 0
      ? finding("cert.key_missing", { subject })
      : finding("cert.key_mismatch", {
          subject,
          algorithm: keyTitle(leaf),
          keys: uploaded.map((one) => one.description),
        });
  return { code: "key", status: "failed", message };
}

function checkChain(
  leaf: Certificate,
  path: PathOutcome,
  chain: readonly Certificate[],
  key: PrivateKey | null,
  context: CheckContext,
): CertificateCheck[] {
  return [
    ...chainChecks(leaf, path, context.now),
    datesCheck(leaf, context.now),
    namesCheck(leaf, context),
    ...hostCheck(leaf, context.publicHost),
    ...usageChecks(leaf),
    ...strengthChecks(leaf, path, chain, key, context.now),
    ...waveChecks(leaf),
  ];
}

/** Faults of the path that are not of the leaf's own dates or strength: those have lines of their own. */
function chainChecks(leaf: Certificate, path: PathOutcome, now: Date): CertificateCheck[] {
  const found = path.faults
    .filter(
      (fault) => fault.certificate !== leaf || !["expired", "not_yet", "weak"].includes(fault.kind),
    )
    .map((fault): CertificateCheck => ({
      code: "chain",
      status: "warning",
      message: findingOf(fault, titleOf(leaf), "us", now),
    }));
  return found.length > 0 ? found : [fine("chain")];
}

function datesCheck(leaf: Certificate, now: Date): CertificateCheck {
  const subject = titleOf(leaf);
  const { notBefore, notAfter } = leaf;
  const message = datesFinding({ domain: subject, subject, notBefore, notAfter, now, owner: "us" });
  if (message === null) return fine("dates");
  return { code: "dates", status: message.code === "cert.expired" ? "failed" : "warning", message };
}

function namesCheck(leaf: Certificate, context: CheckContext): CertificateCheck {
  const coverage = coverageOf(leaf, context);
  if (coverage.length === 0)
    return { code: "names", status: "info", message: finding("cert.no_domains", {}, "info") };
  const missing = coverage.filter((one) => !one.isCovered).map((one) => one.name);
  if (missing.length === 0) return fine("names");
  const total = coverage.length;
  const covered = total - missing.length;
  const params = { subject: titleOf(leaf), missing: missing.slice(0, 20), covered, total };
  return { code: "names", status: "warning", message: finding("cert.names", params, "warning") };
}

function hostCheck(leaf: Certificate, host: string | null): CertificateCheck[] {
  if (host === null) return [];
  if (coversHost(leaf, host)) return [fine("host")];
  const message = finding("cert.host", { subject: titleOf(leaf), host }, "warning");
  return [{ code: "host", status: "warning", message }];
}

function usageChecks(leaf: Certificate): CertificateCheck[] {
  const uses = leaf.extendedKeyUsage;
  const allows = (use: string) => uses === null || uses.includes(use) || uses.includes("any");
  const params = { subject: titleOf(leaf), uses: [...(uses ?? [])].slice(0, 10) };
  return [
    allows("serverAuth")
      ? fine("server_use")
      : {
          code: "server_use",
          status: "warning",
          message: finding("cert.no_server_eku", params, "warning"),
        },
    allows("clientAuth")
      ? fine("client_use")
      : {
          code: "client_use",
          status: "info",
          message: finding("cert.no_client_eku", params, "info"),
        },
  ];
}

function strengthChecks(
  leaf: Certificate,
  path: PathOutcome,
  chain: readonly Certificate[],
  key: PrivateKey | null,
  now: Date,
): CertificateCheck[] {
  const weak = path.faults
    .filter((fault) => fault.kind === "weak" && fault.certificate === leaf)
    .map((fault): CertificateCheck => {
      const message = findingOf(fault, titleOf(leaf), "us", now);
      return {
        code: "strength",
        status: message.severity === "error" ? "failed" : "warning",
        message,
      };
    });
  const isBroken = weak.some((check) => check.status === "failed");
  const refusal = key !== null && !isBroken ? refusalOfTls(chain, key) : null;
  if (refusal !== null) {
    const message = finding("cert.unusable", { subject: titleOf(leaf), detail: refusal });
    weak.push({ code: "strength", status: "failed", message });
  }
  return weak.length > 0 ? weak : [fine("strength")];
}

/** What OpenSSL says against serving it, or null: its own rules may be stricter than ours. */
function refusalOfTls(chain: readonly Certificate[], key: PrivateKey): string | null {
  const der = exportKey(key.object);
  try {
    createSecureContext({
      cert: chain.map((one) => toPem(one.der)).join(""),
      key: toPem(der, "PRIVATE KEY"),
    });
    return null;
  } catch (error) {
    return printable(error instanceof Error ? error.message : String(error));
  } finally {
    der.fill(0);
  }
}

/** Apache Wave signs with RSA and looks for the signer's domain in the common name first. */
function waveChecks(leaf: Certificate): CertificateCheck[] {
  const subject = titleOf(leaf);
  const found: CertificateCheck[] = [];
  const info = (message: Finding) => found.push({ code: "wave_signing", status: "info", message });
  if (leaf.subject.commonName === null) info(finding("wave.signer_cn", { subject }, "info"));
  if (leaf.key.family !== "rsa")
    info(finding("wave.signer_alg", { subject, algorithm: keyTitle(leaf) }, "info"));
  return found.length > 0 ? found : [fine("wave_signing")];
}

function keyTitle(leaf: Certificate): string {
  return leaf.key.family === "rsa" ? `${leaf.key.name} ${leaf.key.bits ?? ""}` : leaf.key.name;
}

function fine(code: CertificateCheck["code"]): CertificateCheck {
  return { code, status: "ok", message: null };
}

function finding(
  code: string,
  params: Finding["params"],
  severity: Finding["severity"] = "error",
): Finding {
  return { code, params, owner: "us", severity };
}
