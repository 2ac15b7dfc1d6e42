import type { DialWork } from "#protocol/resolution/facts.ts";
import { note, type Note } from "#protocol/resolution/notes.ts";
import type { DialTimeouts } from "./connect.ts";
import type { DialRecord } from "./dial-record.ts";
import type { TcpEnd, TlsEnd } from "./sockets.ts";
import type { StreamEnd } from "./stream-probe.ts";
import type { Credentials } from "./tls-contexts.ts";

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
      if (failure.condition === "resource-constraint")
        return note("limit.remote", {
          domain,
          condition: failure.condition,
          text: failure.text ?? "",
        });
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

/** A server that talks on only with whoever shows a certificate, said of a name that has none. */
export function withoutCertificate({ domain }: DialWork, from: string): Note {
  return note("auth.no_sasl", { domain, from, certificate: "none" });
}

/**
 * What a server has against our certificate, or the lack of one. `wanted`: it ended the secured stream of one who
 * showed none; what was to be seen was seen: the way there, TLS, its certificate. Null when it is something else.
 */
export function certificateDemand(
  why: Note,
  work: DialWork,
  ours: { readonly from: string | null; readonly credentials: Credentials | null },
  record: DialRecord,
): Note | null {
  const { domain, candidate } = work;
  const demand = demandIn(why, record);
  if (demand === null) return null;
  const { condition } = demand;
  const text = demand.text.slice(0, 500);
  if (ours.credentials !== null)
    return note("auth.external_rejected", { domain, from: ours.from ?? "", condition, text });
  const { host } = candidate;
  if (why.code !== "stream.policy") return null;
  return note("stream.certificate_wanted", { host, condition, text }, "info");
}

function demandIn(
  { code, params }: Note,
  record: DialRecord,
): { condition: string; text: string } | null {
  const said = (name: string) => String(params[name] ?? "");
  // RFC 8446 §6.2, in OpenSSL's words. With TLS 1.3 it comes after the handshake.
  if (
    code === "tls.handshake" &&
    /alert .*(?:certificate|unknown ca|access denied)/.test(said("alert"))
  )
    return { condition: "tls-alert", text: said("alert") };
  if (code !== "stream.policy" || record.chain().length === 0) return null;
  const condition = said("condition");
  const isAboutUs =
    condition === "not-authorized" ||
    (condition === "policy-violation" && /certificate/i.test(said("text")));
  return isAboutUs ? { condition, text: said("text") } : null;
}
