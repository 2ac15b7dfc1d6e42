import { printableXml } from "#protocol/printable.ts";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";

/** One thing said on a stream, or on an X2X connection, with a tapped domain, secrets masked. */
export interface TapLine {
  readonly at: Date;
  readonly streamId: string;
  /** Who opened the stream, and who said this. */
  readonly opened: "by_us" | "by_them";
  readonly direction: "in" | "out";
  readonly remote: string;
  readonly xml: string;
}

/** People listening to what is said with one remote domain; nothing is spent when nobody does. */
export interface Taps {
  /** Whether anybody listens to anything. */
  readonly hasListeners: () => boolean;
  readonly isOn: (remote: string | null) => boolean;
  readonly say: (line: Omit<TapLine, "at">) => void;
  /** Returns the end of it. */
  readonly open: (remote: string, listener: (line: TapLine) => void) => () => void;
}

const maxLineUnits = 64 * 1024;

export function createTaps(now: () => Date): Taps {
  const listeners = new Map<string, Set<(line: TapLine) => void>>();
  return {
    hasListeners: () => listeners.size > 0,
    isOn: (remote) => listeners.size > 0 && remote !== null && listeners.has(remote),
    say(line) {
      const xml = printableXml(maskText(line.xml).slice(0, maxLineUnits));
      for (const listener of listeners.get(line.remote) ?? [])
        listener({ ...line, xml, at: now() });
    },
    open(remote, listener) {
      const those = listeners.get(remote) ?? new Set();
      listeners.set(remote, those.add(listener));
      return () => {
        those.delete(listener);
        if (those.size === 0 && listeners.get(remote) === those) listeners.delete(remote);
      };
    },
  };
}

/** What is received, as text; of logins and keys only the outside. */
export function showReceived(received: XmlElement): string {
  const isSecret = received.namespace === ns.sasl || received.namespace === ns.dialback;
  const { name, namespace, attributes, children } = received;
  const hasText = isSecret && children.some((child) => typeof child === "string");
  const shown = hasText ? element(name, namespace, attributes, ["…"]) : received;
  return serialize(shown, { contentNamespace: ns.server });
}

/** The same for what we write ourselves. */
function maskText(xml: string): string {
  return xml
    .replace(/(<(?:auth|response|success)\b[^>]*>)[^<]+/g, "$1…")
    .replace(/(<db:(?:result|verify)\b[^>]*>)[^<]+/g, "$1…");
}
