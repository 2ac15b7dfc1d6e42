import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { streamPage } from "#contract/streams.ts";
import { dialRaw } from "../../stack/raw-peer.ts";
import { until } from "../../stack/wait.ts";
import type { NativeSite } from "../../stack/world.ts";
import { dialNative, header, S2S_PORT, withWitness } from "../attacker.ts";
import type { Scenario } from "../scenario.ts";

const WAVES = 4;
const WAVE_SIZE = 500;
const ADDRESSES = 10;
const DIRECT_PORT = 5270;
const PER_ADDRESS = 60;
/** By default it is a minute. */
const NEGOTIATION_MS = 10_000;

export const scenario: Scenario = {
  title:
    "A5, A6: 2000 connects that say nothing, garbage, or stop halfway leave no memory behind; dribble and whitespace buy no time",
  run: async (world) => {
    const native = await world.nativeSite("hostile02.example", {
      settings: {
        s2sConnectionsPerAddress: PER_ADDRESS,
        s2sAttemptsPerMinute: 1_000_000,
        s2sNegotiationSeconds: NEGOTIATION_MS / 1_000,
      },
    });
    await withWitness(world, native, "witness02.example", async () => {
      const slow = dribblers(native);
      await proveFlood(native);
      await proveLimit(native);
      for (const [what, lasted] of await slow)
        assert.ok(lasted < NEGOTIATION_MS + 8_000, `${what} was borne with for ${lasted} ms`);
    });
  },
};

/**
 * The first waves warm up; after that, each leaves as much as the one before: nothing. Without collecting garbage first,
 * so that only a leak of 64 kB for each connection is sure to show; `npm run bench silent-connects` looks closer.
 */
async function proveFlood(native: NativeSite): Promise<void> {
  const after: number[] = [];
  for (let wave = 0; wave < WAVES; wave++) {
    const sockets = await Promise.all(Array.from({ length: WAVE_SIZE }, (_, n) => open(native, n)));
    for (const [index, socket] of sockets.entries()) disturb(native, socket, index);
    await delay(250);
    for (const socket of sockets) socket.destroy();
    await until("all of the wave to be forgotten", 15_000, async () => {
      const { items } = await native.client.read(streamPage, "GET", `/api/v1/streams?limit=100`);
      const left = items.filter(({ remote }) => remote === null || remote === "flood.example");
      if (left.length <= 2) return true;
      throw new Error(`${left.length} are left`);
    });
    after.push(residentMib(native.appliance.process.pid));
  }
  const growth = (after.at(-1) ?? 0) - (after[1] ?? 0);
  assert.ok(growth < 64, `resident memory after each wave, in MiB: ${after.join(", ")}`);
}

function open(native: NativeSite, index: number): Promise<Socket> {
  const localAddress = `127.77.0.${1 + (index % ADDRESSES)}`;
  const socket = connect({ host: native.appliance.address, port: S2S_PORT, localAddress });
  socket.on("error", () => undefined);
  socket.resume();
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Nothing, garbage, half a header, a stream that ends amid an element, TLS that is never begun. */
function disturb(native: NativeSite, socket: Socket, index: number): void {
  const hello = header("flood.example", native.domain);
  const noise = Buffer.from(Array.from({ length: 2_000 }, (_, n) => (n * 7 + index) % 256));
  const starttls = `${hello}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`;
  const said = [
    "",
    noise,
    hello.slice(0, 60),
    `${hello}<message><body>${"x".repeat(8_000)}`,
    starttls,
  ];
  socket.write(said[index % said.length] ?? "");
}

/** One address gets so many connections and no more; others are let in meanwhile. */
async function proveLimit(native: NativeSite): Promise<void> {
  const localAddress = "127.77.1.1";
  const sockets: Socket[] = [];
  let refused = 0;
  for (let index = 0; index < PER_ADDRESS + 20; index++) {
    const socket = connect({ host: native.appliance.address, port: S2S_PORT, localAddress });
    socket.on("error", () => undefined);
    socket.once("close", () => (refused += 1));
    sockets.push(socket);
  }
  await until("the last ones to be turned away", 5_000, () => (refused === 20 ? true : undefined));
  const other = await dialNative(native);
  other.say(header("flood.example", native.domain));
  await other.hear(/features/);
  other.close();
  for (const socket of sockets) socket.destroy();
}

/** Each says one byte every half second of something that never ends; what each is, and for how many milliseconds it lived. */
function dribblers(native: NativeSite): Promise<readonly (readonly [string, number])[]> {
  const whole = header("slow.example", native.domain);
  const starttls = `${whole}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`;
  // A record of 16 KiB (RFC 8446 §5.1), of which little comes.
  const record = "\u0016\u0003\u0001\u0040\u0000\u0001";
  const kinds: readonly (readonly [string, number, string, string])[] = [
    ["a header without an end", S2S_PORT, whole.slice(0, -1), "x"],
    ["whitespace before the login", S2S_PORT, whole, " "],
    ["a TLS handshake after STARTTLS", S2S_PORT, starttls, record],
    ["a TLS handshake from the first byte", DIRECT_PORT, "", record],
    ["nothing", DIRECT_PORT, "", ""],
  ];
  return Promise.all(
    kinds.map(async ([what, port, first, more]) => [
      what,
      await dribble(native, port, first, more),
    ]),
  );
}

async function dribble(
  native: NativeSite,
  port: number,
  first: string,
  more: string,
): Promise<number> {
  const startedAt = performance.now();
  const lasted = () => performance.now() - startedAt;
  const peer = await dialRaw({ host: native.appliance.address, port });
  peer.say(first);
  if (first.includes("<starttls")) await peer.hear(/<proceed/);
  for (let said = 0; peer.isOpen() && lasted() < NEGOTIATION_MS + 10_000; said++) {
    peer.say(Buffer.from(more.slice(said).slice(0, 1) || more.slice(-1), "latin1"));
    await delay(500);
  }
  peer.close();
  return lasted();
}

/** VmRSS, as the kernel counts it. */
function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}
