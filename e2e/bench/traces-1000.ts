import { runTrace } from "../stack/operations.ts";
import { type Benchmark, cpuSeconds, forEachAtOnce, median } from "./benchmark.ts";
import { gatherCrowd } from "./crowd.ts";
import { inspect } from "./inspector.ts";

const AT_ONCE = 50;
/** After this share of the traces, pools, caches and compiled code have their size. */
const WARM_SHARE = 0.2;
/** What is in use must not grow; what the allocator keeps of freed memory settles later. */
const FLAT_HEAP_PERCENT = 5;
const FLAT_RESIDENT_PERCENT = 15;

export const traces1000: Benchmark = {
  name: "traces-1000",
  about: `1 000 traces of different domains, ${AT_ONCE} at once, on PostgreSQL; memory after garbage collection`,
  run: async (scale) => {
    const total = scale === "whole" ? 1000 : 60;
    const warm = Math.round(total * WARM_SHARE);
    const crowd = await gatherCrowd(total, { engine: "PostgreSQL" });
    const inspector = await inspect(crowd.appliance.address);
    try {
      const { pid } = crowd.appliance.process;
      const durations: number[] = [];
      const failures: string[] = [];
      const trace = (domains: readonly string[]) =>
        forEachAtOnce(domains, AT_ONCE, async (domain) => {
          const found = await runTrace(crowd.client, domain);
          durations.push(found.durationMs ?? Number.NaN);
          if (found.wave !== "found" || found.xmpp !== "reachable")
            failures.push(`${domain}: ${found.xmpp}, ${found.wave}`);
        });
      const from = { ms: performance.now(), cpu: cpuSeconds(pid) };
      await trace(crowd.domains.slice(0, warm));
      const early = await inspector.memory();
      await trace(crowd.domains.slice(warm));
      const late = await inspector.memory();
      const seconds = (performance.now() - from.ms) / 1000;
      const growth = (key: "residentMb" | "heapMb") => (late[key] / early[key] - 1) * 100;
      const flat = (atMost: number) => ({ unit: "%", goal: { atMost } });
      return [
        { name: "traces that failed", value: failures.length, unit: "", goal: { atMost: 0 } },
        { name: `resident memory after ${total}`, value: late.residentMb, unit: "MB" },
        {
          name: `growth of resident memory since ${warm}`,
          value: growth("residentMb"),
          ...flat(FLAT_RESIDENT_PERCENT),
        },
        { name: `heap after ${total}`, value: late.heapMb, unit: "MB" },
        {
          name: `growth of heap since ${warm}`,
          value: growth("heapMb"),
          ...flat(FLAT_HEAP_PERCENT),
        },
        { name: "one trace, median", value: median(durations), unit: "ms" },
        { name: "traces a second", value: total / seconds, unit: "/s" },
        {
          name: "processor time of a trace",
          value: ((cpuSeconds(pid) - from.cpu) / total) * 1000,
          unit: "ms",
        },
      ];
    } finally {
      inspector.close();
      await crowd.end();
    }
  },
};
