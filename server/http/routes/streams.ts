import { z } from "zod";
import {
  reachBack,
  type ReachBackAnswer,
  reachBackRequest,
  stream,
  type Stream,
  streamDetail,
  type StreamDetail,
  streamListQuery,
  streamPage,
  streamPair,
  type StreamQueue,
} from "#contract/streams.ts";
import type { Finding } from "#contract/traces.ts";
import type { Links } from "#links/links.ts";
import type { FederationPolicy } from "#links/policy.ts";
import type { StreamView } from "#links/s2s/stream-view.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, parseDomain } from "#protocol/xmpp/address.ts";
import { findAuthentication } from "#store/authentications.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import type { Authenticate } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { HttpProblem, problemOf } from "../problem.ts";
import { pageOf } from "../small-list.ts";
import { tapRoute } from "../tap.ts";

/** What these routes need of links, policy and the rest. */
export interface StreamServices {
  readonly links: Pick<Links, "native">;
  readonly policy: Pick<FederationPolicy, "decide">;
  readonly primitives: Primitives;
  readonly nodeId: string;
  /** How often a remote domain may be asked: null now, else after so many seconds; see resolver/trace-limits.ts. */
  readonly reachBackLimits: {
    readonly take: (remote: string, nowMs: number) => number | null;
  };
}

const byId = z.object({ id: z.string().max(64) });
const tags = ["streams"];

/** Live server-to-server streams of this appliance: told, closed, made anew, listened to, asked for. */
export function streamRoutes(
  app: App,
  deps: StreamServices & {
    db: Database;
    changes: Changes;
    authenticate: Authenticate;
    now: () => Date;
  },
): void {
  const { db, changes, links, nodeId, now, primitives } = deps;
  const s2s = () => links.native;
  const domainOf = (text: string): Domain => readDomain(text, primitives);

  tapRoute(app, { ...deps, openTap: () => s2s()?.tap ?? null, domainOf });

  app.get(
    "/api/v1/streams",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: streamListQuery, response: { 200: streamPage } },
    },
    async (request) => {
      const { local, remote, direction, state } = request.query;
      const views = (s2s()?.streams() ?? []).filter(
        (view) =>
          (local === undefined || view.local === local) &&
          (remote === undefined || view.remote === remote) &&
          (direction === undefined || view.direction === direction) &&
          (state === undefined || view.state === state),
      );
      return pageOf(
        views.map((view) => toStream(view, nodeId)),
        request.query,
        {
          text: (item) => [item.remote, item.local, item.address],
          sort: {
            remote: (item) => `${item.remote ?? "￿"} ${item.local ?? ""} ${item.direction}`,
            local: (item) => `${item.local ?? "￿"} ${item.remote ?? ""}`,
            since: (item) => item.since,
            state: (item) => item.state,
            stanzas: (item) => item.stanzasIn + item.stanzasOut,
            bytes: (item) => item.bytesIn + item.bytesOut,
          },
        },
      );
    },
  );

  app.get(
    "/api/v1/streams/:id",
    {
      config: { role: "auditor" },
      schema: { tags, params: byId, response: { 200: streamDetail } },
    },
    async (request) => {
      const view = found(request.params.id);
      const { local, remote } = view;
      const route =
        local === null || remote === null
          ? null
          : (s2s()?.route(local as Domain, remote as Domain) ?? null);
      return {
        ...toStream(view, nodeId),
        certificate: view.presented,
        memory: await memoryOf(db, view),
        queue: route === null ? null : toQueue(route),
      };
    },
  );

  app.delete(
    "/api/v1/streams/:id",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      const { id } = request.params;
      const { presented: _, ...before } = found(id);
      await recordAudit(db, request, {
        action: "close",
        resource: "streams",
        resourceId: id,
        before,
      });
      s2s()?.closeStream(id);
      await changes.emit(db, "streams");
      return reply.status(204).send();
    },
  );

  app.post(
    "/api/v1/streams/reconnections",
    { config: { role: "admin" }, schema: { tags, body: streamPair } },
    async (request, reply) => {
      const pair = pairOf(request.body);
      const engine = servingEngine(pair);
      await recordAudit(db, request, {
        action: "reconnect",
        resource: "streams",
        resourceId: pair.remote,
        after: pair,
      });
      engine.reconnect(pair.local, pair.remote);
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
      const pair = pairOf(request.body);
      const { seconds } = request.body;
      const engine = servingEngine(pair);
      const retryAfterSeconds = deps.reachBackLimits.take(pair.remote, now().getTime());
      if (retryAfterSeconds !== null)
        throw new HttpProblem("stream.rate_limited", {
          retryAfterSeconds,
          params: { domain: pair.remote },
        });
      const at = now().toISOString();
      const answer = await engine.reachBack(pair.local, pair.remote, seconds * 1_000);
      return toReachBack(answer, { ...pair, nodeId, at, waitedSeconds: seconds });
    },
  );

  function found(id: string): StreamView {
    const view = s2s()
      ?.streams()
      .find((one) => one.id === id);
    if (view === undefined) throw new HttpProblem("resource.not_found");
    return view;
  }

  function pairOf({ local, remote }: z.infer<typeof streamPair>) {
    return { local: domainOf(local), remote: domainOf(remote) };
  }

  /** The engine that may speak for this name of ours with that domain. */
  function servingEngine({ local, remote }: ReturnType<typeof pairOf>) {
    const { allowed, rule } = deps.policy.decide(remote);
    if (!allowed || rule === "self")
      throw new HttpProblem("stream.not_allowed", { params: { domain: remote, rule } });
    const engine = s2s();
    if (engine?.isServed(local) !== true)
      throw new HttpProblem("stream.not_served", { params: { name: local } });
    return engine;
  }
}

