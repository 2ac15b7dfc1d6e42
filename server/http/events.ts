import type { ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Changes } from "#store/changes.ts";
import { isAboutCalls } from "#store/node-calls.ts";
import type { Authenticate } from "./access.ts";
import type { App } from "./app-types.ts";

const HEARTBEAT_MS = 20_000;
/** After a change of these, who listens may have lost the right to. */
const ABOUT_ACCESS = new Set(["session", "users", "tokens", "*"]);
export const isAboutAccess = (resource: string): boolean =>
  ABOUT_ACCESS.has(resource.split("/")[0] ?? "");
const MAX_STREAMS = 200;
/** Nobody takes them all: a browser has about six, a script wants one. */
const MAX_STREAMS_OF_ONE = 50;
/** A reader further behind than this is cut off; it connects anew and fetches what it missed. */
const MAX_BEHIND_BYTES = 64 * 1024;

/**
 * `GET /api/v1/events`: server-sent `hello` and `changed {resource, version}`; the client refetches.
 * Streams end when the appliance closes, else closing would wait for them for ever, and when their
 * session or token has ended: at once if that was a change, at the next heartbeat if it ran out.
 */
export function eventRoutes(
  app: App,
  changes: Pick<Changes, "on">,
  authenticate: Authenticate,
  heartbeatMs = HEARTBEAT_MS,
): void {
  const streams = new Map<ServerResponse, FastifyRequest>();
  let version = Date.now();
  const send = (text: string) => {
    for (const stream of streams.keys()) {
      if (stream.writableLength > MAX_BEHIND_BYTES) stream.destroy();
      else stream.write(text);
    }
  };
  const unsubscribe = changes.on((resource) => {
    if (isAboutCalls(resource)) return;
    version = Math.max(version + 1, Date.now());
    send(`event: changed\ndata: ${JSON.stringify({ resource, version })}\n\n`);
    if (isAboutAccess(resource)) endThoseGone();
  });
  const heartbeat = setInterval(() => {
    send(": still here\n\n");
    endThoseGone();
  }, heartbeatMs);
  app.addHook("preClose", async () => {
    clearInterval(heartbeat);
    unsubscribe();
    for (const stream of streams.keys()) end(stream);
    await Promise.resolve();
  });

  function endThoseGone(): void {
    for (const [stream, request] of streams) void endIfGone(stream, request);
  }

  async function endIfGone(stream: ServerResponse, request: FastifyRequest): Promise<void> {
    // A database that is away says nothing about the person.
    const isGone = await authenticate(request).then(
      (actor) => actor === null,
      () => false,
    );
    if (isGone) end(stream);
  }

  /** Nothing may be written behind its end: the error would be nobody's. */
  function end(stream: ServerResponse): void {
    streams.delete(stream);
    stream.end();
  }

  function isFullFor({ actor }: FastifyRequest): boolean {
    const own = [...streams.values()].filter((one) => one.actor?.id === actor?.id);
    return streams.size >= MAX_STREAMS || own.length >= MAX_STREAMS_OF_ONE;
  }

  app.get(
    "/api/v1/events",
    // A HEAD would be answered by a stream that never ends.
    { config: { role: "auditor" }, schema: { hide: true }, exposeHeadRoute: false },
    async (request, reply) => {
      const stream = beginEventStream(reply);
      if (isFullFor(request)) {
        stream.end("event: full\ndata: {}\n\n");
        return;
      }
      stream.write(`retry: 2000\nevent: hello\ndata: ${JSON.stringify({ version })}\n\n`);
      // Who left while their session was looked up closes nothing any more.
      if (request.raw.destroyed || stream.destroyed) return;
      streams.set(stream, request);
      request.raw.once("close", () => streams.delete(stream));
      await Promise.resolve();
    },
  );
}

/** Answers with server-sent events from now on; whoever calls writes them, and ends them. */
export function beginEventStream(reply: FastifyReply): ServerResponse {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
  return reply.raw;
}
