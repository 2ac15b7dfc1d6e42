import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createWorld } from "../stack/world.ts";
import { createLedger } from "./ledger.ts";
import { seededRandom } from "./random.ts";

const KILLS = process.env["SOAK"] === "whole" ? 200 : 10;
const WRITERS = 3;
const LONGEST_LIFE_MS = 400;
/** Every so often the database crashes with the appliance. */
const DATABASE_CRASH_EVERY = 5;

for (const engine of ["embedded", "PostgreSQL"] as const) {
  test(`${KILLS} kill -9 on ${engine}: no acknowledged change is lost`, async (t) => {
    const seed = Number(process.env["SOAK_SEED"] ?? Date.now() % 1_000_000);
    t.diagnostic(`SOAK_SEED=${seed}`);
    const random = seededRandom(seed);
    const world = await createWorld("soak");
    try {
      const postgres = engine === "PostgreSQL" ? await world.postgres({ isFast: false }) : null;
      const databaseUrl = await postgres?.createDatabase("soak");
      const appliance = await world.appliance(databaseUrl === undefined ? {} : { databaseUrl });
      const ledger = createLedger(await appliance.setUp(), random);
      let acknowledged = 0;
      for (let kill = 1; kill <= KILLS; kill += 1) {
        const writers = Array.from({ length: WRITERS }, (_, writer) => ledger.work(writer));
        await delay(random() * LONGEST_LIFE_MS);
        await appliance.kill();
        await Promise.all(writers);
        if (postgres !== null && kill % DATABASE_CRASH_EVERY === 0) {
          // SIGQUIT is PostgreSQL's immediate shutdown: no checkpoint, recovery at the next start.
          postgres.process.signal("SIGQUIT");
          await postgres.process.ended;
          await postgres.start();
        }
        await appliance.start();
        acknowledged = await ledger.verify().catch((error: unknown) => {
          throw new Error(`after kill ${kill} with SOAK_SEED=${seed}`, { cause: error });
        });
      }
      t.diagnostic(`${acknowledged} changes were acknowledged and kept over ${KILLS} kills`);
      assert.ok(
        acknowledged >= KILLS,
        `only ${acknowledged} changes were acknowledged: nothing was proven`,
      );
    } finally {
      await world.end();
    }
  });
}
