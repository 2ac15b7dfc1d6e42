import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { within } from "../stack/wait.ts";
import { createWorld, type World } from "../stack/world.ts";
import { type Benchmark, cpuSeconds, type Figure, median } from "./benchmark.ts";
import type { LoadOrder, LoadPlan, LoadResult } from "./relay-load.ts";
import { type Kind, type Side, startSide } from "./sides.ts";

const WINDOWS = [1, 64, 512] as const;
const ORDER_MS = 60_000;

/** Two servers of one kind with a component each, and the load between them. */
interface Pair {
  readonly kind: Kind;
  readonly pids: readonly number[];
  readonly load: (order: LoadOrder) => Promise<LoadResult>;
  readonly end: () => Promise<unknown>;
}

type Round = LoadResult & { readonly cpuUs: number };

export const relay: Benchmark = {
  name: "relay",
  about:
    "component -> server -> S2S, TLS 1.3 -> server -> component, 670 bytes a stanza, pairs of servers in turn; medians of rounds",
  run: async (scale) => {
    const isWhole = scale === "whole";
    const world = await createWorld("relay");
    const pairs: Pair[] = [];
    try {
      const kinds: readonly Kind[] = [
        "Wavegate",
        "Prosody",
        ...(isWhole ? ["ejabberd" as const] : []),
      ];
      for (const kind of kinds) pairs.push(await startPair(world, kind));
      const rounds = new Map<string, Round[]>();
      const times = isWhole ? 7 : 1;
      for (const pair of pairs)
        for (const window of WINDOWS) await pair.load({ window, forMs: isWhole ? 1_500 : 100 });
      for (let round = 0; round < times; round += 1)
        for (const window of WINDOWS)
          for (const pair of pairs) {
            const key = `${pair.kind} ${window}`;
            const result = await measure(pair, { window, forMs: isWhole ? 2_000 : 150 });
            rounds.set(key, [...(rounds.get(key) ?? []), result]);
          }
      return WINDOWS.flatMap((window) => figuresOf(window, pairs, rounds));
    } finally {
      for (const pair of pairs) await pair.end();
      await world.end();
    }
  },
};

async function measure(pair: Pair, order: LoadOrder): Promise<Round> {
  const cpu = () => pair.pids.reduce((total, pid) => total + cpuSeconds(pid), 0);
  const before = cpu();
  const result = await pair.load(order);
  return { ...result, cpuUs: ((cpu() - before) / result.stanzas) * 1e6 };
}

function figuresOf(
  window: number,
  pairs: readonly Pair[],
  rounds: ReadonlyMap<string, readonly Round[]>,
): Figure[] {
  const of = (kind: Kind) => rounds.get(`${kind} ${window}`) ?? [];
  const rates = (kind: Kind) => of(kind).map(({ stanzas, seconds }) => stanzas / seconds);
  const figures = pairs.flatMap(({ kind }): Figure[] => {
    const each = (key: "p50" | "p99" | "cpuUs") => median(of(kind).map((round) => round[key]));
    return [
      { name: `${window} at once, ${kind}`, value: median(rates(kind)), unit: "/s" },
      { name: "  p50", value: each("p50"), unit: "ms" },
      { name: "  p99", value: each("p99"), unit: "ms" },
      { name: "  processor time of a stanza, both", value: each("cpuUs"), unit: "µs" },
    ];
  });
  const ratios = pairs.slice(1).map(({ kind }): Figure => {
    // Of the same round, so that what else the machine does weighs on both.
    const theirs = rates(kind);
    const ratio = median(rates("Wavegate").map((rate, round) => rate / (theirs[round] ?? 0)));
    const stretch = kind === "ejabberd" ? stretchAt[window] : undefined;
    return {
      name: `${window} at once, ratio to ${kind}`,
      value: ratio,
      unit: "x",
      goal: { atLeast: 1 },
      ...(stretch === undefined ? {} : { stretch: { atLeast: stretch } }),
    };
  });
  return [...figures, ...ratios];
}

const stretchAt: Readonly<Record<number, number>> = { 64: 8, 512: 2 };

async function startPair(world: World, kind: Kind): Promise<Pair> {
  const plans = ["left", "right"].map((label) => {
    return { kind, domain: `${label}-${kind.toLowerCase()}.example`, address: world.address() };
  });
  // ejabberd reads the addresses of others when it starts, so they are chosen before.
  const hosts = Object.fromEntries(plans.map((plan) => [`xmpp.${plan.domain}`, plan.address]));
  const sides = await Promise.all(plans.map((plan) => startSide(world, { ...plan, hosts })));
  return await startLoad(kind, sides);
}

async function startLoad(kind: Kind, sides: readonly Side[]): Promise<Pair> {
  const [from, to] = sides.map(({ component }) => component);
  if (from === undefined || to === undefined) throw new Error("a pair has two sides");
  const plan: LoadPlan = { from, to };
  const worker = new Worker(new URL("./relay-load.ts", import.meta.url), { workerData: plan });
  const next = <T>(what: string) =>
    within(`${kind}: ${what}`, ORDER_MS, once(worker, "message") as Promise<[T]>);
  await next("its components");
  return {
    kind,
    pids: sides.map(({ pid }) => pid),
    end: () => worker.terminate(),
    load: async (order) => {
      worker.postMessage(order);
      const [result] = await next<LoadResult>(`${order.window} at once`);
      return result;
    },
  };
}
