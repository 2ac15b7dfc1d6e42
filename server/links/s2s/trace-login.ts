import type { Finding } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { Credentials } from "./credentials.ts";
import { logInOn, type LoginDeps } from "./login.ts";
import type { OpenedStream } from "./opener.ts";
import type { OutgoingStream } from "./outgoing-stream.ts";
import type { Taps } from "./tap.ts";

/** Logs a trace's connection in, as the links would. */
export interface TraceLogin {
  readonly credentials: Credentials | null;
  readonly logIn: (request: {
    readonly stream: OpenedStream;
    /** Both canonical. */
    readonly from: string;
    readonly to: string;
    readonly signal: AbortSignal;
    /** What is said meanwhile, secrets masked. */
    readonly onLine: (direction: "in" | "out", xml: string) => void;
  }) => Promise<
    | {
        readonly kind: "authenticated";
        readonly by: "external" | "dialback";
        readonly isKept: boolean;
      }
    | { readonly kind: "failed"; readonly finding: Finding }
  >;
}

/** `adopt`: whether stanzas to that domain go over the stream from now on; else it is closed. */
export function createTraceLogin(
  local: Domain,
  deps: LoginDeps & {
    readonly taps: Taps;
    readonly adopt: (stream: OutgoingStream) => boolean;
  },
): TraceLogin {
  return {
    credentials: deps.certificates.credentials(local),
    async logIn({ stream: opened, to, signal, onLine }) {
      const remote = to as Domain;
      let id: string | null = null;
      const end = deps.taps.open(remote, ({ streamId, direction, xml }) => {
        if (streamId === id) onLine(direction, xml);
      });
      const open: LoginDeps["open"] = (given, pair) => {
        const stream = deps.open(given, pair);
        id = stream.id;
        return stream;
      };
      const outcome = await logInOn(opened, { local, remote, signal }, { ...deps, open });
      end();
      if (!("stream" in outcome)) return { kind: "failed", finding: outcome.finding };
      const isKept = deps.adopt(outcome.stream);
      if (!isKept) outcome.stream.close();
      return { kind: "authenticated", by: outcome.by, isKept };
    },
  };
}
