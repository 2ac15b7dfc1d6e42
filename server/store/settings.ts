import { z } from "zod";
import type { Changes } from "./changes.ts";
import type { Queryable } from "./database.ts";
import { settings as table } from "./schema.ts";

/** Every setting that is not for booting, with its default. */
export const settingsSchema = z.object({
  /** `trusted_only`: strangers' stanzas are refused. The block list counts in both. */
  federationMode: z.enum(["open", "trusted_only"]).default("open"),
  defaultReading: z.enum(["strict", "overview"]).default("overview"),
  /** Whether traces and checks may dial private, loopback and link-local addresses. */
  allowPrivateTargets: z.boolean().default(false),
  /** Ports beside 5269, 5270 and 1024-65535 that an SRV record may name. */
  extraSrvPorts: z.array(z.number().int().min(1).max(65_535)).max(50).default([]),
  /** Addresses of resolvers outside, asked by the self-test to see what the world sees. */
  outsideResolvers: z.array(z.string()).max(5).default(["1.1.1.1:53", "9.9.9.9:53"]),
  traceRetentionDays: z.number().int().min(1).max(3650).default(365),
  isStatusPublic: z.boolean().default(false),
  statusTitle: z.string().trim().min(1).max(80).default("Federation status"),
});
export type Settings = z.infer<typeof settingsSchema>;

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
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    await tx
      .insert(table)
      .values({ key, value })
      .onConflictDoUpdate({ target: table.key, set: { value, updatedAt: new Date() } });
  }
  await changes.emit(tx, "settings");
}
