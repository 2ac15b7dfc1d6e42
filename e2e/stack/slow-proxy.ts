import { createSocket, type RemoteInfo } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";

export interface SlowProxyOptions {
  readonly address: string;
  readonly port: number;
  readonly target: { readonly address: string; readonly port: number };
  /** How long each byte is under way, in each direction. */
  readonly oneWayMs: number;
  /** How fast bytes leave, in each direction; by default at once. */
  readonly bitsPerSecond?: number;
}

export interface SlowProxy {
  readonly stop: () => Promise<void>;
}

export interface SlowTcp extends SlowProxy {
  readonly address: string;
  /** Payload of TCP since the last time, in order; nothing of IP and TCP themselves. */
  readonly takeFlights: () => readonly Flight[];
  /** Ends all connections. */
  readonly cut: () => void;
}

/** What was sent one way before something was sent the other way. */
export interface Flight {
  readonly way: "there" | "back";
  readonly bytes: number;
}

/**
 * Forwards TCP with a delay each way. The kernel shakes hands at once, so the round trip that a connection takes
 * over a real line is put before its first bytes instead: the sum is the same.
 */
export async function startSlowTcp(options: SlowProxyOptions): Promise<SlowTcp> {
  const { address, port, target, oneWayMs, bitsPerSecond = Number.POSITIVE_INFINITY } = options;
  let flights: Flight[] = [];
  const count = (way: Flight["way"]) => (bytes: number) => {
    const isSame = flights.at(-1)?.way === way;
    const before = isSame ? (flights.pop()?.bytes ?? 0) : 0;
    flights.push({ way, bytes: before + bytes });
  };
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: target.address, port: target.port, noDelay: true });
    const shakenAt = performance.now() + 2 * oneWayMs;
    const line = { oneWayMs, shakenAt, msPerByte: 8_000 / bitsPerSecond };
    pipeLate(near, far, { ...line, count: count("there") });
    pipeLate(far, near, { ...line, count: count("back") });
    for (const socket of [near, far]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port }, resolve);
  });
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    address,
    takeFlights() {
      const taken = flights;
      flights = [];
      return taken;
    },
    cut,
    stop: async () => {
      cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

interface Line {
  readonly oneWayMs: number;
  readonly msPerByte: number;
  /** Nothing leaves before. */
  readonly shakenAt: number;
  readonly count: (bytes: number) => void;
}

/** Moves bytes, and the end, from one socket to the other: late, in order, one behind the other. */
function pipeLate(from: Socket, to: Socket, line: Line): void {
  let freeAt = line.shakenAt;
  const later = (bytes: number, act: () => void) => {
    freeAt = Math.max(freeAt, performance.now()) + bytes * line.msPerByte;
    setTimeout(act, freeAt + line.oneWayMs - performance.now());
  };
  from.on("data", (chunk: Buffer) => {
    line.count(chunk.length);
    later(chunk.length, () => to.writable && to.write(chunk));
  });
  from.on("end", () => later(0, () => to.end()));
  from.on("error", () => to.destroy());
  from.on("close", (hadError) => hadError && to.destroy());
}

/** Forwards questions over UDP and their answers back, each late; one socket for each who asks. */
export async function startSlowUdp(options: SlowProxyOptions): Promise<SlowProxy> {
  const { address, port, target, oneWayMs } = options;
  const near = createSocket("udp4");
  const outlets = new Map<string, ReturnType<typeof createSocket>>();
  const outletOf = (asker: RemoteInfo) => {
    const key = `${asker.address}:${asker.port}`;
    const known = outlets.get(key);
    if (known !== undefined) return known;
    const outlet = createSocket("udp4");
    outlet.on("message", (answer) =>
      setTimeout(() => near.send(answer, asker.port, asker.address), oneWayMs),
    );
    outlet.on("error", () => undefined);
    outlets.set(key, outlet);
    return outlet;
  };
  near.on("message", (question, asker) => {
    const outlet = outletOf(asker);
    setTimeout(() => outlet.send(question, target.port, target.address), oneWayMs);
  });
  await new Promise<void>((resolve, reject) => {
    near.once("error", reject);
    near.bind({ address, port }, resolve);
  });
  return {
    stop: async () => {
      for (const outlet of outlets.values()) outlet.close();
      await new Promise<void>((resolve) => near.close(() => resolve()));
    },
  };
}
