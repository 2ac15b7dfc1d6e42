import assert from "node:assert/strict";
import { test } from "node:test";
import type { Token } from "#contract/people.ts";
import { insertUser } from "#store/people.ts";
import { openTestApp, PASSWORD } from "#testing/app.ts";
import { hashPassword } from "./credentials.ts";

const { app, request, token, store, clock, routes, logLines, ids } = await openTestApp();
const RANK = { nobody: 0, auditor: 1, admin: 2, owner: 3 } as const;
type Who = keyof typeof RANK;

test("every route answers each role and nobody as it declares", async () => {
  const guarded = routes.filter(
    (route) => !/^(HEAD|OPTIONS)$/.test(route.method) && route.url !== "/api/v1/events",
  );
  assert.ok(guarded.length > 25, `${guarded.length} routes`);
  for (const route of guarded) {
    for (const who of ["nobody", "auditor", "admin", "owner"] as Who[]) {
      if (route.url === "/api/v1/session" && route.method === "DELETE" && who !== "nobody")
        continue; // ends the caller
      const url = route.url.replace(/:[a-zA-Z]+/g, "00000000-0000-4000-8000-000000000000");
      const answer = await request(who, route.method, url, route.method === "GET" ? undefined : {});
      const code = /json/.test(String(answer.headers["content-type"]))
        ? answer.json().code
        : undefined;
      const title = `${who} ${route.method} ${route.url} (${route.role}) -> ${answer.statusCode} ${code}`;
      if (route.role === "public" || RANK[who] >= RANK[route.role]) {
        assert.notEqual(code, "auth.role", title);
        if (route.role !== "public") assert.notEqual(code, "auth.required", title);
        assert.notEqual(answer.statusCode, 500, title);
      } else {
        assert.equal(code, who === "nobody" ? "auth.required" : "auth.role", title);
        assert.equal(answer.statusCode, who === "nobody" ? 401 : 403, title);
      }
    }
  }
});

test("a problem is RFC 9457 JSON without a stack, also for addresses that no router takes", async () => {
  for (const url of [
    "/%zz",
    "/api/v1/none",
    "/..%2f..%2fpackage.json",
    "/api/v1/users/not-an-id",
  ]) {
    const answer = await request("owner", "GET", url);
    assert.match(String(answer.headers["content-type"]), /^application\/problem\+json/, url);
    assert.doesNotMatch(answer.body, /node_modules|at .*\.ts:\d+/, url);
    assert.equal(typeof answer.json().code, "string", url);
  }
});

test("bodies over the limit, of another type, or not JSON are refused by name", async () => {
  const large = await request("owner", "POST", "/api/v1/tokens", { name: "x".repeat(300_000) });
  assert.deepEqual([large.statusCode, large.json().code], [413, "request.too_large"]);
  const xml = await request("owner", "POST", "/api/v1/tokens", undefined, {
    payload: "<a/>",
    headers: { "content-type": "text/xml" },
  });
  assert.deepEqual([xml.statusCode, xml.json().code], [415, "request.media_type"]);
  const broken = await request("owner", "POST", "/api/v1/tokens", undefined, {
    payload: '{"name":',
    headers: { "content-type": "application/json" },
  });
  assert.deepEqual([broken.statusCode, broken.json().code], [400, "request.invalid"]);
  const missing = await request("owner", "POST", "/api/v1/tokens", { role: "god" });
  assert.deepEqual(
    missing.json().errors.map((error: { field: string }) => error.field),
    ["body.name", "body.role"],
  );
});

test("CSRF: an unsafe request from another site is refused, whatever its cookie", async () => {
  const body = { name: "t", role: "auditor" };
  for (const headers of [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
  ]) {
    const answer = await request("owner", "POST", "/api/v1/tokens", body, { headers });
    assert.equal(answer.json().code, "request.cross_origin", JSON.stringify(headers));
  }
  const own = await request("owner", "POST", "/api/v1/tokens", body, {
    headers: { "sec-fetch-site": "same-origin" },
  });
  assert.equal(own.statusCode, 201);
});

