import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClaimedCheck } from "#store/checks.ts";
import { buildPeerTrace } from "#testing/peer-traces.ts";
import { concludeCheck } from "./conclusion.ts";
import { finding, type Judgement } from "./health.ts";
import { observe } from "./observation.ts";

const start = new Date("2026-11-21T03:12:00.000Z");
const good: Judgement = { kind: "good" };
const failed: Judgement = { kind: "failed", cause: finding("tcp.refused", "peer", {}) };
const unknown: Judgement = { kind: "unknown", cause: finding("link.down", "us", {}) };

function claim(
  health: Partial<ClaimedCheck["health"]> = {},
  peer: Partial<ClaimedCheck["peer"]> = {},
): ClaimedCheck {
  return {
    peer: {
      id: "p1",
      domain: "acme.com",
      unicode: "acme.com",
      includeSubdomains: false,
      stance: "trusted",
      label: "",
      note: "",
      expects: "xmpp",
      reading: "overview",
      overrideHost: null,
      overridePort: null,
      tlsPolicy: "required",
      minTls: "TLSv1.2",
      allowsDialback: false,
      pins: [],
      authorityPem: null,
      testModeUntil: null,
      certificateChange: "notify",
      isEnabled: true,
      checkIntervalSeconds: 300,
      failuresUntilDown: 3,
      createdAt: start,
      updatedAt: start,
      createdBy: "test",
      ...peer,
    },
    health: {
      peerId: "p1",
      state: "up",
      knownState: "up",
      since: start,
      failuresInRow: 0,
      badInRow: 0,
      badSince: null,
      cause: null,
      lastCheckAt: new Date(start.getTime() - 300_000),
      lastGoodAt: null,
      lastTraceId: "old",
      lastGoodTraceId: "older",
      nextCheckAt: start,
      claimedBy: "n1",
      claimedUntil: start,
      discoverMs: null,
      pingMs: null,
      certificateFingerprint: null,
      certificateNotBefore: null,
      certificateNotAfter: null,
      knownCertificates: [],
      waveJid: "wave.acme.com",
      ...health,
    },
  };
}

function conclude(one: ClaimedCheck, judgement: Judgement, more: object = {}) {
  const trace = buildPeerTrace();
  const seen = observe(trace, { kind: "answered", roundTripMs: 12 });
  return concludeCheck(one, judgement, judgement.kind === "unknown" ? null : seen, {
    startedAt: start,
    now: new Date(start.getTime() + 400),
    traceId: "new",
    isSuspect: false,
    judgeDates: () => null,
    random: 0.5,
    ...more,
  });
}

test("the next check: on the interval, sooner while in doubt, spread where a herd would come", () => {
  const late = { nextCheckAt: new Date(start.getTime() - 200_000) };
  const rows: [string, ClaimedCheck, Judgement, object, number][] = [
    ["regular", claim(), good, {}, 300],
    ["earliest", claim(), good, { random: 0 }, 285],
    ["latest", claim(), good, { random: 1 }, 315],
    ["first", claim({ lastCheckAt: null }), good, {}, 225],
    ["had to wait for us", claim(late), good, { random: 0 }, 150],
    ["not confirmed", claim(), failed, {}, 60],
    ["not confirmed, short interval", claim({}, { checkIntervalSeconds: 15 }), failed, {}, 15],
    ["held back", claim({ failuresInRow: 2 }), failed, { isSuspect: true }, 15],
    ["confirmed", claim({ failuresInRow: 2 }), failed, {}, 300],
    ["still down", claim({ state: "down", knownState: "down", failuresInRow: 9 }), failed, {}, 300],
    ["we cannot look", claim(), unknown, {}, 60],
  ];
  for (const [title, one, judgement, more, seconds] of rows) {
    const { nextCheckAt } = conclude(one, judgement, more).record.health;
    assert.equal(((nextCheckAt?.getTime() ?? 0) - start.getTime()) / 1_000, seconds, title);
  }
});

test("a change stores its trace, and the incident points to it; no change stores none", () => {
  const down = conclude(claim({ failuresInRow: 2, badSince: new Date(0) }), failed);
  assert.equal(down.keepsTrace, true);
  assert.deepEqual(
    down.openings.map(({ kind, traceId, openedAt }) => [kind, traceId, openedAt.getTime()]),
    [["outage", "new", 0]],
  );
  assert.equal(down.record.health.lastTraceId, "new");
  assert.equal(down.record.health.lastGoodTraceId, "older");
  const still = conclude(claim(), good);
  assert.deepEqual([still.keepsTrace, still.openings, still.closings], [false, [], []]);
  assert.equal(still.record.health.lastTraceId, "old");
  const back = conclude(claim({ state: "down", knownState: "down", failuresInRow: 5 }), good);
  assert.deepEqual(
    back.closings.map(({ kind }) => kind),
    ["outage", "degraded"],
  );
  assert.equal(back.record.health.lastGoodTraceId, "new");
  // As it was before we could not look: no news.
  const again = conclude(claim({ state: "unknown", knownState: "up" }), good);
  assert.deepEqual([again.keepsTrace, again.record.health.state], [false, "up"]);
});

test("what was not seen is not forgotten: certificate, wave service, last good check", () => {
  const health = { certificateFingerprint: "aa", knownCertificates: ["aa"], lastGoodAt: start };
  const { record } = conclude(claim(health), unknown);
  assert.equal(record.health.certificateFingerprint, "aa");
  assert.equal(record.health.waveJid, "wave.acme.com");
  assert.equal(record.health.lastGoodAt, start);
  assert.deepEqual([record.health.discoverMs, record.health.pingMs], [null, null]);
  assert.equal(record.sample, "unknown");
});

test("times are kept from what was measured", () => {
  const { record } = conclude(claim(), good);
  assert.deepEqual([record.health.discoverMs, record.health.pingMs], [42, 12]);
  assert.equal(record.sample, "up");
});

test("a new certificate is told by the peer's policy: not at all, noted when it was due, or open until it is decided", () => {
  const lifetimeMs = 90 * 86_400_000;
  const seenBefore = {
    certificateFingerprint: "before",
    knownCertificates: ["before"],
    certificateNotBefore: new Date(start.getTime() - 0.7 * lifetimeMs),
    certificateNotAfter: new Date(start.getTime() + 0.3 * lifetimeMs),
  };
  const told = (certificateChange: "none" | "notify" | "hold") => {
    const { openings, record } = conclude(claim(seenBefore, { certificateChange }), good);
    assert.notEqual(record.health.certificateFingerprint, "before");
    return openings
      .filter(({ kind }) => kind === "certificate_changed")
      .map(({ closedAt }) => (closedAt === null ? "open" : "over"));
  };
  assert.deepEqual([told("none"), told("notify"), told("hold")], [[], ["over"], ["open"]]);
});
