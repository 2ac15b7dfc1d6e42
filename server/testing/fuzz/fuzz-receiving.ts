import assert from "node:assert/strict";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import type { Domain } from "#protocol/xmpp/domain.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createStreamReader, type StreamReader } from "#protocol/xmpp/reader.ts";
import {
  maxAuthorized,
  maxChecks,
  maxHeld,
  maxPending,
  type ReceivingEffect,
  type ReceivingInput,
  type ReceivingState,
  receivingStream,
  type ReceivingTerms,
} from "#protocol/xmpp/receiving-state.ts";
import { handleReceiving } from "#protocol/xmpp/receiving-stream.ts";
import { canonicalDomain } from "#protocol/xmpp/stanza-admission.ts";
import { primitives } from "../../primitives.ts";
import { openTerms, receivingOptions } from "../receiving-peer.ts";
import {
  createRandom,
  cutBytes,
  drawWildness,
  fromInitiator,
  mutateBytes,
  mutateScript,
  mutateText,
  type Random,
} from "./mutation.ts";
import { createSentStream, withoutFaults } from "./sent-stream.ts";

const words = fromInitiator;
const { header, starttls, bidi, auth, result, verify, enable, request, ack, message } = words;
const flows: readonly (readonly string[])[] = [
  [header, starttls, header, bidi, auth, header, enable, message + request, ack, words.close],
  [header, auth, header, message, verify, enable, words.oversize, request, words.close],
  [header, bidi, result, message, enable, verify, request, message, words.close],
  [header, words.authAsk, words.response, header, message, words.resume],
  [header, words.authAsk, words.abort, result, enable, message + request + ack],
  [header, words.authEmpty, header, result, message, words.error],
  [header, starttls, header, result, verify, message],
];

type Act = "answer" | "close" | "wait" | "gone" | "sent" | "lie";
type Move = { readonly text: string } | { readonly act: Act };

/**
 * One walk of the receiving table: a peer that says almost what it should, a host that answers late,
 * early, twice or never. With one half of the walks the bytes come cut in a second way, too, and must
 * have the same effects.
 */
export function fuzzReceiving(random: Random): void {
  const percent = drawWildness(random);
  const acts: readonly Act[] = ["answer", "answer", "sent", "lie", "wait", "close", "gone"];
  const script: Move[] = random
    .pick(flows)
    .flatMap((text): Move[] => [{ text }, { act: "answer" }]);
  const moves = mutateScript(random, script, () =>
    random.chance(50) ? { act: random.pick(acts) } : { text: random.pick(Object.values(words)) },
  ).map((move) => {
    if ("act" in move) return move;
    return { bytes: mutateBytes(random, mutateText(random, move.text, percent), percent) };
  });
  const hostSeed = random.below(2 ** 31);
  const isDirect = random.chance(50);
  const first = walk(moves, createRandom(hostSeed), random, isDirect, 6000);
  if (!random.chance(50)) return;
  const whole = walk(moves, createRandom(hostSeed), null, isDirect, 1e9);
  const cut = walk(moves, createRandom(hostSeed), random, isDirect, 1e9);
  // Where a stream restarts, what came in the same write is dropped or condemned: on purpose.
  const restarts = [...whole.slice(1), ...cut.slice(1)].some(
    (effect) =>
      effect.kind === "new_reader" ||
      effect.kind === "start_tls" ||
      (effect.kind === "failed" && /bytes_behind/.test(JSON.stringify(effect.failure))),
  );
  if (!restarts) assert.deepEqual(withoutFaults(cut), withoutFaults(whole));
  assert(first.length > 0);
}

