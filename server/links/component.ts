import type { Socket } from "node:net";
import { component as createComponent, type ComponentClass } from "@xmpp/component";
import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { formatHeader } from "#protocol/xmpp/header.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type ReaderEvent, type StreamReader } from "#protocol/xmpp/reader.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { stanzaKind } from "#protocol/xmpp/stanza.ts";
import { buildStreamError, isStreamError, parseStreamError } from "#protocol/xmpp/stream-error.ts";
import { dial } from "./dial.ts";
import { linkFinding, streamErrorFinding } from "./findings.ts";

/*
 * The client side of XEP-0114, on the class behind @xmpp/component 0.13.1. The factory would add a
 * reconnect loop of its own, an IQ caller that takes answers from anybody, and an IQ callee; the
 * class has none of them. Overridden here, because as shipped: one `&foo;` ends the process, UTF-8
 * cut by a segment is corrupted, a DTD swallows the stream, sizes and depth have no limit, the secret
 * is hashed as latin-1, `send` throws after a disconnect, `start` leaves an unhandled rejection, a
 * see-other-host is followed, a silent server keeps the socket. `start` is never called.
 */

export interface ComponentConfig {
  readonly name: Domain;
  /** The domain of the XMPP server itself: a name that its certificate may have. */
  readonly serverDomain: Domain;
  readonly host: string;
  readonly port: number;
  readonly security: "plain" | "tls";
  readonly secret: string;
  readonly extraRoots?: readonly string[];
}

export interface ComponentLimits {
  /** From the first packet to the accepted handshake. */
  readonly attachMs: number;
  readonly closeMs: number;
  /** Stanzas up to this many bytes are taken; larger ones, up to the ceiling, are read past. */
  readonly maxStanzaBytes: number;
  readonly ceilingBytes: number;
  readonly maxDepth: number;
  /** Bytes that may wait for a server that does not read. */
  readonly maxQueuedBytes: number;
}

export const componentLimits: ComponentLimits = {
  attachMs: 10_000,
  closeMs: 2_000,
  maxStanzaBytes: 512 * 1024,
  ceilingBytes: 16 * 1024 * 1024,
  maxDepth: 100,
  maxQueuedBytes: 8 * 1024 * 1024,
};

export type AttachPhase = "resolve" | "connect" | "tls" | "stream" | "handshake";

export interface ComponentHandlers {
  readonly onStanza: (stanza: XmlElement, sizeBytes: number) => void;
  /** A stanza too big or too deep: only its name and attributes. */
  readonly onRefused: (head: XmlElement, sizeBytes: number) => void;
  readonly onPhase?: (phase: AttachPhase) => void;
}

/** An attached component stream. */
export interface ComponentStream {
  readonly isOpen: () => boolean;
  /** Hands text to the socket, several stanzas of one turn in one packet. Never throws. */
  readonly send: (text: string) => "sent" | "full" | "down";
  /** Milliseconds (performance.now) of the last byte in. */
  readonly lastInput: () => number;
  /** Resolves once, with the reason, when the stream has ended; null after our own `close`. */
  readonly ended: Promise<Finding | null>;
  /** Closes the stream politely, then the socket, within `closeMs`. */
  readonly close: () => Promise<void>;
  /** Drops the connection at once, for this reason. */
  readonly drop: (reason: Finding) => void;
}

