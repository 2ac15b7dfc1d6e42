import type { Finding } from "#contract/traces.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { chooseWay, type Ways } from "#protocol/x2x/ways.ts";
import {
  type Carrier,
  createX2xConnection,
  type X2xConnection,
  type X2xConnectionDeps,
  type X2xConnectionView,
  type X2xEnd,
} from "./connection.ts";
import { connectionFinding, internalFinding, x2xFinding } from "./findings.ts";
import { createQueue, type Queued } from "./queue.ts";
import { maxQueuedBytes, mayOpen, type X2xLimits, type X2xTerms } from "./terms.ts";
import { createVisitors, mostTelling, type X2xVisitor } from "./visitors.ts";

export interface X2xStatus {
  /** `up`: stanzas can be sent now; `idle`: they can once a connection is opened, by us or by the peer. */
  readonly state: "up" | "connecting" | "idle" | "failing";
  readonly since: Date;
  /** Why it does not work, or last did not, whoever came meanwhile. */
  readonly lastError: Finding | null;
  readonly visitors: readonly X2xVisitor[];
  readonly attempts: number;
  readonly nextAttemptAt: Date | null;
  readonly queuedStanzas: number;
  readonly queuedBytes: number;
  /** Stanzas of connections that broke that nothing has shown to have arrived, since the link was set up here. */
  readonly unproven: number;
  readonly connections: readonly X2xConnectionView[];
}

export interface X2xLinkDeps extends Pick<
  X2xConnectionDeps,
  "limits" | "primitives" | "proofs" | "taps" | "now" | "judge" | "ownEnd" | "onRefused" | "onError"
