import type { Client } from "../stack/client.ts";
import { runTrace } from "../stack/operations.ts";
import { type Benchmark, type Figure, forEachAtOnce } from "./benchmark.ts";
import { gatherCrowd } from "./crowd.ts";

const AT_ONCE = 10;

export const eventLoop: Benchmark = {
  name: "event-loop",
  about: `the event loop's worst lag by the appliance's own metric, ${AT_ONCE} traces at once, on each engine`,
  run: async (scale) => {
    const figures: Figure[] = [];
    for (const engine of ["PostgreSQL", "embedded"] as const) {
      const crowd = await gatherCrowd(scale === "whole" ? 300 : 20, { engine });
      try {
        const before = await readLag(crowd.client);
        await forEachAtOnce(crowd.domains, AT_ONCE, async (domain) => {
          await runTrace(crowd.client, domain);
        });
        const worst = worstBetween(before, await readLag(crowd.client));
        figures.push({ name: `worst lag on ${engine}, at most`, value: worst * 1000, unit: "ms" });
      } finally {
        await crowd.end();
      }
    }
    return figures;
  },
};

/** Cumulative counts of the histogram, by each bucket's upper bound in seconds. */
type Lag = ReadonlyMap<number, number>;

async function readLag(client: Client): Promise<Lag> {
  const { body } = await client.request("GET", "/metrics");
  const buckets = String(body).matchAll(
    /^wavegate_event_loop_lag_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm,
  );
  return new Map(
    [...buckets].map(([, bound, count]) => [
      bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound),
      Number(count),
    ]),
  );
}

/** The bound of the highest bucket that anything fell into between the two readings. */
export function worstBetween(before: Lag, after: Lag): number {
  const bounds = [...after.keys()].toSorted((a, b) => a - b);
  if (bounds.length === 0) throw new Error("the appliance has no metric of its event loop");
  const grownBy = (bound: number) => (after.get(bound) ?? 0) - (before.get(bound) ?? 0);
  const all = grownBy(Number.POSITIVE_INFINITY);
  return bounds.find((bound) => grownBy(bound) === all) ?? Number.POSITIVE_INFINITY;
}
