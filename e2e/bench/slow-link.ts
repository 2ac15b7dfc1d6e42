import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { X2xAgreement } from "#contract/x2x.ts";
import { S2S_PORT } from "../stack/prosody.ts";
import { type SlowTcp, startSlowTcp } from "../stack/slow-proxy.ts";
import { within } from "../stack/wait.ts";
import { createWorld, type World } from "../stack/world.ts";
import { type Benchmark, type Figure, median } from "./benchmark.ts";
import { attachLean } from "./lean-component.ts";
import { type Side, startSide } from "./sides.ts";
import { linkSides, X2X_PORT } from "./x2x-sides.ts";

const STANZA_BYTES = 670;
const ARRIVAL_MS = 100_000;
/** A link whose connection broke early waits a second before the next. */
const AFTER_CUT_MS = 1_500;

interface Line {
  readonly name: string;
  readonly oneWayMs: number;
  readonly bitsPerSecond: number;
}

const lines: readonly Line[] = [
  { name: "1 s, 2400 bit/s", oneWayMs: 1_000, bitsPerSecond: 2_400 },
  { name: "300 ms, 9600 bit/s", oneWayMs: 300, bitsPerSecond: 9_600 },
];
/** Quick enough to show that it runs. */
const sampleLine: Line = { name: "20 ms, 1 Mbit/s", oneWayMs: 20, bitsPerSecond: 1_000_000 };

/** From a stanza's write by one component to its arrival at another, with no connection open before. */
interface First {
  readonly ms: number;
  /** Payload of TCP, both ways, until then. */
  readonly bytes: number;
}

export const slowLink: Benchmark = {
  name: "slow-link",
  about:
    "a component's first stanza of 670 bytes over a slow line, no connection open before: normal streams of Prosody and ours, and X2X",
  run: async (scale) => {
    const world = await createWorld("slow-link");
    const pairs: Pair[] = [];
    try {
      const figures: Figure[] = [];
      for (const line of scale === "whole" ? lines : [sampleLine])
        figures.push(...(await measureLine(world, line, scale === "whole" ? 3 : 1, pairs)));
      return figures;
    } finally {
      for (const { end } of pairs) await end();
      await world.end();
    }
  },
};

/** `pairs` are ended by the caller, whatever comes of it. */
async function measureLine(
  world: World,
  line: Line,
  times: number,
  pairs: Pair[],
): Promise<Figure[]> {
  const tag = `l${line.bitsPerSecond}`;
  const start = async (plan: Parameters<typeof startPair>[2]) => {
    const pair = await startPair(world, line, plan);
    pairs.push(pair);
    return pair;
  };
  const prosody = await start({ kind: "Prosody", tag, port: S2S_PORT });
  const own = await start({ kind: "Wavegate", tag, port: S2S_PORT });
  const streams = [
    { name: "stream of Prosody", runs: await repeatFirst(prosody, times) },
    { name: "stream of ours", runs: await repeatFirst(own, times) },
  ];
  const agreed = await start({ kind: "Wavegate", tag: `x${tag}`, port: X2X_PORT });
  const plain = await withLink(agreed, "plain", () => repeatFirst(agreed, times));
  const fresh: First[] = [];
  let resumed: First[] = [];
  for (let run = 0; run < times; run += 1)
    await withLink(agreed, "mutual_tls", async () => {
      fresh.push(await first(agreed));
      // The ticket for the next time comes behind the handshake.
      await delay(line.oneWayMs * 2 + (4_000 * 8_000) / line.bitsPerSecond);
      agreed.proxy.cut();
      await delay(AFTER_CUT_MS);
      resumed = [...resumed, await first(agreed)];
      agreed.proxy.cut();
    });

  const bound = line.oneWayMs * 3 + (STANZA_BYTES * 8_000) / line.bitsPerSecond;
  const ways = [
    ...streams,
    { name: "X2X plain", runs: plain, goal: { atMost: (bound / 1_000) * 1.05 } },
    { name: "X2X with TLS", runs: fresh },
    { name: "X2X with TLS, resumed", runs: resumed },
  ];
  return [
    { name: `${line.name}: bound of X2X plain`, value: bound / 1_000, unit: "s" },
    ...ways.flatMap(({ name, runs, ...goal }): Figure[] => [
      { name: `  ${name}`, value: median(runs.map(({ ms }) => ms)) / 1_000, unit: "s", ...goal },
      { name: `    on the wire`, value: median(runs.map(({ bytes }) => bytes)), unit: "bytes" },
    ]),
  ];
}

