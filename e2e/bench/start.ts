import { createWorld, type World } from "../stack/world.ts";
import { type Benchmark, type Figure, median, repeat } from "./benchmark.ts";

export const start: Benchmark = {
  name: "start",
  about: "from starting the process to /readyz, with the database made",
  run: async (scale) => {
    const world = await createWorld("bench");
    const times = scale === "whole" ? 9 : 2;
    try {
      const postgres = await world.postgres({ isFast: false });
      const databaseUrl = await postgres.createDatabase("bench");
      const goal = { atMost: 2000 };
      const figures: Figure[] = [
        {
          name: "on PostgreSQL",
          value: await startAgain(world, times, { databaseUrl }),
          unit: "ms",
          goal,
        },
        { name: "on the embedded database", value: await startAgain(world, times, {}), unit: "ms" },
      ];
      return figures;
    } finally {
      await world.end();
    }
  },
};

async function startAgain(
  world: World,
  times: number,
  options: { databaseUrl?: string },
): Promise<number> {
  // The first start makes the database, and is not counted.
  const appliance = await world.appliance(options);
  const durations = await repeat(times, async () => {
    await appliance.stop();
    const from = performance.now();
    await appliance.start();
    return performance.now() - from;
  });
  await appliance.stop();
  return median(durations);
}
