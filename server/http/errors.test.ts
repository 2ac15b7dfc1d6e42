import assert from "node:assert/strict";
import { after, test } from "node:test";
import Fastify from "fastify";
import type { App } from "./app-types.ts";
import { handleErrors } from "./errors.ts";
import { problemOf } from "./problem.ts";

const lines: string[] = [];
const stream = { write: (line: string) => lines.push(line) };
const app = Fastify({
  logger: { level: "info", stream },
  disableRequestLogging: true,
}) as unknown as App;
let thrown: unknown;
handleErrors(app);
app.get("/", () => Promise.reject(thrown as Error));
after(() => app.close());

const failed = (code: string) =>
  new Error("Failed query: insert into secrets\nparams: s3cret", {
    cause: Object.assign(new Error("what the database said"), { code }),
  });

test("what the database cannot do is a problem of its own, and says nothing of the inside", async () => {
  const expected: [string, number, string][] = [
    ["57P01", 503, "database.unavailable"],
    ["ECONNREFUSED", 503, "database.unavailable"],
    ["53100", 507, "database.full"],
    ["22021", 400, "request.invalid"],
    ["42P01", 500, "internal"],
  ];
  for (const [state, status, code] of expected) {
    thrown = failed(state);
    const answer = await app.inject({ url: "/" });
    assert.equal(answer.statusCode, status, state);
    assert.equal(answer.json().code, code, state);
    assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/);
    assert.ok(!/s3cret|Failed query|what the database said|\.ts:/.test(answer.body), answer.body);
  }
});

test("a refusal because too much runs is a line without a stack, not an error; a fault has its cause", async () => {
  lines.length = 0;
  thrown = problemOf({ code: "trace.busy", retryAfterSeconds: 5 });
  const answer = await app.inject({ url: "/" });
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.headers["retry-after"], "5");
  thrown = new Error("a bug");
  await app.inject({ url: "/" });
  const [refused, failure] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(lines.length, 2);
  assert.deepEqual([refused?.["level"], refused?.["code"]], [30, "trace.busy"]);
  assert.doesNotMatch(lines[0] ?? "", /stack|\.ts:/);
  assert.equal(failure?.["level"], 50);
  assert.match(lines[1] ?? "", /a bug/);
});