test("a password is refused over plain HTTP from another machine, with the way out named by code", async () => {
  const answer = await request(
    "nobody",
    "POST",
    "/api/v1/session",
    { name: "owner", password: PASSWORD },
    {
      remoteAddress: "192.0.2.7",
    },
  );
  assert.deepEqual([answer.statusCode, answer.json().code], [403, "auth.insecure_transport"]);
});

test("the session cookie is HttpOnly and SameSite=Strict", async () => {
  const answer = await request("nobody", "POST", "/api/v1/session", {
    name: "owner",
    password: PASSWORD,
  });
  assert.equal(answer.statusCode, 201);
  const cookie = String(answer.headers["set-cookie"]);
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Strict/);
  assert.doesNotMatch(cookie, /Secure/);
});

test("behind a trusted proxy that speaks HTTPS to the browser the cookie is Secure", async () => {
  const proxied = await openTestApp({ trustedProxies: ["192.0.2.0/24"] });
  const answer = await proxied.request(
    "nobody",
    "POST",
    "/api/v1/session",
    { name: "owner", password: PASSWORD },
    {
      remoteAddress: "192.0.2.7",
      headers: { "x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.9" },
    },
  );
  assert.equal(answer.statusCode, 201);
  assert.match(String(answer.headers["set-cookie"]), /Secure/);
  const plain = await proxied.request(
    "nobody",
    "POST",
    "/api/v1/session",
    { name: "owner", password: PASSWORD },
    {
      remoteAddress: "192.0.2.7",
      headers: { "x-forwarded-proto": "http", "x-forwarded-for": "127.0.0.1" },
    },
  );
  assert.equal(plain.json().code, "auth.insecure_transport");
});

test("wrong passwords are throttled, with the time to wait; the right one is then refused too", async () => {
  const guess = (password: string) =>
    request(
      "nobody",
      "POST",
      "/api/v1/session",
      { name: "admin", password },
      { remoteAddress: "127.0.0.9" },
    );
  for (let count = 0; count < 5; count++)
    assert.equal((await guess("wrong")).json().code, "auth.credentials");
  const blocked = await guess(PASSWORD);
  assert.deepEqual([blocked.statusCode, blocked.json().code], [429, "auth.throttled"]);
  assert.ok(Number(blocked.headers["retry-after"]) >= 1);
  clock.now = new Date(clock.now.getTime() + 3600_000 / 2);
  assert.equal((await guess(PASSWORD)).statusCode, 201);
});

test("an invitation works once, and its secret is stored as a hash only", async () => {
  const made = await request("owner", "POST", "/api/v1/users/invitations", { role: "auditor" });
  assert.equal(made.statusCode, 201);
  const secret = String(made.json().link).split("#")[1] ?? "";
  assert.match(secret, /^wgi_/);
  const accept = () =>
    request("nobody", "POST", "/api/v1/session/invitation", {
      token: secret,
      name: "grace",
      password: PASSWORD,
    });
  const first = await accept();
  assert.deepEqual([first.statusCode, first.json().role], [201, "auditor"]);
  assert.equal((await accept()).json().code, "invitation.invalid");
  const dump = JSON.stringify(await store.pool.query("select * from invitations, audit"));
  assert.ok(!dump.includes(secret));
});

test("the last owner stays: neither demoted, nor disabled, nor deleted", async () => {
  const url = `/api/v1/users/${ids.get("owner")}`;
  assert.equal(
    (await request("owner", "PATCH", url, { role: "admin" })).json().code,
    "user.last_owner",
  );
  assert.equal(
    (await request("owner", "PATCH", url, { isDisabled: true })).json().code,
    "user.last_owner",
  );
  assert.equal((await request("owner", "DELETE", url)).json().code, "user.last_owner");
});

test("tokens authenticate as their role, end when revoked, and cannot exceed their maker's role", async () => {
  const secret = await token("auditor");
  const use = () =>
    request("nobody", "GET", "/api/v1/session", undefined, {
      headers: { authorization: `Bearer ${secret}` },
    });
  assert.equal((await use()).json().role, "auditor");
  const listed = await request("admin", "GET", "/api/v1/tokens");
  const entry = listed
    .json()
    .items.find(
      (item: { name: string; role: string }) => item.name === "test" && item.role === "auditor",
    );
  assert.ok(!listed.body.includes(secret));
  assert.equal((await request("admin", "DELETE", `/api/v1/tokens/${entry.id}`)).statusCode, 204);
  assert.equal((await use()).json().code, "auth.required");
  assert.equal(
    (await request("admin", "POST", "/api/v1/tokens", { name: "up", role: "owner" })).json().code,
    "auth.role",
  );
});

