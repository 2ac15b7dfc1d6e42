import assert from "node:assert/strict";
import { test } from "node:test";
import { countFailure, insertUser } from "#store/people.ts";
import { openTestApp, PASSWORD } from "#testing/app.ts";
import { hashPassword } from "./credentials.ts";
import { guesserAt, NAME_LIMITS } from "./identity.ts";

const { request, store } = await openTestApp();

const signIn = (name: string, password: string, remoteAddress = "127.0.0.1") =>
  request("nobody", "POST", "/api/v1/session", { name, password }, { remoteAddress });

function tally(answers: readonly { statusCode: number }[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { statusCode } of answers) counts[statusCode] = (counts[statusCode] ?? 0) + 1;
  return counts;
}

test("twenty wrong passwords sent at once are weighed one after the other: five are looked at", async () => {
  const guesses = Array.from({ length: 20 }, (_, index) => signIn("owner", `wrong ${index}`));
  assert.deepEqual(tally(await Promise.all(guesses)), { 401: 5, 429: 15 });
  assert.equal((await signIn("owner", PASSWORD)).statusCode, 429);
});

test("wrong passwords from one address lock nobody out at another", async () => {
  for (let guess = 0; guess < 8; guess += 1)
    await signIn("auditor", `wrong ${guess}`, "127.0.0.20");
  assert.equal((await signIn("auditor", PASSWORD, "127.0.0.20")).statusCode, 429);
  assert.equal((await signIn("auditor", PASSWORD, "127.0.0.21")).statusCode, 201);
});

test("a crowd that guesses at one name is slowed down, for a minute at most", async () => {
  for (let guess = 0; guess < 100; guess += 1)
    await countFailure(store.db, "name:popular", new Date(), NAME_LIMITS);
  const blocked = await signIn("Popular", PASSWORD, "127.0.0.22");
  assert.equal(blocked.statusCode, 429);
  assert.ok(Number(blocked.headers["retry-after"]) <= 60, String(blocked.headers["retry-after"]));
});

test("a block set by a clock that was ahead by a year does not last for a year", async () => {
  const passwordHash = await hashPassword(PASSWORD);
  await insertUser(store.db, { name: "ahead", role: "auditor", passwordHash });
  const year = 366 * 24 * 3600_000;
  await countFailure(store.db, "name:ahead", new Date(Date.now() + year), {
    allowed: 1,
    windowMs: 60_000,
    firstBlockMs: 15_000,
    maxBlockMs: 3600_000,
  });
  assert.equal((await signIn("ahead", PASSWORD, "127.0.0.11")).statusCode, 201);
});

test("guessing at invitations costs no password hash, and is throttled when sent at once, too", async () => {
  const guess = (token: string) =>
    request("nobody", "POST", "/api/v1/session/invitation", {
      token,
      name: "eve",
      password: PASSWORD,
    });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => guess(`no ${index}`)));
  assert.deepEqual(tally(answers), { 410: 5, 429: 15 });
  const { rows } = await store.pool.query("select name from users where name = 'eve'");
  assert.deepEqual(rows, []);
});

test("right passwords sent at once are all good", async () => {
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => signIn("admin", PASSWORD, "127.0.0.9")),
  );
  assert.deepEqual(tally(answers), { 201: 8 });
});

test("an IPv6 customer's /64 is one guesser, an IPv4 address is itself however it is written", () => {
  assert.equal(guesserAt("2001:db8:1:2:3:4:5:6"), guesserAt("2001:db8:1:2::9"));
  assert.notEqual(guesserAt("2001:db8:1:2::9"), guesserAt("2001:db8:1:3::9"));
  assert.equal(guesserAt("fe80::1%eth0"), guesserAt("fe80::2"));
  assert.equal(guesserAt("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(guesserAt("192.0.2.1"), "192.0.2.1");
});

test("nobody is mistaken for another: names differ in more than case, and hide nothing", async () => {
  const accept = async (name: string) => {
    const made = await request("owner", "POST", "/api/v1/users/invitations", { role: "auditor" });
    const token = String(made.json().link).split("#")[1] ?? "";
    return request(
      "nobody",
      "POST",
      "/api/v1/session/invitation",
      { token, name, password: PASSWORD },
      { remoteAddress: "127.0.0.10" },
    );
  };
  assert.equal((await accept("OWNER")).json().code, "resource.conflict");
  for (const name of ["owner\u200b", "owner\u202e", "own\u0000er", "\ud800"]) {
    const answer = await accept(name);
    assert.deepEqual([answer.statusCode, answer.json().code], [400, "request.invalid"], name);
  }
  assert.equal((await accept("Ωλγα О'Нил")).statusCode, 201);
  assert.equal((await signIn("AUDITOR", PASSWORD, "127.0.0.11")).json().name, "auditor");
});
