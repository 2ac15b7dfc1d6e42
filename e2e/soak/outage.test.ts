import assert from "node:assert/strict";
import { test } from "node:test";
import { problemDetails } from "#contract/problems.ts";
import { until } from "../stack/wait.ts";
import { createWorld } from "../stack/world.ts";

const NOTICE_MS = 15_000;
const RECOVERY_MS = 20_000;

test("PostgreSQL is stopped under it: /readyz says 503 with its code, and the same process recovers by itself", async () => {
  const world = await createWorld("outage");
  try {
    const postgres = await world.postgres({ isFast: true });
    const appliance = await world.appliance({
      databaseUrl: await postgres.createDatabase("outage"),
    });
    const client = await appliance.setUp();
    const { pid } = appliance.process;

    await postgres.stop();
    const refusal = await until("/readyz to notice", NOTICE_MS, async () => {
      const answer = await client.request("GET", "/readyz");
      return answer.status === 503 ? answer : undefined;
    });
    assert.equal(problemDetails.parse(refusal.body).code, "database.unavailable");
    assert.match(refusal.headers.get("content-type") ?? "", /^application\/problem\+json/);
    const request = await client.request("GET", "/api/v1/settings");
    assert.equal(request.status, 503);
    assert.equal(problemDetails.parse(request.body).code, "database.unavailable");
    assert.equal((await client.request("GET", "/healthz")).status, 200);

    await postgres.start();
    await until("/readyz to recover", RECOVERY_MS, async () => {
      const answer = await client.request("GET", "/readyz");
      return answer.status === 200 ? true : undefined;
    });
    const change = await client.request("PATCH", "/api/v1/settings", { statusTitle: "Back again" });
    assert.equal(change.status, 200, JSON.stringify(change.body));
    assert.equal(appliance.process.pid, pid);
    assert.ok(appliance.process.isRunning());
  } finally {
    await world.end();
  }
});
