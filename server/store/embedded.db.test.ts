import assert from "node:assert/strict";
import { after, test } from "node:test";
import { openStore } from "./database.ts";

const store = await openStore({
  url: null,
  dataDirectory: "memory://",
  onIdleError: (error) => assert.fail(error),
});
after(() => store.close());

/** One statement on whatever client the pool has; its SQLSTATE when it fails. */
async function ask(text: string, values: unknown[] = []): Promise<unknown> {
  try {
    const { rows } = await store.pool.query<{ x: unknown }>(text, values);
    return rows.map((row) => row.x);
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

test(
  "a statement that fails leaves nothing behind for the next one",
  { timeout: 20_000 },
  async () => {
    for (let round = 0; round < 3; round++) {
      assert.equal(await ask("select $1::int as x", ["no number"]), "22P02");
      assert.equal(await ask("select 1 / $1::int as x", ["0"]), "22012");
      assert.deepEqual(await ask("select 5 as x"), [5]);
      assert.equal(await ask("select $1::text as x", ["a\u0000b"]), "22021");
      assert.deepEqual(await ask("select $1::text as x", ["6"]), ["6"]);
      assert.equal(await ask("select nothing as x, $1::text", [""]), "42703");
      assert.deepEqual(await ask("select $1::int as x", [7]), [7]);
    }
  },
);

test("failing statements side by side get each its own answer", { timeout: 20_000 }, async () => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      index % 3 === 0 ? ask("select $1::int as x", ["no"]) : ask("select $1::int as x", [index]),
    ),
  );
  assert.deepEqual(
    answers,
    Array.from({ length: 50 }, (_, index) => (index % 3 === 0 ? "22P02" : [index])),
  );
});

test(
  "a client that leaves in the middle of a transaction takes it along",
  { timeout: 20_000 },
  async () => {
    await ask("create table left_behind (x int)");
    const client = await store.pool.connect();
    await client.query("begin");
    await client.query("insert into left_behind values (1)");
    client.release(true);
    assert.deepEqual(await ask("select x from left_behind"), []);
    assert.deepEqual(await ask("insert into left_behind values (2) returning x"), [2]);
  },
);
