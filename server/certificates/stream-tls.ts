import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type TLSSocketOptions } from "node:tls";

/** ALPN of direct TLS between servers (XEP-0368 §2). */
const SERVER_PROTOCOL = "xmpp-server";

/**
 * BCP 195 (RFC 9325 §4.2, RFC 7590 §3.1): TLS 1.2 with an ephemeral key exchange and authenticated encryption
 * only, and TLS 1.3, whose suites are all like that. No compression: OpenSSL has it off.
 */
const SUITES = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
].join(":");

/**
 * The context that streams to one name of ours are received in. Nothing is resumed, by ticket or by id: each
 * stream is judged by the certificate of its own TLS session, which a resumed one would not show (XEP-0178 §3),
 * and shows ours as it is now. Nor can a session be renegotiated, and with that its certificate. Throws what
 * OpenSSL has against key or chain.
 */
export function createStreamContext(pair: { key: string; cert: string }): SecureContext {
  return createSecureContext({
    ...pair,
    minVersion: "TLSv1.2",
    ciphers: SUITES,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
  });
}

/**
 * For `new TLSSocket(socket, options)` on a connection that was accepted, whether it begins with TLS (`direct`) or
 * came there by STARTTLS. The peer's certificate is asked for and never refused here: the host judges the chain by
 * itself once the handshake is done (RFC 6120 §5.4.3.1), since Node's own check goes by purpose.
 *
 * `contextFor` gives the context by the name in SNI; `fallback` is for a peer that sends none.
 */
export function streamTlsOptions(
  security: "starttls" | "direct",
  fallback: SecureContext,
  contextFor: (servername: string) => SecureContext,
): TLSSocketOptions {
  return {
    isServer: true,
    secureContext: fallback,
    requestCert: true,
    rejectUnauthorized: false,
    SNICallback: (servername, callback) => callback(null, contextFor(servername)),
    ...(security === "direct" ? { ALPNProtocols: [SERVER_PROTOCOL] } : {}),
  };
}
