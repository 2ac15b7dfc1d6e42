import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { addressOf, call, probe } from "./client.ts";
import { ApiProblem } from "./problem.ts";

afterEach(() => mock.restoreAll());

function answer(body: unknown, init: ResponseInit): void {
  mock.method(globalThis, "fetch", () =>
    Promise.resolve(new Response(typeof body === "string" ? body : JSON.stringify(body), init)),
  );
}
const problemType = { "content-type": "application/problem+json" };

test("an address has its parameters encoded, and only those parts of the query that are set", () => {
  assert.equal(
    addressOf("GET /api/v1/peers/:id", { params: { id: "a/b c" } }),
    "/api/v1/peers/a%2Fb%20c",
  );
  assert.equal(
    addressOf("GET /api/v1/audit", { query: { q: "a&b", sort: undefined, resource: "" } }),
    "/api/v1/audit?q=a%26b",
  );
});

test("RFC 9457: a problem is thrown with its code, fields, waiting time and reference", async () => {
  answer(
    {
      code: "auth.throttled",
      params: { until: "x" },
      errors: [{ field: "body.name", message: "no" }],
    },
    { status: 429, headers: { ...problemType, "retry-after": "30", "x-request-id": "r1" } },
  );
  await assert.rejects(call("GET /api/v1/settings"), (error) => {
    assert.ok(error instanceof ApiProblem);
    assert.equal(error.code, "auth.throttled");
    assert.deepEqual(error.fields, { name: "no" });
    assert.equal(error.retryAfterSeconds, 30);
    assert.equal(error.requestId, "r1");
    return true;
  });
});

test("an address with an ill-formed id leads to nothing rather than to marked fields", async () => {
  answer(
    { code: "request.invalid", errors: [{ field: "params.id", message: "Invalid UUID" }] },
    { status: 400, headers: problemType },
  );
  await assert.rejects(call("GET /api/v1/domains/:id", { params: { id: "x" } }), {
    code: "resource.not_found",
  });
});

for (const [title, body, init] of [
  ["a proxy's page", "<html>502</html>", { status: 502, headers: { "content-type": "text/html" } }],
  ["a problem that is none", "[]", { status: 500, headers: problemType }],
  ["a problem that is cut off", '{"code":', { status: 500, headers: problemType }],
  ["an answer that is no JSON", "<html></html>", { status: 200 }],
] as const)
  test(`${title} is unexpected, not a crash`, async () => {
    answer(body, init);
    await assert.rejects(call("GET /api/v1/settings"), { code: "client.unexpected" });
  });

test("an appliance that is not there is unreachable", async () => {
  mock.method(globalThis, "fetch", () => Promise.reject(new TypeError("fetch failed")));
  await assert.rejects(call("GET /api/v1/settings"), { code: "client.unreachable" });
  assert.equal(await probe(), "unreachable");
});

test("the probe tells a database that is away from an appliance that is not well", async () => {
  answer({ code: "database.unavailable" }, { status: 503, headers: problemType });
  assert.equal(await probe(), "database");
  answer("<html>", { status: 503 });
  assert.equal(await probe(), "unreachable");
  answer({ status: "ready" }, { status: 200 });
  assert.equal(await probe(), "ok");
});

test("an answer without a body is null", async () => {
  mock.method(globalThis, "fetch", () => Promise.resolve(new Response(null, { status: 204 })));
  assert.equal(await call("DELETE /api/v1/session"), null);
});
