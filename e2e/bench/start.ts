import { createWorld, type World } from "../stack/world.ts";
import {
  type Benchmark,
  cpuSeconds,
  type Figure,
  median,
  repeat,
  residentMb,
} from "./benchmark.ts";

export const start: Benchmark = {
  name: "start",
  about: "from starting the process to /readyz, with the database made: median of 9 starts",
  run: async (scale) => {
    const world = await createWorld("bench");
    const times = scale === "whole" ? 9 : 2;
    try {
      const postgres = await world.postgres({ isFast: false });
      const databaseUrl = await postgres.createDatabase("bench");
      const onPostgres = await startAgain(world, times, { databaseUrl });
      const embedded = await startAgain(world, times, {});
      return [
        ...figuresOf("PostgreSQL", onPostgres, { atMost: 2000 }),
        ...figuresOf("the embedded database", embedded, undefined),
      ];
    } finally {
      await world.end();
    }
  },
};

interface Start {
  readonly ms: number;
  readonly cpuMs: number;
  readonly residentMb: number;
}

async function startAgain(
  world: World,
  times: number,
  options: { databaseUrl?: string },
): Promise<Start[]> {
  // The first start makes the database, keeps its compiled code when it is stopped, and is not counted.
  const appliance = await world.appliance(options);
  const starts = await repeat(times, async () => {
    await appliance.stop();
    const from = performance.now();
    await appliance.start();
    const ms = performance.now() - from;
    const { pid } = appliance.process;
    return { ms, cpuMs: cpuSeconds(pid) * 1000, residentMb: residentMb(pid) };
  });
  await appliance.stop();
  return starts;
}

function figuresOf(
  engine: string,
  starts: readonly Start[],
  goal: Figure["goal"] | undefined,
): Figure[] {
  const middle = (key: keyof Start) => median(starts.map((one) => one[key]));
  return [
    { name: `on ${engine}`, value: middle("ms"), unit: "ms", ...(goal && { goal }) },
    { name: `processor time of that, ${engine}`, value: middle("cpuMs"), unit: "ms" },
    { name: `memory then, ${engine}`, value: middle("residentMb"), unit: "MB" },
  ];
}
