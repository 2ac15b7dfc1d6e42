import type { FastifyRequest } from "fastify";
import type { Queryable } from "#store/database.ts";
import { insertAudit } from "#store/audit.ts";
import { actorOf } from "./access.ts";

/** One change as the audit log keeps it; secrets in `before` and `after` are masked by name. */
export interface AuditedChange {
  readonly action: string;
  readonly resource: string;
  readonly resourceId?: string | null;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Writes a signed-in person's change into the audit log, within the change's own transaction. */
export async function recordAudit(
  tx: Queryable,
  request: FastifyRequest,
  change: AuditedChange,
): Promise<void> {
  const actor = actorOf(request);
  await insertAudit(tx, {
    actor: actor.name,
    actorKind: actor.kind,
    address: request.ip,
    requestId: String(request.id),
    ...change,
  });
}
