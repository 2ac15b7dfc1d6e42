import { createPairs } from "#links/pairs.ts";
import type { Domain } from "#protocol/xmpp/address.ts";

/** Streams that peers opened and that take our stanzas, too (XEP-0288), by pair of domains. */
export interface WaysBack<Stream> {
  readonly add: (local: Domain, remote: Domain, stream: Stream) => void;
  readonly remove: (local: Domain, remote: Domain, stream: Stream) => void;
  /** The one that was opened last: the peer sends on it, so it is the least likely to be dead. */
  readonly find: (local: Domain, remote: Domain) => Stream | undefined;
}

export function createWaysBack<Stream>(): WaysBack<Stream> {
  const streams = createPairs<readonly Stream[]>();
  const others = (local: Domain, remote: Domain, stream: Stream) =>
    (streams.get(local, remote) ?? []).filter((one) => one !== stream);
  return {
    add(local, remote, stream) {
      streams.set(local, remote, [...others(local, remote, stream), stream]);
    },
    remove(local, remote, stream) {
      const left = others(local, remote, stream);
      if (left.length === 0) streams.delete(local, remote);
      else streams.set(local, remote, left);
    },
    find: (local, remote) => streams.get(local, remote)?.at(-1),
  };
}
