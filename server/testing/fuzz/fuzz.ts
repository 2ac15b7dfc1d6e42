import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fuzzInitiating } from "./fuzz-initiating.ts";
import { fuzzOracle } from "./fuzz-oracle.ts";
import { fuzzReader } from "./fuzz-reader.ts";
import { fuzzReceiving } from "./fuzz-receiving.ts";
import { createRandom } from "./mutation.ts";

export interface FuzzOptions {
  readonly seed: number;
  /** The first input's number, and how many there are. */
  readonly from: number;
  readonly inputs: number;
  readonly onProgress?: (done: number, heapBytes: number) => void;
}

export interface FuzzFailure {
  readonly input: number;
  readonly target: string;
  readonly error: unknown;
}

const targets = {
  reader: fuzzReader,
  oracle: fuzzOracle,
  receiving: fuzzReceiving,
  initiating: fuzzInitiating,
};
const order = ["reader", "oracle", "receiving", "initiating"] as const;

/** One input takes well under a millisecond; this long means that it hangs. */
const maxInputMs = 1000;
/** What a run may keep when it is over: nothing that depends on the number of inputs. */
const maxGrowthBytes = 16 * 1024 * 1024;

/**
 * Runs the inputs, each of which follows from `seed` and its number alone, up to the first that
 * breaks a rule. Memory that was not given back is a failure of the last one.
 */
export function runFuzz(options: FuzzOptions): FuzzFailure | null {
  const { seed, from, inputs, onProgress } = options;
  let heapBefore = 0;
  for (let input = from; input < from + inputs; input++) {
    const target = order[input % order.length] ?? "reader";
    const before = process.cpuUsage();
    try {
      targets[target](createRandom(mix(seed, input)));
    } catch (error) {
      return { input, target, error };
    }
    // Of the processor, not of the clock: on a busy machine any step may wait for a second.
    if (process.cpuUsage(before).user > maxInputMs * 1000)
      return { input, target, error: new Error(`took more than ${maxInputMs} ms`) };
    const done = input - from + 1;
    // After the first inputs all code is compiled and all caches are filled.
    if (done === 2000) heapBefore = heapInUse();
    if (done % 50_000 === 0) onProgress?.(done, heapInUse());
  }
  const growth = heapBefore === 0 ? 0 : heapInUse() - heapBefore;
  if (growth < maxGrowthBytes) return null;
  const error = new Error(`${growth} bytes more than at the beginning`);
  return { input: from + inputs - 1, target: "memory", error };
}

/** Seeds of neighbours must not have anything in common. */
function mix(seed: number, input: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(input + 1, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x27d4eb2f);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}
