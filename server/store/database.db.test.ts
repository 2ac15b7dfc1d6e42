import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "drizzle-orm";
import { openTestStore } from "#testing/database.ts";
import { isUnavailable } from "./availability.ts";
import { createChanges } from "./changes.ts";
import { endWhenSilent } from "./patience.ts";

const store = await openTestStore();
const { db } = store;
const TIMEOUT = { timeout: 20_000 };

test("transactions whose begin fails give their connections back", TIMEOUT, async () => {
  for (let count = 0; count < 12; count += 1) {
    const broken = db.transaction(async () => {}, { isolationLevel: "no such level" as never });
    await assert.rejects(broken, /begin isolation level/);
  }
  const { rows } = await db.transaction((tx) => tx.execute(sql`select 1 as one`));
  assert.deepEqual(rows, [{ one: 1 }]);
});

test("a transaction that fails is rolled back and throws what failed", TIMEOUT, async () => {
  const failed = db.transaction(async (tx) => {
    await tx.execute(sql`insert into settings (key, value) values ('half', '1')`);
    throw new Error("in the middle");
  });
  await assert.rejects(failed, /in the middle/);
  const { rows } = await db.execute(sql`select 1 from settings where key = 'half'`);
  assert.deepEqual(rows, []);
});

if (store.engine === "postgresql") {
  test(
    "a connection that is lost within a transaction fails it, and nothing else",
    TIMEOUT,
    async () => {
      const lost = db.transaction(async (tx) => {
        const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        const pid = rows[0]?.pid;
        await db.execute(sql`select pg_terminate_backend(${pid})`);
        // Between two statements there is nobody whom the driver could tell but the client itself.
        const isThere = sql`select 1 from pg_stat_activity where pid = ${pid}`;
        while ((await db.execute(isThere)).rows.length > 0);
        await tx.execute(sql`select 1`);
      });
      await assert.rejects(lost, (error) => isUnavailable(error));
      await db.transaction((tx) => tx.execute(sql`select 1`));
    },
  );

  test(
    "a statement without an answer ends its connection, and a transaction on it",
    TIMEOUT,
    async () => {
      const client = await store.openListener();
      assert.ok(client !== null);
      endWhenSilent(client, 100);
      await client.query("begin");
      const [slept, next] = await Promise.allSettled([
        client.query("select pg_sleep(60)"),
        client.query("rollback"),
      ]);
      assert.ok(slept.status === "rejected" && isUnavailable(slept.reason));
      assert.ok(next.status === "rejected" && isUnavailable(next.reason));
    },
  );

  test(
    "a lost listener comes back, says that anything may have changed, and hears all once",
    TIMEOUT,
    async () => {
      const heard: string[] = [];
      const changes = createChanges(store, () => {});
      changes.on((resource) => heard.push(resource));
      await changes.start();
      const listeners = sql`select pg_terminate_backend(pid) from pg_stat_activity
      where query ilike 'listen%' and datname = current_database()`;
      for (let round = 0; round < 2; round += 1) {
        await db.execute(listeners);
        while (!heard.includes("*")) await new Promise((resolve) => setTimeout(resolve, 20));
        heard.length = 0;
      }
      await changes.emit(db, "peers");
      await changes.emit(db, "users");
      while (!heard.includes("users")) await new Promise((resolve) => setTimeout(resolve, 20));
      assert.deepEqual(heard, ["peers", "users"]);
      await changes.stop();
    },
  );
}
