import type { TLSSocket } from "node:tls";

const maxChain = 20;

/** DER as the peer sent it, leaf first, in its order; empty when it sent none. */
export function chainOf(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let next = socket.getPeerX509Certificate();
  while (next !== undefined && chain.length < maxChain) {
    chain.push(new Uint8Array(next.raw));
    next = next.issuerCertificate;
  }
  return chain;
}
