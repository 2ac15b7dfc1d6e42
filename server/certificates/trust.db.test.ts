import assert from "node:assert/strict";
import { test } from "node:test";
import { createChanges } from "#store/changes.ts";
import { writeSettings } from "#store/settings.ts";
import { openTestStore } from "#testing/database.ts";
import { createTrustSetting } from "./trust-setting.ts";
import type { TrustSource } from "./trust.ts";

test("the trust store follows its setting, from the start and when any appliance changes it", async () => {
  const store = await openTestStore();
  const onError = (error: unknown) => assert.fail(String(error));
  const changes = createChanges(store, onError);
  await changes.start();
  const used: TrustSource[] = [];
  const heard = Promise.withResolvers<void>();
  const use = (source: TrustSource) => {
    used.push(source);
    if (source === "system") heard.resolve();
  };
  const setting = createTrustSetting({ db: store.db, changes, trust: { use }, onError });
  await setting.start();
  assert.deepEqual(used, ["bundled"]);
  await store.db.transaction((tx) => writeSettings(tx, changes, { trustStore: "system" }));
  await heard.promise;
  assert.deepEqual(used, ["bundled", "system"]);
  setting.stop();
  await changes.stop();
});
