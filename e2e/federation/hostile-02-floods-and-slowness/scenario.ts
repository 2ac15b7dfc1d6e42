import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { streamPage } from "#contract/streams.ts";
import { until } from "../../stack/wait.ts";
import type { NativeSite } from "../../stack/world.ts";
import { dialNative, header, S2S_PORT, withWitness } from "../attacker.ts";
import type { Scenario } from "../scenario.ts";

const WAVES = 4;
const WAVE_SIZE = 500;
const ADDRESSES = 10;
const PER_ADDRESS = 60;
const NEGOTIATION_MS = 60_000;

export const scenario: Scenario = {
  title:
    "A5, A6: 2000 connects that say nothing, garbage, or stop halfway leave no memory behind; dribble and whitespace buy no time",
  run: async (world) => {
    const native = await world.nativeSite("hostile02.example", {
      settings: { s2sConnectionsPerAddress: PER_ADDRESS, s2sAttemptsPerMinute: 1_000_000 },
    });
    await withWitness(world, native, "witness02.example", async () => {
      const slow = [dribble(native, "x"), dribble(native, " ")];
      await proveFlood(native);
      await proveLimit(native);
      const lasted = await Promise.all(slow);
      for (const ms of lasted)
        assert.ok(ms < NEGOTIATION_MS + 10_000, `a dribbling peer was borne with for ${ms} ms`);
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

/** Says a byte of it every second, within a header that never ends or between header and login; milliseconds that it lived. */
async function dribble(native: NativeSite, byte: string): Promise<number> {
  const startedAt = performance.now();
  const peer = await dialNative(native);
  const whole = header("slow.example", native.domain);
  peer.say(byte === " " ? whole : whole.slice(0, -1));
  while (peer.isOpen()) {
    if (performance.now() - startedAt > NEGOTIATION_MS + 15_000) break;
    peer.say(byte);
    await delay(1_000);
  }
  peer.close();
  return performance.now() - startedAt;
}

/** VmRSS, as the kernel counts it. */
function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}
