import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import type { Role } from "#contract/people.ts";

/** The Fastify instance as our routes see it: zod schemas give the types of body, query and reply. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;

/** Who makes a request, once known. */
export interface Actor {
  readonly kind: "user" | "token";
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly sessionId: string | null;
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** The least role that may call the route; `public`: anybody. Every route declares one. */
    role?: Role | "public";
    /** Accepts a secret (password, key): refused over plain HTTP from another machine. */
    takesSecret?: boolean;
    /** Of a public route: never asks who calls, so it works without the database. */
    isAnonymous?: boolean;
  }
  interface FastifyRequest {
    actor: Actor | null;
    isSecureTransport: boolean;
  }
}
