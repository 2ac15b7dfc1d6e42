import assert from "node:assert/strict";
import { test } from "node:test";
import { tracePage } from "#contract/traces.ts";
import { forEachAtOnce } from "../bench/benchmark.ts";
import { gatherCrowd } from "../bench/crowd.ts";
import { inspect } from "../bench/inspector.ts";
import { runTrace } from "../stack/operations.ts";

const isWhole = process.env["SOAK"] === "whole";
const TRACES = isWhole ? 6000 : 150;
const AT_ONCE = 50;
/** What is in use after garbage collection may grow by this from the first third to the end. */
const FLAT_PERCENT = isWhole ? 5 : 15;

for (const engine of ["embedded", "PostgreSQL"] as const) {
  test(`${TRACES} traces, ${AT_ONCE} at once, on ${engine}: none fails, all are kept, memory is flat`, async (t) => {
    const crowd = await gatherCrowd(TRACES, { engine });
    const inspector = await inspect(crowd.appliance.address);
    try {
      const failures: string[] = [];
      const trace = (domains: readonly string[]) =>
        forEachAtOnce(domains, AT_ONCE, async (domain) => {
          const { state, xmpp, wave, findings } = await runTrace(crowd.client, domain);
          if (state !== "done" || xmpp !== "reachable" || wave !== "found")
            failures.push(`${domain}: ${state} ${xmpp} ${wave} ${JSON.stringify(findings)}`);
        });
      const third = Math.floor(TRACES / 3);
      await trace(crowd.domains.slice(0, third));
      const early = await inspector.memory();
      await trace(crowd.domains.slice(third));
      const late = await inspector.memory();
      t.diagnostic(JSON.stringify({ early, late }));
      assert.deepEqual(failures, []);
      const growth = (late.heapMb / early.heapMb - 1) * 100;
      assert.ok(growth <= FLAT_PERCENT, `the heap grew by ${growth.toFixed(1)} %`);
      const { total } = await crowd.client.read(tracePage, "GET", "/api/v1/traces?limit=1");
      assert.equal(total, TRACES);
    } finally {
      inspector.close();
      await crowd.end();
    }
  });
}
