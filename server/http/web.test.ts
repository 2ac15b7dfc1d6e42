import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import Fastify from "fastify";
import { guardRoutes } from "./access.ts";
import type { App } from "./app-types.ts";
import { handleErrors } from "./errors.ts";
import { serveWeb } from "./web.ts";

const SHELL = "<!doctype html><title>Wavegate</title>";
const SCRIPT = "console.log('the dashboard');".repeat(50);

const directory = mkdtempSync(join(tmpdir(), "wavegate-web-"));
mkdirSync(join(directory, "assets"));
writeFileSync(join(directory, "index.html"), SHELL);
writeFileSync(join(directory, "assets/index-abc.js"), SCRIPT);
writeFileSync(join(directory, "assets/index-abc.js.br"), brotliCompressSync(SCRIPT));
after(() => rmSync(directory, { recursive: true }));

// With the guard, as in the appliance: no route may be without a role.
const app = Fastify() as unknown as App;
handleErrors(app);
guardRoutes(app, { authenticate: async () => null, trustedProxies: [], publicUrl: null });
await serveWeb(app, directory);
after(() => app.close());
const get = (url: string, headers: Record<string, string> = {}) =>
  app.inject({ method: "GET", url, headers });

test("a built dashboard is public: its shell answers at every page's address", async () => {
  for (const url of ["/", "/peers", "/traces/0f8fad5b", "/peers/acmewave.com"]) {
    const answer = await get(url);
    assert.equal(answer.statusCode, 200, url);
    assert.equal(answer.body, SHELL, url);
    assert.equal(answer.headers["cache-control"], "no-cache", url);
  }
});

test("an asset is served compressed where the browser takes it, and kept for ever", async () => {
  const plain = await get("/assets/index-abc.js");
  assert.equal(plain.body, SCRIPT);
  assert.equal(plain.headers["cache-control"], "public, max-age=31536000, immutable");
  const packed = await get("/assets/index-abc.js", { "accept-encoding": "gzip, br" });
  assert.equal(packed.headers["content-encoding"], "br");
  assert.ok(packed.rawPayload.length < SCRIPT.length / 2);
});

test("what is neither a page nor a file is a problem, not the shell", async () => {
  for (const url of ["/assets/gone.js", "/api/v1/nothing", "/metrics/x"]) {
    const answer = await get(url);
    assert.equal(answer.statusCode, 404, url);
    assert.equal(answer.json().code, "request.not_found", url);
  }
});

test("no path leads out of the dashboard's folder", async () => {
  const answer = await get("/..%2f..%2fpackage.json");
  assert.equal(answer.statusCode, 400);
  assert.equal(answer.json().code, "request.invalid");
});
