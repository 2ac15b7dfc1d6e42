import { and, desc, eq, ilike, lt, or, sql } from "drizzle-orm";
import type { Queryable } from "./database.ts";
import { audit } from "./schema.ts";

const SECRET_NAMES =
  /secret|password|passphrase|token|privatekey|keypem|keysealed|cookie|setupcode/i;

export interface AuditRecord {
  readonly actor: string;
  readonly actorKind: "user" | "token" | "setup" | "appliance" | "local";
  readonly address?: string | null;
  readonly action: string;
  readonly resource: string;
  readonly resourceId?: string | null;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly requestId?: string | null;
}

/** Appends to the audit log; values under secret-looking names are replaced before they are stored. */
export async function insertAudit(tx: Queryable, record: AuditRecord): Promise<void> {
  await tx.insert(audit).values({
    actor: record.actor,
    actorKind: record.actorKind,
    address: record.address ?? null,
    action: record.action,
    resource: record.resource,
    resourceId: record.resourceId ?? null,
    before: maskSecrets(record.before ?? null),
    after: maskSecrets(record.after ?? null),
    requestId: record.requestId ?? null,
  });
}

/** A copy in which every value under a secret-looking name is `"•••"`. */
export function maskSecrets(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return "•••";
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      SECRET_NAMES.test(name) && inner !== null && typeof inner !== "boolean"
        ? "•••"
        : maskSecrets(inner),
    ]),
  );
}

/** Newest first; `beforeId` is the last id of the page before. */
export async function listAudit(
  db: Queryable,
  query: { q?: string; resource?: string; beforeId?: number; limit: number },
) {
  const matches = and(
    query.resource === undefined ? undefined : eq(audit.resource, query.resource),
    query.q === undefined || query.q === ""
      ? undefined
      : or(
          ...[audit.actor, audit.action, audit.resource, audit.resourceId].map((column) =>
            ilike(column, `%${likeLiteral(query.q ?? "")}%`),
          ),
        ),
  );
  const [rows, [counted]] = await Promise.all([
    db
      .select()
      .from(audit)
      .where(and(matches, query.beforeId === undefined ? undefined : lt(audit.id, query.beforeId)))
      .orderBy(desc(audit.id))
      .limit(query.limit + 1),
    db
      .select({ total: sql<number>`count(*)::int` })
      .from(audit)
      .where(matches),
  ]);
  return {
    rows: rows.slice(0, query.limit),
    hasMore: rows.length > query.limit,
    total: counted?.total ?? 0,
  };
}

/** `text` with LIKE's own signs escaped. */
export function likeLiteral(text: string): string {
  return text.replace(/[\\%_]/g, (sign) => `\\${sign}`);
}
