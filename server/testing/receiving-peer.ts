import { handleReceiving } from "#protocol/xmpp/receiving-stream.ts";
import {
  type ReceivingEffect,
  type ReceivingInput,
  type ReceivingOptions,
  type ReceivingState,
  type ReceivingTerms,
  receivingStream,
} from "#protocol/xmpp/receiving-state.ts";
import type { Domain } from "#protocol/xmpp/domain.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type StreamReader } from "#protocol/xmpp/reader.ts";
import { primitives } from "../primitives.ts";

export const receivingOptions: ReceivingOptions = {
  security: "starttls",
  negotiationMs: 20_000,
  closeMs: 2000,
  errorStreamId: "error-1",
  primitives,
};

/** What a host that federates with everybody grants on a stream without TLS. */
export const openTerms: ReceivingTerms = {
  streamId: "id-1",
  from: "us.example" as Domain,
  startTls: "none",
  external: false,
  dialback: true,
  bidi: false,
  streamManagement: false,
  limits: null,
};

export interface ReceivingPeer {
  readonly state: () => ReceivingState;
  /** Gives an input to the table and carries out its effects. */
  readonly input: (input: ReceivingInput) => void;
  /** Bytes of the peer, as one write. */
  readonly says: (text: string) => void;
  readonly wait: (ms: number) => void;
  /** All that was sent, and what was sent since the last call. */
  readonly sent: () => string;
  readonly heard: () => string;
  readonly log: readonly ReceivingEffect[];
  readonly of: <K extends ReceivingEffect["kind"]>(
    kind: K,
  ) => Extract<ReceivingEffect, { kind: K }>[];
}

/**
 * Drives the receiving table as its head comment says. `terms` answers `greet` at once, the stream id
 * counting up; null leaves the answer to the test.
 */
export function driveReceiving(
  terms: Partial<ReceivingTerms> | null = {},
  changed: Partial<ReceivingOptions> = {},
): ReceivingPeer {
  let state = receivingStream({ ...receivingOptions, ...changed });
  let reader: StreamReader | null = null;
  let now = 1000;
  let headers = 0;
  let told = 0;
  const log: ReceivingEffect[] = [];

  const input = (next: ReceivingInput): void => {
    const step = handleReceiving(state, next, now);
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
      if (effect.kind === "greet" && terms !== null)
        input({
          kind: "greeted",
          terms: { ...openTerms, ...terms, streamId: `id-${++headers}` },
        });
    }
  };
  const xml = (from: number) =>
    log
      .slice(from)
      .flatMap((effect) => (effect.kind === "send" ? [effect.xml] : []))
      .join("");

  input({ kind: "connected" });
  return {
    state: () => state,
    input,
    says(text) {
      const first = reader;
      for (const event of first?.write(new TextEncoder().encode(text)) ?? []) {
        input({ kind: "received", event });
        // A reader that was replaced has nothing more to say.
        if (reader !== first) return;
      }
    },
    wait(ms) {
      now += ms;
      input({ kind: "timeout" });
    },
    sent: () => xml(0),
    heard() {
      const from = told;
      told = log.length;
      return xml(from);
    },
    log,
    of: (kind) =>
      log.filter(
        (effect): effect is Extract<ReceivingEffect, { kind: typeof kind }> => effect.kind === kind,
      ),
  };
}
