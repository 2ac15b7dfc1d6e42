import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { AgreedLink, CrossReport } from "#protocol/resolution/evidence.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { createPairs } from "#links/pairs.ts";
import { createProofs } from "../s2s/proofs.ts";
import { agreedView } from "./agreed-view.ts";
import { createCrossings, type Crossed, unusable } from "./crossing.ts";
import { dialPeer, type DialDeps, ownCredentials } from "./dial.ts";
import { x2xFinding } from "./findings.ts";
import { identifyByCertificate } from "./identify.ts";
import { createX2xLink, type X2xLink, type X2xLinkDeps, type X2xStatus } from "./link.ts";
import { createX2xListener, type X2xListener } from "./listener.ts";
import type { Queued } from "./queue.ts";
import { domainOf, inLanguage, isTooLarge, write } from "./stanza-text.ts";
import { createX2xTls } from "./tls.ts";
import { mayOpen, placeOf, type X2xLimits, x2xLimits, type X2xTerms } from "./terms.ts";
import { mostTelling } from "./visitors.ts";
import { type Held, routeLinks, type Way } from "./ways.ts";

/** What X2X links need of the rest of the appliance. */
export interface X2xDeps extends Omit<DialDeps, "limits" | "tls"> {
  /** Who listens to what is said with a domain, on streams and here. */
  readonly taps: X2xLinkDeps["taps"];
  readonly primitives: Primitives;
  readonly limits?: Partial<X2xLimits>;
  readonly now: () => Date;
  readonly random: () => number;
  readonly onStanza: (
    link: X2xTerms,
    stanza: XmlElement,
    sizeBytes: number,
    isSecured: boolean,
  ) => void;
  readonly onRefused: (link: X2xTerms, head: XmlElement, sizeBytes: number) => void;
  /** One of ours is larger than was agreed: it goes back, since at worst it would cost the connection. */
  readonly onTooLarge: (stanza: XmlElement) => void;
  /** No link takes these, in order: another way, or back to whoever sent them. */
  readonly onUndelivered: (
    left: readonly XmlElement[],
    finding: Finding | null,
    /** The agreement allows a normal stream while no link works. */
    mayFallBack: boolean,
  ) => void;
  /** A link works again: what was sent by a normal stream meanwhile ends there in order; null when nothing was. */
  readonly leaveStream: (local: string, remote: string) => Promise<void> | null;
  readonly onStatus: (linkId: string, status: X2xStatus) => void;
  readonly onUnproven: (count: number) => void;
  readonly onBomb: () => void;
  readonly onOutside: (linkId: string, domain: string | null) => void;
  /** A fault of ours, which costs a stanza or a connection and no more. */
  readonly onError: (error: unknown) => void;
}

