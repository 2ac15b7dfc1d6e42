import type { Benchmark } from "./benchmark.ts";
import { loopLag } from "./loop-lag.ts";
import { mixedLink } from "./mixed-link.ts";
import { peers2000 } from "./peers-2000.ts";
import { peersTable } from "./peers-table.ts";
import { relay } from "./relay.ts";
import { silentConnects } from "./silent-connects.ts";
import { slowLink } from "./slow-link.ts";
import { start } from "./start.ts";
import { trace } from "./trace.ts";
import { idleStreams, open1000 } from "./streams.ts";
import { traces1000 } from "./traces-1000.ts";
import { webSize } from "./web-size.ts";

/** Every benchmark, in the order in which they run and are reported. */
export const benchmarks: readonly Benchmark[] = [
  start,
  loopLag,
  webSize,
  trace,
  traces1000,
  peers2000,
  peersTable,
  relay,
  open1000,
  idleStreams,
  silentConnects,
  mixedLink,
  slowLink,
];
