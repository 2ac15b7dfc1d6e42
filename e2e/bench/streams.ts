import { setTimeout as delay } from "node:timers/promises";
import { S2S_PORT } from "../stack/prosody.ts";
import { createWorld, type World } from "../stack/world.ts";
import { type Benchmark, cpuSeconds, type Figure, forEachAtOnce, residentMb } from "./benchmark.ts";
import { type FarPeer, startFarPeer } from "./far-peer.ts";
import { inspect } from "./inspector.ts";
import { attachLean } from "./lean-component.ts";
import { type Kind, type Side, startSide } from "./sides.ts";

const KINDS = ["Wavegate", "Prosody", "ejabberd"] as const satisfies readonly Kind[];
const ZONE = "far.example";
const AT_ONCE = 100;
const PER_ADDRESS = 150;
const WARM = 50;
const SETTLE_MS = 2_000;
const OPEN_MS = 300_000;

/**
 * The far side is one scripted peer with a wildcard certificate: it plays each of the domains `d0.far.example` and on,
 * with an SRV record each. All servers log in by EXTERNAL, so nobody calls back for dialback.
 */
interface Far {
  readonly world: World;
  readonly peer: FarPeer;
  readonly address: string;
  readonly localAddresses: readonly string[];
}

/** Of ours after garbage collection; the others give back what they do not need by themselves. */
interface Memory {
  readonly residentMb: number;
  /** What is in use; of ours only. */
  readonly heapMb: number;
}

export const idleStreams: Benchmark = {
  name: "idle-streams",
  about:
    "memory of an idle stream, TLS 1.3 and EXTERNAL, opened by the server to as many domains, and to it",
  run: async (scale) => {
    const counts = scale === "whole" ? [1_000, 10_000] : [40];
    return await withFar(Math.max(...counts), async (far) => {
      const figures: Figure[] = [];
      for (const kind of kindsOf(scale))
        for (const count of counts) figures.push(...(await measureIdle(far, kind, count)));
      return figures;
    });
  },
};

export const open1000: Benchmark = {
  name: "open-1000",
  about: `1 000 domains are written to, ${AT_ONCE} at once: DNS, TCP, TLS, EXTERNAL, and the message is there`,
  run: async (scale) => {
    const count = scale === "whole" ? 1_000 : 40;
    return await withFar(count, async (far) => {
      const figures: Figure[] = [];
      for (const kind of kindsOf(scale)) figures.push(...(await measureOpening(far, kind, count)));
      return figures;
    });
  },
};

function kindsOf(scale: "whole" | "sample"): readonly Kind[] {
  return scale === "whole" ? KINDS : ["Wavegate"];
}

/** Each direction with a server of its own: both at 10 000 are more connections than a process may have by default. */
async function measureIdle(far: Far, kind: Kind, count: number): Promise<Figure[]> {
  const out = await withSide(far, kind, async (side, memory) => {
    await writeTo(far, side, 0, WARM);
    const before = await memory();
    await writeTo(far, side, WARM, count);
    return perStream(`${kind}, one of ${count} out`, before, await memory(), count);
  });
  const into = await withSide(far, kind, async (side, memory) => {
    await openFrom(far, side, 0, WARM);
    const before = await memory();
    await openFrom(far, side, WARM, count);
    return perStream(`${kind}, one of ${count} in`, before, await memory(), count);
  });
  return [...out, ...into];
}

function perStream(name: string, before: Memory, after: Memory, count: number): Figure[] {
  const kilobytes = (key: keyof Memory) => Math.max(0, ((after[key] - before[key]) * 1024) / count);
  const figures = [{ name: `${name}: resident`, value: kilobytes("residentMb"), unit: "kB" }];
  if (!Number.isNaN(after.heapMb))
    figures.push({ name: "  of it in the heap", value: kilobytes("heapMb"), unit: "kB" });
  return figures;
}

