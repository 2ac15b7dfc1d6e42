import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createChanges } from "#store/changes.ts";
import { writeSettings } from "#store/settings.ts";
import { openTestStore } from "#testing/database.ts";
import { createOutsideProbe } from "./outside-probe.ts";

after(() => changes.stop());
const store = await openTestStore();
const changes = createChanges(store, (error) => assert.fail(String(error)));
await changes.start();

test("one answer from outside is enough; none, or nobody to ask, is silence", async () => {
  const asked: string[] = [];
  const probe = (answering: string) =>
    createOutsideProbe({
      db: store.db,
      parseServer: (text) => (text === "nonsense" ? null : text),
      ask: async (server) => {
        asked.push(server);
        if (server === "192.0.2.3:53") throw new Error("a bug");
        return Promise.resolve(server === answering);
      },
    });
  const set = (outsideResolvers: string[]) =>
    writeSettings(store.db, changes, { outsideResolvers });
  await set(["192.0.2.3:53", "nonsense", "192.0.2.1:53", "192.0.2.2:53"]);
  assert.equal(await probe("192.0.2.2:53")(), true);
  assert.deepEqual(asked, ["192.0.2.3:53", "192.0.2.1:53", "192.0.2.2:53"]);
  assert.equal(await probe("nobody")(), false);
  await set([]);
  assert.equal(await probe("192.0.2.2:53")(), false);
});
