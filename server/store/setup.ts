import { like, sql } from "drizzle-orm";
import type { Queryable } from "./database.ts";
import { settings } from "./schema.ts";

const PREFIX = "setup_code_hash/";

/** Keeps the hash of the code that this node printed; any node of the database accepts any of them. */
export async function storeSetupCodeHash(
  db: Queryable,
  nodeId: string,
  hash: Uint8Array,
): Promise<void> {
  const value = Buffer.from(hash).toString("hex");
  await db
    .insert(settings)
    .values({ key: PREFIX + nodeId, value })
    .onConflictDoUpdate({ target: settings.key, set: { value, updatedAt: sql`now()` } });
}

export async function listSetupCodeHashes(db: Queryable): Promise<Uint8Array[]> {
  const rows = await db
    .select({ value: settings.value })
    .from(settings)
    .where(like(settings.key, `${PREFIX}%`));
  return rows.map((row) => Buffer.from(String(row.value), "hex"));
}

/** After setup no code is good any more. */
export async function deleteSetupCodeHashes(tx: Queryable): Promise<void> {
  await tx.delete(settings).where(like(settings.key, `${PREFIX}%`));
}
