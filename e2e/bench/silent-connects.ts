import { connect, type Socket } from "node:net";
import { COMPONENT_PORT, S2S_PORT } from "../stack/prosody.ts";
import { until, within } from "../stack/wait.ts";
import { createWorld } from "../stack/world.ts";
import type { Benchmark } from "./benchmark.ts";
import { startFarPeer } from "./far-peer.ts";
import { inspect } from "./inspector.ts";
import { startSide } from "./sides.ts";

const DIRECT_TLS_PORT = 5270;
const WAVE = 500;
const PER_ADDRESS = 100;
/** Far more than it takes; a wave that nobody accepts any more must not be waited for. */
const WAVE_MS = 20_000;
const ANSWER_MS = 250;
const FLAT_HEAP_PERCENT = 5;
const FLAT_RESIDENT_PERCENT = 15;

const HEADER =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'";
/** The first 40 bytes of a ClientHello that announces 512. */
const HALF_HELLO = Buffer.concat([
  Buffer.from("1603010200010001fc0303", "hex"),
  Buffer.alloc(29, 7),
]);

/** What a connection says before it stops: nothing, garbage, or half of something right. */
function words(to: string): readonly (string | Buffer)[] {
  const open = `${HEADER} from='far.example' to='${to}'>`;
  return [
    "",
    "GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
    Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 89) % 256)),
    HEADER,
    open,
    `${open}<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
    `${open}<message from='a@far.example' to='b@${to}'><body>${"x".repeat(8_000)}`,
    HALF_HELLO,
    "<".repeat(2_000),
  ];
}

export const silentConnects: Benchmark = {
  name: "silent-connects",
  about: `connections that say nothing, garbage or half of something and go, ${WAVE} at a time, on all three ports`,
  run: async (scale) => {
    const waves = scale === "whole" ? 200 : 4;
    const world = await createWorld("silent");
    try {
      const side = await startSide(world, {
        kind: "Wavegate",
        domain: "near.example",
        address: world.address(),
        isInspectable: true,
      });
      // Or nearly all are refused before they cost anything.
      await side.client?.send("PATCH", "/api/v1/settings", {
        s2sAttemptsPerMinute: 1_000_000,
        componentAttemptsPerMinute: 1_000_000,
      });
      const inspector = await inspect(side.address);
      const from = Array.from({ length: WAVE / PER_ADDRESS }, () => world.address());
      const what = words(side.domain);
      const strike = (count: number) =>
        strikeInWaves(count, (index) => ({
          host: side.address,
          port: [S2S_PORT, DIRECT_TLS_PORT, COMPONENT_PORT][index % 3] ?? S2S_PORT,
          localAddress: from[index % from.length] ?? "",
          text: what[Math.floor(index / 3) % what.length] ?? "",
        }));
      const goodBefore = await goodStreamMs(world, side);
      // After the first quarter, buffers and compiled code have their size.
      await strike(Math.ceil(waves / 4));
      const early = await inspector.memory();
      const startedAt = performance.now();
      const refused = await strike(waves);
      const seconds = (performance.now() - startedAt) / 1000;
      const late = await inspector.memory();
      inspector.close();
      const growth = (key: "residentMb" | "heapMb") => (late[key] / early[key] - 1) * 100;
      return [
        { name: "connections", value: waves * WAVE, unit: "" },
        { name: "  of them closed by us before they went", value: refused, unit: "" },
        { name: "  a second", value: (waves * WAVE) / seconds, unit: "/s" },
        {
          name: "growth of heap",
          value: growth("heapMb"),
          unit: "%",
          goal: { atMost: FLAT_HEAP_PERCENT },
        },
        {
          name: "growth of resident memory",
          value: growth("residentMb"),
          unit: "%",
          goal: { atMost: FLAT_RESIDENT_PERCENT },
        },
        { name: "a first good stream, before", value: goodBefore, unit: "ms" },
        { name: "a good stream, after", value: await goodStreamMs(world, side), unit: "ms" },
      ];
    } finally {
      await world.end();
    }
  },
};

interface Strike {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string;
  readonly text: string | Buffer;
}

/** Gives how many were closed by the other side. All of a wave have said their words, and could be answered, before it goes. */
async function strikeInWaves(waves: number, plan: (index: number) => Strike): Promise<number> {
  let refused = 0;
  for (let wave = 0; wave < waves; wave += 1) {
    const sockets = Array.from({ length: WAVE }, (_, index) => strikeOnce(plan(wave + index)));
    await within(
      "a wave of connections",
      WAVE_MS,
      Promise.all(sockets.map(({ isHeard }) => isHeard)),
    );
    for (const { socket } of sockets) {
      if (socket.destroyed || socket.readableEnded) refused += 1;
      socket.destroy();
    }
  }
  return refused;
}

/** `isHeard` resolves when it was answered or closed, or when that would have come by now. */
function strikeOnce({ text, ...place }: Strike): {
  readonly socket: Socket;
  readonly isHeard: Promise<unknown>;
} {
  const socket = connect({ ...place, noDelay: true });
  socket.on("error", () => socket.destroy());
  const isHeard = new Promise<void>((resolve) => {
    socket.once("data", () => resolve());
    socket.once("close", () => resolve());
    socket.once("connect", () => {
      if (text !== "") socket.write(text);
      setTimeout(resolve, ANSWER_MS);
    });
  });
  return { socket, isHeard };
}

async function goodStreamMs(
  world: Awaited<ReturnType<typeof createWorld>>,
  side: { readonly domain: string; readonly address: string },
): Promise<number> {
  const address = world.address();
  const names = ["far.example"];
  const certificate = await world.authority.issue({ names, signedBy: "intermediate" });
  const peer = await startFarPeer({ address, port: S2S_PORT, certificate });
  try {
    // The last wave may not have been noticed to be gone yet, and fill what is kept for strangers.
    return await until("a stream", WAVE_MS, async () => {
      const startedAt = performance.now();
      await peer.open({
        from: "far.example",
        to: side.domain,
        host: side.address,
        port: S2S_PORT,
        localAddress: address,
      });
      return performance.now() - startedAt;
    });
  } finally {
    await peer.stop();
  }
}
