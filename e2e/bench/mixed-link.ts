import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { addHosted } from "../stack/operations.ts";
import { within } from "../stack/wait.ts";
import { createWorld, type World } from "../stack/world.ts";
import { type Benchmark, cpuSeconds, median } from "./benchmark.ts";
import type { Place } from "./lean-component.ts";
import type { MixedOrder, MixedPlan, MixedResult } from "./mixed-load.ts";
import { type Side, startSide } from "./sides.ts";
import { linkSides } from "./x2x-sides.ts";

const DOMAINS = 20;
const WINDOW = 16;
const ORDER_MS = 90_000;

export const mixedLink: Benchmark = {
  name: "mixed-link",
  about: `${DOMAINS} domains on either side share one X2X connection, TLS 1.3: messages of 20 to 4 000 bytes between each pair, both ways, ${WINDOW} under way for each; all arrive in the order of their pair, or the run fails`,
  run: async (scale) => {
    const count = scale === "whole" ? DOMAINS : 4;
    const world = await createWorld("mixed-link");
    let worker: Worker | null = null;
    try {
      const [left, right] = await Promise.all(
        ["left", "right"].map((label) => startMixed(world, label, count)),
      );
      if (left === undefined || right === undefined) throw new Error("a pair has two sides");
      const namesOf = ({ places }: Mixed) => places.slice(1).map(({ name }) => name);
      await linkSides(left.side, right.side, {
        ...{ security: "mutual_tls", address: right.side.address },
        more: [namesOf(left), namesOf(right)],
      });
      const plan: MixedPlan = { left: left.places, right: right.places };
      worker = new Worker(new URL("./mixed-load.ts", import.meta.url), { workerData: plan });
      const pids = [left.side.pid, right.side.pid];
      return await measure(worker, pids, scale === "whole");
    } finally {
      await worker?.terminate();
      await world.end();
    }
  },
};

async function measure(worker: Worker, pids: readonly number[], isWhole: boolean) {
  const next = <T>(what: string) => within(what, ORDER_MS, once(worker, "message") as Promise<[T]>);
  await next("the components");
  const run = async (order: MixedOrder) => {
    worker.postMessage(order);
    const [result] = await next<MixedResult>("the load");
    return result;
  };
  await run({ window: WINDOW, forMs: isWhole ? 1_500 : 100 });
  const cpu = () => pids.reduce((total, pid) => total + cpuSeconds(pid), 0);
  const rounds: (MixedResult & { readonly cpuUs: number })[] = [];
  for (let round = 0; round < (isWhole ? 5 : 1); round += 1) {
    const before = cpu();
    const result = await run({ window: WINDOW, forMs: isWhole ? 3_000 : 200 });
    rounds.push({ ...result, cpuUs: ((cpu() - before) / result.stanzas) * 1e6 });
  }
  const of = (value: (round: (typeof rounds)[number]) => number) => median(rounds.map(value));
  return [
    { name: "stanzas", value: of(({ stanzas, seconds }) => stanzas / seconds), unit: "/s" },
    {
      name: "  XML, as the components wrote it",
      value: of(({ bytes, seconds }) => bytes / seconds / 1e6),
      unit: "MB/s",
    },
    { name: "  processor time of a stanza, both", value: of(({ cpuUs }) => cpuUs), unit: "µs" },
    {
      name: "  the pair with least, of the one with most",
      value: of(({ least, most }) => least / most),
      unit: "x",
    },
  ];
}

interface Mixed {
  readonly side: Side;
  readonly places: readonly Place[];
}

/** A side with so many hosted components. */
async function startMixed(world: World, label: string, count: number): Promise<Mixed> {
  const domain = `${label}-mixed.example`;
  const side = await startSide(world, { kind: "Wavegate", domain, address: world.address() });
  const { client, domainId, component } = side;
  if (client === undefined || domainId === undefined) throw new Error("it is one of ours");
  const places: Place[] = [component];
  for (let n = 1; n < count; n += 1) {
    const name = `load${n}.${domain}`;
    const { secret } = await addHosted(client, { domainId, name });
    places.push({ ...component, name, secret });
  }
  return { side, places };
}
