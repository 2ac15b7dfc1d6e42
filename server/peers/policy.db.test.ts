import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createChanges } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { insertPeer } from "#store/peers.ts";
import { domains } from "#store/schema.ts";
import { writeSettings } from "#store/settings.ts";
import { openTestStore } from "#testing/database.ts";
import { createPolicy } from "./policy.ts";

after(() => changes.stop());
const store = await openTestStore();
const { db } = store;
const changes = createChanges(store, (error) => assert.fail(String(error)));
await changes.start();

/** Resolves once `isTrue` is, or fails after five seconds. */
async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 5_000;
  while (!isTrue()) {
    assert.ok(Date.now() < end, "it did not happen");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
const block = (domain: string) =>
  db.transaction(async (tx) => {
    await insertPeer(tx, { domain, stance: "blocked", createdBy: "test" });
    await changes.emit(tx, "peers");
  });

test("before anything was read nobody is let in", () => {
  const policy = createPolicy({ db, changes, onError: (error) => assert.fail(String(error)) });
  assert.equal(policy.decide("acme.com").allowed, false);
});

test("decisions follow peers, settings and own domains, whoever changed them", async () => {
  const policy = createPolicy({ db, changes, onError: (error) => assert.fail(String(error)) });
  await policy.start();
  assert.equal(policy.decide("acme.com").rule, "mode:open");
  await block("acme.com");
  await until(() => policy.decide("acme.com").rule.startsWith("block:"));
  await db.transaction((tx) => writeSettings(tx, changes, { federationMode: "trusted_only" }));
  await until(() => policy.decide("other.org").rule === "mode:trusted_only");
  await db.insert(domains).values({ domain: "example.com" });
  await changes.emit(db, "domains");
  await until(() => policy.decide("example.com").rule === "self");
  await policy.stop();
  await block("late.org");
  assert.equal(policy.decide("late.org").rule, "mode:trusted_only");
});

test("after refresh the decision is the stored one, however many refresh at once", async () => {
  const policy = createPolicy({ db, changes, onError: (error) => assert.fail(String(error)) });
  await policy.start();
  await Promise.all(
    Array.from({ length: 20 }, async (_, index) => {
      await insertPeer(db, { domain: `r${index}.org`, stance: "blocked", createdBy: "test" });
      await policy.refresh();
      assert.ok(policy.decide(`r${index}.org`).rule.startsWith("block:"), `r${index}.org`);
    }),
  );
  await policy.stop();
});

test("while the database is away the last rules hold, and the new ones come when it is back", async () => {
  let isAway = false;
  const errors: unknown[] = [];
  const flaky = new Proxy(db, {
    get(target, key, receiver) {
      if (isAway && key === "select") throw new Error("connect ECONNREFUSED");
      const value: unknown = Reflect.get(target, key, receiver);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as Database;
  const policy = createPolicy({
    db: flaky,
    changes,
    onError: (error) => errors.push(error),
    retryMs: 20,
  });
  await policy.start();
  isAway = true;
  await block("away.org");
  await until(() => errors.length >= 2);
  assert.equal(policy.decide("acme.com").rule.startsWith("block:"), true);
  isAway = false;
  await until(() => policy.decide("away.org").rule.startsWith("block:"));
  await policy.stop();
});
