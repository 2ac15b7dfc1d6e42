import { z } from "zod";
import { knownCertificate } from "./peer-trust.ts";
import { listQuery, page, timestamp } from "./paging.ts";
import { finding, presentedCertificate } from "./traces.ts";

export const streamState = z.enum(["negotiating", "open", "closing"]);
export type StreamState = z.infer<typeof streamState>;
export const streamDirection = z.enum(["in", "out"]);

/** A live server-to-server stream: it lives in the memory of one appliance. */
export const stream = z.object({
  id: z.string(),
  nodeId: z.string(),
  /** Who opened it: the peer (`in`) or we. */
  direction: streamDirection,
  /** Our name and the peer's domain; null until the peer has said them. */
  local: z.string().nullable(),
  remote: z.string().nullable(),
  state: streamState,
  /** The peer's end. */
  address: z.string(),
  port: z.number().int(),
  since: timestamp,
  tls: z.object({ version: z.string(), cipher: z.string() }).nullable(),
  /** How the peer proved its domain to us; null: not yet. */
  authentication: z.enum(["certificate", "dialback"]).nullable(),
  /** By what its certificate was accepted. */
  trustedBy: z.enum(["pkix", "pin", "peer_ca", "test_mode"]).nullable(),
  /** Stanzas go both ways over it (XEP-0288). */
  isBidirectional: z.boolean(),
  /** The peer acknowledges stanzas (XEP-0198). */
  isAcknowledged: z.boolean(),
  stanzasIn: z.number().int(),
  stanzasOut: z.number().int(),
  bytesIn: z.number().int(),
  bytesOut: z.number().int(),
  /** Bytes that wait to leave this process; stanzas that the peer has not acknowledged. */
  waitingBytes: z.number().int(),
  unacknowledged: z.number().int(),
  /** Without acknowledgements: stanzas that nothing has shown to have arrived. */
  unproven: z.number().int(),
  /** When the peer last answered something behind our stanzas, and since when such an answer is waited for. */
  provenAt: timestamp.nullable(),
  askedAt: timestamp.nullable(),
});
export type Stream = z.infer<typeof stream>;

/**
 * `GET /api/v1/streams`: of all appliances on the database. `sort`: remote (the usual one), local, since, state,
 * stanzas, bytes, queue; `-` for descending. `local` and `remote` are whole names.
 */
export const streamListQuery = listQuery.extend({
  local: z.string().trim().max(3071).optional(),
  remote: z.string().trim().max(3071).optional(),
  direction: streamDirection.optional(),
  state: streamState.optional(),
});
export type StreamListQuery = z.output<typeof streamListQuery>;
export const streamPage = page(stream).extend({
  /** The appliance that answers, and the others on the database; of one that does not answer the streams are missing. */
  nodeId: z.string(),
  others: z.array(z.object({ id: z.string(), host: z.string(), isAnswering: z.boolean() })),
});
export type StreamPage = z.infer<typeof streamPage>;

/** What waits for a remote domain, whatever stream there is. */
export const streamQueue = z.object({
  state: z.enum(["idle", "connecting", "open", "failing"]),
  stanzas: z.number().int(),
  bytes: z.number().int(),
  attempts: z.number().int(),
  nextAttemptAt: timestamp.nullable(),
  lastError: finding.nullable(),
});
export type StreamQueue = z.infer<typeof streamQueue>;

/** `GET /api/v1/streams/:id`: all that RFC 7590 §3.6 wants told. */
export const streamDetail = stream.extend({
  certificate: presentedCertificate.nullable(),
  /** What is remembered of the peer's certificates; null for strangers, of whom nothing is. */
  memory: z
    .object({
      /** When this certificate was first shown; null when it is not among those remembered. */
      firstSeenAt: timestamp.nullable(),
      /** The one that was shown before it. */
      previous: knownCertificate.nullable(),
    })
    .nullable(),
  queue: streamQueue.nullable(),
});
export type StreamDetail = z.infer<typeof streamDetail>;

/** A name of ours and a remote domain. */
export const streamPair = z.object({
  local: z.string().trim().min(1).max(3071),
  remote: z.string().trim().min(1).max(3071),
});
export type StreamPair = z.infer<typeof streamPair>;

/** `POST /api/v1/streams/reach-backs`: whether a domain can open a stream to us. */
export const reachBackRequest = streamPair.extend({
  seconds: z.number().int().min(1).max(30).default(20),
});
export const reachBack = z.object({
  ...streamPair.shape,
  nodeId: z.string(),
  at: timestamp,
  /** `came`: their stream; `none`: we asked and none came; `unasked`: we could not even ask, see `finding`. */
  outcome: z.enum(["came", "none", "unasked"]),
  stream: stream.nullable(),
  /** Their stream was there already. */
  wasOpen: z.boolean(),
  /** From our question to their stream. */
  afterMs: z.number().nullable(),
  waitedSeconds: z.number().int(),
  finding: finding.nullable(),
});
export type ReachBackAnswer = z.infer<typeof reachBack>;

/** `GET /api/v1/streams/tap`: server-sent `begin`, `line`, `left_out`, `end`. */
export const tapQuery = z.object({
  remote: z.string().trim().min(1).max(3071),
  seconds: z.coerce.number().int().min(1).max(600).default(120),
});
export const tapBegin = z.object({ remote: z.string(), nodeId: z.string(), until: timestamp });
/** One thing said on a stream with the domain; what proves an identity is masked. */
export const tapLine = z.object({
  at: timestamp,
  streamId: z.string(),
  opened: z.enum(["by_us", "by_them"]),
  direction: streamDirection,
  xml: z.string(),
});
export type TapLineTold = z.infer<typeof tapLine>;
/** How many lines of the last second were too many. */
export const tapLeftOut = z.object({ count: z.number().int() });
export const tapEnd = z.object({ reason: z.enum(["time", "session", "closing"]) });
export type TapEndReason = z.infer<typeof tapEnd>["reason"];
