import { runTrace } from "../stack/operations.ts";
import { type Benchmark, forEachAtOnce, residentMb } from "./benchmark.ts";
import { gatherCrowd } from "./crowd.ts";

const AT_ONCE = 50;
/** After this share of the traces, pools, caches and compiled code have their size. */
const WARM_SHARE = 0.3;
/** The lowest of several readings leaves garbage that is not collected yet out of account. */
const READINGS = 10;

export const traceLoad: Benchmark = {
  name: "trace-load",
  about: `1 000 traces of different domains, ${AT_ONCE} at once, on PostgreSQL`,
  run: async (scale) => {
    const total = scale === "whole" ? 1000 : 60;
    const crowd = await gatherCrowd(total, { engine: "PostgreSQL" });
    try {
      const { pid } = crowd.appliance.process;
      const readings: number[] = [];
      let failed = 0;
      const startedAt = performance.now();
      await forEachAtOnce(crowd.domains, AT_ONCE, async (domain) => {
        const found = await runTrace(crowd.client, domain);
        if (found.wave !== "found" || found.xmpp !== "reachable") failed += 1;
        readings.push(residentMb(pid));
      });
      const seconds = (performance.now() - startedAt) / 1000;
      const warm = Math.floor(total * WARM_SHARE);
      const early = Math.min(...readings.slice(warm, warm + READINGS));
      const late = Math.min(...readings.slice(-READINGS));
      return [
        { name: "traces that failed", value: failed, unit: "", goal: { atMost: 0 } },
        { name: "traces a second", value: total / seconds, unit: "/s" },
        { name: "memory after the last traces", value: late, unit: "MB" },
        {
          name: "growth of memory, last against warm",
          value: (late / early - 1) * 100,
          unit: "%",
          goal: { atMost: 15 },
        },
      ];
    } finally {
      await crowd.end();
    }
  },
};