/** All X2X links of this appliance (XEP-0361), and which of them carries what. */
export interface X2x {
  /** Replaces what is set up; links that stay as they are keep their connections. */
  readonly configure: (links: readonly X2xTerms[]) => Promise<void>;
  /**
   * `none`: no link is agreed for this pair of domains, or a normal stream is to be used while it does not work;
   * `down`: those that are do not work now.
   */
  readonly send: (
    local: string,
    remote: string,
    stanza: XmlElement,
    xml: string,
  ) => "sent" | "full" | "down" | "none";
  readonly statuses: () => readonly { readonly id: string; readonly status: X2xStatus }[];
  /** What is set up here. */
  readonly terms: () => readonly X2xTerms[];
  /** Links that carry what the name of ours sends, as traces show them; null: of any name. */
  readonly linksOf: (local: string | null) => readonly AgreedLink[];
  /** Pings across the link that would carry a stanza now, and says what carries one after that; null: no link is agreed. */
  readonly cross: (
    local: string,
    remote: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<(Crossed & Pick<CrossReport, "carriedBy">) | null>;
  /** Ends the wait before the next attempt, and connects; false when there is no such link here. */
  readonly hurry: (id: string) => boolean;
  /** The terms of peers, or what we trust, may be others now. */
  readonly recheck: () => void;
  readonly stop: () => Promise<void>;
}

const tickMs = 1_000;

export function createX2x(deps: X2xDeps): X2x {
  const limits: X2xLimits = { ...x2xLimits, ...deps.limits };
  const held = new Map<string, Held>();
  const proofs = createProofs(deps.primitives);
  const crossings = createCrossings({ proofs, now: deps.now });
  const tls = createX2xTls();
  const listeners = new Map<string, X2xListener>();
  let ways = createPairs<Way>();
  const ticker = setInterval(tick, tickMs);
  ticker.unref();

  function send(
    local: string,
    remote: string,
    stanza: XmlElement,
    xml: string,
  ): "sent" | "full" | "down" | "none" {
    const way = ways.get(local, remote);
    if (way === undefined) return "none";
    const chosen = choose(way);
    if (chosen === null) return "down";
    const { link } = chosen;
    if (takesStream(way, link)) {
      way.isAway = true;
      return "none";
    }
    take(way, chosen);
    if (way.isAway) {
      way.isAway = false;
      const left = deps.leaveStream(local, remote);
      if (left !== null) link.waitFor(left);
    }
    if (isTooLarge(xml, link.terms.agreement.maxStanzaBytes)) {
      deps.onTooLarge(stanza);
      return "sent";
    }
    return link.send(stanza, xml);
  }

  /** Whoever carries this pair goes on with it, or waits on for it: two connections keep no order between them. */
  function choose({ links, current }: Way): Held | null {
    if (current?.link.isUsable() === true) return current;
    return links.find(({ link }) => link.isUsable()) ?? current ?? links[0] ?? null;
  }

  /** What waits for the pair on the link that has carried it goes before what the next one is given. */
  function take(way: Way, next: Held): void {
    const before = way.current;
    way.current = next;
    if (before !== null && before !== next) release(before.link.terms.id);
  }

  function takesStream({ mayFallBack, isAway }: Way, link: X2xLink): boolean {
    return mayFallBack && (isAway ? !link.isUp() : !link.isUsable());
  }

  async function cross(
    local: string,
    remote: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<(Crossed & Pick<CrossReport, "carriedBy">) | null> {
    const way = ways.get(local, remote);
    const chosen = way === undefined ? null : choose(way);
    if (way === undefined || chosen === null) return null;
    const { link } = chosen;
    const pair = { local: local as Domain, remote: remote as Domain, link };
    const crossed = link.isUsable()
      ? await crossings.cross(pair, options)
      : unusable(link, mayOpen(link.terms));
    const now = choose(way)?.link;
    if (now === undefined) return { ...crossed, carriedBy: "none" };
    if (takesStream(way, now)) return { ...crossed, carriedBy: "stream" };
    return { ...crossed, carriedBy: now.isUsable() ? "link" : "none" };
  }

  /** What one link could not send, in order, goes to another of the same pair of domains, or back. */
  function undelivered(from: X2xLink, left: readonly Queued[], finding: Finding | null): void {
    // Other terms have taken its place: what was sent since by these waits for its end.
    const isReplaced = held.get(from.terms.id)?.link !== from;
    const first: { readonly link: X2xLink; readonly one: Queued }[] = [];
    const back: Queued[] = [];
    const away: Queued[] = [];
    const heirs = new Map<Way, Held | null>();
    for (const one of left) {
      const way = wayOf(one.stanza);
      // Whoever has taken over waits for the end of this one: all that it was given is later.
      if (way !== undefined && !heirs.has(way)) heirs.set(way, heirOf(way, from));
      const heir = way === undefined ? null : (heirs.get(way) ?? null);
      const other = heir ?? way?.links.find(({ link }) => link !== from && link.isUsable());
      if (other !== undefined && isTooLarge(one.xml, other.link.terms.agreement.maxStanzaBytes)) {
        if (!crossings.lost(one.stanza, finding)) deps.onTooLarge(one.stanza);
        continue;
      }
      const isFirst = (isReplaced || heir !== null) && other !== undefined;
      if (isFirst) first.push({ link: other.link, one });
      const outcome = isFirst ? "sent" : (other?.link.send(one.stanza, one.xml) ?? "down");
      if (way === undefined || other === undefined || outcome !== "sent") {
        if (crossings.lost(one.stanza, finding)) continue;
        if (way?.mayFallBack === true) way.isAway = true;
        (way?.mayFallBack === true ? away : back).push(one);
      } else {
        way.current = other;
        crossings.moved(one.stanza, other.link.terms.id);
      }
    }
    for (const [link, those] of Map.groupBy(first, (given) => given.link))
      link.sendFirst(those.map(({ one }) => one));
    const stanzasOf = (those: readonly Queued[]) => those.map(({ stanza }) => stanza);
    if (back.length > 0) deps.onUndelivered(stanzasOf(back), finding, false);
    if (away.length > 0) deps.onUndelivered(stanzasOf(away), finding, true);
  }

  /** The link that carries this pair in place of that one. */
  const heirOf = ({ current }: Way, from: X2xLink): Held | null =>
    current !== null && current.link !== from && current.link.isUsable() ? current : null;

  /** A link has failed, or is closed for a better one: what waits on it goes before what takes another way from now on. */
  function release(id: string): void {
    const link = held.get(id)?.link;
    if (link === undefined) return;
    const given = link.release((stanza) => {
      const way = wayOf(stanza);
      if (way === undefined) return false;
      const isOther = ({ link: other }: Held) => other !== link && other.isUsable();
      const hasOther = !link.isUsable() && (way.mayFallBack || way.links.some(isOther));
      return hasOther || heirOf(way, link) !== null;
    });
    if (given.length > 0) undelivered(link, given, mostTelling(link.status()));
  }

  function wayOf(stanza: XmlElement): Way | undefined {
    const from = domainOf(stanza.attributes["from"] ?? "");
    return ways.get(from, domainOf(stanza.attributes["to"] ?? ""));
  }

  /** The preferred link is tried again while another is in use, and used again once it is up. */
  function tick(): void {
    const now = performance.now();
    for (const { link } of held.values()) guarded(() => link.tick(now));
    for (const way of ways.values()) guarded(() => prefer(way));
  }

  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      deps.onError(error);
    }
  }

