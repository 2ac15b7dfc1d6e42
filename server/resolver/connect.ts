import type { Socket } from "node:net";
import type { PresentedCertificate } from "#contract/traces.ts";
import type { DialReport } from "#protocol/resolution/evidence.ts";
import type { DialOutcome, DialWork } from "#protocol/resolution/facts.ts";
import { note, type Note } from "#protocol/resolution/notes.ts";
import type { Clock } from "./clock.ts";
import { createDialRecord, type DialRecord } from "./dial-record.ts";
import { runStream, type StreamEnd, type TlsPolicy } from "./stream-probe.ts";
import {
  createProbeContext,
  openTcp,
  openTls,
  type TcpEnd,
  type TlsEnd,
  type TlsOptions,
} from "./sockets.ts";

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

export const defaultTimeouts: DialTimeouts = { tcpMs: 10_000, phaseMs: 10_000, wholeMs: 30_000 };

export interface DialOptions {
  /** Sent as `from` of the stream header; null for an anonymous probe. */
  readonly from: string | null;
  readonly tls: TlsPolicy;
  readonly signal: AbortSignal;
  readonly onProgress: (report: DialReport) => void;
}

export interface Dialled {
  readonly report: DialReport;
  readonly outcome: DialOutcome;
  /** DER as sent, leaf first; empty without TLS. */
  readonly chain: readonly Uint8Array[];
}

export interface Connector {
  /** Never rejects; ends within the time-outs, whatever the peer does, and keeps nothing open. */
  readonly dial: (work: DialWork, options: DialOptions) => Promise<Dialled>;
  readonly judge: CertificateJudge["judge"];
}

/**
 * Dials one address: TCP, stream header, STARTTLS or direct TLS, the restarted stream's features, the
 * certificate's judgement; and closes again. No login. The TLS layer refuses no certificate: what is
 * wrong with it is a finding. The address given is the address dialled, no name is looked up here.
 */
export function createConnector(deps: {
  readonly judge: CertificateJudge;
  readonly clock: Clock;
  readonly timeouts?: DialTimeouts;
}): Connector {
  const { clock } = deps;
  const timeouts = deps.timeouts ?? defaultTimeouts;
  const context = createProbeContext();

  async function dial(work: DialWork, options: DialOptions): Promise<Dialled> {
    const record = createDialRecord(clock, options.onProgress);
    const { signal, release } = limitSignal(options.signal, timeouts.wholeMs);
    let opened: Socket | null = null as Socket | null;
    const end = (outcome: DialOutcome): Dialled => {
      record.finish(outcome.kind === "connected");
      return { report: record.report(), outcome, chain: record.chain() };
    };
    const failed = (why: Note): Dialled =>
      options.signal.aborted ? end({ kind: "stopped" }) : end({ kind: "failed", note: why });

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
      if (work.candidate.security === "direct_tls") {
        // XEP-0368 §3.6-3.9: SNI is the domain, ALPN `xmpp-server`.
        const tls = await openTls(opened, secured(["xmpp-server"]));
        if (tls.kind !== "open") return failed(tlsNote(tls, work));
        opened = tls.socket;
      }
      const stream = await runStream(opened, {
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
          if (tls.kind === "open") opened = tls.socket;
          return tls;
        },
      });
      const wanted = wantsCertificate(stream, work, record);
      if (wanted !== null) {
        await judgeChain(record, work.domain);
        return end({ kind: "connected", notes: [wanted] });
      }
      if (stream.kind !== "ready") return failed(streamNote(stream, work, timeouts, record));
      if (!stream.isSecured) {
        const { host } = work.candidate;
        const inClear = note("tls.not_offered", { domain: work.domain, host }, "warning");
        return end({ kind: "connected", notes: [inClear] });
      }
      await judgeChain(record, work.domain);
      return end({ kind: "connected", notes: [] });
    } finally {
      release();
      if (opened !== null) closeSoon(opened);
    }
  }

  async function judgeChain(record: DialRecord, reference: string): Promise<void> {
    record.begin("certificate");
    const chain = record.chain();
    const judged = await deps.judge.judge({ chain, reference, now: new Date(clock.now()) });
    record.setCertificate(judged);
  }

  return { dial, judge: (input) => deps.judge.judge(input) };
}

/**
 * A server that insists on certificates ends the secured stream of a probe, which shows none. What was
 * to be seen was seen: the way there, TLS, its certificate.
 */
function wantsCertificate(stream: StreamEnd, work: DialWork, record: DialRecord): Note | null {
  if (stream.kind !== "failed" || record.chain().length === 0) return null;
  const { failure } = stream;
  if (failure.code !== "stream.policy") return null;
  const text = failure.text ?? "";
  const { condition } = failure;
  const isAboutUs =
    condition === "not-authorized" ||
    (condition === "policy-violation" && /certificate/i.test(text));
  if (!isAboutUs) return null;
  const { host } = work.candidate;
  return note("stream.certificate_wanted", { host, condition, text: text.slice(0, 500) }, "info");
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

function tcpNote(
  tcp: Exclude<TcpEnd, { kind: "open" }>,
  work: DialWork,
  timeouts: DialTimeouts,
): Note {
  const { address } = work;
  const { port } = work.candidate;
  if (tcp.kind === "timeout")
    return note("tcp.timeout", { address, port, seconds: timeouts.tcpMs / 1_000 });
  switch (tcp.errno) {
    case "ECONNREFUSED":
      return note("tcp.refused", { address, port });
    case "ETIMEDOUT":
      return note("tcp.timeout", { address, port, seconds: timeouts.tcpMs / 1_000 });
    case "ECONNRESET":
      return note("stream.closed", { address, port, phase: "tcp" });
    default:
      return note("tcp.unreachable", { address, port, errno: tcp.errno });
  }
}

function tlsNote(tls: Exclude<TlsEnd, { kind: "open" }>, work: DialWork): Note {
  const alert = tls.kind === "timeout" ? "timeout" : tls.reason;
  const { address, domain: servername } = work;
  return note("tls.handshake", { address, port: work.candidate.port, alert, servername });
}

function streamNote(
  stream: Exclude<StreamEnd, { kind: "ready" }>,
  work: DialWork,
  timeouts: DialTimeouts,
  record: DialRecord,
): Note {
  const { address, domain } = work;
  const { host, port } = work.candidate;
  if (stream.kind === "tls") return tlsNote(stream.end, work);
  const phase = record.phase();
  if (stream.kind === "timeout")
    return note("stream.timeout", { address, port, seconds: timeouts.phaseMs / 1_000, phase });
  const { failure } = stream;
  switch (failure.code) {
    case "stream.not_xmpp":
      return note("stream.not_xmpp", { address, port, firstBytes: record.firstBytes() });
    case "stream.host_unknown":
      return note("stream.host_unknown", { host, domain });
    case "stream.policy":
      return note("stream.policy", {
        host,
        condition: failure.condition,
        text: failure.text ?? "",
      });
    case "stream.protocol":
      return note("stream.invalid", { host, condition: failure.condition });
    case "stream.timeout":
      return note("stream.timeout", { address, port, seconds: timeouts.phaseMs / 1_000, phase });
    case "stream.closed":
      return note("stream.closed", { address, port, phase });
    case "tls.not_offered":
      return note("tls.not_offered", { domain, host });
  }
}
