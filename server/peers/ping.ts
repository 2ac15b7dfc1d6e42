import type { XmlElement } from "#protocol/xmpp/element.ts";
import { buildPing } from "#protocol/xmpp/ping.ts";
import type { PingOutcome } from "./observation.ts";

/** What pings need of the router: see links/router.ts. */
export interface PingCarrier {
  readonly sourceFor: (
    domain: string,
  ) =>
    | { readonly ok: true; readonly from: string; readonly linkId: string }
    | { readonly ok: false; readonly code: string };
  readonly request: (
    input: PingInput & { type: "get" | "set"; payload: XmlElement },
  ) => Promise<PingExchange>;
  readonly wavePing: (input: PingInput) => Promise<PingExchange>;
}

interface PingInput {
  readonly from: string;
  readonly to: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

interface PingExchange {
  readonly kind: "result" | "error" | "timeout" | "not_sent" | "cancelled";
  readonly condition: string | null;
  readonly text: string | null;
  readonly roundTripMs: number | null;
}

/** Pings one peer after its trace; never throws. */
export type Pinger = (
  target: { domain: string; jid: string | null; expects: "xmpp" | "wave" },
  signal: AbortSignal,
) => Promise<PingOutcome>;

const TIMEOUT_MS = 10_000;

/**
 * Pings over the link that would carry stanzas to the peer: its wave service with a receipt request
 * (WAVE §1.8) where one is expected, else the domain itself (XEP-0199 §4.2).
 */
export function createPinger(carrier: PingCarrier): Pinger {
  return async ({ domain, jid, expects }, signal) => {
    const source = carrier.sourceFor(domain);
    if (!source.ok) return { kind: "not_sent", code: source.code };
    const { from } = source;
    const input = { from, timeoutMs: TIMEOUT_MS, signal };
    const exchange =
      expects === "wave" && jid !== null
        ? await carrier.wavePing({ ...input, to: jid })
        : await carrier.request({ ...input, to: domain, type: "get", payload: buildPing() });
    return readExchange(exchange);
  };
}

function readExchange(exchange: PingExchange): PingOutcome {
  switch (exchange.kind) {
    case "result":
      return { kind: "answered", roundTripMs: exchange.roundTripMs };
    case "error": {
      const { condition, text } = exchange;
      // RFC 6120 §10.4: these two are our own server's, which found nobody to give it to.
      if (condition === "remote-server-not-found" || condition === "remote-server-timeout")
        return { kind: "bounced", condition, text: text ?? "" };
      return { kind: "answered", roundTripMs: exchange.roundTripMs };
    }
    case "timeout":
      return { kind: "timeout", seconds: TIMEOUT_MS / 1_000 };
    case "not_sent":
      return { kind: "not_sent", code: exchange.condition ?? "link.down" };
    case "cancelled":
      return { kind: "not_sent", code: "cancelled" };
  }
}