interface Pair {
  readonly from: Side;
  readonly to: Side;
  readonly proxy: SlowTcp;
  readonly sender: Socket;
  readonly receiver: Socket;
  readonly end: () => Promise<void>;
}

/** Two servers, the second reached over the line. */
async function startPair(
  world: World,
  line: Line,
  plan: { readonly kind: "Prosody" | "Wavegate"; readonly tag: string; readonly port: number },
): Promise<Pair> {
  const { kind, tag, port } = plan;
  const [near, far] = await Promise.all(
    ["near", "far"].map((label) =>
      startSide(world, {
        kind,
        domain: `${label}-${kind.toLowerCase()}-${tag}.example`,
        address: world.address(),
      }),
    ),
  );
  if (near === undefined || far === undefined) throw new Error("a pair has two sides");
  const { oneWayMs, bitsPerSecond } = line;
  const proxy = await startSlowTcp({
    ...{ address: world.address(), port, oneWayMs, bitsPerSecond },
    target: { address: far.address, port },
  });
  await world.dns.setZone(far.domain, [
    `_xmpp-server._tcp IN SRV 10 0 ${S2S_PORT} xmpp`,
    `_xmpp-server._tcp.load IN SRV 10 0 ${S2S_PORT} xmpp`,
    `xmpp IN A ${proxy.address}`,
  ]);
  const [sender, receiver] = await Promise.all([
    attachLean(near.component),
    attachLean(far.component),
  ]);
  return {
    from: near,
    to: far,
    proxy,
    sender,
    receiver,
    end: async () => {
      sender.destroy();
      receiver.destroy();
      await proxy.stop();
    },
  };
}

async function repeatFirst(pair: Pair, times: number): Promise<First[]> {
  const runs: First[] = [];
  for (let run = 0; run < times; run += 1) {
    runs.push(await first(pair));
    pair.proxy.cut();
    await delay(AFTER_CUT_MS);
  }
  return runs;
}

async function first({ from, to, sender, receiver, proxy }: Pair): Promise<First> {
  proxy.takeBytes();
  const addresses = `from='load@${from.component.name}/bench' to='sink@${to.component.name}'`;
  const head = `<message ${addresses} id='1' type='chat'><body>`;
  const tail = "</body></message>";
  const stanza = head + "x".repeat(STANZA_BYTES - head.length - tail.length) + tail;
  const startedAt = performance.now();
  const arrived = new Promise<number>((resolve) => {
    let heard = "";
    const listen = (bytes: Buffer) => {
      heard += bytes.toString();
      if (!heard.includes("</message>")) return;
      receiver.off("data", listen);
      resolve(performance.now());
    };
    receiver.on("data", listen);
  });
  sender.write(stanza);
  const ms = (await within("the first stanza", ARRIVAL_MS, arrived)) - startedAt;
  const { there, back } = proxy.takeBytes();
  return { ms, bytes: there + back };
}

/** Makes the link on both sides, and deletes it afterwards: another link begins without a TLS session. */
async function withLink<T>(
  { from, to, proxy }: Pair,
  security: X2xAgreement["security"],
  act: () => Promise<T>,
): Promise<T> {
  const unlink = await linkSides(from, to, { security, address: proxy.address });
  try {
    return await act();
  } finally {
    await unlink();
    await delay(500);
  }
}
