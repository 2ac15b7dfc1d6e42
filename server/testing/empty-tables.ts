import type { PgTable } from "drizzle-orm/pg-core";
import type { Database } from "#store/database.ts";

/** What the test before has under way may be written meanwhile: the database then ends one of the two (a deadlock). */
export async function emptyTables(
  db: Database,
  tables: readonly PgTable[],
  tries = 5,
): Promise<void> {
  try {
    for (const table of tables) await db.delete(table);
  } catch (error) {
    if (tries === 1) throw error;
    await emptyTables(db, tables, tries - 1);
  }
}
