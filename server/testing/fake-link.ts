import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import type { Link, LinkStatus, SendOutcome } from "#links/link.ts";

/** A link that keeps what it is given, and takes it or not as `control` says. */
export function fakeLink(
  id: string,
  name: Domain,
  neighbour: string = id,
  kind: Link["kind"] = "component",
) {
  const sent: XmlElement[] = [];
  const control = { state: "attached" as LinkStatus["state"], outcome: null as SendOutcome | null };
  const link: Link = {
    id,
    kind,
    name,
    neighbour,
    isEncrypted: false,
    status: () => ({
      state: control.state,
      since: new Date(0),
      lastError: null,
      attempts: 0,
      nextAttemptAt: null,
    }),
    send(stanza) {
      if (control.state !== "attached") return { kind: "down" };
      if (control.outcome !== null) return control.outcome;
      sent.push(stanza);
      const xml = serialize(stanza, { contentNamespace: ns.component });
      return { kind: "sent", sizeBytes: xml.length, xml };
    },
  };
  return { link, sent, control };
}
