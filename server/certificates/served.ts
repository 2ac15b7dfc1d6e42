import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import type { HttpsState, ServedCertificate } from "#contract/certificates.ts";
import type { Finding } from "#contract/traces.ts";
import { fingerprintOf } from "./x509.ts";

/** Dials our own ports from inside and says which certificate is really served there. */
export interface ServedProbe {
  /** The listener and, when PUBLIC_URL is https, the address that browsers use. `stored` is what should be served. */
  readonly https: (
    stored: { title: string; fingerprint: string } | null,
  ) => Promise<ServedCertificate[]>;
  /** Every port of this appliance where other servers reach these names, of the first 50; none for who is held elsewhere. */
  readonly xmpp: (names: readonly string[], fingerprint: string) => Promise<ServedCertificate[]>;
}

/** Our own server-to-server ports, and how another server would dial them. */
export interface OwnXmpp {
  readonly places: (name: string) => readonly XmppPlace[];
  /** The leaf that is shown, DER, or why there is none. Ends within its own time-outs. */
  readonly dial: (place: XmppPlace, name: string) => Promise<Uint8Array | { reason: string }>;
}

interface XmppPlace {
  readonly address: string;
  readonly port: number;
  readonly security: "starttls" | "direct";
}

const timeoutMs = 5_000;
/** Each has two ports or more, and our own limits count these connections, too. */
const maxNames = 50;

/**
 * A difference at the listener means that it did not take up the certificate; one at PUBLIC_URL most
 * likely a proxy in front with a certificate of its own. Nothing is trusted or sent: the handshake is
 * all that is made.
 */
export function createServedProbe(deps: {
  host: string;
  https: () => HttpsState;
  publicUrl: string | null;
  xmpp: OwnXmpp;
}): ServedProbe {
  function places(): { place: ServedCertificate["place"]; host: string; port: number }[] {
    const found: ReturnType<typeof places> = [];
    const { state, port } = deps.https();
    if (state !== "off" && port !== null)
      found.push({ place: "listener", host: insideAddress(deps.host), port });
    const url = deps.publicUrl === null ? null : new URL(deps.publicUrl);
    if (url?.protocol === "https:")
      found.push({
        place: "public_url",
        host: url.hostname.replace(/^\[|\]$/g, ""),
        port: url.port === "" ? 443 : Number(url.port),
      });
    return found;
  }

  async function probeXmpp(name: string, fingerprint: string): Promise<ServedCertificate[]> {
    return Promise.all(
      deps.xmpp.places(name).map(async (listening) => {
        const isAny = listening.address === "::" || listening.address === "0.0.0.0";
        const host = isAny ? "127.0.0.1" : listening.address;
        const shown = await deps.xmpp.dial({ ...listening, address: host }, name);
        const seen: Seen =
          "reason" in shown
            ? { fingerprint: null, reason: shown.reason }
            : { fingerprint: fingerprintOf(shown), reason: null };
        const place = listening.security === "direct" ? "direct_tls" : "starttls";
        const address = textOf(host, listening.port);
        const message = judge({ title: name, fingerprint }, seen, place, address);
        return { place, name, address, fingerprint: seen.fingerprint, message };
      }),
    );
  }

  return {
    async xmpp(names, fingerprint) {
      const found: ServedCertificate[] = [];
      for (const name of names.slice(0, maxNames))
        found.push(...(await probeXmpp(name, fingerprint)));
      return found;
    },
    https: (stored) =>
      Promise.all(
        places().map(async ({ place, host, port }) => {
          const seen = await dial(host, port);
          const address = textOf(host, port);
          const message = stored === null ? null : judge(stored, seen, place, address);
          return { place, name: null, address, fingerprint: seen.fingerprint, message };
        }),
      ),
  };
}

type Seen = { fingerprint: string; reason: null } | { fingerprint: null; reason: string };

function judge(
  stored: { title: string; fingerprint: string },
  seen: Seen,
  place: ServedCertificate["place"],
  address: string,
): Finding | null {
  if (seen.fingerprint === stored.fingerprint) return null;
  const common = { domain: stored.title, place: address };
  const severity = place === "public_url" ? "warning" : "error";
  if (seen.fingerprint === null)
    return {
      code: "cert.not_served",
      params: { ...common, reason: seen.reason },
      owner: "us",
      severity,
    };
  const params = { ...common, stored: stored.fingerprint, served: seen.fingerprint };
  return { code: "cert.served_old", params, owner: "us", severity };
}

function dial(host: string, port: number): Promise<Seen> {
  return new Promise((resolve) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket: TLSSocket = connect({ host, port, ...servername, rejectUnauthorized: false });
    const end = (seen: Seen) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(seen);
    };
    const timer = setTimeout(() => end({ fingerprint: null, reason: "timeout" }), timeoutMs);
    socket.on("error", (error) => {
      const code = "code" in error ? String(error.code) : "";
      end({ fingerprint: null, reason: code === "" ? "unknown" : code });
    });
    socket.once("secureConnect", () => {
      const raw = socket.getPeerX509Certificate()?.raw;
      end(
        raw === undefined
          ? { fingerprint: null, reason: "none" }
          : { fingerprint: fingerprintOf(raw), reason: null },
      );
    });
  });
}

function textOf(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Where a listener on all addresses is reached from inside. */
function insideAddress(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}
