import type { Socket } from "node:net";
import { createAttempts } from "#links/attempts.ts";
import { networkOf } from "#links/network-of.ts";
import type { S2sLimits } from "./limits.ts";

/** Counts inbound connections, and says which are too many (RFC 6120 §13.12). */
export interface Admission {
  /** Counts the connection until it closes; false: it is one too many, in all or of its address. */
  readonly admit: (socket: Socket) => boolean;
}

export function createAdmission(
  limits: S2sLimits,
  deps: {
    /** False: nobody is served. */
    readonly isOpen: () => boolean;
    /** Of the connections that were admitted, those whose peer has proved itself. */
    readonly authenticated: () => number;
  },
): Admission {
  const perAddress = new Map<string, number>();
  const attempts = createAttempts(() => limits.maxAttemptsPerMinute);
  let all = 0;

  return {
    admit(socket) {
      const address = networkOf(socket.remoteAddress ?? "");
      const count = perAddress.get(address) ?? 0;
      if (!deps.isOpen() || all >= limits.maxInbound || attempts.isTooOften(address)) return false;
      if (count >= limits.maxInboundPerAddress) return false;
      // Counting who is authenticated is worth it only when there may be too many who are not.
      const mayBeTooMany = all >= limits.maxUnauthenticated;
      if (mayBeTooMany && all - deps.authenticated() >= limits.maxUnauthenticated) return false;
      all++;
      perAddress.set(address, count + 1);
      socket.once("close", () => {
        all--;
        const left = (perAddress.get(address) ?? 1) - 1;
        if (left === 0) perAddress.delete(address);
        else perAddress.set(address, left);
      });
      return true;
    },
  };
}
