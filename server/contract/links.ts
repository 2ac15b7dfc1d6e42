import { z } from "zod";
import { id, page, timestamp } from "./paging.ts";
import { finding } from "./traces.ts";

/** States of a component link in words of the wire: see docs/links.md. */
export const linkState = z.enum([
  "disabled",
  "connecting",
  "attached",
  "waiting",
  "held_elsewhere",
]);
export type LinkState = z.infer<typeof linkState>;

export const link = z.object({
  id,
  /** We dial our XMPP server, federate the name ourselves, or host somebody's component under it. */
  kind: z.enum(["component", "s2s", "hosted"]),
  domainId: id,
  /** The name that it speaks for, e.g. `wave.example.com`. */
  name: z.string(),
  /** Where we dial: `component` only. */
  host: z.string().nullable(),
  port: z.number().int().nullable(),
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

export const linkRequest = z.object({
  kind: z.enum(["component", "s2s"]).default("component"),
  domainId: id,
  name: z.string().trim().min(1).max(3071),
  host: z.string().trim().min(1).max(255).default("x"),
  port: z.number().int().min(1).max(65_535).default(1),
  /** Write only. At least 16 characters are advised; the page generates 256 bits. */
  secret: secret.default("x"),
  security: z.enum(["plain", "tls"]).default("plain"),
  /** The host, typed again: needed for a plain connection to another machine. */
  plainConsent: z.string().max(255).optional(),
  isEnabled: z.boolean().default(true),
});
export type LinkRequest = z.input<typeof linkRequest>;
export const linkPatch = z.object({
  host: z.string().trim().min(1).max(255).optional(),
  port: z.number().int().min(1).max(65_535).optional(),
  secret: secret.optional(),
  security: z.enum(["plain", "tls"]).optional(),
  plainConsent: z.string().max(255).optional(),
  isEnabled: z.boolean().optional(),
});

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