function toStream({ since, presented: _, fingerprint: __, ...view }: StreamView, nodeId: string) {
  return stream.parse({ ...view, nodeId, since: since.toISOString() }) satisfies Stream;
}

type RouteStatus = NonNullable<ReturnType<NonNullable<Links["native"]>["route"]>>;

function toQueue(route: RouteStatus): StreamQueue {
  return {
    state: route.state,
    stanzas: route.queuedStanzas,
    bytes: route.queuedBytes,
    attempts: route.attempts,
    nextAttemptAt: route.nextAttemptAt?.toISOString() ?? null,
    lastError: route.lastError,
  };
}

/** The certificates that the stream's peer has shown before, and this one among them. */
async function memoryOf(db: Database, view: StreamView): Promise<StreamDetail["memory"]> {
  if (view.remote === null) return null;
  const row = await findAuthentication(db, view.remote);
  if (row === null) return null;
  const leaf = view.presented?.chain[0]?.fingerprintSha256;
  const place = row.certificates.findIndex(({ fingerprint }) => fingerprint === leaf);
  if (place < 0) return { firstSeenAt: null, previous: row.certificates[0] ?? null };
  return {
    firstSeenAt: row.certificates[place]?.seenAt ?? null,
    previous: row.certificates[place + 1] ?? null,
  };
}

function toReachBack(
  answer: Awaited<ReturnType<NonNullable<Links["native"]>["reachBack"]>>,
  asked: Pick<ReachBackAnswer, "local" | "remote" | "nodeId" | "at" | "waitedSeconds">,
): ReachBackAnswer {
  if ("code" in answer) return { ...asked, ...nothingCame, outcome: "unasked", finding: answer };
  if (answer.stream === null) return { ...asked, ...nothingCame, outcome: "none" };
  return {
    ...asked,
    outcome: "came",
    stream: toStream(answer.stream, asked.nodeId),
    wasOpen: answer.wasOpen,
    afterMs: answer.afterMs,
    finding: null,
  };
}

const nothingCame = {
  stream: null,
  wasOpen: false,
  afterMs: null,
  finding: null as Finding | null,
} as const;

function readDomain(text: string, primitives: Primitives): Domain {
  const parsed = parseDomain(text, primitives);
  if (!parsed.ok) throw problemOf(parsed.problem);
  return parsed.value.ascii as Domain;
}
