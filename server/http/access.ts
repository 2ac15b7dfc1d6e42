import { BlockList, isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Role } from "#contract/people.ts";
import type { Actor, App } from "./app-types.ts";
import { HttpProblem } from "./problem.ts";

export const RANK: Readonly<Record<Role, number>> = { auditor: 1, admin: 2, owner: 3 };
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Finds out who makes a request: by session cookie or bearer token; null for nobody. */
export type Authenticate = (request: FastifyRequest) => Promise<Actor | null>;

/**
 * Guards every route: each must declare a role; unsafe requests from another site are refused; secrets
 * are refused over plain HTTP that is neither loopback nor behind a trusted proxy.
 */
export function guardRoutes(
  app: App,
  options: {
    authenticate: Authenticate;
    trustedProxies: readonly string[];
    publicUrl: string | null;
  },
): void {
  const isTrustedProxy = addressMatcher(options.trustedProxies);
  app.decorateRequest("actor", null);
  app.decorateRequest("isSecureTransport", false);
  app.addHook("onRoute", (route) => {
    if (route.config?.role === undefined)
      throw new Error(`${String(route.method)} ${route.url} declares no role`);
  });
  app.addHook("onRequest", async (request) => {
    request.isSecureTransport = isSecure(request, isTrustedProxy);
    const wanted = request.routeOptions.config.role ?? "public";
    if (!SAFE_METHODS.has(request.method) && isCrossOrigin(request, options.publicUrl))
      throw new HttpProblem("request.cross_origin");
    if (request.routeOptions.config.takesSecret === true && !request.isSecureTransport)
      throw new HttpProblem("auth.insecure_transport");
    if (wanted === "public") {
      if (request.routeOptions.config.isAnonymous === true) return;
      if (request.headers.authorization !== undefined || request.headers.cookie !== undefined)
        request.actor = await options.authenticate(request).catch(() => null);
      return;
    }
    request.actor = await options.authenticate(request);
    if (request.actor === null) throw new HttpProblem("auth.required");
    if (RANK[request.actor.role] < RANK[wanted])
      throw new HttpProblem("auth.role", {
        params: { required: wanted, role: request.actor.role },
      });
  });
}

export function lesserRole(a: Role, b: Role): Role {
  return RANK[a] < RANK[b] ? a : b;
}

/** The signed-in actor of a guarded route. */
export function actorOf(request: FastifyRequest): Actor {
  if (request.actor === null) throw new HttpProblem("auth.required");
  return request.actor;
}

/** Browsers say where an unsafe request comes from (Fetch Metadata, else Origin); scripts say nothing. */
function isCrossOrigin(request: FastifyRequest, publicUrl: string | null): boolean {
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = request.headers.origin;
  if (origin === undefined) return false;
  if (publicUrl !== null && origin === new URL(publicUrl).origin) return false;
  return !URL.canParse(origin) || new URL(origin).host !== request.headers.host;
}

function isSecure(request: FastifyRequest, isTrustedProxy: (address: string) => boolean): boolean {
  if (request.protocol === "https") return true;
  const peer = request.socket.remoteAddress ?? "";
  // A trusted proxy vouches for its own front, unless it says that the browser spoke plain HTTP to it.
  if (isTrustedProxy(peer)) return request.headers["x-forwarded-proto"] === undefined;
  return isLoopback(request.ip) && isLoopback(peer);
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}

function addressMatcher(entries: readonly string[]): (address: string) => boolean {
  const blocks = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) blocks.addAddress(address, family);
    else blocks.addSubnet(address, Number(bits), family);
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
    return isIP(plain) !== 0 && blocks.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  };
}
