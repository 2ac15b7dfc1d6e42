import { z } from "zod";
import { id, page, timestamp } from "./paging.ts";

/** What a person or token may do: owner everything, admin all but people, auditor reads. */
export const role = z.enum(["owner", "admin", "auditor"]);
export type Role = z.infer<typeof role>;

/** What the audit log is signed with: nothing invisible in it, so that no two names look the same for it. */
export const personName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^\P{C}*$/u, "must not contain control or invisible characters");
export const password = z.string().min(10).max(256);

export const setupState = z.object({ isRequired: z.boolean() });
export const setupRequest = z.object({
  code: z.string().trim().min(1).max(128),
  name: personName,
  password,
});

export const user = z.object({
  id,
  name: z.string(),
  role,
  createdAt: timestamp,
  disabledAt: timestamp.nullable(),
});
export type User = z.infer<typeof user>;
export const userPage = page(user);
export const userPatch = z.object({ role: role.optional(), isDisabled: z.boolean().optional() });
export const passwordChange = z.object({ current: z.string().max(256), next: password });

/** Who is signed in; `user` is null for an API token. */
export const session = z.object({
  name: z.string(),
  role,
  user: user.nullable(),
  isSecure: z.boolean(),
});
export type Session = z.infer<typeof session>;
export const signInRequest = z.object({
  name: z.string().trim().min(1).max(64),
  password: z.string().min(1).max(256),
});

export const sessionEntry = z.object({
  id,
  createdAt: timestamp,
  lastSeenAt: timestamp,
  expiresAt: timestamp,
  address: z.string(),
  userAgent: z.string(),
  isCurrent: z.boolean(),
});
export type SessionEntry = z.infer<typeof sessionEntry>;

export const invitation = z.object({
  id,
  role,
  createdBy: z.string(),
  createdAt: timestamp,
  expiresAt: timestamp,
});
export type Invitation = z.infer<typeof invitation>;
export const invitationPage = page(invitation);
export const invitationRequest = z.object({ role });
/** The link is told once, here. */
export const invitationCreated = invitation.extend({ link: z.string() });
export const invitationAcceptance = z.object({
  token: z.string().min(1).max(128),
  name: personName,
  password,
});

export const token = z.object({
  id,
  name: z.string(),
  /** What it may do: never more than who made it may do now. */
  role,
  createdBy: z.string(),
  /** Who made it is disabled: it opens nothing until they are enabled again. */
  isSuspended: z.boolean(),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
  expiresAt: timestamp.nullable(),
});
export type Token = z.infer<typeof token>;
export const tokenPage = page(token);
export const tokenRequest = z.object({
  name: personName,
  role,
  expiresInDays: z.number().int().min(1).max(3650).optional(),
});
/** The secret is told once, here. */
export const tokenCreated = token.extend({ token: z.string() });

export const auditEntry = z.object({
  id: z.number().int(),
  at: timestamp,
  actor: z.string(),
  actorKind: z.enum(["user", "token", "setup", "appliance", "local"]),
  address: z.string().nullable(),
  action: z.string(),
  resource: z.string(),
  resourceId: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  requestId: z.string().nullable(),
});
export type AuditEntry = z.infer<typeof auditEntry>;
export const auditPage = page(auditEntry);
