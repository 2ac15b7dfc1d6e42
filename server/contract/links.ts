import { z } from "zod";
import { id, page, timestamp } from "./paging.ts";
import { finding } from "./traces.ts";

/** States of a link in words of the wire, alike for every kind: see docs/links.md. */
export const linkState = z.enum([
  "disabled",
  "connecting",
  "attached",
  "waiting",
  "held_elsewhere",
]);
export type LinkState = z.infer<typeof linkState>;

/** How a name of ours is attached. */
export const linkKind = z.enum(["component", "s2s", "hosted"]);
export type LinkKind = z.infer<typeof linkKind>;

const port = z.number().int().min(1).max(65_535);

/** Ports where this appliance answers for one name and no other. At least one; with STARTTLS, if they are all it has. */
export const ownPorts = z
  .object({
    /** Null: that of the ports which names share. */
    address: z.union([z.ipv4(), z.ipv6()]).nullable().default(null),
    /** With STARTTLS (RFC 6120 §5), and with direct TLS (XEP-0368); null: none. */
    port: port.nullable(),
    directTlsPort: port.nullable().default(null),
    /** Whether the ports that names share answer for it, too. */
    isAlsoShared: z.boolean().default(true),
  })
  .refine(({ port: one, directTlsPort: other }) => (one ?? other) !== null, {
    path: ["port"],
    message: "is needed, or one with direct TLS",
  })
  .refine(({ port: one, isAlsoShared }) => one !== null || isAlsoShared, {
    path: ["port"],
    message: "is needed: other servers know STARTTLS, and not all know direct TLS",
  })
  .refine(({ port: one, directTlsPort: other }) => one === null || one !== other, {
    path: ["directTlsPort"],
    message: "must be another than the port with STARTTLS",
  });
export type OwnPorts = z.infer<typeof ownPorts>;

export const link = z.object({
  id,
  /** We dial our XMPP server, federate the name ourselves, or host somebody's component under it. */
  kind: linkKind,
  domainId: id,
  /** The name that it speaks for, e.g. `wave.example.com`. */
  name: z.string(),
  /** Who handles the name's stanzas: waves, nobody but ping and disco, or the hosted component. */
  role: z.enum(["wave", "plain", "hosted"]),
  /** `component`: where we dial. Otherwise where others dial us for this name, null: as for the domain. */
  host: z.string().nullable(),
  port: z.number().int().nullable(),
  ownPorts: ownPorts.nullable(),
  security: z.enum(["plain", "tls"]),
  hasPlainConsent: z.boolean(),
  isEnabled: z.boolean(),
  state: linkState,
  since: timestamp.nullable(),
  lastError: finding.nullable(),
  attempts: z.number().int(),
  nextAttemptAt: timestamp.nullable(),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type Link = z.infer<typeof link>;
export const linkPage = page(link);

/** One line, as XMPP servers have it in their configuration; a line break is a slip of the paste. */
const secret = z
  .string()
  .min(1)
  .max(1024)
  .regex(/^\P{Cc}*$/u, "must not contain line breaks or other control characters");

const ofAnyKind = {
  domainId: id,
  /** The domain itself, or a name below it. */
  name: z.string().trim().min(1).max(3071),
  isEnabled: z.boolean().default(true),
};
/** What DNS should say of a native name: SRV target and port; without a host it is the domain's. */
const advertised = {
  host: z.string().trim().min(1).max(255).nullable().default(null),
  /** Null: the name's own port, or the domain's. */
  port: port.nullable().default(null),
  ownPorts: ownPorts.nullable().default(null),
};
const nativeRole = z.enum(["wave", "plain"]);

export const linkRequest = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("component").optional(),
    ...ofAnyKind,
    host: z.string().trim().min(1).max(255),
    port,
    /** Write only. At least 16 characters are advised; the page generates 256 bits. */
    secret,
    security: z.enum(["plain", "tls"]).default("plain"),
    /** The host, typed again: needed for a plain connection to another machine. */
    plainConsent: z.string().max(255).optional(),
  }),
  z.object({
    kind: z.literal("s2s"),
    ...ofAnyKind,
    ...advertised,
    role: nativeRole.default("wave"),
  }),
  z.object({ kind: z.literal("hosted"), ...ofAnyKind, ...advertised }),
]);
export type LinkRequest = z.input<typeof linkRequest>;

/** Settings that the link's kind does not have are refused (`link.not_of_kind`). */
export const linkPatch = z.object({
  host: z.string().trim().min(1).max(255).nullable().optional(),
  port: port.nullable().optional(),
  ownPorts: ownPorts.nullable().optional(),
  secret: secret.optional(),
  security: z.enum(["plain", "tls"]).optional(),
  plainConsent: z.string().max(255).optional(),
  isEnabled: z.boolean().optional(),
  role: nativeRole.optional(),
});
export type LinkPatch = z.infer<typeof linkPatch>;

/** A link just made. The secret of a hosted component is here this once; `POST /links/:id/secret` makes another. */
export const linkCreated = link.extend({ secret: z.string().optional() });
export type LinkCreated = z.infer<typeof linkCreated>;
export const hostedSecret = z.object({ secret: z.string() });
export type HostedSecret = z.infer<typeof hostedSecret>;

/** Where components connect to this appliance, and those of one link that are connected. */
export const hostedInstances = z.object({
  port: z.object({
    host: z.string(),
    /** What is configured; `isOpen` false: nothing needs it, or `problem` says why it is not. */
    port: z.number().int(),
    isTls: z.boolean(),
    isOpen: z.boolean(),
    problem: finding.nullable(),
  }),
  /** Stanzas that wait for the first instance. */
  waitingStanzas: z.number().int(),
  items: z.array(
    z.object({
      id: z.string(),
      /** `address:port` that it comes from, IPv6 in brackets. */
      address: z.string(),
      isEncrypted: z.boolean(),
      attachedAt: timestamp.nullable(),
      stanzasIn: z.number().int(),
      stanzasOut: z.number().int(),
      bytesIn: z.number().int(),
      bytesOut: z.number().int(),
      queuedStanzas: z.number().int(),
    }),
  ),
});
export type HostedInstances = z.infer<typeof hostedInstances>;

/** `POST /api/v1/links/:id/test`: one attachment from start to disco of our own server. */
export const linkTest = z.object({
  isOk: z.boolean(),
  steps: z.array(
    z.object({
      name: z.enum(["resolve", "connect", "tls", "stream", "handshake", "disco_server", "listed"]),
      status: z.enum(["ok", "warning", "failed", "skipped"]),
      durationMs: z.number().nullable(),
      message: finding.nullable(),
    }),
  ),
});
export type LinkTest = z.infer<typeof linkTest>;
