import { cpus, loadavg, release, totalmem, type } from "node:os";
import { parseArgs } from "node:util";
import { requireDebianPackages } from "../stack/debian.ts";
import { type Benchmark, type Figure, outcomeOf } from "./benchmark.ts";
import { benchmarks } from "./benchmarks.ts";

const say = (text: string) => process.stdout.write(`${text}\n`);

process.exitCode = await main();

/** Measures all benchmarks or the named ones; with --check, says of each goal whether it was met and fails on a miss. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { check: { type: "boolean", default: false } },
  });
  const chosen = benchmarks.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  if (chosen.length === 0 || chosen.length < positionals.length) {
    say(`unknown benchmark; there are ${benchmarks.map(({ name }) => name).join(", ")}`);
    return 2;
  }
  requireDebianPackages(say);
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => process.exit(130));
  say(machine());
  let missed = 0;
  for (const benchmark of chosen) missed += await measure(benchmark);
  if (missed > 0) say(`\n${missed} missed`);
  return values.check && missed > 0 ? 1 : 0;
}

async function measure(benchmark: Benchmark): Promise<number> {
  // What else the machine does makes figures worse: a reader should know.
  const load = loadavg()[0] ?? 0;
  say(`\n${benchmark.name}: ${benchmark.about} (load before: ${load.toFixed(1)})`);
  const figures = await benchmark.run("whole");
  for (const figure of figures) say(line(figure));
  return figures.filter((figure) => outcomeOf(figure) === "miss").length;
}

function machine(): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  return `Node ${process.version}, ${type()} ${release()}, ${cpus().length} x ${first?.model ?? "?"}, ${memory}`;
}

function line(figure: Figure): string {
  const { name, value, unit, goal, stretch } = figure;
  const shown = `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`;
  const bound = goal !== undefined && ("atMost" in goal ? goal.atMost : goal.atLeast);
  const promised = goal === undefined ? "" : `goal ${bound} ${unit}`;
  const hoped = stretch === undefined ? "" : `  stretch ${stretch.atLeast} ${unit}`;
  return `  ${name.padEnd(44)} ${shown.padStart(14)}  ${promised.padEnd(16)} ${outcomeOf(figure)}${hoped}`;
}
