import { runTrace } from "../stack/operations.ts";
import { type Benchmark, type Figure, forEachAtOnce, median, repeat } from "./benchmark.ts";
import { gatherCrowd } from "./crowd.ts";
import { inspect, type LoopDelay } from "./inspector.ts";

const AT_ONCE = 10;

export const loopLag: Benchmark = {
  name: "loop-lag",
  about: `the event loop's worst lag with ${AT_ONCE} traces at once and a list read beside them, per engine`,
  run: async (scale) => {
    const figures: Figure[] = [];
    for (const engine of ["PostgreSQL", "embedded"] as const) {
      const rounds = await measure(engine, scale === "whole" ? 5 : 1, scale === "whole" ? 100 : 10);
      const lags = rounds.map(({ lagMs }) => lagMs);
      const works = rounds.map(({ workMs }) => workMs);
      figures.push(
        { name: `worst lag on ${engine}, median of rounds`, value: median(lags), unit: "ms" },
        { name: `worst lag on ${engine}, worst round`, value: Math.max(...lags), unit: "ms" },
        { name: `longest work at a stretch on ${engine}`, value: Math.max(...works), unit: "ms" },
      );
    }
    return figures;
  },
};

async function measure(
  engine: "PostgreSQL" | "embedded",
  rounds: number,
  perRound: number,
): Promise<LoopDelay[]> {
  // One round more, which warms up and is not counted.
  const crowd = await gatherCrowd((rounds + 1) * perRound, { engine });
  const inspector = await inspect(crowd.appliance.address);
  try {
    await inspector.watchLoop();
    const lags = await repeat(rounds + 1, async (round) => {
      const domains = crowd.domains.slice(round * perRound, (round + 1) * perRound);
      await forEachAtOnce(domains, AT_ONCE, async (domain) => {
        await runTrace(crowd.client, domain);
        await crowd.client.request("GET", "/api/v1/traces?limit=200");
      });
      return await inspector.worstOfLoop();
    });
    return lags.slice(1);
  } finally {
    inspector.close();
    await crowd.end();
  }
}
