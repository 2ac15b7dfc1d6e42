import { sql } from "drizzle-orm";
import { settings as settingsSchema, type Settings } from "#contract/settings.ts";
import type { Changes } from "./changes.ts";
import type { Queryable } from "./database.ts";
import { settings as table } from "./schema.ts";

/** All settings; a stored value that this version refuses counts as its default. */
export async function readSettings(db: Queryable): Promise<Settings> {
  const rows = await db.select({ key: table.key, value: table.value }).from(table);
  const stored = Object.fromEntries(rows.map((row) => [row.key, row.value]));
  const whole = settingsSchema.safeParse(stored);
  if (whole.success) return whole.data;
  const bad = new Set(whole.error.issues.map((issue) => String(issue.path[0])));
  return settingsSchema.parse(
    Object.fromEntries(Object.entries(stored).filter(([key]) => !bad.has(key))),
  );
}

export async function writeSettings(
  tx: Queryable,
  changes: Changes,
  values: Partial<Settings>,
): Promise<void> {
  for (const [key, given] of Object.entries(values)) {
    if (given === undefined) continue;
    // A port that is switched off is stored as JSON's null: the column takes no other.
    const value = given ?? sql`'null'::jsonb`;
    await tx
      .insert(table)
      .values({ key, value })
      .onConflictDoUpdate({ target: table.key, set: { value, updatedAt: new Date() } });
  }
  await changes.emit(tx, "settings");
}
