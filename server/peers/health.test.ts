import assert from "node:assert/strict";
import { test } from "node:test";
import { trace as traceSchema } from "#contract/traces.ts";
import { buildPeerTrace, foundAt, type PeerAnswer } from "#testing/peer-traces.ts";
import { finding, type HealthMemory, judge, type Judgement, weigh } from "./health.ts";
import { observe, type PingOutcome } from "./observation.ts";

const answered: PingOutcome = { kind: "answered", roundTripMs: 12 };
const bounced: PingOutcome = {
  kind: "bounced",
  condition: "remote-server-timeout",
  text: "Server-to-server connection failed",
};
const silent: PingOutcome = { kind: "timeout", seconds: 10 };
const notSent: PingOutcome = { kind: "not_sent", code: "link.none" };

test("the traces of these tests are traces by the contract", () => {
  traceSchema.parse(buildPeerTrace());
  traceSchema.parse(buildPeerTrace({ network: "silent", notCarried: "link.none" }));
});

test("one check is judged by what the peer is expected to be", () => {
  const weak = foundAt(5, "cert.weak", "warning");
  const ending = foundAt(5, "cert.expiring", "warning");
  const noWave = foundAt(9, "disco.no_wave", "warning");
  const silence = foundAt(5, "disco.timeout", "warning");
  const noGuess = foundAt(11, "guess.failed", "warning");
  const rows: ["xmpp" | "wave", PeerAnswer, PingOutcome, Judgement["kind"], string?][] = [
    ["xmpp", {}, answered, "good"],
    // A healthy chat server without waves is a good XMPP peer, and no Wave peer.
    ["xmpp", { wave: "none", findings: [noWave] }, answered, "good"],
    ["wave", { wave: "none", findings: [noWave] }, answered, "failed", "disco.no_wave"],
    // The guess was made because nobody answered: what is wrong is the silence.
    ["wave", { wave: "none", findings: [silence, noGuess] }, silent, "failed", "disco.timeout"],
    ["wave", { wave: "found" }, answered, "good"],
    ["wave", { wave: "guessed", findings: [foundAt(9, "guess.used", "info")] }, answered, "good"],
    // Found by the guess although the domain itself does not resolve: the overview's reading.
    ["wave", { wave: "guessed", xmpp: "unreachable" }, answered, "good"],
    ["xmpp", { xmpp: "warning", findings: [weak] }, answered, "impaired", "cert.weak"],
    [
      "wave",
      { xmpp: "warning", wave: "found", findings: [weak] },
      answered,
      "impaired",
      "cert.weak",
    ],
    // The coming end of a certificate has an incident of its own.
    ["xmpp", { xmpp: "warning", findings: [ending] }, answered, "good"],
    ["xmpp", { xmpp: "warning", findings: [ending, weak] }, answered, "impaired", "cert.weak"],
    [
      "xmpp",
      { network: "refused", findings: [foundAt(5, "tcp.refused")] },
      notSent,
      "failed",
      "tcp.refused",
    ],
    [
      "wave",
      { network: "refused", wave: "unknown", findings: [foundAt(5, "tcp.refused")] },
      notSent,
      "failed",
      "tcp.refused",
    ],
    // Without a link nothing can be said of waves, but all of XMPP.
    ["wave", { wave: "unknown", notCarried: "link.none" }, notSent, "unknown", "link.none"],
    ["xmpp", { wave: "unknown", notCarried: "link.none" }, notSent, "good"],
    // Our probe gets through, our XMPP server does not: stanzas do not flow.
    ["xmpp", {}, bounced, "failed", "link.bounced"],
    ["xmpp", { xmpp: "warning", findings: [weak] }, bounced, "failed", "link.bounced"],
    // Asked, and nothing came back: one direction may be broken.
    ["xmpp", {}, silent, "impaired", "ping.timeout"],
    ["xmpp", { xmpp: "warning", findings: [weak] }, silent, "impaired", "cert.weak"],
    ["xmpp", { state: "cancelled" }, answered, "unknown", "trace.deadline"],
    [
      "xmpp",
      { xmpp: "unreachable", findings: [foundAt(5, "trace.deadline", "warning")] },
      answered,
      "unknown",
      "trace.deadline",
    ],
    ["xmpp", { xmpp: "unknown" }, notSent, "unknown", "health.unexplained"],
    ["xmpp", { xmpp: "unreachable", network: "refused" }, notSent, "failed", "health.unexplained"],
    ["wave", { wave: "none" }, answered, "failed", "health.no_wave"],
  ];
  for (const [expects, answer, ping, kind, code] of rows) {
    const title = `${expects} ${JSON.stringify(answer)} ${ping.kind}`;
    const judgement = judge("peer.example", expects, observe(buildPeerTrace(answer), ping));
    assert.equal(judgement.kind, kind, title);
    assert.equal(judgement.kind === "good" ? undefined : judgement.cause.code, code, title);
    if (judgement.kind === "failed") assert.equal(judgement.cause.severity, "error", title);
  }
});