function walk(
  moves: readonly ({ readonly bytes: Uint8Array } | { readonly act: Act })[],
  host: Random,
  cut: Random | null,
  isDirect: boolean,
  maxElementBytes: number,
): ReceivingEffect[] {
  const log: ReceivingEffect[] = [];
  const asked: ReceivingEffect[] = [];
  const granted = new Set<string>();
  const authorized = new Set<string>();
  const sent = createSentStream();
  let state: ReceivingState = receivingStream({
    ...receivingOptions,
    security: isDirect ? "direct" : "starttls",
  });
  let reader: StreamReader | null = null;
  let now = 1000;
  let hasErred = false;
  let terms: ReceivingTerms | null = null;

  const listening = (): StreamReader | null => reader;

  function input(next: ReceivingInput): void {
    const before = state;
    const step = handleReceiving(state, next, now);
    state = step.state;
    check(before, next, step.effects);
    for (const effect of step.effects) act(effect);
  }

  function check(
    before: ReceivingState,
    next: ReceivingInput,
    effects: readonly ReceivingEffect[],
  ) {
    if (before.phase === "closed") {
      assert.equal(state, before, "closed stays closed");
      assert.equal(effects.length, 0);
    }
    if (before.phase === "closing") assert.match(state.phase, /^clos/);
    assert(state.held.length <= maxHeld && state.pending.length <= maxPending);
    assert(state.checks.length <= maxChecks && state.authorized.length <= maxAuthorized);
    const needsTimer = !/^(?:idle|ready|closed)$/.test(state.phase);
    assert.equal(state.deadline !== null, needsTimer, `${state.phase} ${state.deadline}`);
    if (before.phase === "tls" || before.phase === "idle")
      assert(!effects.some(({ kind }) => kind === "send"), "sent during TLS");
    if (effects.some(({ kind }) => kind === "disconnect")) assert.equal(state.phase, "closed");
    if (effects.some(({ kind }) => kind === "failed"))
      assert.match(state.phase, /^clos/, next.kind);
  }

  function act(effect: ReceivingEffect): void {
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
        assert(!isDirect && !before(log, "start_tls"), "TLS twice");
        if (host.chance(80))
          input(host.chance(90) ? { kind: "secured" } : { kind: "disconnected" });
        else asked.push(effect);
        return;
      case "greet":
        asked.push(effect);
        if (host.chance(60)) answer();
        return;
      case "verify":
      case "check_key":
        asked.push(effect);
        return;
      case "authorized": {
        const pair = `${effect.from} ${effect.to}`;
        if (effect.by === "external") assert(terms?.external === true && state.isSecured);
        else assert(granted.has(pair), `authorized ${pair}`);
        authorized.add(pair);
        return;
      }
      case "stanza":
        assert(!hasErred, "a stanza after an error");
        return assert(authorized.has(pairOf(effect.element)), "a stanza of nobody");
      case "refused_stanza":
        return assert(authorized.has(pairOf(effect.head)), "a stanza of nobody");
      default:
    }
  }

  /** The host answers the oldest question, or does not. */
  function answer(): void {
    const question = asked.shift();
    if (question === undefined || host.chance(5)) return;
    if (question.kind === "start_tls")
      return state.phase === "tls" ? input({ kind: "secured" }) : undefined;
    if (question.kind === "greet") return input(greeting());
    const outcome = host.pick<DialbackOutcome>([
      { kind: "valid" },
      { kind: "valid" },
      { kind: "invalid" },
      { kind: "error", condition: "remote-server-timeout", text: "no\u0000answer" },
    ]);
    if (question.kind === "verify") {
      const { from, to } = question;
      if (outcome.kind === "valid") granted.add(`${from} ${to}`);
      return input({ kind: "verified", from, to, outcome });
    }
    if (question.kind === "check_key") {
      const { from, to, id } = question;
      return input({ kind: "key_checked", from, to, id, outcome });
    }
  }

  function greeting(): ReceivingInput {
    if (host.chance(4))
      return { kind: "refused", condition: "host-unknown", text: "<no>", from: null };
    const granted: ReceivingTerms = {
      ...openTerms,
      streamId: `id-${log.length}`,
      startTls: host.pick(["none", "offered", "required"]),
      external: host.chance(70),
      dialback: host.chance(80),
      bidi: host.chance(50),
      streamManagement: host.chance(70),
      limits: host.chance(50) ? { maxBytes: 10_000, idleSeconds: 60 } : null,
    };
    if (state.phase === "greeting") terms = granted;
    return { kind: "greeted", terms: granted };
  }

  function move(what: Act): void {
    switch (what) {
      case "answer":
        return answer();
      case "close":
        return input(host.chance(50) ? { kind: "close" } : { kind: "close", condition: "reset" });
      case "wait":
        now += host.below(30_000);
        return input({ kind: "timeout" });
      case "gone":
        return input({ kind: "disconnected" });
      case "sent":
        return input({ kind: "sent", count: 1 + host.below(3) });
      case "lie": {
        const from = host.pick(["evil.example", "us.example"]) as Domain;
        const pair = { from, to: "us.example" as Domain, outcome: { kind: "valid" } } as const;
        if (host.chance(40)) {
          // No lie where the peer has asked for just that: then it is the answer.
          const isAsked = state.pending.some((one) => one.from === from && one.to === pair.to);
          if (isAsked) granted.add(`${from} ${pair.to}`);
          return input({ kind: "verified", ...pair });
        }
        if (host.chance(50)) return input({ kind: "key_checked", ...pair, id: "1" });
        // Twice answered, or never asked: only while it waits does it count.
        return state.phase === "greeting" ? undefined : input(greeting());
      }
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
  now += 1e6;
  input({ kind: "timeout" });
  if (state.phase !== "ready") input({ kind: "timeout" });
  if (state.phase === "closing") {
    now += 1e6;
    input({ kind: "timeout" });
  }
  assert.match(state.phase, /^(?:ready|closed)$/, "it does not end");
  return log;
}

function before(log: readonly ReceivingEffect[], kind: ReceivingEffect["kind"]): boolean {
  return log.slice(0, -1).some((effect) => effect.kind === kind);
}

/** Written a second time, and more slowly than the tables have it. */
function pairOf(stanza: XmlElement): string {
  const domain = (address = "") => {
    const bare = address.split("/")[0] ?? "";
    return canonicalDomain(
      bare
        .split("@")
        .slice(bare.includes("@") ? 1 : 0)
        .join("@"),
      primitives,
    );
  };
  return `${domain(stanza.attributes["from"])} ${domain(stanza.attributes["to"])}`;
}
