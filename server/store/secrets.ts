import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { secrets } from "./schema.ts";
import type { Vault } from "./vault.ts";

/** A secret of 256 bits in hexadecimal that all appliances on this database share; made by the first that asks. */
export async function sharedSecret(db: Database, vault: Vault, name: "dialback"): Promise<string> {
  const context = `secrets/${name}`;
  const sealed = vault.seal(randomBytes(32).toString("hex"), context);
  await db.insert(secrets).values({ name, sealed }).onConflictDoNothing();
  const [row] = await db.select().from(secrets).where(eq(secrets.name, name));
  if (row === undefined) throw new Error(`the secret for ${name} is gone`);
  return new TextDecoder().decode(vault.open(row.sealed, context));
}