/** One attempt to attach, from address to accepted handshake; a finding says why it failed. */
export async function attachComponent(
  config: ComponentConfig,
  limits: ComponentLimits,
  primitives: Primitives,
  handlers: ComponentHandlers,
  signal: AbortSignal,
): Promise<ComponentStream | Finding> {
  let phase: AttachPhase = "resolve";
  const onPhase = (next: AttachPhase) => {
    phase = next;
    handlers.onPhase?.(next);
  };
  onPhase("resolve");
  const { host, port, name, serverDomain } = config;
  const deadline = AbortSignal.timeout(limits.attachMs);
  const either = AbortSignal.any([deadline, signal]);
  const timedOut = () =>
    linkFinding("link.timeout", {
      host,
      port,
      phase: phase === "connect" ? "tcp" : phase,
      seconds: Math.ceil(limits.attachMs / 1000),
    });
  const socket = await dial({
    host,
    port,
    security: config.security,
    names: [serverDomain, name, host],
    ...(config.extraRoots === undefined ? {} : { extraRoots: config.extraRoots }),
    signal: either,
    onPhase,
  });
  if (!("pipe" in socket)) return deadline.aborted ? timedOut() : socket;
  const client = new StrictComponent(config, limits, primitives, { ...handlers, onPhase });
  const giveUp = () => client.finish(deadline.aborted ? timedOut() : null);
  either.addEventListener("abort", giveUp);
  const failure = await client.attach(socket);
  either.removeEventListener("abort", giveUp);
  if (failure !== null) return failure;
  return {
    isOpen: () => client.isOnline,
    send: (text) => client.sendText(text),
    lastInput: () => client.lastInput,
    ended: client.ended,
    close: () => client.closePolitely(),
    drop: (reason) => client.finish(reason),
  };
}

const Component = createComponent({
  service: "xmpp://localhost",
  domain: "localhost",
  password: "",
}).entity.constructor as ComponentClass;

class StrictComponent extends Component {
  isOnline = false;
  lastInput = performance.now();
  readonly ended: Promise<Finding | null>;
  readonly #config: ComponentConfig;
  readonly #limits: ComponentLimits;
  readonly #primitives: Primitives;
  readonly #handlers: ComponentHandlers;
  #reader: StreamReader | null = null;
  #firstBytes = Buffer.alloc(0);
  #phase: "stream" | "handshake" | "attached" | "closing" = "stream";
  #waiting: string[] = [];
  #waitingUnits = 0;
  #isFinished = false;
  #resolveEnded: (reason: Finding | null) => void = () => {};
  #resolveAttached: ((failure: Finding | null) => void) | null = null;

