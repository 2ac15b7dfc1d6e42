import type {
  Certificate as CertificateAnswer,
  CertificatePreview,
} from "#contract/certificates.ts";
import type { CertificateRow, CertificateUse, CertificateUseRow } from "#store/certificates.ts";
import type { Vault } from "#store/vault.ts";
import { createPrivateKey } from "node:crypto";
import { checkStored, coverageOf, type CheckContext } from "./checks.ts";
import { splitPem } from "./pem.ts";
import { openWithNode, parseCertificate, summarize, toPem, type Certificate } from "./x509.ts";

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

/** The chain of a row, leaf first. Throws on a row that we did not write. */
export function readStoredChain(row: CertificateRow): [Certificate, ...Certificate[]] {
  const [leaf, ...others] = splitPem(row.chainPem).blocks.map((block) => {
    const parsed = parseCertificate(block.der ?? new Uint8Array());
    if (!parsed.ok) throw new Error(`certificate ${row.id}: ${parsed.problem.detail}`);
    return parsed.value;
  });
  if (leaf === undefined || leaf.fingerprint !== row.fingerprint)
    throw new Error(`certificate ${row.id}: its chain is another one's`);
  return [leaf, ...others];
}

/** Opens the sealed key and proves that it belongs to the row's certificate; throws when it does not. */
export function openKeyPair(row: CertificateRow, vault: Vault): KeyPair {
  const [leaf] = readStoredChain(row);
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

/** The row as the API gives it: everything but the key. */
export function toAnswer(
  row: CertificateRow,
  uses: readonly CertificateUseRow[],
  context: CheckContext,
): CertificateAnswer {
  const chain = readStoredChain(row);
  const lifetimeMs = row.notAfter.getTime() - row.notBefore.getTime();
  const leftMs = row.notAfter.getTime() - context.now.getTime();
  return {
    id: row.id,
    label: row.label,
    chain: chain.map(summarize),
    names: row.names,
    notBefore: row.notBefore.toISOString(),
    notAfter: row.notAfter.toISOString(),
    lifeLeft: lifetimeMs > 0 ? Math.min(1, Math.max(0, leftMs / lifetimeMs)) : 0,
    checks: checkStored(chain, context),
    coverage: coverageOf(chain[0], context.domains, context.primitives),
    uses: usesOf(row.id, uses),
    canRollBackFor: uses
      .filter((one) => one.previousCertificateId === row.id)
      .map((one) => one.use),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
  };
}

export function usesOf(id: string, uses: readonly CertificateUseRow[]): CertificateUse[] {
  return uses.filter((one) => one.certificateId === id).map((one) => one.use);
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
  return {
    id: active.id,
    label: active.label,
    isSame: active.fingerprint === leaf.fingerprint,
    namesLost: active.names.filter((name) => !names.includes(name)),
    namesGained: names.filter((name) => !active.names.includes(name)),
    notAfter: active.notAfter.toISOString(),
    issuer: readStoredChain(active)[0].issuer.text,
  };
}