test("a token may do what its maker may: it sleeps, is demoted and ends with them", async () => {
  const passwordHash = await hashPassword(PASSWORD);
  const bob = await insertUser(store.db, { name: "bob", role: "admin", passwordHash });
  const signedIn = await request("nobody", "POST", "/api/v1/session", {
    name: "bob",
    password: PASSWORD,
  });
  const cookie = String(signedIn.headers["set-cookie"]).split(";")[0] ?? "";
  const make = (headers: Record<string, string>) =>
    request("nobody", "POST", "/api/v1/tokens", { name: "bobs", role: "admin" }, { headers });
  const first = `Bearer ${(await make({ cookie })).json().token}`;
  const second = `Bearer ${(await make({ authorization: first })).json().token}`;
  const roles = async () => {
    const answers = [first, second].map((authorization) =>
      request("nobody", "GET", "/api/v1/session", undefined, { headers: { authorization } }),
    );
    return (await Promise.all(answers)).map((answer) => answer.json().role ?? answer.json().code);
  };
  const path = `/api/v1/users/${bob?.id ?? ""}`;
  const listed = async () =>
    (await request("admin", "GET", "/api/v1/tokens"))
      .json()
      .items.filter((item: Token) => item.name === "bobs")
      .map((item: Token) => [item.role, item.isSuspended]);

  assert.deepEqual(await roles(), ["admin", "admin"]);
  await request("owner", "PATCH", path, { role: "auditor" });
  assert.deepEqual(await roles(), ["auditor", "auditor"]);
  await request("owner", "PATCH", path, { role: "admin", isDisabled: true });
  assert.deepEqual(await roles(), ["auth.required", "auth.required"]);
  assert.deepEqual(await listed(), [
    ["admin", true],
    ["admin", true],
  ]);
  await request("owner", "PATCH", path, { isDisabled: false });
  assert.deepEqual(await roles(), ["admin", "admin"]);
  assert.equal((await request("owner", "DELETE", path)).statusCode, 204);
  assert.deepEqual(await roles(), ["auth.required", "auth.required"]);
  assert.deepEqual(await listed(), []);
});

test("the audit log holds before and after, and no secret ever; the log lines neither", async () => {
  await request("owner", "PATCH", "/api/v1/settings", { federationMode: "trusted_only" });
  const log = await request("auditor", "GET", "/api/v1/audit?resource=settings");
  const [entry] = log.json().items;
  assert.equal(entry.before.federationMode, "open");
  assert.equal(entry.after.federationMode, "trusted_only");
  const everything =
    JSON.stringify((await store.pool.query("select * from audit")).rows) + logLines.join("");
  assert.ok(!everything.includes(PASSWORD));
  assert.doesNotMatch(everything, /wg[sti]_[A-Za-z0-9_-]{20}/);
});

test("sessions are listed and revocable, and a changed password ends the others", async () => {
  const fresh = await request("nobody", "POST", "/api/v1/session", {
    name: "auditor",
    password: PASSWORD,
  });
  const cookie = String(fresh.headers["set-cookie"]).split(";")[0] ?? "";
  const mine = await request("auditor", "GET", "/api/v1/session/list");
  assert.equal(mine.json().length, 2);
  const changed = await request("auditor", "PUT", "/api/v1/session/password", {
    current: PASSWORD,
    next: `${PASSWORD}!`,
  });
  assert.equal(changed.statusCode, 204);
  const other = await app.inject({ method: "GET", url: "/api/v1/session", headers: { cookie } });
  assert.equal(other.json().code, "auth.required");
});

test("the OpenAPI document is valid 3.1 and names every listed route", async () => {
  const { validate } = await import("@readme/openapi-parser");
  const document = (await request("nobody", "GET", "/api/v1/openapi.json")).json();
  assert.equal(document.openapi, "3.1.0");
  const result = await validate(structuredClone(document));
  assert.ok(result.valid, JSON.stringify(result));
  assert.ok(Object.keys(document.paths).length > 12);
});
