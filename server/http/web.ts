import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { App } from "./app-types.ts";
import { answerError } from "./errors.ts";
import { HttpProblem } from "./problem.ts";

/** Serves the built dashboard; every page address gets its shell, everything else unknown a problem. */
export async function serveWeb(app: App, directory: string): Promise<void> {
  const shellPath = join(directory, "index.html");
  const hasShell = existsSync(shellPath);
  const shell = hasShell ? readFileSync(shellPath) : null;
  if (hasShell) {
    await app.register(fastifyStatic, {
      root: directory,
      index: false,
      preCompressed: true,
      // The route is ours, below: every route declares its role.
      serve: false,
      cacheControl: false,
      setHeaders(reply, path) {
        const isHashed = path.includes("/assets/");
        reply.header(
          "cache-control",
          isHashed ? "public, max-age=31536000, immutable" : "no-cache",
        );
      },
    });
    app.get<{ Params: { "*": string } }>(
      "/*",
      { config: { role: "public", isAnonymous: true }, schema: { hide: true } },
      (request, reply) => reply.sendFile(request.params["*"]),
    );
  }
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "/";
    const isPage =
      request.method === "GET" &&
      !/^\/(api|metrics|healthz|readyz)(\/|$)/.test(path) &&
      !/\.[a-z0-9]+$/i.test(path.replace(/^\/(traces|peers|domains)\/.*/, ""));
    if (shell !== null && isPage) {
      void reply
        .header("content-type", "text/html; charset=utf-8")
        .header("cache-control", "no-cache")
        .send(shell);
      return;
    }
    answerError(new HttpProblem("request.not_found"), request, reply);
  });
}
