import { until } from "../stack/wait.ts";

const PORT = 9229;
const ANSWER_MS = 30_000;

/** Looks into a running appliance by Node's inspector: exact figures that no API gives, and nothing added to it. */
export interface Inspector {
  /** Memory after all garbage is collected. */
  readonly memory: () => Promise<{ readonly residentMb: number; readonly heapMb: number }>;
  /** From now on remembers how much later than asked the event loop came to a timer. */
  readonly watchLag: () => Promise<void>;
  /** The worst lag since it was watched, and begins anew. */
  readonly worstLagMs: () => Promise<number>;
  readonly close: () => void;
}

/** The environment that lets {@link inspect} in: on the appliance's own loopback address. */
export function inspectable(address: string): { NODE_OPTIONS: string } {
  return { NODE_OPTIONS: `--inspect=${address}:${PORT} --no-warnings` };
}

const SAMPLE_MS = 5;
const WATCH = `(() => {
  let last = performance.now();
  globalThis.benchLag = 0;
  setInterval(() => {
    const now = performance.now();
    globalThis.benchLag = Math.max(globalThis.benchLag, now - last - ${SAMPLE_MS});
    last = now;
  }, ${SAMPLE_MS}).unref();
})()`;
const READ = "(() => { const lag = globalThis.benchLag; globalThis.benchLag = 0; return lag; })()";
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
    watchLag: async () => void (await evaluate(WATCH)),
    worstLagMs: async () => Number(await evaluate(READ)),
    close: () => socket.close(),
  };
}

interface Message {
  readonly id?: number;
  readonly error?: { readonly message: string };
  readonly result?: { readonly result?: { readonly value?: unknown } };
}