> {
  readonly terms: X2xTerms;
  readonly limits: X2xLimits;
  /** `isSecured`: it came over TLS. */
  readonly onStanza: (stanza: XmlElement, sizeBytes: number, isSecured: boolean) => void;
  /** Opens a connection and identifies the peer. */
  readonly dial: (terms: X2xTerms, signal: AbortSignal) => Promise<Carrier | Finding>;
  /** What no connection took, in order: another way, or back to the sender. */
  readonly onUndelivered: (left: readonly Queued[], finding: Finding | null) => void;
  /** What may have gone with a connection that broke: back to the sender, and never sent again. */
  readonly onUncertain: (left: readonly XmlElement[], finding: Finding | null) => void;
  readonly onStatus: (status: X2xStatus) => void;
  readonly onUnproven: (count: number) => void;
  /** A connection was ended because of what it inflated to. */
  readonly onBomb: () => void;
  /** A stanza outside the agreement got an error. */
  readonly onOutside: (domain: string | null) => void;
  readonly serialize: (stanza: XmlElement) => string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** One agreement with one peer, over at most two connections: one that we opened, one that the peer did. */
export interface X2xLink {
  readonly terms: X2xTerms;
  readonly send: (stanza: XmlElement, xml: string) => "sent" | "full" | "down";
  /** What was sent by a link in whose place this one is: it goes before all that waits here. */
  readonly sendFirst: (left: readonly Queued[]) => void;
  /** Takes a connection of the peer that was identified. */
  readonly accept: (carrier: Carrier) => void;
  /** Somebody connected who is not the peer, or not as agreed. */
  readonly refused: (finding: Finding, address: string) => void;
  /** Whether what is sent now leaves, or has a chance to: the choice between several links. */
  readonly isUsable: () => boolean;
  readonly isUp: () => boolean;
  /** Opens a connection if there is none and none is needed yet: to see whether the link is back. */
  readonly probe: () => void;
  /** Sends nothing until then; what is sent meanwhile waits. */
  readonly waitFor: (others: Promise<void>) => void;
  /** Gives up what waits and `hasOtherWay`, in order: what is sent later would overtake it. */
  readonly release: (hasOtherWay: (stanza: XmlElement) => boolean) => readonly Queued[];
  /** Ends the wait before the next attempt. */
  readonly hurry: () => void;
  /** What we trust may be something else now: connections are judged anew, and what failed may be tried again. */
  readonly recheck: () => void;
  /** Exchanges closing tags on all connections there are; resolves when these have ended. */
  readonly close: () => Promise<void>;
  readonly status: () => X2xStatus;
  /** What the peer showed on the latest connection there is; null where its names and dates do not count. */
  readonly presented: X2xConnection["presented"];
  readonly tick: (now: number) => void;
  /** Closes all connections; those that have not ended in so many milliseconds are dropped. */
  readonly stop: (mostMs: number) => Promise<void>;
}

/** So many connections of the peer in so much time, each in the place of the one before, are more than bad luck. */
const collisions = 5;
const collisionMs = 60_000;

export function createX2xLink(deps: X2xLinkDeps): X2xLink {
  const { terms, limits } = deps;
  const way = { mayOpen: mayOpen(terms), connections: terms.agreement.connections };
  const mostBytes = maxQueuedBytes(terms, limits);
  let own: X2xConnection | null = null;
  let their: X2xConnection | null = null;
  /** All that have not ended, those that were replaced too. */
  const connections = new Set<X2xConnection>();
  /** Of them those whose place another has taken: what they have not sent goes first. */
  const replaced = new Set<X2xConnection>();
  let dialling: AbortController | null = null;
  const queue = createQueue();
  let attempts = 0;
  let nextAttempt = 0;
  let failure: Finding | null = null;
  /** Who came and was not the peer: said, and nothing goes by it. */
  const visitors = createVisitors(deps.now);
  /** How the peer is set up otherwise, although connections work; stays until the agreement changes. */
  let note: Finding | null = null;
  /** performance.now() of the last times that a connection of the peer took the place of another. */
  let replacements: readonly number[] = [];
  let since = deps.now();
  let unproven = 0;
  let isStopped = false;
  let waits = 0;
  let waited: Promise<unknown> = Promise.resolve();
  /** performance.now(). */
  let recheckedAt = -1;
  let onQuiet: (() => void)[] = [];
  /** Those who wait for the end of some connections. */
  let closings: { readonly left: Set<X2xConnection>; readonly resolve: () => void }[] = [];

  function choose(): ReturnType<typeof chooseWay> {
    if (replaced.size > 0 || waits > 0) return "wait";
    const ways: Ways = {
      own: dialling !== null ? "connecting" : stateOf(own),
      theirs: stateOf(their),
    };
    return chooseWay(way, ways);
  }

  function isFailing(): boolean {
    return failure !== null && performance.now() < nextAttempt;
  }

  function send(stanza: XmlElement, xml: string): "sent" | "full" | "down" {
    if (isStopped) return "down";
    const chosen = choose();
    if (queue.count() === 0 && (chosen === "own" || chosen === "theirs")) {
      const outcome = (chosen === "own" ? own : their)?.send(stanza, xml) ?? "down";
      if (outcome !== "down") return outcome;
    }
    if (queue.count() >= limits.maxQueuedStanzas || queue.size() + xml.length > mostBytes)
      return "full";
    queue.push({ stanza, xml, since: performance.now() });
    // While the last failure counts it waits for the next attempt.
    if (chosen === "open" && !isFailing()) void open();
    return "sent";
  }

  /** What waits goes, in order, as soon as there is a way; the rest waits on. */
  function drain(): void {
    const chosen = choose();
    if (chosen === "open" && queue.count() > 0 && !isFailing() && !isStopped) return void open();
    const connection = chosen === "own" ? own : chosen === "theirs" ? their : null;
    while (connection !== null) {
      const next = queue.first();
      if (next === undefined || connection.send(next.stanza, next.xml) !== "sent") break;
      queue.shift();
    }
  }

  /** Never rejects: a fault of ours costs an attempt. */
  async function open(): Promise<void> {
    if (dialling !== null || stateOf(own) !== "none" || isStopped) return;
    const controller = new AbortController();
    dialling = controller;
    tell();
    const outcome = await deps.dial(terms, controller.signal).catch((error: unknown) => {
      const finding = internalFinding(terms.id);
      deps.onError(new Error(String(finding.params["reference"]), { cause: error }));
      return finding;
    });
    dialling = null;
    try {
      opened(outcome);
    } catch (error) {
      deps.onError(error);
    }
  }

  function opened(outcome: Carrier | Finding): void {
    if (!("socket" in outcome)) return failed(outcome);
    if (isStopped) {
      outcome.socket.destroy();
      return quietNow();
    }
    failure = null;
    own = begin(outcome, "opener");
    tell();
    drain();
  }

  function failed(finding: Finding): void {
    if (isStopped) return quietNow();
    backOff(finding);
    tell();
    // The peer's own connection may do.
    drain();
    if (choose() === "open") giveBack(finding);
    quietNow();
  }

  function backOff(finding: Finding): void {
    attempts++;
    failure = finding;
    // A port that is busy costs nobody anything to try, and is free again after a minute (TIME_WAIT).
    const isOurs = finding.code === "x2x.source_failed";
    const delay = Math.min(
      isOurs ? limits.maxSourceDelayMs : limits.maxDelayMs,
      limits.firstDelayMs * 2 ** Math.min(attempts - 1, 20),
    );
    nextAttempt = performance.now() + delay * (0.5 + deps.random() / 2);
  }

  function giveBack(finding: Finding | null): void {
    const left = queue.take(() => true);
    if (left.length > 0) deps.onUndelivered(left, finding);
  }

  function begin(carrier: Carrier, role: "opener" | "accepter"): X2xConnection {
    const connection = createX2xConnection(carrier, role, {
      ...deps,
      onStanza: (stanza, sizeBytes) => deps.onStanza(stanza, sizeBytes, carrier.tls !== null),
      onNoted,
      onBounced(answer, fault) {
        deps.onOutside(fault.domain);
        onNoted(connectionFinding({ code: "x2x.not_agreed", fault }, terms));
        if (answer !== null) send(answer, deps.serialize(answer));
      },
      onClosing: () => {
        tell();
        drain();
      },
      onEnded: ended,
    });
    connections.add(connection);
    since = deps.now();
    // Judged by what was trusted before.
    if (carrier.proof !== null && carrier.proof.judgedAt <= recheckedAt) connection.recheck();
    return connection;
  }

  /** A peer opens anew when its connection has broken; one that does all the time is two, each taken for the peer. */
  function noteCollision(): void {
    const now = performance.now();
    replacements = [...replacements, now].filter((at) => now - at < collisionMs).slice(-collisions);
    if (replacements.length < collisions) return;
    onNoted(x2xFinding("x2x.collision", "peer", { link: terms.name, count: collisions }));
  }

  function onNoted(finding: Finding): void {
    note = finding;
    tell();
  }

  function ended(connection: X2xConnection, end: X2xEnd): void {
    connections.delete(connection);
    // What we dropped ourselves for another is no failure.
    const finding = replaced.delete(connection) ? null : end.finding;
    if (connection === own) own = null;
    if (connection === their) their = null;
    // Whoever takes a connection and breaks it at once is dialled less and less often.
    const isEarly = performance.now() - connection.begun < limits.earlyMs;
    const isRefused = finding?.code === "x2x.turned_away" || isEarly;
    if (connection.role === "opener" && finding !== null && isRefused) backOff(finding);
    else {
      attempts = 0;
      failure = finding ?? failure;
    }
    unproven += end.unproven;
    if (end.unproven > 0) deps.onUnproven(end.unproven);
    if (end.uncertain.length > 0) deps.onUncertain(end.uncertain, end.finding);
    if (end.finding?.code === "x2x.deflate_bomb") deps.onBomb();
    const at = performance.now();
    // What never left goes first on the next way: nothing of it can have arrived.
    queue.putFirst(
      end.undelivered.map((stanza) => ({ stanza, xml: deps.serialize(stanza), since: at })),
    );
    since = deps.now();
    tell();
    if (isStopped) giveBack(null);
    else drain();
    endedFor(connection);
    quietNow();
  }

  function endedFor(connection: X2xConnection): void {
    for (const { left, resolve } of closings) {
      left.delete(connection);
      if (left.size === 0) resolve();
    }
    closings = closings.filter(({ left }) => left.size > 0);
  }

  /** What is opened later is not waited for: whatever else goes over this link may keep it in use. */
  function close(): Promise<void> {
    const left = new Set(connections);
    for (const connection of left) connection.close();
    // One whose socket was gone already has ended by now.
    for (const one of left) if (!connections.has(one)) left.delete(one);
    if (left.size === 0) return Promise.resolve();
    return new Promise((resolve) => closings.push({ left, resolve }));
  }

  function quietNow(): void {
    if (connections.size > 0 || dialling !== null) return;
    const waiting = onQuiet;
    onQuiet = [];
    for (const resolve of waiting) resolve();
  }

  function quiet(): Promise<void> {
    if (connections.size === 0 && dialling === null) return Promise.resolve();
    return new Promise((resolve) => onQuiet.push(resolve));
  }

  function isUp(): boolean {
    const chosen = choose();
    return chosen === "own" || chosen === "theirs";
  }

  function status(): X2xStatus {
    const isWaiting = !isUp() && dialling === null && isFailing();
    return {
      state: isUp() ? "up" : dialling !== null ? "connecting" : isWaiting ? "failing" : "idle",
      since,
      lastError: failure ?? note,
      visitors: visitors.list(),
      attempts,
      nextAttemptAt: isWaiting
        ? new Date(deps.now().getTime() + nextAttempt - performance.now())
        : null,
      queuedStanzas: queue.count(),
      queuedBytes: queue.size(),
      unproven,
      connections: [...connections].map((connection) => connection.view()),
    };
  }

  function tell(): void {
    deps.onStatus(status());
  }

  return {
    terms,
    send,
    sendFirst(left) {
      queue.putFirst(left);
      drain();
    },
    accept(carrier) {
      if (isStopped) return void carrier.socket.destroy();
      const before = their;
      failure = null;
      visitors.forget();
      their = begin(carrier, "accepter");
      // The peer has opened anew: it keeps one at a time, so the one before is dead for it (XEP-0361 §4.4).
      if (before !== null) {
        replaced.add(before);
        before.drop();
        noteCollision();
      }
      tell();
      drain();
    },
    refused(finding, address) {
      visitors.note(finding, address);
      tell();
    },
    isUp,
    isUsable: () =>
      !isStopped && (isUp() || waits > 0 || dialling !== null || (way.mayOpen && !isFailing())),
    probe() {
      if (way.mayOpen && !isUp() && !isFailing()) void open();
    },
    waitFor(others) {
      waits++;
      // What waits here must not go back for what does not end there.
      const bound = Promise.withResolvers<void>();
      const timer = setTimeout(bound.resolve, limits.waitMs / 2);
      const end = Promise.race([others, bound.promise])
        .catch(deps.onError)
        .then(() => {
          clearTimeout(timer);
          waits--;
          drain();
        });
      waited = Promise.all([waited, end]);
    },
    release: (hasOtherWay) => queue.take(({ stanza }) => hasOtherWay(stanza)),
    hurry() {
      nextAttempt = 0;
      attempts = 0;
      // While the peer's connection carries stanzas another one would let later ones overtake.
      if (choose() === "open") void open();
    },
    recheck() {
      recheckedAt = performance.now();
      for (const connection of connections) connection.recheck();
      nextAttempt = 0;
      drain();
    },
    close,
    status,
    presented: () => [...connections].at(-1)?.presented() ?? null,
    tick(now) {
      for (const connection of connections) connection.tick(now);
      const isKept = way.mayOpen && terms.agreement.idleSeconds === null && their === null;
      if (isKept && waits === 0 && own === null && !isFailing()) void open();
      drain();
      const late = queue.takeUntil(now - limits.waitMs);
      if (late.length === 0) return;
      if (!way.mayOpen) {
        const seconds = limits.waitMs / 1_000;
        failure ??= x2xFinding("x2x.nobody_came", "peer", { link: terms.name, seconds });
        tell();
      }
      deps.onUndelivered(late, mostTelling(status()));
    },
    async stop(mostMs) {
      isStopped = true;
      dialling?.abort();
      for (const connection of connections) connection.close();
      giveBack(null);
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(() => {
        for (const connection of connections) connection.drop();
        late.resolve();
      }, mostMs);
      // Whoever follows waits for what this one has waited for, too.
      await Promise.race([waited, late.promise]);
      await quiet();
      clearTimeout(timer);
    },
  };
}

function stateOf(connection: X2xConnection | null): "none" | "open" | "closing" {
  if (connection === null) return "none";
  return connection.isOpen() ? "open" : "closing";
}
