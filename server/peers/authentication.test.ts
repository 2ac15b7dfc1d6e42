import assert from "node:assert/strict";
import { test } from "node:test";
import type { KnownCertificate } from "#contract/peer-trust.ts";
import { healthFindings } from "#contract/health-findings.ts";
import {
  acceptWeaker,
  type AuthenticationMemory,
  settleHeld,
  type Shown,
  weighAuthentication,
  type Weighed,
} from "./authentication.ts";

const start = new Date("2026-11-21T00:00:00.000Z");
const at = (hours: number) => new Date(start.getTime() + hours * 3600_000);

/** A certificate of 90 days that began at the start, for a key of its own unless `key` names one. */
function certificate(name: string, key = name, ageDays = 0): Omit<KnownCertificate, "seenAt"> {
  return {
    fingerprint: `FP:${name}`,
    publicKey: `KEY:${key}`,
    subject: "CN=acme.example",
    issuer: "O=Lab",
    notBefore: at(-24 * ageDays).toISOString(),
    notAfter: at(24 * (90 - ageDays)).toISOString(),
  };
}
const a = certificate("a");
const shown = (more: Partial<Shown> = {}): Shown => ({
  domain: "acme.example",
  direction: "in",
  by: "pkix",
  certificate: a,
  ...more,
});
const byDialback = (more: Partial<Shown> = {}): Shown =>
  shown({ by: "dialback", certificate: null, ...more });

type Policy = "none" | "notify" | "hold";
function weigh(
  before: AuthenticationMemory | null,
  what: Shown,
  { policy = "notify" as Policy, hours = 0 } = {},
): Weighed {
  const weighed = weighAuthentication(before, what, { certificateChange: policy, now: at(hours) });
  if (!weighed.verdict.ok) {
    const { code, params } = weighed.verdict.finding;
    const known: Record<string, readonly string[]> = healthFindings;
    assert.deepEqual(Object.keys(params).toSorted(), known[code]?.toSorted(), code);
  }
  return weighed;
}
/** The memory after these, all of which are let through. */
function after(...all: readonly Shown[]): AuthenticationMemory {
  let memory: AuthenticationMemory | null = null;
  for (const one of all) {
    const weighed = weigh(memory, one);
    assert.deepEqual(weighed.verdict, { ok: true });
    memory = weighed.memory;
  }
  assert(memory);
  return memory;
}
const refusal = ({ verdict }: Weighed) => (verdict.ok ? null : verdict.finding.code);
const news = (weighed: Weighed) =>
  weighed.news.map((one) =>
    one.kind === "closed"
      ? `closed ${one.incident}`
      : `${one.cause.code} ${one.cause.severity}${one.isOver ? " over" : ""}`,
  );

test("the first authentication is remembered: how, since when, with which certificate", () => {
  const weighed = weigh(null, shown());
  assert.deepEqual([weighed.verdict, weighed.isDue, news(weighed)], [{ ok: true }, true, []]);
  assert.deepEqual(weighed.memory.inbound, {
    strongest: "certificate",
    since: start.toISOString(),
    lastBy: "pkix",
    lastAt: start.toISOString(),
    hasCertificate: true,
    refusedAt: null,
  });
  assert.deepEqual(weighed.memory.certificates, [{ ...a, seenAt: start.toISOString() }]);
});

test("what repeats what is known is worth a write once an hour", () => {
  const memory = after(shown());
  assert.equal(weigh(memory, shown(), { hours: 0.9 }).isDue, false);
  const later = weigh(memory, shown(), { hours: 1 });
  assert.deepEqual([later.isDue, later.isChanged], [true, false]);
  assert.equal(later.memory.inbound?.lastAt, at(1).toISOString());
  assert.equal(later.memory.inbound.since, start.toISOString());
});

test("RFC 6120 §13.14: after a certificate dialback alone is refused, in that direction, and told once an hour", () => {
  const memory = after(shown(), byDialback({ direction: "out", certificate: a, by: "pkix" }));
  const refused = weigh(memory, byDialback(), { hours: 5 });
  assert.equal(refusal(refused), "trust.weaker");
  assert.deepEqual(news(refused), ["trust.weaker error"]);
  assert.equal(refused.memory.inbound?.refusedAt, at(5).toISOString());
  assert.equal(refused.memory.inbound.strongest, "certificate");
  assert.equal(refused.memory.outbound?.refusedAt, null);
  assert.equal(weigh(refused.memory, byDialback(), { hours: 5.5 }).isDue, false);
  assert.equal(weigh(refused.memory, byDialback(), { hours: 6 }).isDue, true);
});

