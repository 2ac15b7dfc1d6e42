import type {
  Certificate as CertificateAnswer,
  CertificateCheck,
  CertificatePreview,
} from "#contract/certificates.ts";
import { fail, ok, type Result } from "#protocol/result.ts";
import type { CertificateRow, CertificateUse, CertificateUseRow } from "#store/certificates.ts";
import type { Queryable } from "#store/database.ts";
import type { Vault } from "#store/vault.ts";
import { createPrivateKey } from "node:crypto";
import { checkStored, coverageOf, type CheckContext } from "./checks.ts";
import { uploadFault } from "./import.ts";
import { splitPem } from "./pem.ts";
import {
  openWithNode,
  parseCertificate,
  summarize,
  toPem,
  type Certificate,
  type UnreadableCertificate,
} from "./x509.ts";

/** What a listener serves: PEM, the chain leaf first. */
export interface KeyPair {
  readonly id: string;
  readonly chainPem: string;
  readonly keyPem: string;
  readonly fingerprint: string;
}

/** The place that a key is sealed for: moved to another row, it does not open. */
export function sealContext(id: string): string {
  return `certificates/${id}/key`;
}

/** The chain of a row, leaf first. A row that somebody else wrote is told as damaged. */
export function readStoredChain(row: CertificateRow): Result<Chain, UnreadableCertificate> {
  const chain: Certificate[] = [];
  for (const { der } of splitPem(row.chainPem).blocks) {
    const parsed = parseCertificate(der ?? new Uint8Array());
    if (!parsed.ok) return parsed;
    chain.push(parsed.value);
  }
  const [leaf, ...others] = chain;
  if (leaf === undefined || leaf.fingerprint !== row.fingerprint)
    return fail({ code: "cert.unreadable", detail: "it is not the one that was saved" });
  return ok([leaf, ...others]);
}

type Chain = [Certificate, ...Certificate[]];

function damaged(row: CertificateRow, { code, detail }: UnreadableCertificate): CertificateCheck {
  const params = { file: row.label, label: "CERTIFICATE", detail };
  return { code: "upload", status: "failed", message: uploadFault(code, params) };
}

/** Opens the sealed key and proves that it belongs to the row's certificate; throws when it does not. */
export function openKeyPair(row: CertificateRow, vault: Vault): KeyPair {
  const chain = readStoredChain(row);
  if (!chain.ok) throw new Error(`certificate ${row.id}: ${chain.problem.detail}`);
  const [leaf] = chain.value;
  const opened = vault.open(row.keySealed, sealContext(row.id));
  const der = Buffer.from(opened.buffer, opened.byteOffset, opened.length);
  const object = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const keyPem = toPem(der, "PRIVATE KEY");
  der.fill(0);
  if (openWithNode(leaf)?.checkPrivateKey(object) !== true)
    throw new Error(`certificate ${row.id}: its key is another one's`);
  return { id: row.id, chainPem: row.chainPem, keyPem, fingerprint: leaf.fingerprint };
}

export function toPemChain(chain: readonly Certificate[]): string {
  return chain.map((one) => toPem(one.der)).join("");
}

/** Writes the audit entry, and tells who listens, within the change's own transaction. */
export type Recorder = (
  tx: Queryable,
  change: { action: string; resourceId: string; before?: unknown; after?: unknown },
) => Promise<void>;

/** The row as the API gives it: everything but the key. */
export function toAnswer(
  row: CertificateRow,
  uses: readonly CertificateUseRow[],
  context: CheckContext,
): CertificateAnswer {
  const stored = readStoredChain(row);
  const lifetimeMs = row.notAfter.getTime() - row.notBefore.getTime();
  const leftMs = row.notAfter.getTime() - context.now.getTime();
  return {
    id: row.id,
    label: row.label,
    chain: stored.ok ? stored.value.map(summarize) : [],
    names: row.names,
    notBefore: row.notBefore.toISOString(),
    notAfter: row.notAfter.toISOString(),
    lifeLeft: lifetimeMs > 0 ? Math.min(1, Math.max(0, leftMs / lifetimeMs)) : 0,
    checks: stored.ok ? checkStored(stored.value, context) : [damaged(row, stored.problem)],
    coverage: coverageOf(stored.ok ? stored.value[0] : null, context),
    uses: kindsOf(uses.filter((one) => one.certificateId === row.id)),
    canRollBackFor: kindsOf(uses.filter((one) => one.previousCertificateId === row.id)),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
  };
}

/** For what the certificate is active, in the order of the uses. */
export function usesOf(id: string, uses: readonly CertificateUseRow[]): CertificateUse[] {
  return uses.filter((one) => one.certificateId === id).map(toUse);
}

export function toUse({ use, name }: CertificateUseRow): CertificateUse {
  return use === "xmpp" && name !== null ? { use, name } : { use: "https", name: null };
}

function kindsOf(uses: readonly CertificateUseRow[]): CertificateUse["use"][] {
  return [...new Set(uses.map((one) => one.use))];
}

/** The row as the audit log keeps it. */
export function auditable(
  row: Pick<CertificateRow, "label" | "names" | "fingerprint" | "notAfter">,
) {
  return {
    label: row.label,
    names: row.names.slice(0, 100),
    fingerprint: row.fingerprint,
    notAfter: row.notAfter.toISOString(),
  };
}

/** What changes when `leaf` takes the place of `active`. */
export function compare(leaf: Certificate, active: CertificateRow): CertificatePreview["compared"] {
  const names = summarize(leaf).names;
  const stored = readStoredChain(active);
  return {
    id: active.id,
    label: active.label,
    isSame: active.fingerprint === leaf.fingerprint,
    namesLost: active.names.filter((name) => !names.includes(name)),
    namesGained: names.filter((name) => !active.names.includes(name)),
    notAfter: active.notAfter.toISOString(),
    issuer: stored.ok ? stored.value[0].issuer.text : "",
  };
}
