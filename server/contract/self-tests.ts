import { z } from "zod";
import { id, timestamp } from "./paging.ts";
import { dnsOutcome, dnsRecord, finding, presentedCertificate } from "./traces.ts";

/**
 * `POST /api/v1/self-tests`: one of our own domains; the answer comes when all is known (seconds). `name`: a name of it
 * that we federate ourselves, whose ports and record are to be looked at instead of the domain's.
 */
export const selfTestRequest = z.object({
  domainId: id,
  name: z.string().trim().min(1).max(3071).optional(),
});
export type SelfTestRequest = z.infer<typeof selfTestRequest>;

/** What one resolver says now; `isOutside`: one of the setting's outside resolvers. */
export const seenRecords = z.object({
  resolver: z.string(),
  isOutside: z.boolean(),
  type: z.enum(["SRV", "A", "AAAA"]),
  outcome: dnsOutcome,
  records: z.array(dnsRecord),
});
export type SeenRecords = z.infer<typeof seenRecords>;

/**
 * One thing that DNS must say. `rule` is the Wave documents' rule that asks for it (1: the domain's SRV, 3 and 4:
 * the wave service's, 5: addresses; 0: another name that we federate ourselves). `ok` and the other states are what resolvers outside say;
 * `unknown`: none of them answered, or nothing is set to compare with.
 */
export const recordCard = z.object({
  id: z.string(),
  kind: z.enum(["srv", "address"]),
  /** Owner name: `_xmpp-server._tcp.example.com` or a host name. */
  name: z.string(),
  rule: z.union([z.literal(0), z.literal(1), z.literal(3), z.literal(4), z.literal(5)]),
  /** Only the Wave documents ask for it: servers that read SRV records do without. */
  isAdvised: z.boolean(),
  status: z.enum(["ok", "missing", "wrong", "unknown"]),
  /** Inside and outside differ: other servers see something else than this machine. */
  isSplit: z.boolean(),
  /** Zone file lines to publish; empty when the addresses are not set. */
  zoneLines: z.array(z.string()),
  /** The same as fields of a provider's form. */
  fields: z.array(
    z.discriminatedUnion("type", [
      z.object({
        type: z.literal("SRV"),
        service: z.string(),
        protocol: z.string(),
        name: z.string(),
        priority: z.number().int(),
        weight: z.number().int(),
        port: z.number().int(),
        target: z.string(),
        ttl: z.number().int(),
      }),
      z.object({
        type: z.enum(["A", "AAAA"]),
        name: z.string(),
        address: z.string(),
        ttl: z.number().int(),
      }),
    ]),
  ),
  /** Commands that show what is published now. */
  dig: z.array(z.string()),
  seen: z.array(seenRecords),
  message: finding.nullable(),
});
export type RecordCard = z.infer<typeof recordCard>;

/** A connection from here, to the inside of the NAT or to the advertised place. */
export const ownDial = z.object({
  host: z.string(),
  port: z.number().int(),
  address: z.string().nullable(),
  isReached: z.boolean(),
  durationMs: z.number().nullable(),
  message: finding.nullable(),
});
export type OwnDial = z.infer<typeof ownDial>;

export const selfTest = z.object({
  domainId: id,
  domain: z.string(),
  /** Whose ports were dialled: the name that was asked for, else the domain, or the first name that we federate beside the server which keeps it. */
  name: z.string(),
  at: timestamp,
  /** What our own XMPP server answers to disco, by which the rule is chosen. */
  discovery: z.object({
    state: z.enum(["found", "not_listed", "no_answer", "not_asked"]),
    jid: z.string().nullable(),
    matched: z.enum(["identity", "feature", "both"]).nullable(),
    condition: z.string().nullable(),
  }),
  /** 2: the domain is the wave service; 3: a name below it is; 4: to be guessed as `wave.`. */
  rule: z.union([z.literal(2), z.literal(3), z.literal(4)]),
  /** The wave service's name, listed or to be guessed. */
  waveName: z.string(),
  outsideResolvers: z.array(z.string()),
  cards: z.array(recordCard),
  advertised: z.object({
    host: z.string(),
    port: z.number().int(),
    addresses: z.array(z.string()),
  }),
  /** Outside port -> inside host and port, to be set in the router; null: no NAT is configured. */
  forward: z
    .object({ outsidePort: z.number().int(), insideHost: z.string(), insidePort: z.number().int() })
    .nullable(),
  /** TCP port that must be open on the server's own firewall. */
  firewallPort: z.number().int(),
  inside: ownDial,
  /** Through the advertised name, from here: a failure proves nothing (hairpin). */
  outside: ownDial,
  /**
   * Where DNS leads other servers today, whoever is there: the SRV record's target, or the domain itself. `isOurs`: it
   * shows the certificate that is shown inside; null: that cannot be told.
   */
  answering: ownDial.extend({ isOurs: z.boolean().nullable() }),
  /** Shown on the inside port, judged for the domain and for the wave service, or for `name` alone. */
  certificates: z.array(presentedCertificate),
  findings: z.array(finding),
  /** What cannot be known from inside: `hairpin` always; `outside_resolvers` when none answered. */
  unknowable: z.array(z.enum(["hairpin", "outside_resolvers"])),
});
export type SelfTest = z.infer<typeof selfTest>;
