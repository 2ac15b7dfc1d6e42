import type { Primitives } from "#protocol/primitives.ts";
import type { AgreedLink, CrossReport } from "#protocol/resolution/evidence.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { buildErrorReply } from "#protocol/xmpp/stanza.ts";
import type { Link } from "#links/link.ts";
import type { Router } from "#links/router.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { createDomainOf } from "../s2s/domain-of.ts";
import { elsewhereView } from "./agreed-view.ts";
import type { DialDeps } from "./dial.ts";
import { createX2xKeeper, type X2xKeeper } from "./keeper.ts";
import { createX2x, type X2x, type X2xDeps } from "./x2x.ts";

/** What X2X links ask of the network: names and addresses. */
export type X2xServices = Pick<DialDeps, "addressesOf" | "reverse">;

/** X2X links of this appliance, between its database and its router. */
export interface AgreedLinks
  extends Pick<X2x, "send" | "hurry" | "recheck" | "statuses">, Pick<X2xKeeper, "mayServe"> {
  /** Links that carry what a name of ours sends, those of other appliances, too; null: of any name of ours. */
  readonly linksOf: (local: string | null) => readonly AgreedLink[];
  /** A ping across the link that would carry a stanza; null: from any name of ours that it can be from. */
  readonly cross: (
    local: string | null,
    remote: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<CrossReport>;
  /** Names of ours that reach a domain by agreement. */
  readonly namesFor: (remote: string) => readonly string[];
  /** Stanzas that were written and never shown to have arrived, since the start. */
  readonly unproven: () => number;
  /** Connections that were ended because of what they inflated to, since the start. */
  readonly bombs: () => number;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export function createAgreedLinks(
  deps: X2xServices &
    Pick<DialDeps, "trust" | "certificates"> &
    Pick<X2xDeps, "taps"> & {
      readonly db: Database;
      readonly changes: Changes;
      readonly nodeId: string;
      readonly leaseMs: number;
      readonly primitives: Primitives;
      readonly router: Pick<Router, "receive" | "receiveRefused" | "bounce">;
      /** The link of a name that is federated by this appliance itself. */
      readonly linkOf: (name: Domain) => Link | null;
      /** Sends by a normal stream, where an agreement allows it while no link works. */
      readonly fallBack: (stanza: XmlElement) => void;
      readonly loginCost: Parameters<typeof createX2xKeeper>[0]["loginCost"];
      readonly leaveStream: (local: string, remote: string) => Promise<void> | null;
      /** Which names may be served here has changed. */
      readonly onMoved: () => void;
      readonly now: () => Date;
      readonly onError: (error: unknown) => void;
    },
): AgreedLinks {
  const { router } = deps;
  const domainOf = createDomainOf(deps.primitives);
  let unproven = 0;
  let bombs = 0;

  function linkFor(address: string | undefined): Link | null {
    const name = domainOf(address);
    return name === null ? null : deps.linkOf(name);
  }

  /** A fault of ours costs one stanza, not the process. */
  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      deps.onError(error);
    }
  }

  /** Agreed, but nobody here serves that name itself. */
  function turnBack(stanza: XmlElement): void {
    const answer = buildErrorReply(stanza, "service-unavailable");
    const local = domainOf(answer?.attributes["from"]);
    const remote = domainOf(answer?.attributes["to"]);
    if (answer === null || local === null || remote === null) return;
    x2x.send(local, remote, answer, serialize(answer, { contentNamespace: ns.server }));
  }

  const x2x = createX2x({
    ...deps,
    random: Math.random,
    onStanza(_terms, stanza, sizeBytes, isSecured) {
      const link = linkFor(stanza.attributes["to"]);
      if (link === null) return turnBack(stanza);
      router.receive(link, stanza, sizeBytes, { authentication: "agreed", tls: isSecured });
    },
    onRefused(_terms, head, sizeBytes) {
      const link = linkFor(head.attributes["to"]);
      if (link !== null) router.receiveRefused(link, head, sizeBytes);
    },
    onTooLarge(stanza) {
      const link = linkFor(stanza.attributes["from"]);
      // Not from within the sender's call.
      if (link !== null)
        setImmediate(() =>
          guarded(() =>
            router.bounce(link, stanza, { condition: "policy-violation", text: "x2x.too_large" }),
          ),
        );
    },
    onUndelivered(left, finding, mayFallBack) {
      for (const stanza of left) {
        const link = linkFor(stanza.attributes["from"]);
        if (link === null) continue;
        const text = finding?.code ?? null;
        guarded(() =>
          mayFallBack
            ? deps.fallBack(stanza)
            : router.bounce(link, stanza, { condition: "remote-server-timeout", text }),
        );
      }
    },
    onStatus: (linkId) => keeper.changed(linkId),
    onUnproven: (count) => (unproven += count),
    onBomb: () => (bombs += 1),
    onOutside: (linkId) => keeper.changed(linkId),
  });
  const keeper = createX2xKeeper({ ...deps, x2x });

  function linksOf(local: string | null): readonly AgreedLink[] {
    const elsewhere = keeper
      .elsewhere()
      .filter(({ agreement }) => local === null || agreement.sides[0].domains.includes(local));
    return [...x2x.linksOf(local), ...elsewhere.map(elsewhereView)];
  }

  function namesFor(remote: string): readonly string[] {
    const sides = x2x.terms().map(({ agreement }) => agreement.sides);
    return sides.flatMap(([ours, theirs]) => (theirs.domains.includes(remote) ? ours.domains : []));
  }

  return {
    linksOf,
    namesFor,
    async cross(local, remote, options) {
      const [from] = local === null ? namesFor(remote) : [local];
      const crossed = from === undefined ? null : await x2x.cross(from, remote, options);
      const base = { seconds: options.timeoutMs / 1_000, links: linksOf(local) };
      if (crossed !== null) return { ...crossed, ...base };
      const nothing = {
        linkId: null,
        roundTripMs: null,
        carriedBy: "none",
        finding: null,
      } as const;
      return { kind: "elsewhere", ...nothing, ...base };
    },
    send: x2x.send,
    hurry: x2x.hurry,
    recheck: x2x.recheck,
    statuses: x2x.statuses,
    mayServe: keeper.mayServe,
    unproven: () => unproven,
    bombs: () => bombs,
    start: keeper.start,
    async stop() {
      await keeper.stop();
      await x2x.stop();
    },
  };
}
