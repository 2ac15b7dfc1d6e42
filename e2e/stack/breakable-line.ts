import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** A line between two hosts that can be cut and mended. */
export interface BreakableLine {
  /** `refused`: connections break and no new one is taken. `silent`: bytes vanish, both ways, without a word. */
  readonly breakDown: (how: "refused" | "silent") => Promise<void>;
  readonly mend: () => Promise<void>;
  /** Bytes that were passed on to the target, since the start. */
  readonly carried: () => number;
  readonly stop: () => Promise<void>;
}

interface Place {
  readonly address: string;
  readonly port: number;
}

/** Forwards TCP from `place` to `target`, at once. */
export async function startBreakableLine(place: Place, target: Place): Promise<BreakableLine> {
  const open = new Set<Socket>();
  let isSilent = false;
  let carried = 0;
  let server: Server | null = null;

  function forward(from: Socket, to: Socket, count: (bytes: number) => void): void {
    open.add(from);
    from.on("data", (bytes: Buffer) => {
      if (isSilent) return;
      count(bytes.length);
      to.write(bytes);
    });
    from.on("end", () => {
      if (!isSilent) to.end();
    });
    from.on("error", () => {});
    from.on("close", () => {
      open.delete(from);
      if (!isSilent) to.destroy();
    });
  }

  async function listen(): Promise<void> {
    if (server !== null) return;
    const next = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
      const far = connect({
        ...{ host: target.address, port: target.port, noDelay: true, allowHalfOpen: true },
      });
      forward(near, far, (bytes) => (carried += bytes));
      forward(far, near, () => {});
    });
    server = next;
    next.listen({ host: place.address, port: place.port });
    await once(next, "listening");
  }

  async function refuse(): Promise<void> {
    const closing = server;
    server = null;
    isSilent = false;
    for (const socket of open) socket.destroy();
    if (closing === null) return;
    closing.close();
    await once(closing, "close");
  }

  await listen();
  return {
    carried: () => carried,
    async breakDown(how) {
      if (how === "refused") return refuse();
      isSilent = true;
    },
    async mend() {
      // What vanished is not made good: connections of before are dead.
      if (isSilent) await refuse();
      await listen();
    },
    stop: refuse,
  };
}
