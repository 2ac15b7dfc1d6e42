import { z } from "zod";
import { linkKind } from "./links.ts";
import { id, listQuery, page, timestamp } from "./paging.ts";
import { finding } from "./traces.ts";

/** A link (`remoteDomain` null), or one remote domain's traffic over it. */
export const connection = z.object({
  id,
  linkId: id,
  linkName: z.string(),
  /** `component`: your XMPP server carries it; else the appliance's own streams do. */
  linkKind,
  remoteDomain: z.string().nullable(),
  nodeId: z.string(),
  /**
   * As the link's states, or `active`/`idle`/`failing` for a remote domain, `no_link` while its link is
   * not attached; `gone` when its appliance is.
   */
  state: z.string(),
  since: timestamp,
  isStale: z.boolean(),
  stanzasIn: z.number().int(),
  stanzasOut: z.number().int(),
  bytesIn: z.number().int(),
  bytesOut: z.number().int(),
  /** Stanzas that went no further: of strangers, late answers, too large ones, replies beyond the budget. */
  dropped: z.number().int(),
  lastActivityAt: timestamp.nullable(),
  lastError: finding.nullable(),
  attempts: z.number().int(),
  nextAttemptAt: timestamp.nullable(),
});
export type Connection = z.infer<typeof connection>;

/** `sort`: urgency (what fails first, the usual one), name, state, since, activity, stanzas, bytes; `-` for descending. */
export const connectionListQuery = listQuery.extend({
  link: id.optional(),
  kind: z.enum(["link", "domain"]).optional(),
  state: z.string().max(40).optional(),
  local: z.string().max(3071).optional(),
  remote: z.string().min(1).max(3071).optional(),
});
export const connectionPage = page(connection);

export const connectionEvent = z.object({
  id: z.number().int(),
  at: timestamp,
  nodeId: z.string(),
  fromState: z.string().nullable(),
  toState: z.string(),
  detail: finding.nullable(),
});
export type ConnectionEvent = z.infer<typeof connectionEvent>;
/** `GET /api/v1/connections/:id/history`: newest first. */
export const connectionEventPage = page(connectionEvent);
