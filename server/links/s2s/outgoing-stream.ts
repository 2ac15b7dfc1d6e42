import { createHash, randomBytes } from "node:crypto";
import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import { headOf, type XmlElement } from "#protocol/xmpp/element.ts";
import type {
  Effect,
  InitiatingState,
  Input,
  LoginFailure,
} from "#protocol/xmpp/initiating-state.ts";
import { handle } from "#protocol/xmpp/initiating-stream.ts";
import { describeHeader } from "#protocol/xmpp/header.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { adoptStream } from "#protocol/xmpp/initiating-session.ts";
import { createStreamReader, type ReaderEvent } from "#protocol/xmpp/reader.ts";
import { admissionFault } from "#protocol/xmpp/stanza-admission.ts";
import { stanzaKind } from "#protocol/xmpp/stanza.ts";
import { createDeadline } from "#links/deadline.ts";
import { createStreamPace } from "#links/pace.ts";
import { createSender } from "./sender.ts";
import { failureFinding, s2sFinding } from "./findings.ts";
import type { DialbackKey } from "./incoming-stream.ts";
import { isDeaf, type S2sLimits } from "./limits.ts";
import type { OpenedStream } from "./opener.ts";
import type { Proofs } from "./proofs.ts";
import { lifeOf, type StreamView } from "./stream-view.ts";
import { showReceived, type Taps } from "./tap.ts";
import type { Judged, PeerTrust } from "./trust.ts";
import { createWire } from "./wire.ts";

export interface OutgoingDeps {
  readonly limits: S2sLimits;
  readonly primitives: Primitives;
  readonly isOurKey: (key: DialbackKey) => boolean;
  readonly mayFederate: (remote: Domain) => boolean;
  readonly trust: PeerTrust;
  readonly taps: Taps;
  readonly proofs: Pick<Proofs, "ask">;
  readonly now: () => Date;
  readonly onStanza: (stream: OutgoingStream, stanza: XmlElement, sizeBytes: number) => void;
  readonly onRefused: (stream: OutgoingStream, head: XmlElement, sizeBytes: number) => void;
  /** Once, when nothing can be sent any more: stanzas that the peer never took, and why it ended. */
  readonly onEnded: (stream: OutgoingStream, end: StreamEnd) => void;
}

export interface StreamEnd {
  /** Handed over and not acknowledged, or never written: to be bounced, never to be sent again. */
  readonly undelivered: readonly XmlElement[];
  /** Written without any proof that they arrived, since the peer last gave one. */
  readonly unproven: number;
  /** The peer answered something that was sent behind stanzas. */
  readonly hasProved: boolean;
  /** Null: it ended in order. */
  readonly reason: Finding | null;
}

export type LoginResult =
  | { readonly kind: "authenticated"; readonly by: "external" | "dialback" }
  | { readonly kind: "refused"; readonly condition: string; readonly text: string | null }
  /** The stream ended meanwhile. */
  | { readonly kind: "ended"; readonly finding: Finding | null };

/** A stream that we opened to `remote` for `local`: login, stanzas one way or, with bidi, both. */
export interface OutgoingStream {
  readonly id: string;
  readonly local: Domain;
  readonly remote: Domain;
  readonly opened: Pick<OpenedStream, "chain" | "state" | "tls">;
  readonly login: (how: Login) => Promise<LoginResult>;
  /** Asks whether a key is theirs (XEP-0220 §2.1.2); null: the stream ended before they said. Never rejects. */
  readonly verify: (asked: {
    readonly from: string;
    readonly to: string;
    readonly id: string;
    readonly key: string;
  }) => Promise<DialbackOutcome | null>;
  /**
   * To be called when login is done and nothing stands against it; stanzas may be sent from now on. False: the peer has
   * ended the stream meanwhile, and nothing more will be heard of it.
   */
  readonly begin: (proof: {
    readonly judged: Judged | null;
    readonly by: "certificate" | "dialback";
    /** When the certificates that it was made with end; null: never. */
    readonly validUntil: Date | null;
  }) => boolean;
  /** `too_large`: the peer said that it takes none of that size (XEP-0478 §4). */
  readonly send: (stanza: XmlElement, xml: string) => "sent" | "full" | "down" | "too_large";
  readonly close: () => void;
  readonly drop: () => void;
  readonly tick: (now: number) => void;
  /** The terms of peers may be others now: what the peer showed is judged anew. */
  readonly recheck: () => Promise<void>;
  /** Before `begin`: the terms may be others than when the login began. */
  readonly isOutdated: () => boolean;
  /** The connection is as well protected as the peer's terms ask now. */
  readonly isProtected: () => boolean;
  /** The peer proved its name by its certificate. */
  readonly isCertified: () => boolean;
  readonly view: () => StreamView;
  readonly standing: () => StreamView["state"];
}

