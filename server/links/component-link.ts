import { randomBytes } from "node:crypto";
import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { buildPing } from "#protocol/xmpp/ping.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { buildRequest } from "#protocol/xmpp/stanza.ts";
import {
  attachComponent,
  type ComponentConfig,
  componentLimits,
  type ComponentLimits,
  type ComponentStream,
} from "./component.ts";
import { linkFinding } from "./findings.ts";
import type { LinkStatus, ManagedLink, SendOutcome } from "./link.ts";

export interface ComponentLinkTimes {
  /** Delay before the first new attempt; doubles, with jitter, up to `maxDelayMs`. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** An attachment that held this long was a good one: the delay begins anew. */
  readonly steadyMs: number;
  /** Silence of ours after which one space is sent (RFC 6120 §4.6.1). */
  readonly keepaliveMs: number;
  /** Silence of the server's after which it is pinged, and how long it may take to answer. */
  readonly idleMs: number;
  readonly pingMs: number;
}

export const componentLinkTimes: ComponentLinkTimes = {
  firstDelayMs: 1_000,
  maxDelayMs: 60_000,
  steadyMs: 60_000,
  keepaliveMs: 30_000,
  idleMs: 60_000,
  pingMs: 20_000,
};

export interface ComponentLinkDeps {
  readonly id: string;
  readonly config: ComponentConfig;
  readonly primitives: Primitives;
  readonly limits?: ComponentLimits;
  readonly times?: ComponentLinkTimes;
  readonly now: () => Date;
  /** Uniform in [0, 1), for the jitter. */
  readonly random: () => number;
  readonly onStanza: (stanza: XmlElement, sizeBytes: number) => void;
  readonly onRefused: (head: XmlElement, sizeBytes: number) => void;
  readonly onStatus: (status: LinkStatus) => void;
  /** A bug in what handles a stanza: the stream lives on. */
  readonly onBug: (error: unknown) => void;
}

/**
 * Keeps one component attached: dials, waits with a growing jittered delay after a failure (RFC 6120
 * §3.3), keeps the connection warm, and finds out that a server which says nothing is dead. After a
 * connection was lost half-way, the server may hold the old one for alive and answer `conflict`: the
 * attempts go on, and the status says so.
 */
export function createComponentLink(deps: ComponentLinkDeps): ManagedLink {
  const { id, config } = deps;
  const times = deps.times ?? componentLinkTimes;
  const limits = deps.limits ?? componentLimits;
  const stopping = new AbortController();
  let stream: ComponentStream | null = null;
  let running: Promise<void> | null = null;
  let wake: () => void = () => {};
  /** Ids of our own liveness pings begin so; no answer to one is anybody else's business. */
  const alive = `alive-${randomBytes(12).toString("base64url")}-`;
  let isPinging = false;
  let pings = 0;
  let lastOutput = performance.now();
  let status: LinkStatus = {
    state: "stopped",
    since: deps.now(),
    lastError: null,
    attempts: 0,
    nextAttemptAt: null,
  };

  function become(change: Partial<Omit<LinkStatus, "since">>): void {
    const isNewState = change.state !== undefined && change.state !== status.state;
    status = { ...status, ...change, since: isNewState ? deps.now() : status.since };
    deps.onStatus(status);
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      become({ state: "connecting", nextAttemptAt: null });
      const attempt = await attachComponent(
        config,
        limits,
        deps.primitives,
        { onStanza: receive, onRefused: (head, size) => guarded(() => deps.onRefused(head, size)) },
        stopping.signal,
      );
      const failure = "code" in attempt ? attempt : await hold(attempt);
      if (stopping.signal.aborted) break;
      await pause(failure);
    }
    become({ state: "stopped", nextAttemptAt: null });
  }

  /** Lives with an attached stream until it ends. */
  async function hold(attached: ComponentStream): Promise<Finding | null> {
    if (stopping.signal.aborted) {
      await attached.close();
      return null;
    }
    const from = performance.now();
    stream = attached;
    lastOutput = from;
    const pulse = setInterval(
      () => beat(attached),
      Math.max(5, Math.min(times.keepaliveMs, times.idleMs, times.pingMs) / 4),
    );
    become({ state: "attached", lastError: null });
    const reason = await attached.ended;
    clearInterval(pulse);
    stream = null;
    isPinging = false;
    if (performance.now() - from >= times.steadyMs) status = { ...status, attempts: 0 };
    return reason;
  }

  async function pause(lastError: Finding | null): Promise<void> {
    const attempts = status.attempts + 1;
    const ceiling = Math.min(
      times.maxDelayMs,
      times.firstDelayMs * 2 ** Math.min(attempts - 1, 16),
    );
    const delayMs = ceiling / 2 + (ceiling / 2) * deps.random();
    const nextAttemptAt = new Date(deps.now().getTime() + delayMs);
    become({ state: "waiting", lastError, attempts, nextAttemptAt });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (stopping.signal.aborted) wake();
    });
    wake = () => {};
  }

  function beat(attached: ComponentStream): void {
    const now = performance.now();
    const silentMs = now - attached.lastInput();
    if (isPinging && silentMs >= times.idleMs + times.pingMs)
      return attached.drop(linkFinding("link.silent", { seconds: Math.round(silentMs / 1000) }));
    if (silentMs < times.idleMs) {
      isPinging = false;
    } else if (!isPinging) {
      isPinging = true;
      const addressing = { from: config.name, to: config.serverDomain, id: alive + pings++ };
      deliver(buildRequest("get", addressing, buildPing()));
    }
    if (now - lastOutput >= times.keepaliveMs && attached.send(" ") === "sent") lastOutput = now;
  }

  function receive(stanza: XmlElement, sizeBytes: number): void {
    if (stanza.attributes["id"]?.startsWith(alive) === true) return;
    guarded(() => deps.onStanza(stanza, sizeBytes));
  }

  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      deps.onBug(error);
    }
  }

  function deliver(stanza: XmlElement): SendOutcome {
    if (stream === null) return { kind: "down" };
    const xml = serialize(stanza, { contentNamespace: ns.component });
    const outcome = stream.send(xml);
    if (outcome !== "sent") return { kind: outcome };
    lastOutput = performance.now();
    return { kind: "sent", sizeBytes: Buffer.byteLength(xml), xml };
  }

  return {
    id,
    kind: "component",
    name: config.name,
    neighbour: `${config.host} ${config.port}`,
    isEncrypted: config.security === "tls",
    status: () => status,
    send: deliver,
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      wake();
      await stream?.close();
      await running;
    },
    hurry: () => wake(),
  };
}
