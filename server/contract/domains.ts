import { z } from "zod";
import { link } from "./links.ts";
import { id, page, timestamp } from "./paging.ts";
import { pingResult } from "./traces.ts";

/** A domain that we serve, with what the world should see of it and what is inside. */
export const localDomain = z.object({
  id,
  domain: z.string(),
  unicode: z.string(),
  /** Scripts of its letters; more than one may be a look-alike. */
  scripts: z.array(z.string()),
  label: z.string(),
  /** What DNS should say: SRV target and port (the outside of a NAT), and its addresses. */
  advertisedHost: z.string().nullable(),
  advertisedPort: z.number().int(),
  advertisedAddresses: z.array(z.string()),
  /** Where our XMPP server's server-to-server port listens inside. */
  insideHost: z.string().nullable(),
  insidePort: z.number().int(),
  /** Pinged on every (re)attachment. */
  pingTarget: z.string().nullable(),
  lastPing: pingResult.nullable(),
  /** Since when the self-test finds every record published that is needed; null: it does not, or was not run. */
  recordsPublishedAt: timestamp.nullable(),
  links: z.array(link),
  createdAt: timestamp,
  updatedAt: timestamp,
});
export type LocalDomain = z.infer<typeof localDomain>;
export const localDomainPage = page(localDomain);

export const localDomainRequest = z.object({
  domain: z.string().trim().min(1).max(3071),
  label: z.string().trim().max(80).default(""),
  advertisedHost: z.string().trim().max(255).nullable().default(null),
  advertisedPort: z.number().int().min(1).max(65_535).default(5269),
  advertisedAddresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(16)
    .default([]),
  insideHost: z.string().trim().max(255).nullable().default(null),
  insidePort: z.number().int().min(1).max(65_535).default(5269),
  pingTarget: z.string().trim().max(255).nullable().default(null),
});
export type LocalDomainRequest = z.input<typeof localDomainRequest>;
export const localDomainPatch = z.object({
  label: z.string().trim().max(80).optional(),
  advertisedHost: z.string().trim().max(255).nullable().optional(),
  advertisedPort: z.number().int().min(1).max(65_535).optional(),
  advertisedAddresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .max(16)
    .optional(),
  insideHost: z.string().trim().max(255).nullable().optional(),
  insidePort: z.number().int().min(1).max(65_535).optional(),
  pingTarget: z.string().trim().max(255).nullable().optional(),
});
