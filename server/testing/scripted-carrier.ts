import { element } from "#protocol/xmpp/element.ts";
import { buildDiscoInfo, buildDiscoItems } from "#protocol/xmpp/disco.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import type { Exchange, StanzaCarrier } from "#resolver/carrier.ts";

export interface Answers {
  /** Items that a domain lists; not listed here: nobody answers. */
  readonly items?: Record<string, readonly string[]>;
  /** Names that say to be wave services. */
  readonly waves?: readonly string[];
  /** Names that answer nothing at all. */
  readonly silent?: readonly string[];
  /** Names that answer disco but no ping. */
  readonly noPong?: readonly string[];
  /** Domains that our own server cannot deliver to. */
  readonly bounced?: readonly string[];
  /** Why no link carries anything. */
  readonly noSource?: string;
}

/** A link's seam as resolution sees it, answering as told; `answers` may be changed meanwhile. */
export function scriptedCarrier(
  answers: Answers,
): StanzaCarrier & { answers: Answers; asked: string[] } {
  const carrier = {
    answers,
    asked: [] as string[],
    sourceFor: () =>
      carrier.answers.noSource === undefined
        ? ({
            ok: true,
            from: "wave.example.com",
            linkId: "00000000-0000-4000-8000-000000000001",
          } as const)
        : ({ ok: false, code: carrier.answers.noSource } as const),
    async request({ to, payload }: { to: string; payload: { namespace: string; name: string } }) {
      carrier.asked.push(`${payload.name} ${to}`);
      await Promise.resolve();
      const told = carrier.answers;
      if (told.silent?.includes(to) === true) return ended("timeout", null);
      if (told.bounced?.includes(to) === true) return ended("error", "remote-server-timeout");
      if (payload.namespace === ns.ping && told.noPong?.includes(to) === true)
        return ended("timeout", null);
      if (payload.namespace === ns.ping) return { ...ended("result", null), roundTripMs: 12 };
      if (payload.namespace === ns.discoItems) {
        const items = told.items?.[to];
        if (items === undefined) return ended("error", "service-unavailable");
        const listed = items.map((jid) => ({ jid, name: null, node: null }));
        return { ...ended("result", null), payload: buildDiscoItems(listed) };
      }
      const isWave = told.waves?.includes(to) === true;
      const identity = {
        category: isWave ? "collaboration" : "server",
        type: isWave ? "google-wave" : "im",
        name: null,
      };
      const features = isWave ? [ns.wave] : [];
      return {
        ...ended("result", null),
        payload: buildDiscoInfo({ identities: [identity], features }),
      };
    },
    async wavePing({ to }: { to: string }) {
      carrier.asked.push(`wave ping ${to}`);
      await Promise.resolve();
      const told = carrier.answers;
      if (told.silent?.includes(to) === true) return ended("timeout", null);
      if (told.noPong?.includes(to) === true) return ended("timeout", null);
      if (told.bounced?.includes(to) === true) return ended("error", "remote-server-timeout");
      return told.waves?.includes(to) === true
        ? { ...ended("result", null), roundTripMs: 15, payload: element("received", ns.receipts) }
        : ended("error", "feature-not-implemented");
    },
  };
  return carrier;
}

function ended(kind: Exchange["kind"], condition: string | null): Exchange {
  return {
    kind,
    linkId: "00000000-0000-4000-8000-000000000001",
    payload: null,
    condition,
    text: null,
    answeredBy: null,
    roundTripMs: kind === "error" ? 9 : null,
    usedOneStream: false,
    transcript: [],
  };
}
