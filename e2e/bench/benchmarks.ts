import type { Benchmark } from "./benchmark.ts";
import { dashboard } from "./dashboard.ts";
import { eventLoop } from "./event-loop.ts";
import { peerChecks } from "./peer-checks.ts";
import { start } from "./start.ts";
import { traceDelay } from "./trace-delay.ts";
import { traceLoad } from "./trace-load.ts";

/** Every benchmark, in the order in which they run and are reported. */
export const benchmarks: readonly Benchmark[] = [
  start,
  traceDelay,
  traceLoad,
  eventLoop,
  peerChecks,
  dashboard,
];
