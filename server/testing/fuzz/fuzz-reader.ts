import assert from "node:assert/strict";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type ReaderEvent } from "#protocol/xmpp/reader.ts";
import {
  cutBytes,
  drawWildness,
  fromInitiator,
  fromReceiver,
  mutateBytes,
  mutateScript,
  mutateText,
  type Random,
} from "./mutation.ts";

/**
 * One mutated stream through the reader, cut in two ways: the same events with the same sizes; and
 * through one with small limits: no event beyond them, and nothing after its end.
 */
export function fuzzReader(random: Random): void {
  const words: string[] = Object.values(random.chance(50) ? fromInitiator : fromReceiver);
  const script = mutateScript(random, words, () => random.pick(words));
  const percent = drawWildness(random);
  const text = script.map((word) => mutateText(random, word, percent)).join("");
  const bytes = mutateBytes(random, text, percent * 3);
  const large = { maxElementBytes: 1e9, maxDepth: 50, oversize: "close" } as const;
  assert.deepEqual(
    read(cutBytes(random, bytes), large).map(comparable),
    read([bytes], large).map(comparable),
  );
  const maxElementBytes = 200 + random.below(3000);
  const oversize = random.chance(50) ? "close" : maxElementBytes * 4;
  const small = { maxElementBytes, maxDepth: 1 + random.below(50), oversize } as const;
  for (const event of read(cutBytes(random, bytes), small))
    if (event.kind === "element") assert(event.sizeBytes <= maxElementBytes);
}

function read(
  pieces: readonly Uint8Array[],
  limits: { maxElementBytes: number; maxDepth: number; oversize: "close" | number },
): ReaderEvent[] {
  const reader = createStreamReader({ contentNamespaces: [ns.server], ...limits });
  const events: ReaderEvent[] = [];
  for (const piece of pieces) {
    const wasDead = reader.isDead;
    const more = reader.write(piece);
    assert(!wasDead || more.length === 0, "a dead reader speaks");
    events.push(...more);
  }
  const ends = events.findIndex(({ kind }) => kind === "failed" || kind === "closed");
  assert(ends === -1 || ends === events.length - 1, "events after the end");
  assert.equal(reader.isDead, ends !== -1);
  return events;
}

/**
 * How much came in the same write depends on the cut, and so does which of two faults in a row is
 * found first; all else must not.
 */
function comparable(event: ReaderEvent): object {
  if (event.kind === "failed") return { kind: "failed", beforeHeader: event.beforeHeader };
  return "trailingBytes" in event ? { ...event, trailingBytes: 0 } : event;
}