test("an unauthentic certificate beside dialback does not make it a certificate's proof", () => {
  const memory = after(shown());
  const refused = weigh(memory, byDialback({ certificate: certificate("mallory") }));
  assert.equal(refusal(refused), "trust.weaker");
  assert.equal(refused.memory.certificates.length, 1, "what was refused is not remembered");
});

test("the certificate again: it stands, and the trouble is over", () => {
  const refused = weigh(after(shown()), byDialback());
  const again = weigh(refused.memory, shown(), { hours: 2 });
  assert.deepEqual([again.verdict, news(again)], [{ ok: true }, ["closed authentication_weaker"]]);
  assert.equal(again.memory.inbound?.refusedAt, null);
});

test("trouble in both directions is over when both are", () => {
  const memory = after(shown(), shown({ direction: "out" }));
  const inbound = weigh(memory, byDialback()).memory;
  const both = weigh(inbound, byDialback({ direction: "out" })).memory;
  const one = weigh(both, shown());
  assert.deepEqual(news(one), []);
  assert.deepEqual(news(weigh(one.memory, shown({ direction: "out" }))), [
    "closed authentication_weaker",
  ]);
});

test("dialback is remembered too, and gives way to a certificate for good", () => {
  const memory = after(byDialback());
  assert.equal(memory.inbound?.strongest, "dialback");
  const better = weigh(memory, shown(), { hours: 3 });
  assert.equal(better.memory.inbound?.strongest, "certificate");
  assert.equal(better.memory.inbound.since, at(3).toISOString());
  assert.equal(refusal(weigh(better.memory, byDialback())), "trust.weaker");
});

test("whom we know by certificate as a client is not dialled on dialback alone; the other way round it may be", () => {
  const out = weigh(after(shown()), byDialback({ direction: "out" }));
  assert.equal(refusal(out), "trust.weaker");
  assert.notEqual(out.memory.outbound?.refusedAt, null);
  assert.equal(refusal(weigh(after(shown({ direction: "out" })), byDialback())), null);
  const first = weigh(after(shown()), shown({ direction: "out" }), { hours: 4 });
  assert.deepEqual([first.isDue, first.memory.outbound?.since], [true, at(4).toISOString()]);
});

test("consent to what is weaker holds until something stronger is seen in that direction", () => {
  const refused = weigh(after(shown()), byDialback()).memory;
  const accepted = acceptWeaker(refused, "in", at(1));
  assert(accepted);
  assert.deepEqual(
    [accepted.inbound?.strongest, accepted.inbound?.since, accepted.inbound?.refusedAt],
    ["dialback", at(1).toISOString(), null],
  );
  const weaker = weigh(accepted, byDialback());
  assert.equal(refusal(weaker), null);
  assert.equal(acceptWeaker(weaker.memory, "in", at(1)), null, "nothing is stronger than that");
  assert.equal(acceptWeaker(weaker.memory, "out", at(1)), null, "nothing is known there");
  const stronger = weigh(weaker.memory, shown()).memory;
  assert.equal(refusal(weigh(stronger, byDialback())), "trust.weaker");
});

test("RFC 7590 §3.6: an early change is told and waits for a person, one in time is told only", () => {
  const memory = after(shown());
  const early = weigh(memory, shown({ certificate: certificate("b") }), { hours: 24 * 10 });
  assert.deepEqual([refusal(early), news(early)], [null, ["cert.changed warning"]]);
  const inTime = weigh(memory, shown({ certificate: certificate("b") }), { hours: 24 * 60 });
  assert.deepEqual(news(inTime), ["cert.changed info over"]);
  const unproved = weigh(
    after(byDialback({ certificate: a })),
    byDialback({ certificate: certificate("b") }),
    { hours: 24 * 60 },
  );
  assert.deepEqual(news(unproved), ["cert.changed warning"]);
});