export type Login =
  | { readonly method: "external"; readonly authzid: string; readonly bidi: boolean }
  | { readonly method: "dialback"; readonly key: string; readonly bidi: boolean };

export function createOutgoingStream(
  opened: OpenedStream,
  pair: { readonly local: Domain; readonly remote: Domain },
  deps: OutgoingDeps,
): OutgoingStream {
  const { limits } = deps;
  const { local, remote } = pair;
  // Not `opened` itself in what lives as long as the stream: its reader is replaced at the login.
  const { address, port, tls, chain } = opened;
  const id = randomBytes(16).toString("hex");
  const since = deps.now();
  const clock = () => performance.now();
  const fingerprint = fingerprintOf(opened.chain);
  let state: InitiatingState = adoptStream(opened.state, {
    primitives: deps.primitives,
    answerMs: limits.loginMs,
    closeMs: limits.closeMs,
  });
  let isOver = false;
  let isBegun = false;
  let isOutdated = false;
  let judged: Judged | null = null;
  let by: "certificate" | "dialback" | null = null;
  let validUntil: Date | null = null;
  let stanzasIn = 0;
  /** performance.now() of the last stanza either way: keepalives do not keep a stream open. */
  let lastStanza = performance.now();
  const pace = createStreamPace(limits);
  const deadline = createDeadline(() => feed({ kind: "timeout" }));
  let reason: Finding | null = null;
  let onLogin: ((result: LoginResult) => void) | null = null;
  const verifications = new Map<string, (outcome: DialbackOutcome | null) => void>();
  /** RFC 6120 §4.4: only its closing tag says that the peer has read what came before. */
  let hasPeerClosed = false;
  const sender = createSender({
    limits,
    wire: () => wire,
    onSent: (count) => feed({ kind: "sent", count }),
    probe(onAnswer) {
      const probe = deps.proofs.ask(local, remote, onAnswer);
      tap("out", probe.xml);
      return probe;
    },
  });

  const wire = createWire(opened.socket, {
    onEvent: (event) => feed({ kind: "received", event }),
    onFlush: sender.outbox.flushed,
    onGone: () => {
      const mayBeLost = sender.outbox.unproven() > 0 || sender.outbox.waiting() > 0;
      if (isBegun && !hasPeerClosed && mayBeLost)
        reason ??= s2sFinding("s2s.lost", "network", { domain: remote, phase: state.phase });
      feed({ kind: "disconnected" });
      finish();
    },
  });
  wire.read(opened.reader, opened.unread);
  // After what was read already: it was handed over paused.
  queueMicrotask(() => wire.resume());

  function feed(input: Input): void {
    if (isOver) return;
    // Before whatever may end the phase in which they count.
    if (input.kind !== "sent") sender.tellSent();
    if (input.kind === "received") {
      hasPeerClosed ||= input.event.kind === "closed";
      tapEvent(input.event);
    }
    const step = handle(state, input, clock());
    state = step.state;
    for (const effect of step.effects) act(effect);
    if (state.phase === "closing") sender.hush();
    if (!isOver) deadline.follow(state.deadline);
  }

  function tapEvent(event: ReaderEvent): void {
    if (!deps.taps.isOn(remote)) return;
    if (event.kind === "element") tap("in", showReceived(shown(event.element)));
    else if (event.kind === "refused") tap("in", showReceived(event.head));
    else if (event.kind === "opened") tap("in", describeHeader(event.header));
    else if (event.kind === "closed") tap("in", "</stream:stream>");
  }

  /** What it may not send here is nobody's: not shown is what is in it. */
  function shown(received: XmlElement): XmlElement {
    const inbound = state.session?.isBidi === true ? state.session.inbound : [];
    const isNobodys =
      stanzaKind(received) !== null && admissionFault(received, inbound, deps.primitives) !== null;
    return isNobodys ? headOf(received) : received;
  }

  function tap(direction: "in" | "out", xml: string): void {
    if (!deps.taps.isOn(remote)) return;
    deps.taps.say({ streamId: id, opened: "by_us", direction, remote, xml });
  }

  function act(effect: Effect): void {
    switch (effect.kind) {
      case "send":
        tap("out", effect.xml);
        wire.send(effect.xml);
        if (isDeaf(wire, limits, isBegun)) giveUp();
        return;
      case "new_reader":
        return wire.read(
          createStreamReader({
            contentNamespaces: [ns.server],
            maxElementBytes: limits.maxStanzaBytes,
            maxDepth: limits.maxDepth,
            oversize: limits.maxStanzaBytes * 4,
          }),
        );
      case "authenticated":
        return settle({ kind: "authenticated", by: effect.by });
      case "login_failed":
        return settle({ kind: "refused", ...refusalOf(effect) });
      case "verified": {
        verifications.get(effect.id)?.(effect.outcome);
        verifications.delete(effect.id);
        return;
      }
      case "check_key": {
        const { from, to, id: keyId, key } = effect;
        const kind = deps.isOurKey({ from, to, id: keyId, key }) ? "valid" : "invalid";
        return feed({ kind: "key_checked", from, to, id: keyId, outcome: { kind } });
      }
      case "acknowledged":
        return sender.acknowledged(effect.count);
      case "sm_enabled":
        return sender.manage("on");
      case "sm_failed":
        return sender.manage("off");
      case "raise_limits":
        return wire.raiseLimit(limits.maxStanzaBytes, limits.maxStanzaBytes * 4);
      case "stanza":
        stanzasIn++;
        lastStanza = clock();
        slowDown(effect.sizeBytes);
        return deps.onStanza(stream, effect.element, effect.sizeBytes);
      case "refused_stanza":
        stanzasIn++;
        slowDown(effect.sizeBytes);
        return deps.onRefused(stream, effect.head, effect.sizeBytes);
      case "failed":
        reason = failureFinding(effect.failure, remote);
        return;
      case "disconnect":
        wire.end(limits.closeMs);
        return finish();
      default:
    }
  }

  /** A peer that sends back faster than it may is read slower (XEP-0288); TCP tells it so. */
  function slowDown(sizeBytes: number): void {
    const waitMs = pace(sizeBytes, clock());
    if (waitMs > 0) wire.pauseFor(waitMs);
  }

  function giveUp(): void {
    reason = s2sFinding("s2s.silent", "peer", { domain: remote });
    wire.socket().destroy();
  }

  function settle(result: LoginResult): void {
    onLogin?.(result);
    onLogin = null;
  }

  function finish(): void {
    if (isOver) return;
    isOver = true;
    deadline.stop();
    wire.end(limits.closeMs);
    settle({ kind: "ended", finding: reason });
    sender.stop();
    for (const answer of verifications.values()) answer(null);
    verifications.clear();
    const hasProved = sender.life().provenAt !== null;
    deps.onEnded(stream, { ...sender.outbox.close(wire.bytesOut()), hasProved, reason });
  }

  const stream: OutgoingStream = {
    id,
    local,
    remote,
    opened: { chain, tls, state: opened.state },
    login: (how) =>
      new Promise((resolve) => {
        if (isOver) return resolve({ kind: "ended", finding: reason });
        onLogin = resolve;
        feed(
          how.method === "external"
            ? { kind: "login", ...how }
            : { kind: "login", ...how, from: local, to: remote },
        );
      }),
    verify: ({ from, to, id: streamId, key }) =>
      new Promise((resolve) => {
        if (isOver) return resolve(null);
        verifications.set(streamId, resolve);
        feed({ kind: "verify", from: from as Domain, to: to as Domain, id: streamId, key });
      }),
    begin(proof) {
      if (isOver) return false;
      ({ judged, by, validUntil } = proof);
      isBegun = true;
      feed({ kind: "enable_sm" });
      if (state.session?.management != null) sender.manage("asked");
      return true;
    },
    send(stanza, xml) {
      if (isOver || !isBegun || state.phase === "closing" || state.phase === "closed")
        return "down";
      const { maxBytes } = state.features;
      // A code unit takes three bytes at most.
      const mayExceed = maxBytes !== null && xml.length * 3 > maxBytes;
      if (mayExceed && Buffer.byteLength(xml) > maxBytes) return "too_large";
      lastStanza = clock();
      tap("out", xml);
      return sender.send(stanza, xml);
    },
    close() {
      sender.settle();
      feed({ kind: "close" });
    },
    drop() {
      wire.socket().destroy();
    },
    tick(now) {
      if (isOver || !isBegun) return;
      const isOutdated = validUntil !== null && validUntil <= deps.now();
      if (isOutdated || !deps.mayFederate(remote)) return stream.close();
      if (now - lastStanza > limits.idleMs) return stream.close();
      if (!sender.tick(now)) giveUp();
    },
    async recheck() {
      isOutdated = true;
      if (!isBegun) return;
      if (chain.length > 0)
        judged = await deps.trust.judge({ domain: remote, chain, direction: "out" });
      const isAuthentic = judged?.isAuthentic === true;
      const isEnough = by === "dialback" && deps.trust.termsFor(remote).dialback;
      if ((!isAuthentic && !isEnough) || !stream.isProtected()) stream.close();
    },
    isOutdated: () => isOutdated,
    isProtected() {
      const terms = deps.trust.termsFor(remote);
      if (tls === null) return terms.tls !== "required";
      return terms.minTls !== "TLSv1.3" || tls.version === "TLSv1.3";
    },
    isCertified: () => by === "certificate",
    standing() {
      if (state.phase === "closing") return "closing";
      return isBegun ? "open" : "negotiating";
    },
    view: () => ({
      id,
      direction: "out",
      local,
      remote,
      state: stream.standing(),
      address,
      port,
      since,
      tls,
      authentication: by,
      trustedBy: judged?.by ?? null,
      fingerprint,
      presented: judged?.presented ?? null,
      isBidirectional: state.session?.isBidi === true,
      isAcknowledged: state.session?.isManaged === true,
      stanzasIn,
      stanzasOut: sender.count(),
      bytesIn: wire.bytesIn(),
      bytesOut: wire.bytesOut(),
      waitingBytes: wire.waiting(),
      ...lifeOf(sender, deps.now),
      unacknowledged: state.session?.isManaged === true ? sender.outbox.waiting() : 0,
    }),
  };
  return stream;
}

/** SHA-256 of the leaf, in hexadecimal. */
export function fingerprintOf(chain: readonly Uint8Array[]): string | null {
  const leaf = chain[0];
  return leaf === undefined ? null : createHash("sha256").update(leaf).digest("hex");
}

function refusalOf(failure: LoginFailure): { condition: string; text: string | null } {
  if (failure.method === "external") return { condition: failure.condition, text: failure.text };
  const { outcome } = failure;
  if (outcome.kind === "error") return { condition: outcome.condition, text: outcome.text };
  return { condition: outcome.kind, text: null };
}
