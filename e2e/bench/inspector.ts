import { until } from "../stack/wait.ts";

const PORT = 9229;
const ANSWER_MS = 30_000;

/** Looks into a running appliance by Node's inspector: exact figures that no API gives, and nothing added to it. */
export interface Inspector {
  /** Memory after all garbage is collected. */
  readonly memory: () => Promise<{ readonly residentMb: number; readonly heapMb: number }>;
  /** From now on remembers how the event loop came to a timer. */
  readonly watchLoop: () => Promise<void>;
  /** The worst since it was watched, and begins anew. */
  readonly worstOfLoop: () => Promise<LoopDelay>;
  readonly close: () => void;
}

export interface LoopDelay {
  /** How much later than asked a timer ran, whoever took the time. */
  readonly lagMs: number;
  /** The most that the loop itself worked between two turns: what a busy machine does not lengthen. */
  readonly workMs: number;
}

/** The environment that lets {@link inspect} in: on the appliance's own loopback address. */
export function inspectable(address: string): { NODE_OPTIONS: string } {
  return { NODE_OPTIONS: `--inspect=${address}:${PORT} --no-warnings` };
}

const SAMPLE_MS = 5;
const WATCH = `(() => {
  const cpuMs = () => { const { user, system } = process.threadCpuUsage(); return (user + system) / 1000; };
  let last = performance.now();
  let lastCpu = cpuMs();
  globalThis.benchLoop = { lagMs: 0, workMs: 0 };
  setInterval(() => {
    const now = performance.now();
    const cpu = cpuMs();
    const worst = globalThis.benchLoop;
    worst.lagMs = Math.max(worst.lagMs, now - last - ${SAMPLE_MS});
    worst.workMs = Math.max(worst.workMs, cpu - lastCpu);
    last = now;
    lastCpu = cpu;
  }, ${SAMPLE_MS}).unref();
})()`;
const READ =
  "(() => { const worst = globalThis.benchLoop; globalThis.benchLoop = { lagMs: 0, workMs: 0 }; return worst; })()";
const MEMORY =
  "(() => { const { rss, heapUsed } = process.memoryUsage(); return { rss, heapUsed }; })()";

export async function inspect(address: string): Promise<Inspector> {
  const url = await until("the inspector", ANSWER_MS, async () => {
    const response = await fetch(`http://${address}:${PORT}/json/list`);
    const [target] = (await response.json()) as { webSocketDebuggerUrl: string }[];
    return target?.webSocketDebuggerUrl;
  });
  const socket = new WebSocket(url);
  const waiting = new Map<number, (message: Message) => void>();
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve(), { once: true });
    socket.addEventListener("error", () => reject(new Error("no inspector")), { once: true });
  });
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as Message;
    waiting.get(message.id ?? 0)?.(message);
    waiting.delete(message.id ?? 0);
  });
  let lastId = 0;
  const ask = (method: string, params: object = {}): Promise<Message> => {
    lastId += 1;
    const id = lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${method}: no answer`)), ANSWER_MS);
      waiting.set(id, (message) => {
        clearTimeout(timer);
        if (message.error === undefined) resolve(message);
        else reject(new Error(`${method}: ${message.error.message}`));
      });
      socket.send(JSON.stringify({ id, method, params }));
    });
  };
  const evaluate = async (expression: string): Promise<unknown> =>
    (await ask("Runtime.evaluate", { expression, returnByValue: true })).result?.result?.value;

  return {
    memory: async () => {
      await ask("HeapProfiler.enable");
      // Twice: what the first one finalizes only the second one frees.
      await ask("HeapProfiler.collectGarbage");
      await ask("HeapProfiler.collectGarbage");
      const { rss, heapUsed } = (await evaluate(MEMORY)) as { rss: number; heapUsed: number };
      return { residentMb: rss / 2 ** 20, heapMb: heapUsed / 2 ** 20 };
    },
    watchLoop: async () => void (await evaluate(WATCH)),
    worstOfLoop: async () => (await evaluate(READ)) as LoopDelay,
    close: () => socket.close(),
  };
}

interface Message {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}
