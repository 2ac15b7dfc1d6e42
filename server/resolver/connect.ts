import type { Socket } from "node:net";
import type { PresentedCertificate } from "#contract/traces.ts";
import type { DialReport } from "#protocol/resolution/evidence.ts";
import type { DialOutcome, DialWork } from "#protocol/resolution/facts.ts";
import { note, type Note } from "#protocol/resolution/notes.ts";
import type { Clock } from "./clock.ts";
import {
  certificateDemand,
  streamNote,
  tcpNote,
  tlsNote,
  withoutCertificate,
} from "./dial-notes.ts";
import { createDialRecord, type DialRecord } from "./dial-record.ts";
import type { Login } from "./login.ts";
import { type Opened, toOpened } from "./opened-stream.ts";
import { openTcp, openTls, type TlsOptions } from "./sockets.ts";
import { runStream, type LiveStream, type TlsPolicy } from "./stream-probe.ts";
import { createTlsContexts, type Credentials, type MinTls } from "./tls-contexts.ts";

/** Judges the chain that a peer showed, purpose-agnostic, by RFC 9525 names for `reference`. */
export interface CertificateJudge {
  readonly judge: (input: {
    /** DER as sent, leaf first. */
    readonly chain: readonly Uint8Array[];
    /** The XMPP domain, never the SRV target (RFC 6120 §13.7.2.1). */
    readonly reference: string;
    readonly alsoAccept?: readonly string[];
    readonly now: Date;
    /** Whose certificate it is; a peer's by default. */
    readonly owner?: "us" | "peer";
  }) => Promise<PresentedCertificate>;
}

export interface DialTimeouts {
  readonly tcpMs: number;
  /** For each of: stream header and features, STARTTLS, TLS, the restarted stream. */
  readonly phaseMs: number;
  readonly wholeMs: number;
}

/** `seconds` for the whole; a third of it, in whole seconds, for each step. */
export function dialTimeouts(seconds: number): DialTimeouts {
  const stepMs = Math.ceil(seconds / 3) * 1_000;
  return { tcpMs: stepMs, phaseMs: stepMs, wholeMs: seconds * 1_000 };
}

export interface DialOptions {
  /** Sent as `from` of the stream header; null for an anonymous probe. */
  readonly from: string | null;
  readonly tls: TlsPolicy;
  /** Default TLSv1.2. */
  readonly minTls?: MinTls;
  /** Shown when the server asks for a certificate; none by default. */
  readonly credentials?: Credentials | null;
  readonly signal: AbortSignal;
  readonly onProgress: (report: DialReport) => void;
}

/** A dial that does not stop at the features. */
export interface FullDialOptions extends DialOptions {
  /** Takes the stream over and logs in as `from`; by default it is closed. */
  readonly logIn?: Login["logIn"];
}

export interface Dialled {
  readonly report: DialReport;
  readonly outcome: DialOutcome;
  /** DER as sent, leaf first; empty without TLS. */
  readonly chain: readonly Uint8Array[];
}

/** An open stream, or why there is none and nothing is open. */
export type Opening = { readonly record: DialRecord } & (
  | { readonly kind: "ready"; readonly stream: LiveStream }
  /** `isReached`: the server did its part, and ended the stream for want of our certificate. */
  | { readonly kind: "failed"; readonly note: Note; readonly isReached: boolean }
  | { readonly kind: "stopped" }
);

export interface Connector {
  /**
   * Dials one address: TCP, stream header, STARTTLS or direct TLS, the restarted stream's features. The
   * stream is the caller's, who ends it with `closeStream` or in a way of his own. The certificate is
   * not judged. The record's last phase is still open.
   */
  readonly open: (work: DialWork, options: DialOptions) => Promise<Opening>;
  /** Opens, has the certificate judged, logs in if asked to, and closes again unless that was kept. */
  readonly dial: (work: DialWork, options: FullDialOptions) => Promise<Dialled>;
  readonly judge: CertificateJudge["judge"];
}

/**
 * Both never reject because of a peer, and end within the time-outs, whatever it does. The TLS layer
 * refuses no certificate. The address given is the address dialled, no name is looked up here.
 */
