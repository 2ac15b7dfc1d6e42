import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { constants, deflateSync } from "node:zlib";
import { setTimeout as delay } from "node:timers/promises";
import type { X2xAgreement } from "#contract/x2x.ts";
import { S2S_PORT } from "../stack/prosody.ts";
import { type Flight, type SlowTcp, startSlowTcp } from "../stack/slow-proxy.ts";
import { within } from "../stack/wait.ts";
import { createWorld, type World } from "../stack/world.ts";
import { readDictionary } from "../stack/x2x-dictionary.ts";
import { type Benchmark, type Figure, median } from "./benchmark.ts";
import { attachLean } from "./lean-component.ts";
import { type Side, startSide } from "./sides.ts";
import { linkSides, X2X_PORT } from "./x2x-sides.ts";

const STANZA_BYTES = 670;
const ARRIVAL_MS = 100_000;
const LATE = "the arrival of all stanzas";
/** Who lost a connection soon after it came about waits before the next, after two of them up to two seconds. */
const AFTER_CUT_MS = 5_000;

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

/** From the write of stanzas by one component to the arrival of the last at another. */
interface Crossing {
  readonly ms: number;
  /** Payload of TCP, both ways, until then. */
  readonly flights: readonly Flight[];
}

export const slowLink: Benchmark = {
  name: "slow-link",
  about:
    "a component's first stanza of 670 bytes over a slow line, no connection open before: normal streams of Prosody and ours, and X2X, compressed as well",
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
    await attemptFirst("stream of Prosody", prosody, times),
    await attemptFirst("stream of ours", own, times),
  ];
  const agreed = await start({ kind: "Wavegate", tag: `x${tag}`, port: X2X_PORT });
  const plain = await withLink(agreed, { security: "plain" }, () => repeatFirst(agreed, times));
  const compressed = await measureCompressed(agreed, line, times);
  const fresh: Crossing[] = [];
  let resumed: Crossing[] = [];
  for (let run = 0; run < times; run += 1)
    await withLink(agreed, { security: "mutual_tls" }, async () => {
      fresh.push(await cross(agreed, [0]));
      // The ticket for the next time comes behind the handshake.
      await delay(line.oneWayMs * 2 + (4_000 * 8_000) / line.bitsPerSecond);
      agreed.proxy.cut();
      await delay(AFTER_CUT_MS);
      resumed = [...resumed, await cross(agreed, [0])];
      agreed.proxy.cut();
    });

  const bound = boundOf([{ way: "there", bytes: STANZA_BYTES }], line);
  const ways = [
    ...streams,
    { name: "X2X plain", runs: plain, goal: { atMost: bound * 1.05 } },
    { name: "X2X with TLS", runs: fresh },
    { name: "X2X with TLS, resumed", runs: resumed },
  ];
  return [
    { name: `${line.name}: a way of 670 bytes, and the connection`, value: bound, unit: "s" },
    ...ways.flatMap((way) => figuresOf(way, line)),
    ...compressed,
  ];
}

/**
 * What a connection takes until its last byte there has arrived, in seconds, if nobody ever waits: TCP's round trip, and each
 * flight's way and bytes. What comes back behind the stanza, such as tickets, is not waited for.
 */
function boundOf(flights: readonly Flight[], { oneWayMs, bitsPerSecond }: Line): number {
  const path = flights.slice(0, flights.findLastIndex(({ way }) => way === "there") + 1);
  const ways = oneWayMs * (2 + path.length);
  return (ways + (bytesOf(path) * 8_000) / bitsPerSecond) / 1_000;
}