  /** Back to a better link: the worse one is closed in order first, and what comes meanwhile waits on the better. */
  function prefer(way: Way): void {
    const { links, current } = way;
    if (way.isAway) for (const { link } of links) link.probe();
    if (current === null || current === links[0]) return;
    const better = links.slice(0, links.indexOf(current));
    for (const { link } of better) link.probe();
    const next = better.find(({ link }) => link.isUp());
    if (next === undefined) return;
    const { promise: end, resolve } = Promise.withResolvers<void>();
    // First: what waits there is given to it at once.
    next.link.waitFor(end);
    way.current = next;
    resolve(current.link.close());
    release(current.link.terms.id);
  }

  async function configure(links: readonly X2xTerms[]): Promise<void> {
    const wanted = new Map(links.map((terms) => [terms.id, JSON.stringify(terms)]));
    const gone = [...held].filter(([id, { key }]) => wanted.get(id) !== key);
    for (const [id] of gone) held.delete(id);
    for (const terms of links)
      if (!held.has(terms.id))
        held.set(terms.id, { link: createLink(terms), key: JSON.stringify(terms) });
    // Before the old ones end: what comes meanwhile waits for the new ones, and does not slip past the agreement.
    const routed = routeLinks([...held.values()], ways);
    ways = routed.ways;
    const ends = gone.map(([id, one]) => {
      const { promise: end, resolve } = Promise.withResolvers<void>();
      // First: what waits there is given to them at once.
      for (const heir of new Set([held.get(id), ...(routed.heirs.get(one) ?? [])]))
        heir?.link.waitFor(end);
      resolve(one.link.stop(limits.maxCloseMs));
      return end;
    });
    // What is still on a slow line is waited for by the links that follow, and by nobody else.
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, limits.closeMs);
    await Promise.race([Promise.all(ends), late.promise]);
    clearTimeout(timer);
    await listen();
  }

  function createLink(terms: X2xTerms): X2xLink {
    const { id } = terms;
    const link: X2xLink = createX2xLink({
      terms,
      limits,
      primitives: deps.primitives,
      taps: deps.taps,
      proofs,
      now: deps.now,
      random: deps.random,
      dial: (these, signal) => dialPeer(these, signal, { ...deps, limits, tls }),
      judge: (chain, direction) => identifyByCertificate(terms, chain, direction, deps),
      ownEnd() {
        const own = ownCredentials(terms, deps.certificates);
        return "notAfter" in own ? own.notAfter : null;
      },
      serialize: write,
      onStanza(stanza, sizeBytes, isSecured) {
        if (proofs.take(stanza)) return;
        const said = inLanguage(stanza, terms.agreement.language);
        guarded(() => deps.onStanza(terms, said, sizeBytes, isSecured));
      },
      onRefused: (head, sizeBytes) => guarded(() => deps.onRefused(terms, head, sizeBytes)),
      onUndelivered: (left, finding) => guarded(() => undelivered(link, left, finding)),
      onUncertain(left, finding) {
        const back = left.filter((stanza) => !crossings.lost(stanza, finding));
        if (back.length > 0) guarded(() => deps.onUndelivered(back, finding, false));
      },
      onStatus: () => {
        release(id);
        tell(id);
      },
      onUnproven: deps.onUnproven,
      onBomb: deps.onBomb,
      onOutside: (domain) => deps.onOutside(id, domain),
      onError: deps.onError,
    });
    return link;
  }

  function statusOf({ link }: Held): X2xStatus {
    const status = link.status();
    const { terms } = link;
    const errno = listeners.get(placeOf(terms) ?? "")?.fault() ?? null;
    if (errno !== null && errno !== "starting") {
      const { port = 0 } = terms.agreement.sides[0].listens ?? {};
      const params = { link: terms.name, address: terms.listenAddress ?? "", port, errno };
      return { ...status, lastError: x2xFinding("x2x.listen_failed", "us", params) };
    }
    return status;
  }

  function tell(id: string): void {
    const one = held.get(id);
    if (one !== undefined) deps.onStatus(id, statusOf(one));
  }

  async function listen(): Promise<void> {
    const places = new Map<string, X2xTerms>();
    for (const { link } of held.values()) {
      const place = placeOf(link.terms);
      if (place !== null) places.set(place, link.terms);
    }
    const gone = [...listeners].filter(([place]) => !places.has(place));
    for (const [place] of gone) listeners.delete(place);
    await Promise.all(gone.map(([, listener]) => listener.stop()));
    for (const [place, terms] of places) {
      // What is held may have changed while the others ended.
      if (listeners.has(place) || listenerDeps(place).links().length === 0) continue;
      const { port = 0 } = terms.agreement.sides[0].listens ?? {};
      const at = { address: terms.listenAddress, port };
      listeners.set(place, createX2xListener(at, { ...deps, ...listenerDeps(place), limits, tls }));
    }
  }

  /** Null: it has gone, or has other terms by now. */
  function linkWith(terms: X2xTerms): X2xLink | null {
    const link = held.get(terms.id)?.link;
    return link?.terms === terms ? link : null;
  }

  function listenerDeps(place: string) {
    const those = () => [...held.values()].filter(({ link }) => placeOf(link.terms) === place);
    return {
      links: () => those().map(({ link }) => link.terms),
      // Whoever was met by other terms than those of now may come again.
      onAccepted: (terms: X2xTerms, carrier: Parameters<X2xLink["accept"]>[0]) => {
        const link = linkWith(terms);
        if (link === null) carrier.reset();
        else link.accept(carrier);
      },
      onRefused: (terms: X2xTerms, finding: Finding, address: string) =>
        linkWith(terms)?.refused(finding, address),
      onChange: () => {
        for (const { link } of those()) tell(link.terms.id);
      },
    };
  }

  return {
    configure,
    send,
    cross,
    terms: () => [...held.values()].map(({ link }) => link.terms),
    linksOf: (local) =>
      [...held.values()]
        .filter(
          ({ link: { terms } }) =>
            local === null || terms.agreement.sides[0].domains.includes(local),
        )
        .map((one) => {
          const { terms, presented } = one.link;
          const crossed = crossings.provenBy(terms.id);
          return { ...agreedView(terms, statusOf(one), crossed), certificate: presented() };
        }),
    statuses: () => [...held].map(([id, one]) => ({ id, status: statusOf(one) })),
    hurry(id) {
      const one = held.get(id);
      one?.link.hurry();
      return one !== undefined;
    },
    recheck() {
      for (const { link } of held.values()) guarded(link.recheck);
    },
    async stop() {
      clearInterval(ticker);
      const all = [...held.values()];
      held.clear();
      await Promise.all([
        ...[...listeners.values()].map((listener) => listener.stop()),
        ...all.map(({ link }) => link.stop(limits.closeMs)),
      ]);
    },
  };
}
