import { createSecureContext, type SecureContext, type TLSSocket } from "node:tls";
import type { Credentials } from "../s2s/credentials.ts";
import type { X2xConnectionView } from "./connection.ts";

/**
 * TLS from the first byte, 1.3 only: it takes one round trip where 1.2 takes two, and both sides are of our kind. The
 * chain is judged by whoever asked for the connection, since Node's own check goes by purpose.
 */
export function x2xContext({ key, cert }: Credentials): SecureContext {
  return createSecureContext({ key, cert, ca: [], minVersion: "TLSv1.3" });
}

export function tlsView(socket: TLSSocket): X2xConnectionView["tls"] {
  return {
    version: socket.getProtocol() ?? "",
    cipher: socket.getCipher().standardName,
    isResumed: socket.isSessionReused(),
  };
}
