import type { ServerResponse } from "node:http";
import type { FastifyRequest } from "fastify";
import {
  type tapBegin,
  type TapEndReason,
  type TapLineTold,
  type tapLeftOut,
  tapQuery,
} from "#contract/streams.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import type { z } from "zod";
import { type Authenticate, RANK } from "./access.ts";
import type { App } from "./app-types.ts";
import { recordAudit } from "./audit.ts";
import { beginEventStream, isAboutAccess } from "./events.ts";
import { HttpProblem } from "./problem.ts";

/** What is said with a remote domain, as the links tell it; see links/s2s/tap.ts. */
export type OpenTap = (remote: Domain, listener: (line: TapLine) => void) => () => void;
interface TapLine extends Omit<TapLineTold, "at"> {
  readonly at: Date;
}

export interface TapDeps {
  readonly db: Database;
  readonly changes: Pick<Changes, "on">;
  readonly authenticate: Authenticate;
  readonly nodeId: string;
  readonly now: () => Date;
  /** Null while this appliance federates no name by itself. */
  readonly openTap: () => OpenTap | null;
  readonly domainOf: (text: string) => Domain;
  readonly limits?: TapLimits;
}

export interface TapLimits {
  readonly linesPerSecond: number;
  readonly maxTaps: number;
  readonly maxTapsOfOne: number;
  /** A reader further behind than this misses lines; it is told how many. */
  readonly maxBehindBytes: number;
  readonly windowMs: number;
  readonly heartbeatMs: number;
}

const usual: TapLimits = {
  linesPerSecond: 50,
  maxTaps: 20,
  maxTapsOfOne: 5,
  maxBehindBytes: 256 * 1024,
  windowMs: 1_000,
  heartbeatMs: 20_000,
};

interface Tap {
  readonly actorId: string;
  readonly end: (reason: TapEndReason | "left") => Promise<void>;
  readonly request: FastifyRequest;
}

/**
 * `GET /api/v1/streams/tap`: what is said with one domain, live, for as long as asked. It ends with its time, with
 * the right to it, and with the appliance; begin and end are in the audit log.
 */
export function tapRoute(app: App, deps: TapDeps): void {
  const { db, now } = deps;
  const limits = deps.limits ?? usual;
  const taps = new Set<Tap>();
  const places: string[] = [];
  const unsubscribe = deps.changes.on((resource) => {
    if (isAboutAccess(resource)) endThoseGone();
  });
  const heartbeat = setInterval(endThoseGone, limits.heartbeatMs);
  app.addHook("preClose", async () => {
    clearInterval(heartbeat);
    unsubscribe();
    await Promise.all([...taps].map((tap) => tap.end("closing")));
  });

  function endThoseGone(): void {
    for (const tap of taps)
      void deps.authenticate(tap.request).then(
        (actor) => {
          if (actor === null || RANK[actor.role] < RANK.admin) void tap.end("session");
        },
        // A database that is away says nothing about the person.
        () => undefined,
      );
  }

  app.get(
    "/api/v1/streams/tap",
    {
      config: { role: "admin" },
      schema: { tags: ["streams"], querystring: tapQuery },
      // A HEAD would be answered by a stream that never ends.
      exposeHeadRoute: false,
    },
    async (request, reply) => {
      const remote = deps.domainOf(request.query.remote);
      const open = deps.openTap();
      if (open === null) throw new HttpProblem("stream.not_served");
      const { seconds } = request.query;
      const actorId = request.actor?.id ?? "";
      const ofOne = places.filter((one) => one === actorId).length;
      if (places.length >= limits.maxTaps || ofOne >= limits.maxTapsOfOne)
        throw new HttpProblem("tap.busy", { retryAfterSeconds: 30 });
      places.push(actorId);
      const release = () => places.splice(places.indexOf(actorId), 1);
      const audit = (action: string, after: object) =>
        recordAudit(db, request, { action, resource: "streams", resourceId: remote, after });
      try {
        await audit("begin_tap", { remote, seconds });
      } catch (error) {
        release();
        throw error;
      }
      const response = beginEventStream(reply);
      const until = new Date(now().getTime() + seconds * 1_000).toISOString();
      const begin: z.infer<typeof tapBegin> = { remote, nodeId: deps.nodeId, until };
      const feed = openFeed(response, limits, begin);
      const stop = open(remote, feed.line);
      const timer = setTimeout(() => void tap.end("time"), seconds * 1_000);
      let ending: Promise<void> | null = null;
      const tap: Tap = {
        actorId,
        request,
        end: (reason) =>
          (ending ??= (async () => {
            clearTimeout(timer);
            stop();
            taps.delete(tap);
            release();
            const told = feed.end(reason);
            await audit("end_tap", { remote, reason, ...told }).catch((error: unknown) =>
              request.log.error({ err: error }, "the end of a tap is not in the audit log"),
            );
          })()),
      };
      taps.add(tap);
      response.on("error", () => void tap.end("left"));
      request.raw.once("close", () => void tap.end("left"));
      // Who left while the audit log was written closes nothing any more.
      if (request.raw.destroyed || response.destroyed) void tap.end("left");
    },
  );
}

/** Writes lines as events: so many in a second, and none for a reader who is behind; says how many it left out. */
function openFeed(
  response: ServerResponse,
  limits: TapLimits,
  begin: z.infer<typeof tapBegin>,
): {
  readonly line: (line: TapLine) => void;
  readonly end: (reason: TapEndReason | "left") => { lines: number; leftOut: number };
} {
  let inWindow = 0;
  let leftOutNow = 0;
  let lines = 0;
  let leftOut = 0;
  const send = (event: string, data: object) =>
    response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const window = setInterval(turn, limits.windowMs);
  send("begin", begin);

  function turn(): void {
    const count = leftOutNow;
    inWindow = leftOutNow = 0;
    if (count > 0) send("left_out", { count } satisfies z.infer<typeof tapLeftOut>);
    // Also proof to proxies that the stream lives.
    else response.write(":\n\n");
  }

  return {
    line({ at, streamId, opened, direction, xml }) {
      const isTooMuch =
        inWindow >= limits.linesPerSecond || response.writableLength > limits.maxBehindBytes;
      if (isTooMuch) {
        leftOut += 1;
        leftOutNow += 1;
        return;
      }
      inWindow += 1;
      lines += 1;
      const told: TapLineTold = { at: at.toISOString(), streamId, opened, direction, xml };
      send("line", told);
    },
    end(reason) {
      clearInterval(window);
      if (leftOutNow > 0 && !response.destroyed) send("left_out", { count: leftOutNow });
      if (reason !== "left" && !response.destroyed) send("end", { reason });
      response.end();
      return { lines, leftOut };
    },
  };
}
