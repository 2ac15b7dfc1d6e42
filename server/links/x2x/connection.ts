import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionState,
  handle,
  newConnection,
  type StanzaFault,
} from "#protocol/x2x/connection.ts";
import { canonicalDomain, domainOf } from "#protocol/xmpp/stanza-admission.ts";
import { createX2xReader, type X2xEvent } from "#protocol/x2x/reader.ts";
import { s2sLimits } from "../s2s/limits.ts";
import { createSender } from "../s2s/sender.ts";
import type { Proofs } from "../s2s/proofs.ts";
import { showReceived, type Taps } from "../s2s/tap.ts";
import { createWire } from "../s2s/wire.ts";
import { createDeadline } from "#links/deadline.ts";
import { DeflatedSocket } from "./deflated-socket.ts";
import { connectionFinding, noteFinding, x2xFinding } from "./findings.ts";
import { type Identity, plainAddress } from "./identify.ts";
import { createStanding, type Proof, type Standing } from "./standing.ts";
import { maxQueuedBytes, type X2xLimits, type X2xTerms } from "./terms.ts";

/** One connection of a link: identified, and in use for stanzas from its first byte. */
export interface X2xConnection {
  readonly id: string;
  readonly role: "opener" | "accepter";
  /** performance.now() of its beginning. */
  readonly begun: number;
  readonly send: (stanza: XmlElement, xml: string) => "sent" | "full" | "down";
  readonly isOpen: () => boolean;
  /** Exchanges closing tags; what the peer has under way is still taken. */
  readonly close: () => void;
  readonly drop: () => void;
  readonly tick: (now: number) => void;
  /** What we trust may be something else now: it ends if the peer would not be let in. */
  readonly recheck: () => void;
  /** What the peer showed; null where its names and dates do not count. */
  readonly presented: () => Identity["presented"];
  readonly view: () => X2xConnectionView;
}

export interface X2xConnectionView {
  readonly id: string;
  readonly opened: "by_us" | "by_them";
  readonly state: "open" | "closing";
  readonly since: Date;
  readonly address: string;
  readonly port: number;
  readonly localPort: number;
  readonly tls: {
    readonly version: string;
    readonly cipher: string;
    readonly isResumed: boolean;
  } | null;
  readonly fingerprint: string | null;
  /** What it took before the first stanza could be sent. */
  readonly setup: X2xSetup;
  readonly stanzasIn: number;
  readonly stanzasOut: number;
  /** On the wire, above TLS. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** The same bytes before they were compressed; null: they are not. */
  readonly inflated: { readonly bytesIn: number; readonly bytesOut: number } | null;
  /** Bytes that wait to leave this process. */
  readonly waitingBytes: number;
  /** When the last byte came. */
  readonly lastInAt: Date;
  /** When the peer last answered a ping that went behind stanzas, and how long that took; null: not yet. */
  readonly provenAt: Date | null;
  readonly roundTripMs: number | null;
}

export interface X2xSetup {
  /** From the first packet. */
  readonly ms: number;
  /** Payload of TCP: TLS's handshake, or nothing. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

export interface X2xEnd {
  /** Whole; never left this process. */
  readonly undelivered: readonly XmlElement[];
  /** Given to the system, which had not taken all of it: it can have arrived, hardly. */
  readonly uncertain: readonly XmlElement[];
  /** Written without any proof that they arrived, when the connection did not end in order. */
  readonly unproven: number;
  readonly finding: Finding | null;
}

export interface X2xConnectionDeps {
  readonly terms: X2xTerms;
  readonly limits: X2xLimits;
  readonly primitives: Primitives;
  readonly now: () => Date;
  readonly proofs: Pick<Proofs, "ask">;
  readonly taps: Pick<Taps, "hasListeners" | "isOn" | "say">;
  /** Whether what the peer has shown lets it in now. */
  readonly judge: (chain: Proof["chain"], direction: "in" | "out") => Promise<Identity>;
  /** When our certificate ends that is shown now; null: there is none. */
  readonly ownEnd: () => Date | null;
  readonly onError: (error: unknown) => void;
  readonly onStanza: (stanza: XmlElement, sizeBytes: number) => void;
  readonly onRefused: (head: XmlElement, sizeBytes: number) => void;
  /** One outside the agreement, where that does not end the connection. */
  readonly onBounced: (answer: XmlElement | null, fault: StanzaFault) => void;
  /** The peer is set up otherwise; the connection goes on. */
  readonly onNoted: (finding: Finding) => void;
  /** No more can be sent: the peer has said its last word, or we have. */
  readonly onClosing: (connection: X2xConnection) => void;
  readonly onEnded: (connection: X2xConnection, end: X2xEnd) => void;
}

