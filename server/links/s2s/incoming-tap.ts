import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { headOf, type XmlElement } from "#protocol/xmpp/element.ts";
import { describeHeader } from "#protocol/xmpp/header.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import type { ReaderEvent } from "#protocol/xmpp/reader.ts";
import type { ReceivingState } from "#protocol/xmpp/receiving-state.ts";
import { admissionFault, canonicalDomain, domainOf } from "#protocol/xmpp/stanza-admission.ts";
import { stanzaKind } from "#protocol/xmpp/stanza.ts";
import { showReceived, type Taps } from "./tap.ts";

/**
 * Tells what is said on a stream that a peer opened, which may carry many domains (XEP-0220 §2.1.1): stanzas and dialback
 * under the domain that they name, and what belongs to the whole stream under all that were proven on it, or before that
 * under the one that its header claims.
 */
export interface IncomingTap {
  readonly received: (event: ReaderEvent) => void;
  /** Of a stanza of ours: its domain. */
  readonly sent: (remote: Domain, xml: string) => void;
  /** Anything else that we say. */
  readonly said: (xml: string) => void;
}

export function createIncomingTap(deps: {
  readonly taps: Taps;
  readonly primitives: Primitives;
  readonly streamId: string;
  readonly state: () => Pick<ReceivingState, "authorized" | "names">;
}): IncomingTap {
  const { taps, primitives, streamId } = deps;
  const canonical = (name: string | null) => canonicalDomain(name, primitives);

  function ofStream(claimed = deps.state().names.from): readonly (Domain | null)[] {
    const { authorized } = deps.state();
    return authorized.length === 0 ? [claimed] : authorized.map(({ from }) => from);
  }

  function tell(remotes: readonly (Domain | null)[], direction: "in" | "out", xml: string): void {
    for (const remote of new Set(remotes))
      if (remote !== null && taps.isOn(remote))
        taps.say({ streamId, opened: "by_them", direction, remote, xml });
  }

  function receivedElement(received: XmlElement): void {
    const { from = "" } = received.attributes;
    if (received.namespace === ns.dialback)
      return tell([canonical(from) ?? deps.state().names.from], "in", showReceived(received));
    if (stanzaKind(received) === null) return tell(ofStream(), "in", showReceived(received));
    if (admissionFault(received, deps.state().authorized, primitives) === null)
      return tell([canonical(domainOf(from))], "in", showReceived(received));
    // It ends the stream. What is in it is nobody's: who sent it has not proved that it speaks for its domain.
    tell(ofStream(), "in", showReceived(headOf(received)));
  }

  return {
    received(event) {
      if (!taps.hasListeners()) return;
      if (event.kind === "element") receivedElement(event.element);
      else if (event.kind === "refused") receivedElement(event.head);
      else if (event.kind === "opened")
        tell(ofStream(canonical(event.header.from)), "in", describeHeader(event.header));
      else if (event.kind === "closed") tell(ofStream(), "in", "</stream:stream>");
    },
    sent(remote, xml) {
      if (taps.hasListeners()) tell([remote], "out", xml);
    },
    said(xml) {
      if (!taps.hasListeners()) return;
      const to = /^<db:(?:result|verify)\b[^>]* to=["']([^"']*)["']/.exec(xml)?.[1];
      const remote = to === undefined ? null : canonical(to);
      tell(remote === null ? ofStream() : [remote], "out", xml);
    },
  };
}
