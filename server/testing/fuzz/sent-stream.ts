import assert from "node:assert/strict";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type StreamReader } from "#protocol/xmpp/reader.ts";

export interface SentStream {
  /** Takes what a table sends: it must be a well-formed stream, and end once. */
  readonly take: (xml: string) => void;
}

/** Reads what our own tables say, as a peer would. */
export function createSentStream(): SentStream {
  let reader: StreamReader | null = null;
  let isClosed = false;
  return {
    take(xml) {
      assert(!isClosed, `sent after </stream:stream>: ${xml}`);
      if (xml.startsWith("<?xml"))
        reader = createStreamReader({
          contentNamespaces: [ns.server],
          maxElementBytes: 1e6,
          maxDepth: 50,
          oversize: "close",
        });
      assert(reader !== null, `sent before the header: ${xml}`);
      for (const event of reader.write(new TextEncoder().encode(xml))) {
        assert(event.kind !== "failed" && event.kind !== "refused", `ill-formed: ${xml}`);
        if (event.kind === "closed") isClosed = true;
      }
    },
  };
}

/**
 * Effects of one walk, to be compared with those of the same bytes cut otherwise: which of two faults
 * in a row is found first depends on the cut, so a fault is one like another.
 */
export function withoutFaults(effects: readonly { readonly kind: string }[]): object[] {
  return effects.map((effect) => {
    if (effect.kind === "failed" && "failure" in effect)
      return { kind: "failed", code: (effect.failure as { code: string }).code };
    if (effect.kind === "send" && "xml" in effect)
      return {
        kind: "send",
        xml: String(effect.xml).replace(/<stream:error>.*<.stream:error>/, ""),
      };
    return effect;
  });
}