/** What is known of the connection below XMPP. */
export interface Carrier {
  readonly socket: Socket;
  readonly tls: X2xConnectionView["tls"];
  readonly fingerprint: string | null;
  /** Null: nothing was shown. */
  readonly proof: Proof | null;
  readonly setup: X2xSetup;
  /** Drops it so that neither side keeps its ports busy. */
  readonly reset: () => void;
}

/** What of a connection that breaks may have gone or not, beyond a single stanza. */
const pieceBytes = 16 * 1024;
/** What the system may hold of what it took: the usual maximum of a TCP socket's buffer. */
const systemBytes = 4 * 1024 * 1024;

export function createX2xConnection(
  carrier: Carrier,
  role: "opener" | "accepter",
  deps: X2xConnectionDeps,
): X2xConnection {
  const { terms, limits } = deps;
  const { agreement } = terms;
  const [ours, theirs] = agreement.sides;
  const { socket } = carrier;
  const id = randomBytes(16).toString("hex");
  const since = deps.now();
  const address = plainAddress(socket.remoteAddress ?? "");
  const port = socket.remotePort ?? 0;
  const localPort = socket.localPort ?? 0;
  const clock = () => performance.now();
  const idleMs = agreement.idleSeconds === null ? null : agreement.idleSeconds * 1_000;
  const deadline = createDeadline(() => {
    const waitingMs = limits.closeMs + wire.waiting() * limits.msPerByte;
    feed({ kind: "timeout", until: Math.max(broughtAt, wire.lastIn()) + waitingMs });
  });
  let state: ConnectionState = newConnection({
    role,
    local: new Set(ours.domains),
    remote: new Set(theirs.domains),
    hasClosingTag: agreement.version !== "0.0.1",
    onInvalid: agreement.onInvalid,
    isOursAlone: role === "opener" && agreement.connections === "own" && theirs.opens !== null,
    closeMs: limits.closeMs,
    maxCloseMs: limits.maxCloseMs,
    primitives: deps.primitives,
  });
  let isOver = false;
  let hasToldClosing = false;
  let finding: Finding | null = null;
  /** Why we ended it in order. */
  let fallen: Finding | null = null;
  const noted = new Set<string>();
  const begun = clock();
  let stanzasIn = 0;
  let roundTripMs: number | null = null;
  /** Of what was written, so much was there when the last ping that was answered went out. */
  let provenBytes = 0;
  let lastStanza = clock();
  /** What the system has taken, and when the slowest line would have brought that to the peer. */
  let takenBytes = 0;
  let broughtAt = 0;

  const deflated =
    agreement.compression === "deflate"
      ? new DeflatedSocket(socket, {
          limits: limits.inflation,
          onFault: (event) => feed({ kind: "received", event }),
        })
      : null;
  const wire = createWire<X2xEvent>(
    deflated ?? socket,
    {
      onEvent: (event) => feed({ kind: "received", event }),
      onFlush: (handed, taken) => {
        sender.outbox.flushed(handed, taken);
        if (taken > takenBytes) noteTaken(taken);
      },
      onGone: () => {
        const isUnexplained = finding === null && !state.isEnded;
        feed({ kind: "disconnected", isInOrder: (deflated ?? socket).readableEnded });
        if (isUnexplained && wire.bytesIn() === 0) finding = turnedAway() ?? finding;
        finish();
        dropInTime();
      },
    },
    pieceBytes,
  );
  const sender = createSender({
    limits: {
      ...s2sLimits,
      maxQueuedBytes: maxQueuedBytes(terms, limits),
      probeAfterMs: limits.probeAfterMs,
      acknowledgeMs: limits.answerMs,
      maxQueuedStanzas: limits.maxQueuedStanzas,
      keepaliveMs:
        agreement.keepaliveSeconds === null
          ? Number.POSITIVE_INFINITY
          : agreement.keepaliveSeconds * 1_000,
    },
    wire: () => wire,
    onSent: () => {},
    // What has not left goes again on the next connection.
    keep: (stanza) => stanza,
    probe(onAnswer) {
      const [local] = ours.domains;
      const [remote] = theirs.domains;
      if (local === undefined || remote === undefined) return null;
      const askedAt = clock();
      const writtenBytes = wire.bytesOut();
      return deps.proofs.ask(local as Domain, remote as Domain, () => {
        roundTripMs = clock() - askedAt;
        provenBytes = writtenBytes;
        broughtAt = Math.min(broughtAt, clock() + (takenBytes - provenBytes) * limits.msPerByte);
        onAnswer();
      });
    },
  });
  const standing: Standing | null =
    carrier.proof &&
    createStanding(carrier.proof, {
      ...deps,
      judge: (chain) => deps.judge(chain, role === "opener" ? "out" : "in"),
      onFallen: (why, cause) => end(why, cause === "ended"),
      onOwnEnded: () => end(null, true),
    });
  wire.read(
    createX2xReader({
      maxElementBytes: agreement.maxStanzaBytes,
      maxDepth: limits.maxDepth,
      oversize: agreement.maxStanzaBytes * 4,
    }),
  );
  wire.resume();

  /** In order; of whoever is not trusted any more nothing more is taken. */
  function end(why: Finding | null, isTrusted: boolean): void {
    if (isOver || (isTrusted && state.phase !== "open")) return;
    fallen = why;
    feed(isTrusted ? { kind: "close" } : { kind: "close", condition: "not-authorized" });
  }

  function noteTaken(taken: number): void {
    const now = clock();
    const latest = now + systemBytes * limits.msPerByte;
    const more = (taken - takenBytes) * limits.msPerByte;
    broughtAt = Math.min(latest, Math.max(broughtAt, now) + more);
    takenBytes = taken;
  }

  /** Whoever takes us for the agreed peer lets the opener end it (XEP-0361 §4.3), or says why not. */
  function turnedAway(): Finding | null {
    const { security } = agreement;
    // Without TLS whoever connects has nothing of ours to refuse.
    if (role === "accepter" && security === "plain") return null;
    const opened = role === "opener" ? "by_us" : "by_them";
    return x2xFinding("x2x.turned_away", "peer", { link: terms.name, security, opened });
  }

  function feed(input: ConnectionInput): void {
    if (isOver) return;
    const step = handle(state, input, clock());
    state = step.state;
    for (const effect of step.effects) act(effect);
    if (state.phase !== "open" && !hasToldClosing) {
      hasToldClosing = true;
      deps.onClosing(connection);
    }
    if (!isOver) deadline.follow(state.deadline);
  }

  function act(effect: ConnectionEffect): void {
    switch (effect.kind) {
      case "send":
        // Not to one domain but to all.
        for (const remote of theirs.domains) tell("out", remote, effect.xml);
        return wire.send(effect.xml);
      case "stanza":
        stanzasIn++;
        lastStanza = clock();
        tellReceived(effect.element);
        return deps.onStanza(effect.element, effect.sizeBytes);
      case "refused":
        stanzasIn++;
        return deps.onRefused(effect.head, effect.sizeBytes);
      case "bounced":
        stanzasIn++;
        return deps.onBounced(effect.answer, effect.fault);
      case "failed":
        finding ??= connectionFinding(effect.failure, terms);
        return;
      case "noted":
        if (noted.has(effect.note.code)) return;
        noted.add(effect.note.code);
        return deps.onNoted(noteFinding(effect.note, terms));
      case "disconnect":
        if (effect.how === "reset") return carrier.reset();
        if (effect.how === "fin") wire.end(state.hasFailed ? limits.closeMs : limits.maxCloseMs);
    }
  }

  function tell(direction: "in" | "out", remote: string, xml: string): void {
    if (!deps.taps.isOn(remote)) return;
    const opened = role === "opener" ? "by_us" : "by_them";
    deps.taps.say({ streamId: id, opened, direction, remote, xml });
  }

  function tellReceived(stanza: XmlElement): void {
    if (!deps.taps.hasListeners()) return;
    const remote = canonicalDomain(domainOf(stanza.attributes["from"] ?? ""), deps.primitives);
    if (remote !== null) tell("in", remote, showReceived(stanza));
  }

  function finish(): void {
    if (isOver) return;
    isOver = true;
    deadline.stop();
    sender.stop();
    const isRead = finding === null && !state.hasFailed;
    const given = wire.bytesGiven();
    const uncertain = isRead ? [] : sender.outbox.between(wire.bytesOut(), given);
    const closed = sender.outbox.close(given);
    deps.onEnded(connection, {
      undelivered: closed.undelivered,
      uncertain,
      unproven: isRead ? 0 : Math.max(0, closed.unproven - uncertain.length),
      finding: fallen ?? finding,
    });
  }

  /** The other side may have said FIN alone, and read nothing more: what is left for it, and the ports, are not kept for ever. */
  function dropInTime(): void {
    if (socket.closed) return;
    const timer = setTimeout(carrier.reset, finding === null ? limits.maxCloseMs : limits.closeMs);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  }

  /** It has answered before, and now does not, and says nothing else either, though it had the time. */
  function isDead(now: number): boolean {
    const { askedAt } = sender.life();
    if (askedAt === null || roundTripMs === null) return false;
    const patienceMs = limits.answerMs + (wire.bytesOut() - provenBytes) * limits.msPerByte;
    return now - Math.max(askedAt, wire.lastIn()) > patienceMs;
  }

  /** Of a moment as performance.now() gives it. */
  function dateOf(at: number): Date;
  function dateOf(at: number | null): Date | null;
  function dateOf(at: number | null): Date | null {
    return at === null ? null : new Date(deps.now().getTime() - (clock() - at));
  }

  const connection: X2xConnection = {
    id,
    role,
    begun,
    isOpen: () => !isOver && state.phase === "open",
    send(stanza, xml) {
      if (isOver || state.phase !== "open") return "down";
      lastStanza = clock();
      const outcome = sender.send(stanza, xml);
      if (outcome === "sent" && deps.taps.hasListeners())
        tell("out", domainOf(stanza.attributes["to"] ?? "").toLowerCase(), xml);
      return outcome;
    },
    close: () => feed({ kind: "close" }),
    drop: () => void socket.destroy(),
    recheck: () => standing?.recheck(),
    presented: () => standing?.presented() ?? null,
    tick(now) {
      if (isOver || state.phase !== "open") return;
      standing?.tick();
      // XEP-0361 §4.3: whoever opened it closes it at the end of its use.
      if (role === "opener" && idleMs !== null && now - lastStanza > idleMs)
        return feed({ kind: "close" });
      if (sender.tick(now) && !isDead(now)) return;
      finding = x2xFinding("x2x.silent", "peer", { link: terms.name });
      carrier.reset();
    },
    view: () => ({
      id,
      opened: role === "opener" ? "by_us" : "by_them",
      state: state.phase === "open" ? "open" : "closing",
      since,
      address,
      port,
      localPort,
      tls: carrier.tls,
      fingerprint: carrier.fingerprint,
      setup: carrier.setup,
      stanzasIn,
      stanzasOut: sender.count(),
      bytesIn: deflated?.wireBytesIn ?? wire.bytesIn(),
      bytesOut: deflated?.wireBytesOut ?? wire.bytesOut(),
      inflated: deflated && { bytesIn: wire.bytesIn(), bytesOut: wire.bytesOut() },
      waitingBytes: wire.waiting(),
      lastInAt: dateOf(wire.lastIn()),
      provenAt: dateOf(sender.life().provenAt),
      roundTripMs: roundTripMs === null ? null : Math.round(roundTripMs),
    }),
  };
  return connection;
}
