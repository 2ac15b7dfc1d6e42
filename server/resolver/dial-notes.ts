import type { DialWork } from "#protocol/resolution/facts.ts";
import { note, type Note } from "#protocol/resolution/notes.ts";
import type { DialTimeouts } from "./connect.ts";
import type { DialRecord } from "./dial-record.ts";
import type { TcpEnd, TlsEnd } from "./sockets.ts";
import type { StreamEnd } from "./stream-probe.ts";

// Why a dial did not come to a stream, by code.

export function tcpNote(
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

export function tlsNote(tls: Exclude<TlsEnd, { kind: "open" }>, work: DialWork): Note {
  const alert = tls.kind === "timeout" ? "timeout" : tls.reason;
  const { address, domain: servername } = work;
  return note("tls.handshake", { address, port: work.candidate.port, alert, servername });
}

export function streamNote(
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
      if (record.alert() !== null)
        return tlsNote({ kind: "failed", reason: record.alert() ?? "" }, work);
      return note("stream.closed", { address, port, phase });
    case "tls.not_offered":
      return note("tls.not_offered", { domain, host });
  }
}

/**
 * A server that insists on certificates ends the secured stream of a probe, which shows none. What was
 * to be seen was seen: the way there, TLS, its certificate.
 */
export function wantsCertificate(
  stream: StreamEnd,
  work: DialWork,
  record: DialRecord,
): Note | null {
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
