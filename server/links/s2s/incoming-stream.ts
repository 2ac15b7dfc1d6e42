import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { TLSSocket, type TLSSocketOptions } from "node:tls";
import type { Finding } from "#contract/traces.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type ReaderEvent } from "#protocol/xmpp/reader.ts";
import {
  type ReceivingEffect as Effect,
  type ReceivingInput as Input,
  receivingStream,
  type ReceivingState,
} from "#protocol/xmpp/receiving-state.ts";
import { handleReceiving as handle } from "#protocol/xmpp/receiving-stream.ts";
import type { StreamErrorCondition } from "#protocol/xmpp/stream-error.ts";
import { chainOf } from "./chain.ts";
import { createIncomingProof } from "./incoming-proof.ts";
import type { IncomingTap } from "./incoming-tap.ts";
import { createDeadline } from "#links/deadline.ts";
import { createStreamPace } from "#links/pace.ts";
import { isDeaf, type S2sLimits } from "./limits.ts";
import type { Proofs } from "./proofs.ts";
import { lifeOf, type StreamView } from "./stream-view.ts";
import type { PeerTrust } from "./trust.ts";
import { createSender } from "./sender.ts";
import { createWire, type Wire, type WireSocket } from "./wire.ts";

/** What a stream that a peer opened asks of its surroundings. */
export interface IncomingDeps {
  readonly limits: S2sLimits;
  readonly trust: PeerTrust;
  /** Null: we have no certificate at all, hence offer no TLS. */
  readonly tls: (name: string | null) => TLSSocketOptions | null;
  readonly primitives: Primitives;
  /** Whether a name of ours is answered where the peer came in. */
  readonly isServed: (name: Domain) => boolean;
  /** When our certificate for a name ends; null: there is none. */
  readonly ownNotAfter: (name: Domain | null) => Date | null;
  /** Why `remote` may not federate with us, or null. */
  readonly refusal: (remote: Domain) => string | null;
  /** Asks the authoritative server of `from` whether it made this key. Never rejects. */
  readonly verify: (key: KeyToVerify) => Promise<DialbackOutcome>;
  /** Whether a key that we are said to have made is ours. */
  readonly isOurKey: (key: DialbackKey) => boolean;
  readonly onStanza: (stream: IncomingStream, stanza: XmlElement, sizeBytes: number) => void;
  readonly onRefused: (stream: IncomingStream, head: XmlElement, sizeBytes: number) => void;
  /** The peer proved `remote` for `local`; for bidirectional streams this is also a way back. */
  readonly onAuthorized: (stream: IncomingStream, local: Domain, remote: Domain) => void;
  /** Once; `undelivered`, of what was sent back over it: to be bounced. */
  readonly onEnded: (stream: IncomingStream, end: IncomingEnd) => void;
  /** Why the claim of `remote` to be itself, made for `local`, was not believed. */
  readonly onRejected: (local: Domain, remote: Domain, finding: Finding) => void;
  /** The same chain, in memory that other streams have, too. */
  readonly shareChain: (shown: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly tap: IncomingTap;
  readonly proofs: Pick<Proofs, "ask">;
  readonly now: () => Date;
}

export interface IncomingEnd {
  readonly undelivered: readonly XmlElement[];
  /** Of what was sent back over it; 0 when the peer closed it in order. */
  readonly unproven: number;
}

export interface DialbackKey {
  readonly from: Domain;
  readonly to: Domain;
  readonly id: string;
  readonly key: string;
}

export interface KeyToVerify extends DialbackKey {
  /** As the peer spelt them: the authoritative server may know its key by these spellings only. */
  readonly written: { readonly from: string; readonly to: string };
  /** Of whoever brought it. */
  readonly address: string;
}

export interface IncomingStream {
  readonly id: string;
  readonly view: () => StreamView;
  readonly standing: () => StreamView["state"];
  readonly isAuthenticated: () => boolean;
  /** What the peer has proved: its domain, and for which name of ours. */
  readonly pairs: () => readonly { readonly local: Domain; readonly remote: Domain }[];
  /** How the peer proved the domain of `from`. */
  readonly authentication: (remote: Domain) => "external" | "dialback";
  readonly isSecured: () => boolean;
  /** Whether stanzas from `local` to `remote` may go back over it (XEP-0288). */
  readonly isWayBack: (local: Domain, remote: Domain) => boolean;
  /** To a domain that `isWayBack` says it leads to. */
  readonly send: (remote: Domain, stanza: XmlElement, xml: string) => "sent" | "full" | "down";
  readonly close: (condition?: StreamErrorCondition, text?: string) => void;
  /** Called every few seconds: keepalive, idle close, ends of certificates, policy. `now` as performance.now. */
  readonly tick: (now: number) => void;
  /** The terms of peers may be others now: what the peer showed is judged anew. */
  readonly recheck: () => Promise<void>;
}

/** Drives the receiving side's table over an accepted socket, from the first byte to the last. */
export function acceptStream(
  socket: Socket,
  security: "starttls" | "direct",
  deps: IncomingDeps,
): IncomingStream {
  const { limits } = deps;
  const id = randomBytes(16).toString("hex");
  const address = socket.remoteAddress ?? "";
  const port = socket.remotePort ?? 0;
  const since = deps.now();
  const clock = () => performance.now();
  let state: ReceivingState = receivingStream({
    security,
    negotiationMs: limits.negotiationMs,
    closeMs: limits.closeMs,
    errorStreamId: id,
    primitives: deps.primitives,
  });
  let isOver = false;
  let stanzasIn = 0;
  let lastStanza = performance.now();
  const pace = createStreamPace(limits);
  const deadline = createDeadline(() => feed({ kind: "timeout" }));
  /** RFC 6120 §4.4: only its closing tag says that the peer has read what came before. */
  let hasPeerClosed = false;
  let hasFailed = false;
  /** The terms may be others than when somebody began to prove itself. */
  let isOutdated = false;
  const proof = createIncomingProof(deps, {
    address,
    state: () => state,
    tlsVersion: () => tlsOf(wire.socket())?.version ?? null,
  });
  const sender = createSender({
    limits,
    wire: () => wire,
    onSent: (count) => feed({ kind: "sent", count }),
    probe(onAnswer) {
      const [pair] = state.authorized;
      if (pair === undefined) return null;
      const probe = deps.proofs.ask(pair.to, pair.from, onAnswer);
      deps.tap.sent(id, pair.from, probe.xml);
      return probe;
    },
  });
  const wire: Wire = createWire(socket, {
    onEvent: (event: ReaderEvent) => feed({ kind: "received", event }),
    onFlush: sender.outbox.flushed,
    onGone: () => {
      feed({ kind: "disconnected" });
      finish();
    },
  });

  function feed(input: Input): void {
    if (isOver) return;
    // Before whatever may end the phase in which they count.
    if (input.kind !== "sent") sender.tellSent();
    if (input.kind === "received") {
      hasPeerClosed ||= input.event.kind === "closed";
      deps.tap.received(id, state, input.event);
    }
    const step = handle(state, input, clock());
    state = step.state;
    for (const effect of step.effects) act(effect);
    if (state.phase === "closing") sender.hush();
    if (!isOver) deadline.follow(state.deadline);
  }

  function act(effect: Effect): void {
    switch (effect.kind) {
      case "send":
        deps.tap.said(id, state, effect.xml);
        wire.send(effect.xml);
        if (isDeaf(wire, limits, stream.isAuthenticated())) wire.socket().destroy();
        return;
      case "new_reader":
        return wire.read(
          createStreamReader({
            contentNamespaces: [ns.server],
            maxElementBytes: effect.isAuthenticated ? limits.maxStanzaBytes : limits.maxEarlyBytes,
            maxDepth: limits.maxDepth,
            oversize: effect.isAuthenticated ? limits.maxStanzaBytes * 4 : "close",
          }),
        );
      case "raise_limits":
        return wire.raiseLimit(limits.maxStanzaBytes, limits.maxStanzaBytes * 4);
      case "start_tls":
        return startTls();
      case "greet":
        return void greet(effect);
      case "verify":
        return void verify(effect);
      case "check_key":
        return checkKey(effect);
      case "authorized":
        deps.onAuthorized(stream, effect.to, effect.from);
        if (isOutdated) void stream.recheck();
        return;
      case "sm_enabled":
        return sender.manage("on");
      case "acknowledged":
        return sender.acknowledged(effect.count);
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
        hasFailed = true;
        return;
      case "disconnect":
        wire.end(limits.closeMs);
        return finish();
      default:
    }
  }

  /** A peer that sends faster than it may is read slower; TCP tells it so. */
  function slowDown(sizeBytes: number): void {
    const waitMs = pace(sizeBytes, clock());
    if (waitMs > 0) wire.pauseFor(waitMs);
  }

  function startTls(): void {
    const tls = deps.tls(state.names.to);
    if (tls === null) return close("internal-server-error");
    wire.startTls(tls, (secure) => {
      proof.secured(deps.shareChain(chainOf(secure)), deps.ownNotAfter(state.names.to));
      feed({ kind: "secured" });
    });
  }

  /** What before TLS was said is not what counts: asked again after each restart (RFC 6120 §5.4.3.3). */
  async function greet(asked: Effect & { kind: "greet" }): Promise<void> {
    feed(await proof.greet(asked));
  }

  async function verify(asked: Effect & { kind: "verify" }): Promise<void> {
    const { from, to } = asked;
    feed({ kind: "verified", from, to, outcome: await proof.verify(asked) });
  }

  function checkKey(asked: Effect & { kind: "check_key" }): void {
    const { from, to, id: keyId, key } = asked;
    let outcome: DialbackOutcome = { kind: "error", condition: "item-not-found", text: null };
    if (deps.isServed(to)) {
      const isOurs = deps.isOurKey({ from, to, id: keyId, key });
      outcome = isOurs ? { kind: "valid" } : { kind: "invalid" };
    }
    feed({ kind: "key_checked", from, to, id: keyId, outcome });
  }

  function close(condition?: StreamErrorCondition, text?: string): void {
    sender.settle();
    feed({
      kind: "close",
      ...(condition === undefined ? {} : { condition }),
      ...(text === undefined ? {} : { text }),
    });
  }

  function finish(): void {
    if (isOver) return;
    isOver = true;
    deadline.stop();
    wire.end(limits.closeMs);
    sender.stop();
    const { undelivered, unproven } = sender.outbox.close(wire.bytesOut());
    const isProven = hasPeerClosed && !hasFailed;
    deps.onEnded(stream, { undelivered, unproven: isProven ? 0 : unproven });
  }

  const stream: IncomingStream = {
    id,
    isAuthenticated: () => state.authorized.length > 0,
    pairs: () => state.authorized.map(({ from, to }) => ({ local: to, remote: from })),
    authentication: (remote) =>
      state.authorized.find(({ from }) => from === remote)?.by ?? "dialback",
    isSecured: () => state.isSecured,
    standing() {
      if (state.phase === "closing") return "closing";
      return stream.isAuthenticated() ? "open" : "negotiating";
    },
    isWayBack: (local, remote) =>
      state.isBidi && state.authorized.some((one) => one.from === remote && one.to === local),
    send(remote, stanza, xml) {
      if (isOver || state.phase !== "ready") return "down";
      lastStanza = clock();
      deps.tap.sent(id, remote, xml);
      return sender.send(stanza, xml);
    },
    close,
    tick(now) {
      if (isOver || !stream.isAuthenticated()) return;
      const validUntil = proof.validUntil();
      if (validUntil !== null && validUntil <= deps.now()) return close("reset");
      if (state.authorized.some(({ from }) => deps.refusal(from) !== null))
        return close("policy-violation", "Only agreed peers federate here.");
      if (now - lastStanza > limits.idleMs * 2) return close();
      if (state.isBidi && !sender.tick(now)) wire.socket().destroy();
    },
    async recheck() {
      isOutdated = true;
      if (!(await proof.isStillEnough()))
        close("not-authorized", "The terms for your domain are others now.");
    },
    view: () => ({
      id,
      direction: "in",
      local: state.authorized[0]?.to ?? state.names.to,
      remote: state.authorized[0]?.from ?? state.names.from,
      state: stream.standing(),
      address,
      port,
      since,
      tls: tlsOf(wire.socket()),
      authentication: proofOf(state),
      trustedBy: proof.judged()?.by ?? null,
      fingerprint: proof.fingerprint(),
      presented: proof.judged()?.presented ?? null,
      isBidirectional: state.isBidi,
      isAcknowledged: state.management !== null,
      stanzasIn,
      stanzasOut: sender.count(),
      bytesIn: wire.bytesIn(),
      bytesOut: wire.bytesOut(),
      waitingBytes: wire.waiting(),
      ...lifeOf(sender, deps.now),
      unacknowledged: state.management === null ? 0 : sender.outbox.waiting(),
    }),
  };
  if (socket instanceof TLSSocket) {
    const { servername } = socket as TLSSocket & { servername?: string | false };
    const name = typeof servername === "string" ? (servername as Domain) : null;
    proof.secured(deps.shareChain(chainOf(socket)), deps.ownNotAfter(name));
  }
  feed({ kind: "connected" });
  return stream;
}

function proofOf(state: ReceivingState): StreamView["authentication"] {
  const by = state.authorized[0]?.by;
  if (by === undefined) return null;
  return by === "external" ? "certificate" : "dialback";
}

function tlsOf(socket: WireSocket): { version: string; cipher: string } | null {
  if (!(socket instanceof TLSSocket)) return null;
  const version = socket.getProtocol();
  // Neither is known before the end of the handshake, whatever Node's types say.
  const cipher: { readonly standardName: string } | undefined = socket.getCipher();
  return version === null || cipher === undefined ? null : { version, cipher: cipher.standardName };
}
