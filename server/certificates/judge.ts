import type { Finding, Owner, PresentedCertificate } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { printable } from "#protocol/printable.ts";
import { datesFinding } from "./expiry.ts";
import { showGeneralName, type GeneralName } from "./general-names.ts";
import { matchIdentity, showNameMatch } from "./identity.ts";
import { validatePath, type PathFault } from "./path.ts";
import { createTrustStore, type TrustStore } from "./trust.ts";
import { parseCertificate, summarize, titleOf, type Certificate } from "./x509.ts";

/** Judges the chain that a peer showed: see docs/certificates.md for what is checked and what is not. */
export interface CertificateJudge {
  /** Never rejects, never asks the network; what cannot be read becomes a finding. */
  readonly judge: (input: JudgeInput) => Promise<PresentedCertificate>;
}

export interface JudgeInput {
  /** DER as sent, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** The XMPP domain that was asked for, never the SRV target (RFC 6120 §13.7.2.1). */
  readonly reference: string;
  /** Other addresses that the certificate may stand for, tried in turn. */
  readonly alsoAccept?: readonly string[];
  readonly now: Date;
  /** Whose certificate it is; a peer's by default. */
  readonly owner?: Owner;
  /** PEM of anchors that were provisioned for this peer: the generic store is not used then (RFC 6120 §13.6). */
  readonly authorityPem?: string | null;
}

/** More than any server sends; the rest is not looked at. */
const maxChainLength = 20;
const maxShownNames = 20;

/**
 * `trusted`: the path ends in a trusted root and no date, key or constraint on it forbids its use; the
 * name is apart from that, in `nameMatch`. One finding per cause, the path's before the name's, so that
 * an expired certificate is still told to be self-signed, too.
 */
export function createCertificateJudge(deps: {
  trust: TrustStore;
  primitives: Primitives;
}): CertificateJudge {
  const { primitives } = deps;
  const provisioned = createProvisionedStores();

  function judge(input: JudgeInput): PresentedCertificate {
    const owner = input.owner ?? "peer";
    const { reference, now } = input;
    const authorityPem = input.authorityPem ?? null;
    const trust = authorityPem === null ? deps.trust : provisioned(authorityPem);
    const finding = (code: string, params: Finding["params"]): Finding => ({
      code,
      params: { domain: reference, ...params },
      owner,
      severity: "error",
    });
    const read = readChain(input.chain);
    const [leaf, ...others] = read.certificates;
    if (leaf === undefined || read.leafFault !== null)
      return {
        reference,
        chain: [],
        trusted: false,
        nameMatch: null,
        findings: [
          finding("cert.invalid", {
            subject: null,
            reason: read.leafFault === null ? "absent" : "unreadable",
            detail: read.leafFault,
          }),
        ],
      };
    const outcome = validatePath([leaf, ...others], trust, now, primitives);
    const match = [reference, ...(input.alsoAccept ?? [])]
      .map((name) => matchIdentity(leaf.names, name, primitives))
      .find((found) => found !== null);
    const findings = outcome.faults.map((fault) =>
      authorityPem !== null && isElsewhere(fault)
        ? finding("cert.other_ca", {
            subject: titleOf(fault.certificate),
            issuer: issuerTitle(fault.certificate),
            authorities: trust.anchors().slice(0, maxShownNames).map(titleOf),
          })
        : findingOf(fault, reference, owner, now),
    );
    if (match === undefined) findings.push(finding("cert.name", namesOf(leaf.names)));
    const { notBefore, notAfter } = leaf;
    const end = datesFinding({
      domain: reference,
      subject: titleOf(leaf),
      notBefore,
      notAfter,
      now,
      owner,
    });
    if (end?.code === "cert.expiring") findings.push({ ...end, severity: "warning" });
    return {
      reference,
      chain: read.certificates.map(summarize),
      trusted: outcome.isTrusted,
      nameMatch: match === undefined ? null : showNameMatch(match),
      findings,
    };
  }
  return { judge: async (input) => judge(input) };
}

/** The path ends outside the anchors: which of the reasons it is, a private set of anchors cannot tell. */
function isElsewhere({ kind }: PathFault): boolean {
  return kind === "untrusted_root" || kind === "missing_issuer" || kind === "self_signed";
}

const maxProvisioned = 500;

/** A store for each set of provisioned anchors, kept as long as it is among the last that were used. */
function createProvisionedStores(): (pem: string) => TrustStore {
  const stores = new Map<string, TrustStore>();
  return (pem) => {
    const store = stores.get(pem) ?? createTrustStore({ source: "none", extra: [pem] });
    stores.delete(pem);
    stores.set(pem, store);
    const [oldest] = stores.keys();
    if (stores.size > maxProvisioned && oldest !== undefined) stores.delete(oldest);
    return store;
  };
}

/** Certificates after an unreadable leaf mean nothing; an unreadable one further on is only left out. */
function readChain(chain: readonly Uint8Array[]): {
  certificates: Certificate[];
  leafFault: string | null;
} {
  const certificates: Certificate[] = [];
  for (const [index, der] of chain.slice(0, maxChainLength).entries()) {
    const parsed = parseCertificate(der);
    if (parsed.ok) certificates.push(parsed.value);
    else if (index === 0) return { certificates, leafFault: parsed.problem.detail };
  }
  return { certificates, leafFault: null };
}

function namesOf(names: readonly GeneralName[]): Finding["params"] {
  const usable = names.filter((name) => ["dns", "srv", "xmpp"].includes(name.kind));
  return { names: usable.slice(0, maxShownNames).map(showGeneralName), total: usable.length };
}

/** The catalogue's finding for one fault of a path, for `domain`. */
export function findingOf(fault: PathFault, domain: string, owner: Owner, now: Date): Finding {
  const { certificate } = fault;
  const subject = titleOf(certificate);
  const error = (code: string, params: Finding["params"]): Finding => ({
    code,
    params: { domain, subject, ...params },
    owner,
    severity: "error",
  });
  switch (fault.kind) {
    case "expired":
    case "not_yet": {
      const { notBefore, notAfter } = certificate;
      const found = datesFinding({ domain, subject, notBefore, notAfter, now, owner });
      return found ?? error("cert.invalid", { reason: "dates", detail: null });
    }
    case "self_signed":
      return error("cert.self_signed", { fingerprint: certificate.fingerprint });
    case "missing_issuer":
      return error("cert.chain", {
        cn: issuerTitle(certificate),
        aia:
          certificate.issuerUrls.length === 0
            ? null
            : certificate.issuerUrls.slice(0, 3).map((url) => printable(url)),
      });
    case "untrusted_root": {
      const isRootItself = certificate.subject.key === certificate.issuer.key;
      return error("cert.untrusted", {
        root: isRootItself ? subject : issuerTitle(certificate),
        fingerprint: isRootItself ? certificate.fingerprint : null,
      });
    }
    case "weak":
      return {
        ...error("cert.weak", {
          reason: fault.weakness.reason,
          algorithm: certificate.key.name,
          bits: certificate.key.bits,
          signature: certificate.signature.name,
        }),
        severity: fault.weakness.degree === "broken" ? "error" : "warning",
      };
    case "invalid":
      return error("cert.invalid", { reason: fault.reason, detail: printable(fault.detail) });
    case "too_complex":
      return error("cert.invalid", { reason: "too_complex", detail: null });
  }
}

function issuerTitle(certificate: Certificate): string {
  return printable(certificate.issuer.commonName ?? certificate.issuer.text);
}