export function createConnector(deps: {
  readonly judge: CertificateJudge;
  readonly clock: Clock;
  /** Asked at each dial. */
  readonly timeouts: () => DialTimeouts;
}): Connector {
  const { clock } = deps;
  const contexts = createTlsContexts();

  async function open(work: DialWork, options: DialOptions): Promise<Opening> {
    const record = createDialRecord(clock, options.onProgress);
    const timeouts = deps.timeouts();
    const context = contexts.contextFor(options.minTls ?? "TLSv1.2", options.credentials ?? null);
    const { signal, release } = limitSignal(options.signal, timeouts.wholeMs);
    let opened: Socket | null = null as Socket | null;
    const held: (() => void)[] = [];
    const ours = { from: options.from, credentials: options.credentials ?? null };
    const failed = (why: Note): Opening => {
      if (opened !== null) closeSoon(opened);
      if (options.signal.aborted) return { kind: "stopped", record };
      const demand = certificateDemand(why, work, ours, record);
      const isReached = demand?.code === "stream.certificate_wanted";
      return { kind: "failed", note: demand ?? why, isReached, record };
    };
    const secured = (alpn: readonly string[]): TlsOptions => ({
      servername: work.domain,
      alpn,
      context,
      timeoutMs: timeouts.phaseMs,
      signal,
      record,
    });
    try {
      const tcp = await openTcp(work, { timeoutMs: timeouts.tcpMs, signal, record });
      if (tcp.kind !== "open") return failed(tcpNote(tcp, work, timeouts));
      opened = tcp.socket;
      held.push(tcp.release);
      if (work.candidate.security === "direct_tls") {
        // XEP-0368 §3.6-3.9: SNI is the domain, ALPN `xmpp-server`.
        const tls = await openTls(opened, secured(["xmpp-server"]));
        if (tls.kind !== "open") return failed(tlsNote(tls, work));
        opened = tls.socket;
        held.push(tls.release);
      }
      const end = await runStream(opened, {
        domain: work.domain,
        from: options.from,
        isDirect: work.candidate.security === "direct_tls",
        tls: options.tls,
        phaseMs: timeouts.phaseMs,
        signal,
        clock,
        record,
        startTls: async (plain) => {
          const tls = await openTls(plain, secured([]));
          if (tls.kind === "open") {
            opened = tls.socket;
            held.push(tls.release);
          }
          return tls;
        },
      });
      if (end.kind === "ready") return { kind: "ready", stream: end.stream, record };
      return failed(streamNote(end, work, timeouts, record));
    } finally {
      release();
      for (const letGo of held) letGo();
    }
  }

  async function dial(work: DialWork, options: FullDialOptions): Promise<Dialled> {
    const startedMs = clock.now();
    const opening = await open(work, options);
    const { record } = opening;
    const opened =
      opening.kind === "ready" ? { ...opening, work, startedMs, connectedMs: clock.now() } : null;
    const how = options.from === null ? undefined : options.logIn;
    let outcome = outcomeOf(opening, work);
    if (opening.kind === "failed" && opening.isReached && how !== undefined)
      outcome = {
        kind: "connected",
        notes: [],
        refusal: withoutCertificate(work, options.from ?? ""),
      };
    let isTaken = false;
    try {
      if (outcome.kind === "connected" && record.report().tls !== null) await judge(work, record);
      if (opened !== null && how !== undefined) {
        isTaken = true;
        const refusal = await logIn(opened, options.from ?? "", how, options.signal);
        if (refusal !== null && outcome.kind === "connected") outcome = { ...outcome, refusal };
      }
    } finally {
      if (opened !== null && !isTaken) closeStream(opened.stream);
    }
    record.finish(outcome.kind === "connected" && outcome.refusal === undefined);
    return { report: record.report(), outcome, chain: record.chain() };
  }

  async function judge({ domain }: DialWork, record: DialRecord): Promise<void> {
    record.begin("certificate");
    const seen = { chain: record.chain(), reference: domain, now: new Date(clock.now()) };
    record.setCertificate(await deps.judge.judge(seen));
  }

  return { open, dial, judge: (input) => deps.judge.judge(input) };
}

/** Why it was refused; null when we are logged in. */
async function logIn(
  opened: Opened,
  from: string,
  how: Login["logIn"],
  signal: AbortSignal,
): Promise<Note | null> {
  const { record, work } = opened;
  record.begin("auth");
  const stream = toOpened(opened);
  const end = await how({ stream, from, to: work.domain, signal, onLine: record.say });
  if (end.kind === "failed") return end.finding;
  record.setLogin({ by: end.by, isKept: end.isKept });
  return null;
}

function outcomeOf(opening: Opening, { domain, candidate }: DialWork): DialOutcome {
  if (opening.kind === "stopped") return opening;
  if (opening.kind === "failed")
    return opening.isReached
      ? { kind: "connected", notes: [opening.note] }
      : { kind: "failed", note: opening.note };
  if (opening.stream.state.isSecured) return { kind: "connected", notes: [] };
  const inClear = note("tls.not_offered", { domain, host: candidate.host }, "warning");
  return { kind: "connected", notes: [inClear] };
}

/** Says good-bye and does not wait long for an answer. */
export function closeStream({ socket }: LiveStream): void {
  if (socket.writable) socket.write("</stream:stream>");
  closeSoon(socket);
}

/** Aborts with `outer` or after `timeoutMs`; `release` lets go of both. */
function limitSignal(outer: AbortSignal, timeoutMs: number) {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  outer.addEventListener("abort", abort);
  if (outer.aborted) abort();
  const release = () => {
    clearTimeout(timer);
    outer.removeEventListener("abort", abort);
  };
  return { signal: controller.signal, release };
}

/** What was said last may still go out; then the socket is gone, whatever the peer does. */
function closeSoon(socket: Socket): void {
  if (socket.destroyed) return;
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  timer.unref();
  socket.once("close", () => clearTimeout(timer));
  socket.end();
  socket.resume();
}

const lingerMs = 500;
