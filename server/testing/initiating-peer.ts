import {
  type Effect,
  initiatingStream,
  type InitiatingState,
  type Input,
} from "#protocol/xmpp/initiating-state.ts";
import { adoptStream } from "#protocol/xmpp/initiating-session.ts";
import { handle } from "#protocol/xmpp/initiating-stream.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type StreamReader } from "#protocol/xmpp/reader.ts";
import { primitives } from "../primitives.ts";

/** The peer's header on a stream from us.example to them.example. */
export const peerHeader = `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${ns.streams}' xmlns:db='${ns.dialback}' from='them.example' to='us.example' id='x' version='1.0'>`;

export interface InitiatingPeer {
  readonly state: () => InitiatingState;
  readonly input: (input: Input) => void;
  /** Bytes of the peer, as one write. */
  readonly says: (text: string) => void;
  readonly wait: (ms: number) => void;
  /** What was sent since the last call. */
  readonly heard: () => string;
  readonly of: <K extends Effect["kind"]>(kind: K) => Extract<Effect, { kind: K }>[];
}

/** A stream that a probe has brought to `ready` with the features `offered`, taken over for login. */
export function driveToReady(offered: string, id = "x"): InitiatingPeer {
  let state = initiatingStream({
    from: "us.example",
    to: "them.example",
    security: "direct",
    negotiationMs: 20_000,
    closeMs: 500,
  });
  let reader: StreamReader | null = null;
  let now = 1000;
  let told = 0;
  const log: Effect[] = [];
  const input = (next: Input) => {
    const step = handle(state, next, now);
    state = step.state;
    for (const effect of step.effects) {
      log.push(effect);
      if (effect.kind === "new_reader")
        reader = createStreamReader({
          contentNamespaces: [ns.server],
          maxElementBytes: effect.isAuthenticated ? 100_000 : 10_000,
          maxDepth: 50,
          oversize: effect.isAuthenticated ? 1_000_000 : "close",
        });
      if (effect.kind === "raise_limits") reader?.raiseLimit(100_000, 1_000_000);
    }
  };
  const peer: InitiatingPeer = {
    state: () => state,
    input,
    says(text) {
      for (const event of reader?.write(new TextEncoder().encode(text)) ?? [])
        input({ kind: "received", event });
    },
    wait(ms) {
      now += ms;
      input({ kind: "timeout" });
    },
    heard() {
      const from = told;
      told = log.length;
      return log
        .slice(from)
        .flatMap((effect) => (effect.kind === "send" ? [effect.xml] : []))
        .join("");
    },
    of: (kind) =>
      log.filter(
        (effect): effect is Extract<Effect, { kind: typeof kind }> => effect.kind === kind,
      ),
  };
  input({ kind: "connected" });
  peer.says(
    `${peerHeader.replace("id='x'", `id='${id}'`)}<stream:features>${offered}</stream:features>`,
  );
  state = adoptStream(state, { primitives, answerMs: 5000, closeMs: 2000 });
  peer.heard();
  return peer;
}
