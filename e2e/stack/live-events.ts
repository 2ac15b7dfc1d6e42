import { z } from "zod";
import { until } from "./wait.ts";

const changed = z.object({ resource: z.string() });

/** An open `GET /api/v1/events`, as the dashboard holds one. */
export interface LiveEvents {
  /** Resources in the order in which they were said to have changed. */
  readonly changed: readonly string[];
  readonly isOpen: () => boolean;
  /** Waits for a `changed` event of `resource`, or of everything, after the first `after` events. */
  readonly heard: (resource: string, timeoutMs: number, after?: number) => Promise<void>;
  readonly close: () => void;
}

/** Opens the stream of live events and resolves when the appliance has greeted. */
export async function openEvents(url: string, token: string): Promise<LiveEvents> {
  const abort = new AbortController();
  const response = await fetch(new URL("/api/v1/events", url), {
    headers: { authorization: `Bearer ${token}` },
    signal: abort.signal,
  });
  if (response.status !== 200 || response.body === null)
    throw new Error(`no live events: ${response.status} ${await response.text()}`);
  const resources: string[] = [];
  let isOpen = true;
  let hasGreeted = false;

  const hear = (event: string) => {
    const name = /^event: (.*)$/m.exec(event)?.[1];
    const data = /^data: (.*)$/m.exec(event)?.[1];
    if (name === "hello") hasGreeted = true;
    if (name === "changed" && data !== undefined)
      resources.push(changed.parse(JSON.parse(data)).resource);
  };
  const read = async (body: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    let text = "";
    for await (const chunk of body) {
      text += decoder.decode(chunk, { stream: true });
      for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
        hear(text.slice(0, end));
        text = text.slice(end + 2);
      }
    }
  };
  void read(response.body)
    .catch(() => undefined)
    .finally(() => (isOpen = false));

  await until("the greeting of the live events", 10_000, () => hasGreeted || undefined);
  return {
    changed: resources,
    isOpen: () => isOpen,
    heard: async (resource, timeoutMs, after = 0) => {
      await until(`an event of ${resource}`, timeoutMs, () =>
        resources.slice(after).some((one) => one === resource || one === "*") ? true : undefined,
      );
    },
    close: () => abort.abort(),
  };
}