  constructor(
    config: ComponentConfig,
    limits: ComponentLimits,
    primitives: Primitives,
    handlers: ComponentHandlers,
  ) {
    super({ service: `xmpp://${config.host}:${config.port}`, domain: config.name });
    this.#config = config;
    this.#limits = limits;
    this.#primitives = primitives;
    this.#handlers = handlers;
    this.ended = new Promise((resolve) => (this.#resolveEnded = resolve));
    // An "error" event nobody listens to ends the process; the reason arrives by `finish`.
    this.on("error", () => {});
    this.on("disconnect", () => this.finish(linkFinding("link.closed", { phase: this.#phase })));
  }

  /** Opens the stream on a connected socket and shakes hands; null when attached. */
  attach(socket: Socket): Promise<Finding | null> {
    return new Promise((resolve) => {
      this.#resolveAttached = resolve;
      this.#handlers.onPhase?.("stream");
      this._attachSocket(socket);
      socket.setTimeout(0);
      this._attachParser();
      this._status("opening");
      socket.write(
        formatHeader({ contentNamespace: ns.component, to: this.#config.name, version: null }),
      );
    });
  }

  sendText(text: string): "sent" | "full" | "down" {
    const { socket } = this;
    if (!this.isOnline || socket === null || socket.destroyed) return "down";
    const queued = socket.writableLength + this.#waitingUnits;
    if (queued + text.length > this.#limits.maxQueuedBytes) return "full";
    this.#waiting.push(text);
    this.#waitingUnits += text.length;
    if (this.#waiting.length === 1) queueMicrotask(() => this.#flush());
    return "sent";
  }

  async closePolitely(): Promise<void> {
    if (this.#isFinished) return;
    this.#flush();
    this.isOnline = false;
    this.#phase = "closing";
    this.socket?.write(footer);
    const timer = setTimeout(() => this.finish(null), this.#limits.closeMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends everything once: what comes later from socket or parser finds nobody. */
  finish(reason: Finding | null): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    const outcome = this.#phase === "closing" ? null : reason;
    this.isOnline = false;
    this.#waiting = [];
    this.#detach();
    this.#resolveAttached?.(reason ?? linkFinding("link.closed", { phase: "stopped" }));
    this.#resolveAttached = null;
    this.#resolveEnded(outcome);
  }

  override _attachParser(): void {
    const { maxStanzaBytes, ceilingBytes, maxDepth } = this.#limits;
    this.#reader = createStreamReader({
      contentNamespaces: [ns.component],
      maxElementBytes: maxStanzaBytes,
      maxDepth,
      oversize: ceilingBytes,
    });
  }

  override _detachParser(): void {
    this.#reader = null;
  }

  override _onData(data: Uint8Array): void {
    this.lastInput = performance.now();
    if (this.#phase === "stream" && this.#firstBytes.length < 64)
      this.#firstBytes = Buffer.concat([this.#firstBytes, data.subarray(0, 64)]).subarray(0, 64);
    for (const event of this.#reader?.write(data) ?? []) this.#receive(event);
  }

  // None of these can be reached while the reader is ours; if one is, it must do nothing.
  override _onElement(): void {}
  override _onParserError(): void {}
  override async _onSeeOtherHost(): Promise<void> {}
  override start(): Promise<never> {
    return Promise.reject(new Error("start() is not for use: see attach()"));
  }

  #receive(event: ReaderEvent): void {
    if (this.#isFinished) return;
    switch (event.kind) {
      case "opened":
        return this.#shakeHands(event.header.id);
      case "element":
        return this.#receiveElement(event.element, event.sizeBytes);
      case "refused":
        if (this.#phase === "attached") this.#handlers.onRefused(event.head, event.sizeBytes);
        return;
      case "closed":
        this.#sayLast(this.#phase === "closing" ? "" : footer);
        return this.finish(linkFinding("link.closed", { phase: this.#phase }));
      case "failed":
        this.#sayLast(serialize(buildStreamError(event.condition)) + footer);
        return this.finish(this.#unreadable(event));
    }
  }

  #receiveElement(received: XmlElement, sizeBytes: number): void {
    if (isStreamError(received)) {
      this.#sayLast(footer);
      return this.finish(streamErrorFinding(parseStreamError(received), this.#config.name));
    }
    if (this.#phase === "handshake" && received.name === "handshake") {
      this.#phase = "attached";
      this.isOnline = true;
      this._status("online");
      this.#resolveAttached?.(null);
      this.#resolveAttached = null;
    } else if (this.#phase === "attached" && stanzaKind(received) !== null) {
      this.#handlers.onStanza(received, sizeBytes);
    }
    // Before the handshake nothing is processed; other elements are none of ours (RFC 6120 §4.8.4).
  }

  /** XEP-0114 §3: SHA-1 over the stream id and the secret, both as UTF-8. */
  #shakeHands(id: string | null): void {
    this.#phase = "handshake";
    this.#handlers.onPhase?.("handshake");
    const digest = this.#primitives.sha1Hex((id ?? "") + this.#config.secret);
    this.socket?.write(
      serialize(element("handshake", ns.stanza, {}, [digest]), { contentNamespace: ns.component }),
    );
  }

  #unreadable(event: ReaderEvent & { kind: "failed" }): Finding {
    const { host, port } = this.#config;
    if (!event.beforeHeader)
      return linkFinding("link.unreadable", { condition: event.condition, reason: event.reason });
    const speaks = event.condition === "invalid-namespace" ? event.reason : "";
    if (speaks === "jabber:client" || speaks === "jabber:server")
      return linkFinding("link.wrong_port", { host, port, speaks });
    // What is not printable is shown as a dot.
    const firstBytes = this.#firstBytes.toString("latin1").replace(/[^ -~]/g, ".");
    return linkFinding("link.not_xmpp", { host, port, firstBytes });
  }

  #flush(): void {
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#waitingUnits = 0;
    if (text !== "" && this.socket !== null && !this.socket.destroyed) this.socket.write(text);
  }

  #sayLast(text: string): void {
    this.#flush();
    if (this.socket !== null && !this.socket.destroyed) this.socket.end(text);
  }

  #detach(): void {
    this.#reader = null;
    const { socket } = this;
    if (socket === null || socket.destroyed) return;
    // A last word that was just written gets a moment to leave; then nothing keeps the socket.
    const timer = setTimeout(
      () => socket.destroy(),
      socket.writableEnded ? this.#limits.closeMs : 0,
    );
    socket.once("close", () => clearTimeout(timer));
    socket.resume();
  }
}

const footer = "</stream:stream>";
