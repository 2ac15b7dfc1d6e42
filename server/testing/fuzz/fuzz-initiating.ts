import assert from "node:assert/strict";
import type { Domain } from "#protocol/xmpp/domain.ts";
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
import { primitives } from "../../primitives.ts";
import {
  createRandom,
  cutBytes,
  drawWildness,
  fromReceiver,
  mutateBytes,
  mutateScript,
  mutateText,
  type Random,
} from "./mutation.ts";
import { createSentStream, withoutFaults } from "./sent-stream.ts";

type Act =
  | "external"
  | "dialback"
  | "verify"
  | "sm"
  | "sent"
  | "close"
  | "wait"
  | "gone"
  | "checked"
  | "secured";
type Move = { readonly text: string } | { readonly act: Act };

const words = fromReceiver;
const { header, features, success, failure, result, verify, enabled, request, ack, message } =
  words;
const say = (...texts: string[]): Move[] => texts.map((text) => ({ text }));
const act = (name: Act): Move => ({ act: name });
const opening = header + features;
const flows: readonly (readonly Move[])[] = [
  [
    ...say(header + words.tlsFeatures, words.proceed, opening),
    act("external"),
    ...say(success, opening),
    act("sm"),
    act("sent"),
    ...say(enabled, message + request, ack, words.oversize, words.close),
  ],
  [...say(header + words.tlsFeatures, words.tlsFailure)],
  [...say(opening), act("external"), ...say(failure), act("dialback"), ...say(result, message)],
  [
    ...say(opening),
    act("external"),
    ...say(words.challenge, failure),
    act("verify"),
    ...say(verify),
  ],
  [
    ...say(opening),
    act("dialback"),
    act("verify"),
    ...say(verify, result, features),
    act("sm"),
    act("sent"),
    ...say(enabled + ack + message + request, words.error),
  ],
  [...say(opening), act("dialback"), ...say(result), act("sm"), ...say(words.refused, message)],
  [...say(opening), act("verify"), act("wait"), ...say(verify), act("close"), ...say(words.close)],
];

/** One walk of the initiating table; as `fuzzReceiving`, with the peer on the other side. */
export function fuzzInitiating(random: Random): void {
  const acts: readonly Act[] = [
    "external",
    "dialback",
    "verify",
    "sm",
    "sent",
    "close",
    "wait",
    "gone",
    "checked",
    "secured",
  ];
  const percent = drawWildness(random);
  const moves = mutateScript(random, random.pick(flows), () =>
    random.chance(60) ? { act: random.pick(acts) } : { text: random.pick(Object.values(words)) },
  ).map((move) => {
    if ("act" in move) return move;
    return { bytes: mutateBytes(random, mutateText(random, move.text, percent), percent) };
  });
  const hostSeed = random.below(2 ** 31);
  walk(moves, createRandom(hostSeed), random, 6000);
  if (!random.chance(50)) return;
  const whole = walk(moves, createRandom(hostSeed), null, 1e9);
  const cut = walk(moves, createRandom(hostSeed), random, 1e9);
  // Where a stream restarts, what came in the same write is dropped or condemned: on purpose.
  const restarts = [...whole.slice(1), ...cut.slice(1)].some(
    ({ kind }) => kind === "new_reader" || kind === "start_tls",
  );
  if (!restarts) assert.deepEqual(withoutFaults(cut), withoutFaults(whole));
}

