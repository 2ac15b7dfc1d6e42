import type { ServerResponse } from "node:http";
import type { Changes } from "#store/changes.ts";
import type { App } from "./app-types.ts";

const HEARTBEAT_MS = 20_000;
const MAX_STREAMS = 200;

/**
 * `GET /api/v1/events`: server-sent `hello` and `changed {resource, version}`; the client refetches.
 * Streams end when the appliance closes, else closing would wait for them for ever.
 */
export function eventRoutes(app: App, changes: Changes): void {
  const streams = new Set<ServerResponse>();
  let version = Date.now();
  const unsubscribe = changes.on((resource) => {
    version = Math.max(version + 1, Date.now());
    const text = `event: changed\ndata: ${JSON.stringify({ resource, version })}\n\n`;
    for (const stream of streams) stream.write(text);
  });
  const heartbeat = setInterval(() => {
    for (const stream of streams) stream.write(": still here\n\n");
  }, HEARTBEAT_MS);
  app.addHook("preClose", async () => {
    clearInterval(heartbeat);
    unsubscribe();
    for (const stream of streams) stream.end();
    await Promise.resolve();
  });

  app.get(
    "/api/v1/events",
    { config: { role: "auditor" }, schema: { hide: true } },
    async (request, reply) => {
      reply.hijack();
      const stream = reply.raw;
      stream.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
      if (streams.size >= MAX_STREAMS) {
        stream.end("event: full\ndata: {}\n\n");
        return;
      }
      stream.write(`retry: 2000\nevent: hello\ndata: ${JSON.stringify({ version })}\n\n`);
      streams.add(stream);
      request.raw.once("close", () => streams.delete(stream));
      await Promise.resolve();
    },
  );
}
