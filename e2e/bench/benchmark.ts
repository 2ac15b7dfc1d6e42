import { readFileSync } from "node:fs";

/** `sample` proves in seconds that a benchmark still runs; its figures say nothing. */
export type Scale = "whole" | "sample";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the project promises; without one the figure is for information. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
  /** What would be better still; said, not held to. */
  readonly stretch?: { readonly atLeast: number };
}

export interface Benchmark {
  readonly name: string;
  /** What is measured, and how, in one sentence. */
  readonly about: string;
  /** Gives the same figures on every machine, so a sample is held to the goals too. */
  readonly isExact?: boolean;
  readonly run: (scale: Scale) => Promise<Figure[]>;
}

export type Outcome = "pass" | "miss" | "-";

export function outcomeOf({ value, goal }: Figure): Outcome {
  if (goal === undefined) return "-";
  const isMet = "atMost" in goal ? value <= goal.atMost : value >= goal.atLeast;
  return isMet ? "pass" : "miss";
}

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error("the median of nothing");
  return (upper + lower) / 2;
}

/** Runs `measure` so often, one after the other. */
export async function repeat<T>(times: number, measure: (run: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let run = 0; run < times; run += 1) results.push(await measure(run));
  return results;
}

/** Runs `work` over all items, `atOnce` at a time; the first failure ends it. */
export async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of waiting) await work(item);
    }),
  );
}

/** Resident memory of a process, in MB (proc(5)). */
export function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

/** Processor time that a process has used so far, in seconds; the kernel counts in hundredths. */
export function cpuSeconds(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
  const fields = afterName.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
