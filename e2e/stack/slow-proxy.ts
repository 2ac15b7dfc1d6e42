import { createSocket, type RemoteInfo } from "node:dgram";
import { connect, createServer, type Socket } from "node:net";

export interface SlowProxyOptions {
  readonly address: string;
  readonly port: number;
  readonly target: { readonly address: string; readonly port: number };
  /** How long each byte is under way, in each direction. */
  readonly oneWayMs: number;
}

export interface SlowProxy {
  readonly stop: () => Promise<void>;
}

/**
 * Forwards TCP with a delay each way. The kernel shakes hands at once, so the round trip that a connection takes
 * over a real line is put before its first bytes instead: the sum is the same.
 */
export async function startSlowTcp(options: SlowProxyOptions): Promise<SlowProxy> {
  const { address, port, target, oneWayMs } = options;
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ host: target.address, port: target.port, noDelay: true });
    const shakenAt = performance.now() + 2 * oneWayMs;
    pipeLate(near, far, oneWayMs, shakenAt);
    pipeLate(far, near, oneWayMs, shakenAt);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: address, port }, resolve);
  });
  return {
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Moves bytes, and the end, from one socket to the other: late, in order, and none sent before `shakenAt`. */
function pipeLate(from: Socket, to: Socket, delayMs: number, shakenAt: number): void {
  const later = (act: () => void) => {
    const sentAt = Math.max(performance.now(), shakenAt);
    setTimeout(act, sentAt + delayMs - performance.now());
  };
  from.on("data", (chunk) => later(() => to.writable && to.write(chunk)));
  from.on("end", () => later(() => to.end()));
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
