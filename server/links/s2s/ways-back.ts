import type { Domain } from "#protocol/xmpp/address.ts";

/** Streams that peers opened and that take our stanzas, too (XEP-0288), by pair of domains. */
export interface WaysBack<Stream> {
  readonly add: (local: Domain, remote: Domain, stream: Stream) => void;
  readonly remove: (local: Domain, remote: Domain, stream: Stream) => void;
  /** The one that was opened last: the peer sends on it, so it is the least likely to be dead. */
  readonly find: (local: Domain, remote: Domain) => Stream | undefined;
}

export function createWaysBack<Stream>(): WaysBack<Stream> {
  const streams = new Map<string, Stream[]>();
  return {
    add(local, remote, stream) {
      const key = `${local} ${remote}`;
      streams.set(key, [...(streams.get(key) ?? []).filter((one) => one !== stream), stream]);
    },
    remove(local, remote, stream) {
      const key = `${local} ${remote}`;
      const left = (streams.get(key) ?? []).filter((one) => one !== stream);
      if (left.length === 0) streams.delete(key);
      else streams.set(key, left);
    },
    find: (local, remote) =>
      streams.size === 0 ? undefined : streams.get(`${local} ${remote}`)?.at(-1),
  };
}
