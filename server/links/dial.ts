import { X509Certificate } from "node:crypto";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Finding } from "#contract/traces.ts";
import { linkFinding } from "./findings.ts";

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly security: "plain" | "tls";
  /** Names that the certificate may be for, the first one sent as SNI. */
  readonly names: readonly string[];
  /** Further roots, PEM. */
  readonly extraRoots?: readonly string[];
  readonly signal: AbortSignal;
  readonly onPhase: (phase: "connect" | "tls") => void;
}

/** A connected socket without listeners of ours, or why there is none. Ends early by `signal`. */
export async function dial(options: DialOptions): Promise<Socket | Finding> {
  if (isIP(options.host) !== 0) options.onPhase("connect");
  const tcp = await settle(
    connectTcp({ host: options.host, port: options.port, noDelay: true, keepAlive: true }),
    "connect",
    options,
    (error) => tcpFinding(error, options),
  );
  if (!("pipe" in tcp) || options.security === "plain") return tcp;
  options.onPhase("tls");
  tcp.on("error", () => {});
  const { host, port } = options;
  const servername = options.names.find((name) => isIP(name) === 0);
  return settle(
    connectTls({
      socket: tcp,
      minVersion: "TLSv1.2",
      ...(servername === undefined ? {} : { servername }),
      ...(options.extraRoots === undefined ? {} : { ca: [...options.extraRoots] }),
      checkServerIdentity: (_name, certificate) =>
        matchesAny(new X509Certificate(certificate.raw), options.names)
          ? undefined
          : Object.assign(new Error(`for ${certificate.subjectaltname ?? "no name"}`), {
              code: "ERR_TLS_CERT_ALTNAME_INVALID",
            }),
    }),
    "secureConnect",
    options,
    (error) => {
      const isUntrusted = /CERT|SELF_SIGNED|ISSUER|CHAIN|ALTNAME|VERIFY/.test(error.code ?? "");
      const detail = (error.code ?? error.message).slice(0, 200);
      return linkFinding(isUntrusted ? "link.tls_untrusted" : "link.tls_failed", {
        host,
        port,
        detail,
      });
    },
  );
}

function settle(
  socket: Socket | TLSSocket,
  event: "connect" | "secureConnect",
  options: DialOptions,
  describe: (error: NodeJS.ErrnoException) => Finding,
): Promise<Socket | Finding> {
  return new Promise((resolve) => {
    const finish = (outcome: Socket | Finding) => {
      socket.off(event, onReady);
      socket.off("lookup", onLookup);
      socket.off("error", onError);
      socket.off("close", onClose);
      options.signal.removeEventListener("abort", onAbort);
      if (outcome !== socket) {
        // A socket that is given up may still report; nobody else listens.
        socket.on("error", () => {});
        socket.destroy();
      }
      resolve(outcome);
    };
    const onReady = () => finish(socket);
    const onLookup = () => options.onPhase("connect");
    const onError = (error: NodeJS.ErrnoException) => finish(describe(error));
    const onClose = () =>
      finish(linkFinding("link.closed", { phase: event === "connect" ? "tcp" : "tls" }));
    const onAbort = () => finish(linkFinding("link.closed", { phase: "stopped" }));
    if (options.signal.aborted) return onAbort();
    socket.on(event, onReady);
    if (event === "connect") socket.on("lookup", onLookup);
    socket.on("error", onError);
    socket.on("close", onClose);
    options.signal.addEventListener("abort", onAbort);
  });
}

function tcpFinding(error: NodeJS.ErrnoException, { host, port }: DialOptions): Finding {
  // Several addresses tried: the aggregate has the code of the last one.
  const first =
    error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  const errno = first.code ?? error.code ?? "unknown";
  if (errno === "ENOTFOUND" || errno === "EAI_AGAIN")
    return linkFinding("link.unresolved", { host });
  if (errno === "ECONNREFUSED") return linkFinding("link.refused", { host, port });
  if (errno === "ETIMEDOUT")
    return linkFinding("link.timeout", { host, port, phase: "tcp", seconds: null });
  return linkFinding("link.unreachable", { host, port, errno });
}

/** Subject alternative names only, whole-label wildcards only (RFC 9525 §6.3, §6.5). */
function matchesAny(certificate: X509Certificate, names: readonly string[]): boolean {
  return names.some((name) =>
    isIP(name) === 0
      ? certificate.checkHost(name, { subject: "never", partialWildcards: false }) !== undefined
      : certificate.checkIP(name) !== undefined,
  );
}
