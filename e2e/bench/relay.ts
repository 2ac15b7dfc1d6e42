import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { within } from "../stack/wait.ts";
import { createWorld, type World } from "../stack/world.ts";
import { type Benchmark, cpuSeconds, type Figure, median } from "./benchmark.ts";
import { startCopiers } from "./copiers.ts";
import type { Place } from "./lean-component.ts";
import type { LoadOrder, LoadPlan, LoadResult } from "./relay-load.ts";
import { type Kind, startSide } from "./sides.ts";
import { linkSides } from "./x2x-sides.ts";

const WINDOWS = [1, 64, 512] as const;
const ORDER_MS = 60_000;
/** One at a time all wait for the kernel most of the time, and are close to one another: more rounds tell them apart. */
const PLANS = {
  1: { times: 21, forMs: 1_000 },
  64: { times: 7, forMs: 2_000 },
  512: { times: 7, forMs: 2_000 },
} as const satisfies Record<(typeof WINDOWS)[number], object>;

/**
 * `X2X`: two of ours with a link by agreement, mutual TLS as the streams of the others. `asleep`: ejabberd whose schedulers
 * sleep when there is nothing to do, as ours and Prosody do. `copy`: two programs that copy the bytes of the same way and
 * read none of them: what Node and the machine take by themselves.
 */
type Way = Kind | "X2X" | "asleep" | "copy";

const kinds = { X2X: "Wavegate", asleep: "ejabberd" } as const;
const names: Partial<Record<Way, string>> = {
  X2X: "Wavegate by X2X",
  asleep: "ejabberd that sleeps while it waits",
  copy: "bytes only copied",
};

/** Two servers of one kind with a component each, and the load between them. */
interface Pair {
  readonly way: Way;
  readonly pids: readonly number[];
  readonly load: (order: LoadOrder) => Promise<LoadResult>;
  readonly end: () => Promise<unknown>;
}

type Round = LoadResult & { readonly cpuUs: number };

export const relay: Benchmark = {
  name: "relay",
  about:
    "component -> server -> S2S, TLS 1.3 -> server -> component, 670 bytes a stanza, pairs of servers in turn, ours by X2X, too; medians of rounds",
  run: async (scale) => {
    const isWhole = scale === "whole";
    const world = await createWorld("relay");
    const pairs: Pair[] = [];
    try {
      const ways: readonly Way[] = [
        "Wavegate",
        "X2X",
        "Prosody",
        ...(isWhole ? (["ejabberd", "asleep"] as const) : []),
        "copy",
      ];
      for (const way of ways) pairs.push(await startPair(world, way));
      const rounds = new Map<string, Round[]>();
      for (const pair of pairs)
        for (const window of WINDOWS) await pair.load({ window, forMs: isWhole ? 1_500 : 100 });
      for (const window of WINDOWS) {
        const { times, forMs } = isWhole ? PLANS[window] : { times: 1, forMs: 150 };
        for (let round = 0; round < times; round += 1)
          // Whoever comes after another finds the machine as that left it.
          for (const pair of round % 2 === 0 ? pairs : pairs.toReversed()) {
            const key = `${pair.way} ${window}`;
            const result = await measure(pair, { window, forMs });
            rounds.set(key, [...(rounds.get(key) ?? []), result]);
          }
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
  const of = (way: Way) => rounds.get(`${way} ${window}`) ?? [];
  const rates = (way: Way) => of(way).map(({ stanzas, seconds }) => stanzas / seconds);
  const figures = pairs.flatMap(({ way }): Figure[] => {
    const each = (key: "p50" | "p99" | "cpuUs") => median(of(way).map((round) => round[key]));
    return [
      { name: `${window} at once, ${names[way] ?? way}`, value: median(rates(way)), unit: "/s" },
      { name: "  p50", value: each("p50"), unit: "ms" },
      { name: "  p99", value: each("p99"), unit: "ms" },
      { name: "  processor time of a stanza, both", value: each("cpuUs"), unit: "µs" },
    ];
  });
  // Of the same round, so that what else the machine does weighs on both.
  const ratioOf = (way: Way, other: Way) => {
    const others = rates(other);
    return median(rates(way).map((rate, round) => rate / (others[round] ?? 0)));
  };
  const ratios = pairs.slice(1).map(({ way }): Figure => {
    const name = `${window} at once, ratio to ${names[way] ?? way}`;
    if (way === "copy" || way === "asleep")
      return { name, value: ratioOf("Wavegate", way), unit: "x" };
    const stretch = way === "ejabberd" ? stretchAt[window] : undefined;
    return {
      ...(way === "X2X"
        ? { name: `${window} at once, X2X: ratio to S2S`, value: ratioOf("X2X", "Wavegate") }
        : { name, value: ratioOf("Wavegate", way) }),
      unit: "x",
      goal: { atLeast: 1 },
      ...(stretch === undefined ? {} : { stretch: { atLeast: stretch } }),
    };
  });
  return [...figures, ...ratios];
}

const stretchAt: Readonly<Record<number, number>> = { 64: 8, 512: 2 };

async function startPair(world: World, way: Way): Promise<Pair> {
  if (way === "copy") {
    const { components, pids, stop } = await startCopiers(world);
    return await startLoad(way, components, pids, stop);
  }
  const kind = way === "X2X" || way === "asleep" ? kinds[way] : way;
  const plans = ["left", "right"].map((label) => {
    return { kind, domain: `${label}-${way.toLowerCase()}.example`, address: world.address() };
  });
  // ejabberd reads the addresses of others when it starts, so they are chosen before.
  const hosts = Object.fromEntries(plans.map((plan) => [`xmpp.${plan.domain}`, plan.address]));
  const sides = await Promise.all(
    plans.map((plan) => startSide(world, { ...plan, hosts, isSleepy: way === "asleep" })),
  );
  const [left, right] = sides;
  if (left === undefined || right === undefined) throw new Error("a pair has two sides");
  if (way === "X2X")
    await linkSides(left, right, { security: "mutual_tls", address: right.address });
  return await startLoad(way, [left.component, right.component], [left.pid, right.pid]);
}

async function startLoad(
  way: Way,
  [from, to]: readonly [Place, Place],
  pids: readonly number[],
  stop = () => {},
): Promise<Pair> {
  const plan: LoadPlan = { from, to };
  const worker = new Worker(new URL("./relay-load.ts", import.meta.url), { workerData: plan });
  const next = <T>(what: string) =>
    within(`${way}: ${what}`, ORDER_MS, once(worker, "message") as Promise<[T]>);
  await next("its components");
  return {
    way,
    pids,
    end: async () => {
      await worker.terminate();
      stop();
    },
    load: async (order) => {
      worker.postMessage(order);
      const [result] = await next<LoadResult>(`${order.window} at once`);
      return result;
    },
  };
}
