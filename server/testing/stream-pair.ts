import { dialbackKey, isDialbackKey } from "#protocol/xmpp/dialback.ts";
import type { Domain } from "#protocol/xmpp/domain.ts";
import {
  type Effect,
  initiatingStream,
  type InitiatingOptions,
  type InitiatingState,
  type Input,
} from "#protocol/xmpp/initiating-state.ts";
import { adoptStream } from "#protocol/xmpp/initiating-session.ts";
import { handle } from "#protocol/xmpp/initiating-stream.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type ReaderEvent, type StreamReader } from "#protocol/xmpp/reader.ts";
import {
  type ReceivingEffect,
  type ReceivingInput,
  type ReceivingState,
  type ReceivingTerms,
  receivingStream,
} from "#protocol/xmpp/receiving-state.ts";
import { handleReceiving } from "#protocol/xmpp/receiving-stream.ts";
import { primitives } from "../primitives.ts";
import { openTerms, receivingOptions } from "./receiving-peer.ts";

/** One of the two ends: its state, what it did, and what it has written that was not delivered yet. */
export interface End<S, I, E extends { readonly kind: string }> {
  readonly state: () => S;
  readonly input: (input: I) => void;
  readonly log: readonly E[];
  readonly of: <K extends E["kind"]>(kind: K) => Extract<E, { kind: K }>[];
  /** Writes as the host would: a stanza, an acknowledgement request. */
  readonly write: (xml: string) => void;
}

export interface StreamPair {
  readonly initiating: End<InitiatingState, Input, Effect>;
  readonly receiving: End<ReceivingState, ReceivingInput, ReceivingEffect>;
  /** Delivers what is under way, both ways in turn, until nothing moves any more. */
  readonly run: () => void;
  /** As seen on the wire, each write with its direction. */
  readonly wire: readonly string[];
}

export interface PairOptions {
  readonly initiating?: Partial<InitiatingOptions>;
  readonly terms?: (state: ReceivingState) => Partial<ReceivingTerms>;
  /** How one write is cut on its way; by default it arrives whole. */
  readonly cut?: (bytes: Uint8Array) => Uint8Array[];
  /** A verification, if the receiving end is not to ask the initiating one's secret directly. */
  readonly secret?: string;
}

