import { inspect, parseArgs } from "node:util";
import { runFuzz } from "./fuzz.ts";

/**
 * `npm run fuzz`: mutated streams over the reader and both stream tables. `-- --inputs N` (100 000),
 * `--seed S` (random), `--input I` for one input again, as the last line of a failure says.
 */
const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "100000" },
    seed: { type: "string" },
    input: { type: "string" },
  },
});
const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
const from = values.input === undefined ? 0 : Number(values.input);
const inputs = values.input === undefined ? Number(values.inputs) : 1;
const say = (text: string) => process.stdout.write(`${text}\n`);

const startedAt = performance.now();
say(`seed ${seed}, ${inputs} inputs`);
const failure = runFuzz({
  seed,
  from,
  inputs,
  onProgress: (done, heapBytes) =>
    say(`${done} done, heap ${(heapBytes / 2 ** 20).toFixed(1)} MiB`),
});
if (failure === null) {
  const seconds = (performance.now() - startedAt) / 1000;
  say(`no failure in ${seconds.toFixed(1)} s, ${Math.round(inputs / seconds)} inputs/s`);
} else {
  say(inspect(failure.error));
  say(`${failure.target} fails; again: npm run fuzz -- --seed ${seed} --input ${failure.input}`);
  process.exitCode = 1;
}