async function measureOpening(far: Far, kind: Kind, count: number): Promise<Figure[]> {
  return await withSide(far, kind, async (side, memory) => {
    await writeTo(far, side, 0, WARM);
    const before = await memory();
    const cpu = cpuSeconds(side.pid);
    const seconds = await writeTo(far, side, WARM, count);
    const cpuMs = ((cpuSeconds(side.pid) - cpu) / count) * 1000;
    const after = await memory();
    return [
      { name: `${kind}, streams opened`, value: count / seconds, unit: "/s" },
      { name: "  processor time of one", value: cpuMs, unit: "ms" },
      {
        name: "  resident memory grew by",
        value: Math.max(0, after.residentMb - before.residentMb),
        unit: "MB",
      },
    ];
  });
}

/** A component of ours writes to `count` domains; each message needs a stream of its own. Gives seconds. */
async function writeTo(far: Far, side: Side, first: number, count: number): Promise<number> {
  const socket = await attachLean(side.component);
  const { name } = side.component;
  const from = far.peer.carried();
  const startedAt = performance.now();
  for (let sent = 0; sent < count; sent += 1) {
    await far.peer.untilCarried(from + sent - AT_ONCE, OPEN_MS);
    socket.write(
      `<message from='load@${name}' to='sink@d${first + sent}.${ZONE}' id='${sent}'><body>hello</body></message>`,
    );
  }
  await far.peer.untilCarried(from + count, OPEN_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  socket.destroy();
  return seconds;
}

async function openFrom(far: Far, side: Side, first: number, count: number): Promise<void> {
  const indices = Array.from({ length: count }, (_, index) => first + index);
  await forEachAtOnce(indices, AT_ONCE / 2, async (index) => {
    const localAddress = far.localAddresses[Math.floor(index / PER_ADDRESS)] ?? "127.0.0.1";
    await far.peer.open({
      from: `d${index}.${ZONE}`,
      // Not to the component: it is gone, and ejabberd does not know its name then.
      to: side.domain,
      host: side.address,
      port: S2S_PORT,
      localAddress,
    });
  });
}

async function withSide(
  far: Far,
  kind: Kind,
  measure: (side: Side, memory: () => Promise<Memory>) => Promise<Figure[]>,
): Promise<Figure[]> {
  const scope = far.world.scope();
  const address = far.world.address();
  const isInspectable = kind === "Wavegate";
  try {
    const domain = `near-${address.replaceAll(".", "-")}.example`;
    const hosts = { [`xmpp.${ZONE}`]: far.address };
    const side = await startSide(scope, { kind, domain, address, hosts, isInspectable });
    const inspector = isInspectable ? await inspect(address) : null;
    const memory = async (): Promise<Memory> => {
      if (inspector !== null) return await inspector.memory();
      await delay(SETTLE_MS);
      return { residentMb: residentMb(side.pid), heapMb: Number.NaN };
    };
    try {
      return await measure(side, memory);
    } finally {
      inspector?.close();
      far.peer.hangUp();
    }
  } finally {
    await scope.end();
  }
}

async function withFar(count: number, measure: (far: Far) => Promise<Figure[]>): Promise<Figure[]> {
  const world = await createWorld("streams");
  try {
    const address = world.address();
    const certificate = await world.authority.issue({
      names: [ZONE, `*.${ZONE}`],
      signedBy: "intermediate",
    });
    const names = Array.from({ length: count + WARM }, (_, index) => `d${index}`);
    await world.dns.setZone(
      ZONE,
      names
        .map((name) => `_xmpp-server._tcp.${name} IN SRV 10 0 ${S2S_PORT} xmpp`)
        .concat(`xmpp IN A ${address}`),
    );
    const localAddresses = Array.from({ length: Math.ceil((count + WARM) / PER_ADDRESS) + 1 }, () =>
      world.address(),
    );
    const peer = await startFarPeer({ address, port: S2S_PORT, certificate });
    try {
      return await measure({ world, peer, address, localAddresses });
    } finally {
      await peer.stop();
    }
  } finally {
    await world.end();
  }
}
