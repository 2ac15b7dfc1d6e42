import { index, jsonb, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { at, bytea, key } from "./columns.ts";
import { localAddresses } from "./schema.ts";

export const certificates = pgTable("certificates", {
  id: key(),
  label: text("label").notNull(),
  names: jsonb("names").$type<string[]>().notNull(),
  fingerprint: text("fingerprint").notNull(),
  notBefore: at("not_before").notNull(),
  notAfter: at("not_after").notNull(),
  /** Leaf first, PEM. */
  chainPem: text("chain_pem").notNull(),
  /** PKCS#8 DER, sealed; the row's id is bound to it. */
  keySealed: bytea("key_sealed").notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
  createdBy: text("created_by").notNull(),
});

/**
 * Which certificate serves which use: `https` once, `xmpp` once per name that we federate ourselves, and gone
 * with the name. The one it replaced is kept for a roll-back.
 */
export const certificateUses = pgTable(
  "certificate_uses",
  {
    id: key(),
    use: text("use", { enum: ["https", "xmpp"] }).notNull(),
    /** Null for `https`. */
    name: text("name").references(() => localAddresses.name, { onDelete: "cascade" }),
    certificateId: uuid("certificate_id")
      .notNull()
      .references(() => certificates.id),
    previousCertificateId: uuid("previous_certificate_id").references(() => certificates.id),
    activatedAt: at("activated_at").notNull().defaultNow(),
    activatedBy: text("activated_by").notNull(),
  },
  (table) => [
    unique("certificate_uses_once").on(table.use, table.name).nullsNotDistinct(),
    index("certificate_uses_by_certificate").on(table.certificateId),
  ],
);