function walk(
  moves: readonly ({ readonly bytes: Uint8Array } | { readonly act: Act })[],
  host: Random,
  cut: Random | null,
  maxElementBytes: number,
): Effect[] {
  const log: Effect[] = [];
  const sent = createSentStream();
  const asked = { external: 0, dialback: 0, verify: 0 };
  const pairs = new Set<string>();
  let state: InitiatingState = initiatingStream({
    from: "us.example",
    to: "them.example",
    security: host.pick(["required", "preferred", "never", "direct"]),
    negotiationMs: 20_000,
    closeMs: 2000,
  });
  let reader: StreamReader | null = null;
  let now = 1000;
  let hasErred = false;
  let hasClosed = false;

  const listening = (): StreamReader | null => reader;

  function input(next: Input): void {
    const before = state;
    const step = handle(state, next, now);
    state = step.state;
    if (before.phase === "closed") {
      assert.equal(state, before, "closed stays closed");
      assert.equal(step.effects.length, 0);
    }
    if (before.phase === "closing") assert.match(state.phase, /^clos/);
    const waits = /^(?:header|features|starttls|tls|sasl|closing)$/.test(state.phase);
    if (waits) assert(state.deadline !== null, `${state.phase} without a timer`);
    assert(
      (state.session?.requests.length ?? 0) <= 256 && (state.session?.checks.length ?? 0) <= 16,
    );
    if (before.phase === "tls")
      assert(next.kind === "secured" || !step.effects.some(({ kind }) => kind === "send"));
    for (const effect of step.effects) take(effect);
  }

  function take(effect: Effect): void {
    log.push(effect);
    switch (effect.kind) {
      case "send":
        if (effect.xml.includes("<stream:error>")) hasErred = true;
        return sent.take(effect.xml);
      case "new_reader":
        reader = createStreamReader({
          contentNamespaces: [ns.server],
          maxElementBytes: effect.isAuthenticated
            ? Math.max(maxElementBytes, 8000)
            : maxElementBytes,
          maxDepth: 50,
          oversize: effect.isAuthenticated || maxElementBytes === 1e9 ? 1e9 : "close",
        });
        return;
      case "raise_limits":
        return reader?.raiseLimit(Math.max(maxElementBytes, 8000), 1e9);
      case "start_tls":
        if (host.chance(80))
          input(host.chance(90) ? { kind: "secured" } : { kind: "disconnected" });
        return;
      case "ready":
        if (host.chance(95))
          state = adoptStream(state, { primitives, answerMs: 5000, closeMs: 2000 });
        return;
      case "authenticated":
        assert(asked[effect.by]-- > 0, "authenticated by nothing that was asked");
        if (effect.by === "external") assert(state.isSecured);
        pairs.add(`${effect.to} ${effect.from}`);
        return;
      case "login_failed":
        assert(asked[effect.method]-- > 0, "failed twice");
        return;
      case "verified":
        assert(asked.verify-- > 0, "answered twice");
        return;
      case "failed":
        asked.external = 0;
        return;
      case "stanza": {
        assert(!hasErred, "a stanza after an error");
        assert(state.session?.isBidi === true);
        const { from = "", to = "" } = effect.element.attributes;
        assert(/them\.example/i.test(from) && pairs.size > 0, `${from} ${to}`);
        return;
      }
      default:
    }
  }

  function move(what: Act): void {
    if (state.phase === "closed") return;
    switch (what) {
      case "external":
        asked.external++;
        return input({
          kind: "login",
          method: "external",
          authzid: "us.example",
          bidi: host.chance(50),
        });
      case "dialback": {
        asked.dialback++;
        const from = host.pick(["us.example", "us.example", "sub.us.example", "no name"]);
        return input({
          kind: "login",
          method: "dialback",
          from,
          to: "them.example",
          key: "k",
          bidi: host.chance(50),
        });
      }
      case "verify": {
        asked.verify++;
        const id = host.pick(["1", "1", "2", "a b"]);
        return input({ kind: "verify", from: "us.example", to: "them.example", id, key: "k" });
      }
      case "sm":
        return input({ kind: "enable_sm" });
      case "sent":
        return input({ kind: "sent", count: 1 + host.below(3) });
      case "checked": {
        const [from, to] = ["them.example" as Domain, "us.example" as Domain];
        return input({ kind: "key_checked", from, to, id: "2", outcome: { kind: "valid" } });
      }
      case "secured":
        return state.phase === "tls" ? input({ kind: "secured" }) : undefined;
      case "close":
        hasClosed = true;
        return input(host.chance(50) ? { kind: "close" } : { kind: "close", condition: "reset" });
      case "wait":
        now += host.below(12_000);
        return input({ kind: "timeout" });
      case "gone":
        return input({ kind: "disconnected" });
    }
  }

  input({ kind: "connected" });
  for (const each of moves) {
    if ("act" in each) move(each.act);
    else
      for (const piece of cut === null ? [each.bytes] : cutBytes(cut, each.bytes)) {
        const current = listening();
        for (const event of current?.write(piece) ?? []) {
          input({ kind: "received", event });
          if (listening() !== current) break;
        }
      }
  }
  for (let round = 0; round < 2; round++) {
    now += 1e6;
    input({ kind: "timeout" });
  }
  assert.match(state.phase, /^(?:ready|established|closed)$/, "it does not end");
  assert.equal(state.deadline, null);
  input({ kind: "disconnected" });
  assert.equal(state.phase, "closed");
  assert.equal(asked.dialback, 0, "a login without an answer");
  assert.equal(asked.verify, 0, "a question without an answer");
  assert(asked.external === 0 || hasClosed, "a login without an answer");
  return log;
}
