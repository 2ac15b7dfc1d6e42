import { z } from "zod";
import { listQuery, page, timestamp } from "./paging.ts";
import { finding } from "./traces.ts";

const domainName = z.string().trim().min(1).max(3071);
const port = z.number().int().min(1).max(65_535);
const address = z.string().trim().min(2).max(45);
/** SHA-256 in hexadecimal, with or without colons. */
const pin = z
  .string()
  .trim()
  .regex(/^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, "must be a SHA-256 in hexadecimal");

/** One of the two servers; what each field means is in server/protocol/x2x/agreement.ts. */
export const x2xSide = z.object({
  domains: z.array(domainName).min(1).max(200),
  listens: z.object({ host: z.string().trim().min(1).max(255), port }).nullable(),
  opens: z
    .object({
      knownBy: z.enum(["certificate", "address_and_port", "address", "reverse_dns", "implicit"]),
      addresses: z.array(address).max(16),
      port: port.nullable(),
      hostName: z.string().trim().min(1).max(255).nullable(),
    })
    .nullable(),
  certificate: z.object({ by: z.enum(["names", "pins"]), pins: z.array(pin).max(8) }).nullable(),
});

/** What both sides agree on; the first side is whose half it is. */
export const x2xAgreement = z.object({
  version: z.enum(["0.3", "0.0.1"]),
  security: z.enum(["mutual_tls", "plain"]),
  /** Halves that are older than this field mean `none`. */
  compression: z.enum(["none", "deflate"]).default("none"),
  connections: z.enum(["shared", "own"]),
  onInvalid: z.enum(["close", "bounce"]),
  maxStanzaBytes: z.number().int().min(10_000).max(16_777_216),
  keepaliveSeconds: z.number().int().min(10).max(86_400).nullable(),
  idleSeconds: z.number().int().min(1).max(604_800).nullable(),
  language: z
    .string()
    .trim()
    .regex(/^[a-zA-Z]{2,8}(?:-[a-zA-Z0-9]{1,8})*$/, "must be a language tag such as en or de-CH")
    .max(35)
    .nullable(),
  sides: z.tuple([x2xSide, x2xSide]),
});
export type X2xAgreement = z.infer<typeof x2xAgreement>;

const name = z.string().trim().min(1).max(100);
const ownTerms = {
  /** Of several links to the same peer the lowest that works is used; more than one is NOT RECOMMENDED (XEP-0361 §4.4). */
  priority: z.number().int().min(0).max(1_000),
  /** Whether stanzas take a normal server-to-server stream while the link does not work. */
  fallsBack: z.boolean(),
  /** Our own address for connections that we open; null: as the system routes. */
  bindAddress: address.nullable(),
  /** Address of the port that we accept on; null: all. */
  listenAddress: address.nullable(),
  isEnabled: z.boolean(),
};

export const x2xLinkRequest = z.object({
  name,
  agreement: x2xAgreement,
  priority: ownTerms.priority.default(10),
  fallsBack: ownTerms.fallsBack.default(false),
  bindAddress: ownTerms.bindAddress.default(null),
  listenAddress: ownTerms.listenAddress.default(null),
  isEnabled: ownTerms.isEnabled.default(true),
  /** The link's name, typed again: needed without TLS, or when a side is known by nothing. */
  consent: z.string().max(100).optional(),
});
export type X2xLinkRequest = z.input<typeof x2xLinkRequest>;
export const x2xLinkPatch = z.object({
  name: name.optional(),
  agreement: x2xAgreement.optional(),
  priority: ownTerms.priority.optional(),
  fallsBack: ownTerms.fallsBack.optional(),
  bindAddress: ownTerms.bindAddress.optional(),
  listenAddress: ownTerms.listenAddress.optional(),
  isEnabled: ownTerms.isEnabled.optional(),
  consent: z.string().max(100).optional(),
});
export type X2xLinkPatch = z.input<typeof x2xLinkPatch>;