function bytesOf(flights: readonly Flight[]): number {
  return flights.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** `line`: of connections that were opened for it, whose bound is said, too. */
function figuresOf(
  way: {
    readonly name: string;
    readonly runs: readonly Crossing[];
    readonly goal?: { readonly atMost: number };
  },
  line: Line | null,
): Figure[] {
  const { name, runs, ...goal } = way;
  const each = (of: (flights: readonly Flight[]) => number) =>
    median(runs.map(({ flights }) => of(flights)));
  const bound = (opened: Line): Figure[] => [
    { name: "    bound of its flights", value: each((all) => boundOf(all, opened)), unit: "s" },
    { name: "    flights", value: each((all) => all.length), unit: "" },
  ];
  return [
    { name: `  ${name}`, value: median(runs.map(({ ms }) => ms)) / 1_000, unit: "s", ...goal },
    ...(line === null ? [] : bound(line)),
    { name: "    on the wire", value: each(bytesOf), unit: "bytes" },
  ];
}

/** X2X plain with deflate: the first stanza of a connection, and its 20th, when nothing else is under way. */
async function measureCompressed(pair: Pair, line: Line, times: number): Promise<Figure[]> {
  const [early, late]: [Crossing[], Crossing[]] = [[], []];
  await withLink(pair, { security: "plain", compression: "deflate" }, async () => {
    for (let run = 0; run < times; run += 1) {
      early.push(await cross(pair, [0]));
      await cross(
        pair,
        Array.from({ length: 18 }, (_, index) => index + 1),
      );
      late.push(await cross(pair, [19]));
      pair.proxy.cut();
      await delay(AFTER_CUT_MS);
    }
  });
  const smallest = deflateSync(await stanzaOf(pair, 0), {
    dictionary: await readDictionary(),
    finishFlush: constants.Z_PARTIAL_FLUSH,
  }).length;
  const bound = boundOf([{ way: "there", bytes: smallest }], line);
  const name = "X2X plain, deflate";
  return [
    { name: `  bound of ${name}`, value: bound, unit: "s" },
    ...figuresOf({ name, runs: early, goal: { atMost: bound * 1.05 } }, null),
    ...figuresOf({ name: `${name}, 20th stanza`, runs: late }, null),
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

/** Normal streams have deadlines: over the slowest line one may never come about. */
async function attemptFirst(name: string, pair: Pair, times: number) {
  try {
    return { name, runs: await repeatFirst(pair, times) };
  } catch (error) {
    if (!String(error).includes(LATE)) throw error;
    pair.proxy.cut();
    const flights = pair.proxy.takeFlights();
    return { name: `${name}: none within`, runs: [{ ms: ARRIVAL_MS, flights }] };
  }
}

async function repeatFirst(pair: Pair, times: number): Promise<Crossing[]> {
  const runs: Crossing[] = [];
  for (let run = 0; run < times; run += 1) {
    runs.push(await cross(pair, [0]));
    pair.proxy.cut();
    await delay(AFTER_CUT_MS);
  }
  return runs;
}

async function cross(pair: Pair, numbers: readonly number[]): Promise<Crossing> {
  const { sender, receiver, proxy } = pair;
  const stanzas = await Promise.all(numbers.map((number) => stanzaOf(pair, number)));
  proxy.takeFlights();
  const startedAt = performance.now();
  const arrived = new Promise<number>((resolve) => {
    let heard = "";
    const listen = (bytes: Buffer) => {
      heard += bytes.toString();
      if (heard.split("</message>").length <= numbers.length) return;
      receiver.off("data", listen);
      resolve(performance.now());
    };
    receiver.on("data", listen);
  });
  sender.write(stanzas.join(""));
  const ms = (await within(LATE, ARRIVAL_MS, arrived)) - startedAt;
  return { ms, flights: proxy.takeFlights() };
}

/** Of 670 bytes, as our appliance writes it; its body is a piece of our pages, each number another. */
async function stanzaOf({ from, to }: Pair, number: number): Promise<string> {
  const addresses = `from="load@${from.component.name}/bench" to="sink@${to.component.name}"`;
  const head = `<message ${addresses} id="${number}" type="chat"><body>`;
  const tail = "</body></message>";
  const pages = await Promise.all(
    ["docs/resolution.md", "docs/certificates.md"].map((path) => readFile(path, "latin1")),
  );
  const prose = pages
    .join(" ")
    .replaceAll(/[^a-zA-Z0-9.,:; ]+/g, " ")
    .replaceAll(/ +/g, " ");
  const room = STANZA_BYTES - head.length - tail.length;
  return head + prose.slice(number * room).slice(0, room) + tail;
}

/** Makes the link on both sides, and deletes it afterwards: another link begins without a TLS session. */
async function withLink<T>(
  { from, to, proxy }: Pair,
  terms: Terms,
  act: () => Promise<T>,
): Promise<T> {
  const unlink = await linkSides(from, to, { ...terms, address: proxy.address });
  try {
    return await act();
  } finally {
    await unlink();
    await delay(500);
  }
}

type Terms = Pick<X2xAgreement, "security"> & Partial<Pick<X2xAgreement, "compression">>;