test("a renewal for the same key is its holder's own, whatever the policy", () => {
  const renewed = shown({ certificate: certificate("a2", "a") });
  assert.deepEqual(news(weigh(after(shown()), renewed)), ["cert.changed info over"]);
  const held = weigh(after(shown()), renewed, { policy: "hold" });
  assert.deepEqual([refusal(held), news(held)], [null, ["cert.changed info over"]]);
});

test("policy none: a change is remembered and not told", () => {
  const weighed = weigh(after(shown()), shown({ certificate: certificate("b") }), {
    policy: "none",
  });
  assert.deepEqual([refusal(weighed), news(weighed)], [null, []]);
  assert.equal(weighed.memory.certificates.length, 2);
});

test("policy hold: the first one is accepted, another one waits; in both directions, and however it is shown", () => {
  assert.equal(refusal(weigh(null, shown(), { policy: "hold" })), null);
  const memory = after(shown());
  const b = certificate("b");
  for (const direction of ["in", "out"] as const) {
    const held = weigh(memory, shown({ certificate: b, direction }), { policy: "hold", hours: 7 });
    assert.deepEqual([refusal(held), news(held)], ["cert.held", ["cert.held error"]]);
    assert.equal(
      held.verdict.ok || held.verdict.finding.owner,
      "us",
      "an admin of ours accepts it",
    );
    assert.deepEqual(held.memory.held, { ...b, seenAt: at(7).toISOString(), direction });
    assert.equal(held.memory.certificates.length, 1);
    const again = weigh(held.memory, shown({ certificate: b, direction }), { policy: "hold" });
    assert.deepEqual([refusal(again), again.isDue], ["cert.held", false]);
  }
});

test("policy hold: the old certificate goes on while the new one waits", () => {
  const held = weigh(after(shown()), shown({ certificate: certificate("b") }), { policy: "hold" });
  const old = weigh(held.memory, shown(), { policy: "hold" });
  assert.deepEqual([refusal(old), old.memory.held?.fingerprint], [null, "FP:b"]);
});

test("policy hold: leaving the certificate out does not get around it", () => {
  const memory = after(byDialback({ certificate: a }));
  assert.equal(refusal(weigh(memory, byDialback())), null);
  const without = weigh(memory, byDialback(), { policy: "hold" });
  assert.equal(refusal(without), "trust.weaker");
  const accepted = acceptWeaker(without.memory, "in", at(0));
  assert(accepted);
  assert.equal(refusal(weigh(accepted, byDialback(), { policy: "hold" })), null);
});

test("an admin accepts the held certificate by its fingerprint, or dismisses it; never another one", () => {
  const b = shown({ certificate: certificate("b") });
  const { memory } = weigh(after(shown()), b, { policy: "hold" });
  assert.equal(settleHeld(memory, "FP:c", true), null);
  assert.equal(settleHeld(after(shown()), "FP:b", true), null);
  const accepted = settleHeld(memory, "FP:b", true);
  assert(accepted);
  assert.deepEqual(
    [accepted.held, accepted.certificates.map((one) => one.fingerprint)],
    [null, ["FP:b", "FP:a"]],
  );
  assert.equal(refusal(weigh(accepted, b, { policy: "hold" })), null);
  const dismissed = settleHeld(memory, "FP:b", false);
  assert(dismissed);
  assert.deepEqual([dismissed.held, dismissed.certificates.length], [null, 1]);
  assert.equal(refusal(weigh(dismissed, b, { policy: "hold" })), "cert.held");
});

test("when holding ends, what was held is let through and waits for nobody", () => {
  const b = shown({ certificate: certificate("b") });
  const { memory } = weigh(after(shown()), b, { policy: "hold" });
  const through = weigh(memory, b, { policy: "notify" });
  assert.deepEqual([refusal(through), through.memory.held], [null, null]);
});

test("a cluster that shows several in turn changes nothing; eight are remembered", () => {
  const many = Array.from({ length: 8 }, (_, index) =>
    shown({ certificate: certificate(`n${index}`) }),
  );
  const memory = after(...many);
  for (const one of many) assert.deepEqual(news(weigh(memory, one)), []);
  const ninth = weigh(memory, shown({ certificate: certificate("n8") }));
  assert.deepEqual(ninth.memory.certificates.length, 8);
  assert.equal(ninth.memory.certificates[0]?.fingerprint, "FP:n8");
});
