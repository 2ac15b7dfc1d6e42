import type { Finding } from "#contract/traces.ts";
import type { CrossReport } from "#protocol/resolution/evidence.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import type { Proofs } from "../s2s/proofs.ts";
import type { X2xLink } from "./link.ts";
import { mostTelling } from "./visitors.ts";

/** How a ping across a link ended. */
export type Crossed = Pick<CrossReport, "kind" | "linkId" | "roundTripMs" | "finding">;

/** Pings across links, to see whether they work: by the link alone, and never anybody else's to bounce. */
export interface Crossings {
  /** `link`: the one that would carry a stanza of that pair now. Never rejects. */
  readonly cross: (
    pair: { readonly local: Domain; readonly remote: Domain; readonly link: X2xLink },
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<Crossed>;
  /** Another link has taken it. */
  readonly moved: (stanza: XmlElement, linkId: string) => void;
  /** No link takes it; false when it is no ping of ours. */
  readonly lost: (stanza: XmlElement, finding: Finding | null) => boolean;
  /** When a link last brought an answer, and how long that took; null: never since the start. */
  readonly provenBy: (linkId: string) => Proven | null;
}

export interface Proven {
  readonly at: Date;
  readonly roundTripMs: number;
}

interface Crossing {
  linkId: string;
  readonly begun: number;
  readonly end: (crossed: Crossed) => void;
}

/** What was given up may still come back from a link's queue for so long. */
const forgetAfterMs = 600_000;

export function createCrossings(deps: {
  readonly proofs: Pick<Proofs, "ask">;
  readonly now: () => Date;
}): Crossings {
  const crossings = new Map<string, Crossing>();
  const proven = new Map<string, Proven>();

  return {
    cross({ local, remote, link }, { timeoutMs, signal }) {
      return new Promise((resolve) => {
        const begun = performance.now();
        for (const [id, old] of crossings)
          if (begun - old.begun > forgetAfterMs) crossings.delete(id);
        const ping = deps.proofs.ask(local, remote, () => {
          const roundTripMs = performance.now() - begun;
          proven.set(crossing.linkId, { at: deps.now(), roundTripMs });
          end({ kind: "answered", linkId: crossing.linkId, roundTripMs, finding: null });
        });
        const id = ping.stanza.attributes["id"] ?? "";
        const end = (crossed: Crossed) => {
          clearTimeout(timer);
          signal.removeEventListener("abort", giveUp);
          ping.forget();
          if (crossed.kind === "answered") crossings.delete(id);
          resolve(crossed);
        };
        const giveUp = () => end(failed(crossing.linkId, null));
        const timer = setTimeout(giveUp, timeoutMs);
        const crossing: Crossing = { linkId: link.terms.id, begun, end };
        crossings.set(id, crossing);
        signal.addEventListener("abort", giveUp);
        if (link.send(ping.stanza, ping.xml) === "sent") return;
        crossings.delete(id);
        end(failed(link.terms.id, mostTelling(link.status())));
      });
    },
    moved(stanza, linkId) {
      const crossing = crossings.get(stanza.attributes["id"] ?? "");
      if (crossing !== undefined) crossing.linkId = linkId;
    },
    lost(stanza, finding) {
      const id = stanza.attributes["id"] ?? "";
      const crossing = crossings.get(id);
      if (crossing === undefined) return false;
      crossings.delete(id);
      crossing.end(failed(crossing.linkId, finding));
      return true;
    },
    provenBy: (linkId) => proven.get(linkId) ?? null,
  };
}

function failed(linkId: string, finding: Finding | null): Crossed {
  return { kind: "failed", linkId, roundTripMs: null, finding };
}

/** A link that is not tried now: it failed a moment ago, or only the other side may open a connection. */
export function unusable(link: X2xLink, mayOpen: boolean): Crossed {
  const finding = mostTelling(link.status());
  const kind = mayOpen ? "failed" : "waits";
  return { kind, linkId: link.terms.id, roundTripMs: null, finding };
}
