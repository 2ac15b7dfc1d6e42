import { and, asc, desc, eq, isNull, ne } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Queryable } from "./database.ts";
import { domains, links, localAddresses } from "./schema.ts";
import { certificates, certificateUses } from "./schema-certificates.ts";

export type CertificateRow = typeof certificates.$inferSelect;
export type NewCertificate = typeof certificates.$inferInsert;
export type CertificateUseRow = typeof certificateUses.$inferSelect;

/** What a certificate is used for: this appliance's HTTPS, or the XMPP streams of one of our names. */
export type CertificateUse =
  | { readonly use: "https"; readonly name: null }
  | { readonly use: "xmpp"; readonly name: string };

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
  return db
    .select()
    .from(certificateUses)
    .orderBy(asc(certificateUses.use), asc(certificateUses.name));
}

/** The certificate that HTTPS serves now. */
export async function findHttpsCertificate(db: Queryable): Promise<CertificateRow | null> {
  const [row] = await db
    .select({ certificate: certificates })
    .from(certificateUses)
    .innerJoin(certificates, eq(certificates.id, certificateUses.certificateId))
    .where(eq(certificateUses.use, "https"));
  return row?.certificate ?? null;
}

/** The certificate of each name that has one, the name that we have longest first. */
export function listXmppCertificates(
  db: Queryable,
): Promise<{ name: string; certificate: CertificateRow }[]> {
  return db
    .select({ name: localAddresses.name, certificate: certificates })
    .from(certificateUses)
    .innerJoin(localAddresses, eq(localAddresses.name, certificateUses.name))
    .innerJoin(links, eq(links.id, localAddresses.linkId))
    .innerJoin(certificates, eq(certificates.id, certificateUses.certificateId))
    .where(and(eq(certificateUses.use, "xmpp"), isOurs))
    .orderBy(asc(links.createdAt), asc(localAddresses.name));
}

/** Puts `id` to a use; the one before is kept as previous. Says which that was, or null. */
export async function activateCertificate(
  tx: Queryable,
  { use, name }: CertificateUse,
  id: string,
  by: string,
): Promise<{ previousId: string | null; isChanged: boolean }> {
  const values = { certificateId: id, activatedAt: new Date(), activatedBy: by };
  const [first] = await tx
    .insert(certificateUses)
    .values({ use, name, ...values })
    .onConflictDoNothing()
    .returning();
  if (first !== undefined) return { previousId: null, isChanged: true };
  const isIt = and(
    eq(certificateUses.use, use),
    name === null ? isNull(certificateUses.name) : eq(certificateUses.name, name),
  );
  const [current] = await tx.select().from(certificateUses).where(isIt).for("update");
  const previousId = current?.certificateId ?? null;
  if (previousId === id) return { previousId, isChanged: false };
  await tx
    .update(certificateUses)
    .set({ ...values, previousCertificateId: previousId })
    .where(isIt);
  return { previousId, isChanged: true };
}

/** The XMPP server behind a component link federates its names, and has certificates of its own. */
const isOurs = ne(links.kind, "component");

/** A name that certificates are held against. */
export interface ServedName {
  readonly name: string;
  /** What its XMPP streams show, and what they showed before; null: its streams are not ours. */
  readonly xmpp: NameUse | null;
}

export interface NameUse {
  readonly active: UsedCertificate | null;
  readonly previous: UsedCertificate | null;
}
export type UsedCertificate = Pick<CertificateRow, "id" | "label" | "notAfter">;

/** Each domain that we serve with its `wave.` name, then our other names; canonical. */
export async function listServedNames(db: Queryable): Promise<ServedName[]> {
  const rows = await db.select({ domain: domains.domain }).from(domains).orderBy(domains.domain);
  const federated = await listFederatedNames(db);
  const uses = new Map(federated.map(({ name, ...use }) => [name, use]));
  const names = new Set([
    ...rows.flatMap(({ domain }) => [domain, `wave.${domain}`]),
    ...uses.keys(),
  ]);
  return [...names].map((name) => ({ name, xmpp: uses.get(name) ?? null }));
}

/** The names whose streams are ours, with their certificates. */
export function listFederatedNames(db: Queryable): Promise<({ name: string } & NameUse)[]> {
  const before = alias(certificates, "before");
  return db
    .select({
      name: localAddresses.name,
      active: { id: certificates.id, label: certificates.label, notAfter: certificates.notAfter },
      previous: { id: before.id, label: before.label, notAfter: before.notAfter },
    })
    .from(localAddresses)
    .innerJoin(links, eq(links.id, localAddresses.linkId))
    .leftJoin(
      certificateUses,
      and(eq(certificateUses.name, localAddresses.name), eq(certificateUses.use, "xmpp")),
    )
    .leftJoin(certificates, eq(certificates.id, certificateUses.certificateId))
    .leftJoin(before, eq(before.id, certificateUses.previousCertificateId))
    .where(isOurs)
    .orderBy(asc(localAddresses.name));
}

/** Keeps a name that we federate from going until the transaction ends; false when it is none of them. */
export async function lockFederatedName(tx: Queryable, name: string): Promise<boolean> {
  const rows = await tx
    .select({ name: localAddresses.name })
    .from(localAddresses)
    .innerJoin(links, eq(links.id, localAddresses.linkId))
    .where(and(eq(localAddresses.name, name), isOurs))
    .for("share", { of: localAddresses });
  return rows.length > 0;
}