test("evidence: an answer from outside is heard, time-outs are silence, a name that is not there neither", () => {
  const rows: [PeerAnswer, PingOutcome, string][] = [
    [{}, notSent, "heard"],
    [{ network: "refused" }, notSent, "heard"],
    [{ network: "silent" }, notSent, "silence"],
    [{ network: "dns_silent" }, notSent, "silence"],
    [{ network: "silent" }, answered, "heard"],
  ];
  for (const [answer, ping, evidence] of rows)
    assert.equal(observe(buildPeerTrace(answer), ping).evidence, evidence, JSON.stringify(answer));
  const nxdomain = buildPeerTrace({ network: "dns_silent" });
  for (const { attempts } of nxdomain.steps)
    for (const attempt of attempts) if (attempt.kind === "dns") attempt.outcome = "nxdomain";
  assert.equal(observe(nxdomain, notSent).evidence, "neutral");
});

const start = new Date("2026-11-21T03:00:00.000Z");
const minute = (count: number) => new Date(start.getTime() + count * 60_000);
const unborn: HealthMemory = {
  state: "unknown",
  knownState: null,
  since: start,
  failuresInRow: 0,
  badInRow: 0,
  badSince: null,
  cause: null,
};
const bad = finding("tcp.refused", "peer", {});
const letters = { g: "good", i: "impaired", f: "failed", u: "unknown" } as const;

/** One letter per minute: good, impaired, failed, unknown; capitals while we may be cut off. */
function play(history: string, failuresUntilDown: number) {
  let memory = unborn;
  const states: string[] = [];
  const changes: string[] = [];
  for (const [index, letter] of history.split("").entries()) {
    const kind = letters[letter.toLowerCase() as keyof typeof letters];
    const judgement: Judgement =
      kind === "good" ? { kind } : { kind, cause: { ...bad, code: `was.${kind}` } };
    const isSuspect = letter !== letter.toLowerCase();
    const weighed = weigh(memory, judgement, { failuresUntilDown, now: minute(index), isSuspect });
    memory = weighed.memory;
    states.push(memory.state.slice(0, 3));
    const { change } = weighed;
    if (change !== null) {
      const began = (change.began.getTime() - start.getTime()) / 60_000;
      changes.push(`${change.from}>${change.to}@${began}${change.isNew ? "" : " again"}`);
    }
  }
  return { memory, states: states.join(" "), changes };
}

test("states over a history of checks", () => {
  const rows: [string, number, string, string[]][] = [
    ["gg", 3, "up up", ["unknown>up@0"]],
    ["gfg", 3, "up up up", ["unknown>up@0"]],
    ["gfff", 3, "up up up dow", ["unknown>up@0", "up>down@1"]],
    ["gff", 1, "up dow dow", ["unknown>up@0", "up>down@1"]],
    ["ffff", 3, "unk unk dow dow", ["unknown>down@0"]],
    ["gfffg", 3, "up up up dow up", ["unknown>up@0", "up>down@1", "down>up@4"]],
    // Impaired: believed like failures, at once where nothing is known or after an outage.
    ["i", 3, "deg", ["unknown>degraded@0"]],
    ["giii", 3, "up up up deg", ["unknown>up@0", "up>degraded@1"]],
    ["gfffif", 3, "up up up dow deg deg", ["unknown>up@0", "up>down@1", "down>degraded@4"]],
    ["gifi", 3, "up up up deg", ["unknown>up@0", "up>degraded@1"]],
    ["giff", 3, "up up up deg", ["unknown>up@0", "up>degraded@1"]],
    // The outage of a degraded peer begins with its first failure.
    [
      "giiifff",
      3,
      "up up up deg deg deg dow",
      ["unknown>up@0", "up>degraded@1", "degraded>down@4"],
    ],
    // Not knowing changes the state at once and no count; what was known needs no new proof.
    ["gug", 3, "up unk up", ["unknown>up@0", "unknown>up@2 again"]],
    ["gfffuf", 3, "up up up dow unk dow", ["unknown>up@0", "up>down@1", "unknown>down@1 again"]],
    ["gfuff", 3, "up up unk unk dow", ["unknown>up@0", "unknown>down@1"]],
    // Failures that may be ours are counted up to the brink, and believed with the next that is not.
    ["gFFFFF", 3, "up up up up up up", ["unknown>up@0"]],
    ["gFFFFf", 3, "up up up up up dow", ["unknown>up@0", "up>down@1"]],
    ["gF", 1, "up up", ["unknown>up@0"]],
    ["gFf", 1, "up up dow", ["unknown>up@0", "up>down@1"]],
  ];
  for (const [history, failuresUntilDown, states, changes] of rows) {
    const played = play(history, failuresUntilDown);
    assert.equal(played.states, states, history);
    assert.deepEqual(played.changes, changes, history);
  }
});

test("failures not confirmed yet leave the state up, but are counted and their cause is kept", () => {
  const { memory } = play("gff", 3);
  assert.equal(memory.state, "up");
  assert.equal(memory.failuresInRow, 2);
  assert.equal(memory.cause?.code, "was.failed");
  assert.equal(play("gffg", 3).memory.cause, null);
});

test("whatever the history, a state other than up has a cause, and good is up", () => {
  const alphabet = ["g", "i", "f", "u", "F"];
  for (let seed = 0; seed < 5 ** 5; seed++) {
    const history = Array.from(
      { length: 5 },
      (_, index) => alphabet[Math.floor(seed / 5 ** index) % 5],
    ).join("");
    const { memory } = play(history, 2);
    if (memory.state !== "up") assert.notEqual(memory.cause, null, history);
    if (history.endsWith("g")) assert.equal(memory.state, "up", history);
    if (history.endsWith("ff")) assert.equal(memory.state, "down", history);
    if (memory.state !== "unknown") assert.equal(memory.knownState, memory.state, history);
  }
});
