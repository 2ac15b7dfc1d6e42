import { z } from "zod";
import {
  reachBack,
  reachBackRequest,
  streamDetail,
  streamListQuery,
  streamPage,
  streamPair,
} from "#contract/streams.ts";
import type { Links } from "#links/links.ts";
import type { FederationPolicy } from "#links/policy.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, parseDomain } from "#protocol/xmpp/address.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import type { NodeCalls } from "#store/node-calls.ts";
import type { Authenticate } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { HttpProblem, problemOf } from "../problem.ts";
import { createStreamDesk } from "../stream-desk.ts";
import { tapRoute } from "../tap.ts";

/** What these routes need of links, policy and the rest. */
export interface StreamServices {
  readonly links: Pick<Links, "native">;
  readonly policy: Pick<FederationPolicy, "decide">;
  readonly primitives: Primitives;
  readonly nodeId: string;
  /** The other appliances on the database. */
  readonly nodes: Pick<NodeCalls, "others" | "ask" | "serve">;
  /** How often a remote domain may be asked: null now, else after so many seconds; see resolver/trace-limits.ts. */
  readonly reachBackLimits: {
    readonly take: (remote: string, nowMs: number) => number | null;
  };
}

const byId = z.object({ id: z.string().max(64) });
const tags = ["streams"];

/** Live server-to-server streams of all appliances: told, closed, made anew, listened to, asked for. */
export function streamRoutes(
  app: App,
  deps: StreamServices & {
    db: Database;
    changes: Changes;
    authenticate: Authenticate;
    now: () => Date;
  },
): void {
  const { db, changes, links, now, primitives } = deps;
  const domainOf = (text: string): Domain => readDomain(text, primitives);
  const desk = createStreamDesk({ ...deps, native: () => links.native });

  tapRoute(app, { ...deps, openTap: () => links.native?.tap ?? null, domainOf });

  app.get(
    "/api/v1/streams",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: streamListQuery, response: { 200: streamPage } },
    },
    (request) => desk.list(request.query),
  );

  app.get(
    "/api/v1/streams/:id",
    {
      config: { role: "auditor" },
      schema: { tags, params: byId, response: { 200: streamDetail } },
    },
    async (request) => found(await desk.find(request.params.id)),
  );

  app.delete(
    "/api/v1/streams/:id",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      const { id } = request.params;
      const { certificate: _, memory: __, queue: ___, ...before } = found(await desk.find(id));
      await recordAudit(db, request, {
        action: "close",
        resource: "streams",
        resourceId: id,
        before,
      });
      found(await desk.close(id));
      await changes.emit(db, "streams");
      return reply.status(204).send();
    },
  );

  app.post(
    "/api/v1/streams/reconnections",
    { config: { role: "admin" }, schema: { tags, body: streamPair } },
    async (request, reply) => {
      const pair = allowedPair(request.body);
      if (!(await desk.isServed(pair.local))) throw notServed(pair.local);
      await recordAudit(db, request, {
        action: "reconnect",
        resource: "streams",
        resourceId: pair.remote,
        after: pair,
      });
      if ((await desk.reconnect(pair)) === null) throw notServed(pair.local);
      return reply.status(204).send();
    },
  );

  app.post(
    "/api/v1/streams/reach-backs",
    {
      config: { role: "admin" },
      schema: { tags, body: reachBackRequest, response: { 200: reachBack } },
    },
    async (request) => {
      const pair = allowedPair(request.body);
      if (!(await desk.isServed(pair.local))) throw notServed(pair.local);
      const retryAfterSeconds = deps.reachBackLimits.take(pair.remote, now().getTime());
      if (retryAfterSeconds !== null)
        throw new HttpProblem("stream.rate_limited", {
          retryAfterSeconds,
          params: { domain: pair.remote },
        });
      const answer = await desk.reachBack({ ...pair, seconds: request.body.seconds });
      if (answer === null) throw notServed(pair.local);
      return answer;
    },
  );

  /** Whether we may speak with that domain at all; who of us does is another question. */
  function allowedPair(body: z.infer<typeof streamPair>) {
    const pair = { local: domainOf(body.local), remote: domainOf(body.remote) };
    const { allowed, rule } = deps.policy.decide(pair.remote);
    if (!allowed || rule === "self")
      throw new HttpProblem("stream.not_allowed", { params: { domain: pair.remote, rule } });
    return pair;
  }
}

function notServed(name: string): HttpProblem {
  return new HttpProblem("stream.not_served", { params: { name } });
}

function found<T>(value: T | null): T {
  if (value === null) throw new HttpProblem("resource.not_found");
  return value;
}

function readDomain(text: string, primitives: Primitives): Domain {
  const parsed = parseDomain(text, primitives);
  if (!parsed.ok) throw problemOf(parsed.problem);
  return parsed.value.ascii as Domain;
}