/** One of the at most two connections of a link, as its appliance last wrote it. */
export const x2xConnection = z.object({
  id: z.string(),
  opened: z.enum(["by_us", "by_them"]),
  state: z.enum(["open", "closing"]),
  since: timestamp,
  address: z.string(),
  port: z.number().int(),
  localPort: z.number().int(),
  tls: z.object({ version: z.string(), cipher: z.string(), isResumed: z.boolean() }).nullable(),
  fingerprint: z.string().nullable(),
  /** What it took before the first stanza could be sent: payload of TCP, both ways. Older appliances do not say. */
  setup: z
    .object({
      ms: z.number().int(),
      bytesSent: z.number().int(),
      bytesReceived: z.number().int(),
    })
    .optional(),
  stanzasIn: z.number().int(),
  stanzasOut: z.number().int(),
  /** On the wire, above TLS. */
  bytesIn: z.number().int(),
  bytesOut: z.number().int(),
  /** The same bytes before they were compressed; null: they are not. */
  inflated: z
    .object({ bytesIn: z.number().int(), bytesOut: z.number().int() })
    .nullable()
    .default(null),
  waitingBytes: z.number().int(),
  lastInAt: timestamp,
  /** When the peer last answered a ping that went behind stanzas, and how long that took. */
  provenAt: timestamp.nullable(),
  roundTripMs: z.number().int().nullable(),
});

/** How a link stands. `up`: stanzas can be sent now; `idle`: once somebody opens a connection. */
export const x2xState = z.object({
  state: z.enum(["up", "connecting", "idle", "failing"]),
  since: timestamp,
  lastError: finding.nullable(),
  /**
   * Who connected and was not the peer, or not as agreed, by what did not fit, the last one first: since the peer last came.
   * Anybody may come, so nothing goes by it. Older appliances say the last one in place of `lastError`.
   */
  visitors: z
    .array(z.object({ finding, address: z.string(), at: timestamp, count: z.number().int() }))
    .default([]),
  attempts: z.number().int(),
  nextAttemptAt: timestamp.nullable(),
  queuedStanzas: z.number().int(),
  queuedBytes: z.number().int(),
  /** Stanzas that went over connections that broke, and nothing shows that they arrived. Older appliances do not say. */
  unproven: z.number().int().default(0),
  connections: z.array(x2xConnection),
  /**
   * What the last login of a normal stream to one of their domains took, DNS to the first stanza; null: none since
   * the appliance started.
   */
  streamLogin: z
    .object({
      at: timestamp,
      remote: z.string(),
      ms: z.number().int(),
      bytesSent: z.number().int(),
      bytesReceived: z.number().int(),
    })
    .nullable()
    .optional(),
});
export type X2xState = z.infer<typeof x2xState>;

export const x2xLink = z.object({
  id: z.uuid(),
  name: z.string(),
  agreement: x2xAgreement,
  /** 30 digits, the same on the peer's appliance if it holds the same agreement. */
  fingerprint: z.string(),
  ...ownTerms,
  hasConsent: z.boolean(),
  /** `held_elsewhere` and `waiting` as for other links; null: no appliance has taken it up yet. */
  live: x2xState.nullable(),
  nodeId: z.string().nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type X2xLink = z.infer<typeof x2xLink>;
export const x2xLinkPage = page(x2xLink);
export const x2xLinkQuery = listQuery.extend({
  limit: z.coerce.number().int().min(1).max(200).default(200),
});

/** The peer's half, to be given to its operators: no secrets. Its first side is theirs. */
export const x2xOffer = z.object({
  x2xAgreement: z.literal(1),
  name,
  agreement: x2xAgreement,
  fingerprint: z.string().max(50),
});
export type X2xOffer = z.infer<typeof x2xOffer>;

/** What is to be known of an agreement before a link is made of it. */
export const x2xCheck = z.object({
  /** In canonical form: names in A-labels, sorted. */
  agreement: x2xAgreement,
  fingerprint: z.string(),
  faults: z.array(
    z.object({
      code: z.string(),
      field: z.string(),
      /** Name of the other link that it is about; null: it is about none. */
      link: z.string().nullable(),
    }),
  ),
  /** Domains of our side that are not federated by this appliance itself. */
  notOurs: z.array(z.string()),
  /** Domains of their side with which this appliance may not federate. */
  notAllowed: z.array(z.string()),
  /** Domains of our side that have no certificate in use: with TLS one of them needs it. */
  withoutCertificate: z.array(z.string()),
});
export type X2xCheck = z.infer<typeof x2xCheck>;
export const x2xCheckRequest = z.object({
  agreement: x2xAgreement,
  listenAddress: ownTerms.listenAddress.default(null),
  isEnabled: ownTerms.isEnabled.default(true),
  /** Of the link that is to be changed; null: it is a new one. */
  id: z.uuid().nullable().default(null),
});
export type X2xCheckRequest = z.input<typeof x2xCheckRequest>;
