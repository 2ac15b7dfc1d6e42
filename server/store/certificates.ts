import { asc, desc, eq } from "drizzle-orm";
import type { Queryable } from "./database.ts";
import { domains } from "./schema.ts";
import { certificates, certificateUses } from "./schema-certificates.ts";

export type CertificateRow = typeof certificates.$inferSelect;
export type NewCertificate = typeof certificates.$inferInsert;
export type CertificateUseRow = typeof certificateUses.$inferSelect;
export type CertificateUse = CertificateUseRow["use"];

/** Newest first. */
export function listCertificates(db: Queryable): Promise<CertificateRow[]> {
  return db.select().from(certificates).orderBy(desc(certificates.createdAt), asc(certificates.id));
}

export async function findCertificate(db: Queryable, id: string): Promise<CertificateRow | null> {
  const [row] = await db.select().from(certificates).where(eq(certificates.id, id));
  return row ?? null;
}

/** Those with this leaf. */
export function findCertificatesByFingerprint(
  db: Queryable,
  fingerprint: string,
): Promise<CertificateRow[]> {
  return db.select().from(certificates).where(eq(certificates.fingerprint, fingerprint));
}

export async function insertCertificate(
  tx: Queryable,
  row: NewCertificate,
): Promise<CertificateRow> {
  const [inserted] = await tx.insert(certificates).values(row).returning();
  if (inserted === undefined) throw new Error("insert returned no row");
  return inserted;
}

export async function updateCertificateLabel(
  tx: Queryable,
  id: string,
  label: string,
): Promise<CertificateRow | null> {
  const [row] = await tx
    .update(certificates)
    .set({ label })
    .where(eq(certificates.id, id))
    .returning();
  return row ?? null;
}

/** Keeps a certificate from being deleted until the transaction ends; false when it is gone. */
export async function lockCertificate(tx: Queryable, id: string): Promise<boolean> {
  const rows = await tx
    .select({ id: certificates.id })
    .from(certificates)
    .where(eq(certificates.id, id))
    .for("share");
  return rows.length > 0;
}

/** Deletes it, and forgets it as the one to roll back to; not while it is in use. */
export async function deleteCertificate(
  tx: Queryable,
  id: string,
): Promise<CertificateRow | "not_found" | "in_use"> {
  const [row] = await tx.select().from(certificates).where(eq(certificates.id, id)).for("update");
  if (row === undefined) return "not_found";
  const uses = await tx.select().from(certificateUses).where(eq(certificateUses.certificateId, id));
  if (uses.length > 0) return "in_use";
  await tx
    .update(certificateUses)
    .set({ previousCertificateId: null })
    .where(eq(certificateUses.previousCertificateId, id));
  await tx.delete(certificates).where(eq(certificates.id, id));
  return row;
}

export function listCertificateUses(db: Queryable): Promise<CertificateUseRow[]> {
  return db.select().from(certificateUses);
}

/** The certificate that serves `use` now. */
export async function findActiveCertificate(
  db: Queryable,
  use: CertificateUse,
): Promise<CertificateRow | null> {
  const [row] = await db
    .select({ certificate: certificates })
    .from(certificateUses)
    .innerJoin(certificates, eq(certificates.id, certificateUses.certificateId))
    .where(eq(certificateUses.use, use));
  return row?.certificate ?? null;
}

/** Puts `id` to `use`; the one before is kept as previous. Says which that was, or null. */
export async function activateCertificate(
  tx: Queryable,
  use: CertificateUse,
  id: string,
  by: string,
): Promise<{ previousId: string | null; isChanged: boolean }> {
  const values = { certificateId: id, activatedAt: new Date(), activatedBy: by };
  const [first] = await tx
    .insert(certificateUses)
    .values({ use, ...values })
    .onConflictDoNothing()
    .returning();
  if (first !== undefined) return { previousId: null, isChanged: true };
  const [current] = await tx
    .select()
    .from(certificateUses)
    .where(eq(certificateUses.use, use))
    .for("update");
  const previousId = current?.certificateId ?? null;
  if (previousId === id) return { previousId, isChanged: false };
  await tx
    .update(certificateUses)
    .set({ ...values, previousCertificateId: previousId })
    .where(eq(certificateUses.use, use));
  return { previousId, isChanged: true };
}

/** Canonical names of the domains that we serve: what certificates are held against. */
export async function listServedDomains(db: Queryable): Promise<string[]> {
  const rows = await db.select({ domain: domains.domain }).from(domains).orderBy(domains.domain);
  return rows.map((row) => row.domain);
}
