import type { Primitives } from "#protocol/primitives.ts";
import { type Jid, parseJid } from "#protocol/xmpp/address.ts";
import { detached } from "./detached.ts";

const maxKept = 4_096;
const maxKeptLength = 256;

/** Reads addresses (RFC 7622), and remembers what it read: the same few come by again and again. Null: it is none. */
export function createJids(primitives: Primitives): (text: string | undefined) => Jid | null {
  const jids = new Map<string, Jid | null>();
  return (text) => {
    if (text === undefined) return null;
    const known = jids.get(text);
    if (known !== undefined) return known;
    // Its domain is kept in counters and histories, too.
    const own = detached(text);
    const parsed = parseJid(own, primitives);
    const jid = parsed.ok ? parsed.value : null;
    if (text.length > maxKeptLength) return jid;
    if (jids.size >= maxKept) jids.clear();
    jids.set(own, jid);
    return jid;
  };
}
