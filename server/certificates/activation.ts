import type { Primitives } from "#protocol/primitives.ts";
import {
  activateCertificate,
  type CertificateRow,
  type CertificateUse,
  lockCertificate,
  lockFederatedName,
} from "#store/certificates.ts";
import type { Queryable } from "#store/database.ts";
import { matchIdentity } from "./identity.ts";
import { readStoredChain, type Recorder } from "./stored.ts";

export type ActivationProblem =
  | { readonly code: "resource.not_found" }
  | { readonly code: "certificate.unusable"; readonly reason: "expired" | "key" }
  /** It is none of the names that we federate ourselves, or the certificate does not cover it. */
  | {
      readonly code: "certificate.name_refused";
      readonly name: string;
      readonly reason: "not_ours" | "not_covered";
    };

/**
 * Puts a certificate, whose dates and key are in order, to all these uses or to none; null when it is done. A
 * name that its streams could not prove is refused: other servers would turn them away (RFC 6120 §13.7.2).
 */
export async function putToUse(
  tx: Queryable,
  row: CertificateRow,
  uses: readonly CertificateUse[],
  { by, primitives, record }: { by: string; primitives: Primitives; record: Recorder },
): Promise<ActivationProblem | null> {
  if (!(await lockCertificate(tx, row.id))) return { code: "resource.not_found" };
  const chain = readStoredChain(row);
  const presented = chain.ok ? chain.value[0].names : [];
  // In one order, so that two of these never wait for each other.
  const sorted = uses.toSorted((a, b) => ((a.name ?? "") < (b.name ?? "") ? -1 : 1));
  for (const { name } of sorted) {
    if (name === null) continue;
    const reason = !(await lockFederatedName(tx, name))
      ? "not_ours"
      : matchIdentity(presented, name, primitives) === null
        ? "not_covered"
        : null;
    if (reason !== null) return { code: "certificate.name_refused", name, reason };
  }
  for (const use of sorted) {
    const { previousId, isChanged } = await activateCertificate(tx, use, row.id, by);
    if (!isChanged) continue;
    await record(tx, {
      action: "activate",
      resourceId: row.id,
      before: { ...shown(use), certificateId: previousId },
      after: { ...shown(use), certificateId: row.id, label: row.label || (row.names[0] ?? "") },
    });
  }
  return null;
}

/** A use as the audit log keeps it. */
function shown({ use, name }: CertificateUse) {
  return name === null ? { use } : { use, name };
}
