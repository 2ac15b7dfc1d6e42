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

type Stream = Pick<ReceivingState, "authorized" | "names">;

/**
 * Tells what is said on streams that peers opened, which may carry many domains (XEP-0220 §2.1.1): stanzas and dialback
 * under the domain that they name, and what belongs to the whole stream under all that were proven on it, or before that
 * under the one that its header claims. One for all streams; each is told by its id and as it is.
 */
export interface IncomingTap {
  readonly received: (streamId: string, stream: Stream, event: ReaderEvent) => void;
  /** Of a stanza of ours: its domain. */
  readonly sent: (streamId: string, remote: Domain, xml: string) => void;
  /** Anything else that we say. */
  readonly said: (streamId: string, stream: Stream, xml: string) => void;
}

export function createIncomingTap(deps: {
  readonly taps: Taps;
  readonly primitives: Primitives;
}): IncomingTap {
  const { taps, primitives } = deps;
  const canonical = (name: string | null) => canonicalDomain(name, primitives);

  function tell(
    remotes: readonly (Domain | null)[],
    line: { readonly streamId: string; readonly direction: "in" | "out"; readonly xml: string },
  ): void {
    for (const remote of new Set(remotes))
      if (remote !== null && taps.isOn(remote)) taps.say({ ...line, opened: "by_them", remote });
  }

  /** Whose the element is, and what of it is shown. */
  function judge(stream: Stream, received: XmlElement): [readonly (Domain | null)[], XmlElement] {
    const { from = "" } = received.attributes;
    if (received.namespace === ns.dialback)
      return [[canonical(from) ?? stream.names.from], received];
    if (stanzaKind(received) === null) return [everybody(stream), received];
    if (admissionFault(received, stream.authorized, primitives) === null)
      return [[canonical(domainOf(from))], received];
    // It ends the stream. What is in it is nobody's: who sent it has not proved that it speaks for its domain.
    return [everybody(stream), headOf(received)];
  }

  return {
    received(streamId, stream, event) {
      if (!taps.hasListeners()) return;
      const direction = "in";
      if (event.kind === "element" || event.kind === "refused") {
        const [remotes, shown] = judge(
          stream,
          event.kind === "element" ? event.element : event.head,
        );
        tell(remotes, { streamId, direction, xml: showReceived(shown) });
      } else if (event.kind === "opened") {
        const remotes = everybody(stream, canonical(event.header.from));
        tell(remotes, { streamId, direction, xml: describeHeader(event.header) });
      } else if (event.kind === "closed")
        tell(everybody(stream), { streamId, direction, xml: "</stream:stream>" });
    },
    sent(streamId, remote, xml) {
      if (taps.hasListeners()) tell([remote], { streamId, direction: "out", xml });
    },
    said(streamId, stream, xml) {
      if (!taps.hasListeners()) return;
      const to = /^<db:(?:result|verify)\b[^>]* to=["']([^"']*)["']/.exec(xml)?.[1];
      const remote = to === undefined ? null : canonical(to);
      const remotes = remote === null ? everybody(stream) : [remote];
      tell(remotes, { streamId, direction: "out", xml });
    },
  };
}

/** All that are proven on it, or whom it claims to be. */
function everybody(
  { authorized, names }: Stream,
  claimed: Domain | null = names.from,
): readonly (Domain | null)[] {
  return authorized.length === 0 ? [claimed] : authorized.map(({ from }) => from);
}