/** Both tables joined over memory: bytes pass through both readers, TLS is a word of each host. */
export function joinStreams(options: PairOptions = {}): StreamPair {
  const secret = options.secret ?? "s3cr3t";
  const now = 1000;
  const wire: string[] = [];
  const cut = options.cut ?? ((bytes) => [bytes]);
  const encode = (text: string) => new TextEncoder().encode(text);
  const toReceiving: Uint8Array[] = [];
  const toInitiating: Uint8Array[] = [];
  let headers = 0;
  let tlsReady = 0;

  const reader = (isAuthenticated: boolean) =>
    createStreamReader({
      contentNamespaces: [ns.server],
      maxElementBytes: isAuthenticated ? 100_000 : 10_000,
      maxDepth: 50,
      oversize: isAuthenticated ? 1_000_000 : "close",
    });
  const secured = () => {
    if (++tlsReady < 2) return;
    receivingInput({ kind: "secured" });
    initiatingInput({ kind: "secured" });
  };

  let near: InitiatingState = initiatingStream({
    from: "us.example",
    to: "them.example",
    security: "required",
    negotiationMs: 20_000,
    closeMs: 2000,
    ...options.initiating,
  });
  let nearReader: StreamReader | null = null;
  const nearLog: Effect[] = [];
  function initiatingInput(input: Input): void {
    const step = handle(near, input, now);
    near = step.state;
    for (const effect of step.effects) {
      nearLog.push(effect);
      if (effect.kind === "send") writeNear(effect.xml);
      else if (effect.kind === "new_reader") nearReader = reader(effect.isAuthenticated);
      else if (effect.kind === "raise_limits") nearReader?.raiseLimit(100_000, 1_000_000);
      else if (effect.kind === "start_tls") secured();
      else if (effect.kind === "ready")
        near = adoptStream(near, { primitives, answerMs: 5000, closeMs: 2000 });
      else if (effect.kind === "check_key") initiatingInput(keyChecked(effect));
    }
  }
  const writeNear = (xml: string) => {
    wire.push(`> ${xml}`);
    toReceiving.push(...cut(encode(xml)));
  };

  let far: ReceivingState = receivingStream({
    ...receivingOptions,
    security: options.initiating?.security === "direct" ? "direct" : "starttls",
  });
  let farReader: StreamReader | null = null;
  const farLog: ReceivingEffect[] = [];
  function receivingInput(input: ReceivingInput): void {
    const step = handleReceiving(far, input, now);
    far = step.state;
    for (const effect of step.effects) {
      farLog.push(effect);
      if (effect.kind === "send") writeFar(effect.xml);
      else if (effect.kind === "new_reader") farReader = reader(effect.isAuthenticated);
      else if (effect.kind === "raise_limits") farReader?.raiseLimit(100_000, 1_000_000);
      else if (effect.kind === "start_tls") secured();
      else if (effect.kind === "greet") receivingInput({ kind: "greeted", terms: terms() });
      else if (effect.kind === "check_key") receivingInput(keyChecked(effect));
      else if (effect.kind === "verify") {
        const { from, to, key, streamId } = effect;
        const parts = { secret, receiving: to, originating: from, streamId };
        const isValid = isDialbackKey(primitives, parts, key);
        receivingInput({
          kind: "verified",
          from,
          to,
          outcome: { kind: isValid ? "valid" : "invalid" },
        });
      }
    }
  }
  const writeFar = (xml: string) => {
    wire.push(`< ${xml}`);
    toInitiating.push(...cut(encode(xml)));
  };
  const terms = (): ReceivingTerms => ({
    ...openTerms,
    from: "them.example" as Domain,
    startTls: "required",
    ...options.terms?.(far),
    streamId: `stream-${++headers}`,
  });
  function keyChecked(asked: {
    readonly from: Domain;
    readonly to: Domain;
    readonly id: string;
    readonly key: string;
  }) {
    const { from, to, id, key } = asked;
    const parts = { secret, receiving: from, originating: to, streamId: id };
    const kind = isDialbackKey(primitives, parts, key) ? "valid" : "invalid";
    return { kind: "key_checked", from, to, id, outcome: { kind } } as const;
  }

  function deliver(
    queue: Uint8Array[],
    current: () => StreamReader | null,
    take: (event: ReaderEvent) => void,
  ) {
    const bytes = queue.shift();
    const first = current();
    for (const event of bytes === undefined ? [] : (first?.write(bytes) ?? [])) {
      take(event);
      if (current() !== first) return;
    }
  }
  const of =
    <E extends { readonly kind: string }>(log: readonly E[]) =>
    <K extends E["kind"]>(kind: K) =>
      log.filter((effect): effect is Extract<E, { kind: K }> => effect.kind === kind);

  receivingInput({ kind: "connected" });
  initiatingInput({ kind: "connected" });
  return {
    initiating: {
      state: () => near,
      input: initiatingInput,
      log: nearLog,
      of: of(nearLog),
      write: writeNear,
    },
    receiving: {
      state: () => far,
      input: receivingInput,
      log: farLog,
      of: of(farLog),
      write: writeFar,
    },
    run() {
      while (toReceiving.length + toInitiating.length > 0) {
        deliver(
          toReceiving,
          () => farReader,
          (event) => receivingInput({ kind: "received", event }),
        );
        deliver(
          toInitiating,
          () => nearReader,
          (event) => initiatingInput({ kind: "received", event }),
        );
      }
    },
    wire,
  };
}

/** The key that the initiating end shows on its current stream. */
export function keyOf(pair: StreamPair, from: string, to: string, secret = "s3cr3t"): string {
  const streamId = pair.initiating.state().header?.id ?? "";
  return dialbackKey(primitives, { secret, receiving: to, originating: from, streamId });
}
