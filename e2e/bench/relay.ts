import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { addHosted, useForXmpp } from "../stack/operations.ts";
import { COMPONENT_PORT, type XmppServer } from "../stack/prosody.ts";
import { within } from "../stack/wait.ts";
import { createWorld, SECRET, type World } from "../stack/world.ts";
import { type Benchmark, cpuSeconds, type Figure, median } from "./benchmark.ts";
import type { LoadOrder, LoadPlan, LoadResult, Place } from "./relay-load.ts";

const WINDOWS = [1, 64, 512] as const;
const ORDER_MS = 60_000;

/** Two servers of one kind with a component each, and the load between them. */
interface Pair {
  readonly kind: "Wavegate" | "Prosody" | "ejabberd";
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
      const makers = isWhole ? [ownPair, prosodyPair, ejabberdPair] : [ownPair, prosodyPair];
      for (const make of makers) pairs.push(await make(world));
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
  const of = (kind: Pair["kind"]) => rounds.get(`${kind} ${window}`) ?? [];
  const rates = (kind: Pair["kind"]) => of(kind).map(({ stanzas, seconds }) => stanzas / seconds);
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

async function ownPair(world: World): Promise<Pair> {
  const sites = await Promise.all(
    ["left-relay.example", "right-relay.example"].map(async (domain) => {
      const appliance = { env: { LOG_LEVEL: "warn" } };
      const site = await world.nativeSite(domain, { labels: ["load"], appliance });
      const name = `load.${domain}`;
      const { secret } = await addHosted(site.client, { domainId: site.domainId, name });
      if (site.certificateId !== null) await useForXmpp(site.client, site.certificateId, [name]);
      const { address, process } = site.appliance;
      return { pid: process.pid, place: { host: address, port: COMPONENT_PORT, name, secret } };
    }),
  );
  return await startLoad("Wavegate", sites);
}

async function prosodyPair(world: World): Promise<Pair> {
  const domains = ["left-prosody.example", "right-prosody.example"];
  const servers = domains.map(async (domain) => {
    const server = await world.prosody({ domain, components: [`load.${domain}`], isQuiet: true });
    return await theirSide(world, domain, server);
  });
  return await startLoad("Prosody", await Promise.all(servers));
}

async function ejabberdPair(world: World): Promise<Pair> {
  const domains = ["left-ejabberd.example", "right-ejabberd.example"];
  // ejabberd reads the addresses of SRV targets from its hosts file, so both must be known before either starts.
  const addresses = domains.map((domain) => [`xmpp.${domain}`, world.address()] as const);
  const sides = domains.map(async (domain, index) => {
    const address = addresses[index]?.[1] ?? "";
    const plan = { domain, components: [`load.${domain}`], isQuiet: true, address };
    return await theirSide(
      world,
      domain,
      await world.ejabberd(plan, Object.fromEntries(addresses)),
    );
  });
  return await startLoad("ejabberd", await Promise.all(sides));
}

async function theirSide(world: World, domain: string, server: XmppServer): Promise<Side> {
  const name = `load.${domain}`;
  await world.dns.setZone(domain, [
    `_xmpp-server._tcp IN SRV 10 0 ${server.s2sPort} xmpp`,
    `_xmpp-server._tcp.load IN SRV 10 0 ${server.s2sPort} xmpp`,
    `xmpp IN A ${server.address}`,
    `load IN A ${server.address}`,
  ]);
  const place = { host: server.address, port: server.componentPort, name, secret: SECRET };
  return { pid: server.process.pid, place };
}

interface Side {
  readonly pid: number;
  readonly place: Place;
}

async function startLoad(kind: Pair["kind"], sides: readonly Side[]): Promise<Pair> {
  const [from, to] = sides.map(({ place }) => place);
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
