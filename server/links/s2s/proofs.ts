import { randomBytes } from "node:crypto";
import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, parseJid } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { buildPing } from "#protocol/xmpp/ping.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { buildRequest } from "#protocol/xmpp/stanza.ts";

/** One ping of ours that goes out behind stanzas. */
export interface Probe {
  readonly stanza: XmlElement;
  readonly xml: string;
  /** Nobody waits for the answer any more. */
  readonly forget: () => void;
}

/**
 * Pings between servers (XEP-0199 §4.3) whose answers prove that what was written before them was read: a result, or
 * an error of the domain itself. They may come over any stream on which that domain is authenticated.
 */
export interface Proofs {
  /** `onAnswer` is called once at most. */
  readonly ask: (local: Domain, remote: Domain, onAnswer: () => void) => Probe;
  /** Whether the stanza answers a ping of ours; then it is nobody else's. Its addresses are those of its stream. */
  readonly take: (stanza: XmlElement) => boolean;
}

export function createProofs(primitives: Primitives): Proofs {
  const waiting = new Map<string, { local: Domain; remote: Domain; onAnswer: () => void }>();

  function isOf(address: string | undefined, domain: Domain): boolean {
    const parsed = address === undefined ? null : parseJid(address, primitives);
    return (
      parsed?.ok === true &&
      parsed.value.domain === domain &&
      parsed.value.local === null &&
      parsed.value.resource === null
    );
  }

  return {
    ask(local, remote, onAnswer) {
      const id = randomBytes(16).toString("base64url");
      waiting.set(id, { local, remote, onAnswer });
      const ping = buildRequest("get", { from: local, to: remote, id }, buildPing());
      return {
        stanza: ping,
        xml: serialize(ping, { contentNamespace: ns.server }),
        forget: () => waiting.delete(id),
      };
    },
    take(stanza) {
      const { id, type, from, to } = stanza.attributes;
      const asked = id === undefined ? undefined : waiting.get(id);
      if (asked === undefined || id === undefined || stanza.name !== "iq") return false;
      if (type !== "result" && type !== "error") return false;
      if (!isOf(from, asked.remote) || !isOf(to, asked.local)) return false;
      waiting.delete(id);
      asked.onAnswer();
      return true;
    },
  };
}
