import type { StreamHandlers } from "./live.ts";

const EVENTS_PATH = "/api/v1/events";

/** Opens the appliance's event stream; trying again is left to the caller. */
export function openEventStream(handlers: StreamHandlers): () => void {
  const source = new EventSource(EVENTS_PATH);
  source.addEventListener("hello", () => handlers.onHello());
  source.addEventListener("changed", (event: MessageEvent<string>) => {
    const resource = resourceOf(event.data);
    if (resource !== null) handlers.onChanged(resource);
  });
  source.addEventListener("full", () => handlers.onLost());
  source.addEventListener("error", () => handlers.onLost());
  return () => source.close();
}

function resourceOf(data: string): string | null {
  try {
    const body: unknown = JSON.parse(data);
    if (typeof body !== "object" || body === null || !("resource" in body)) return null;
    return typeof body.resource === "string" ? body.resource : null;
  } catch {
    return null;
  }
}
