import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { CertificateSummary } from "#contract/traces.ts";
import { agreedLink, scriptedWays } from "#testing/agreed-ways.ts";
import { startZone } from "#testing/scripted-zone.ts";
import { traceFor } from "#testing/trace-harness.ts";
import { judge } from "./health.ts";
import { crossingOf, observe } from "./observation.ts";

// Checks of peers that are reached by agreement (XEP-0361 §4.1): their health is their link's.

const zone = await startZone("127.0.72.61", {});
after(() => zone.stop());

const refused = {
  code: "x2x.refused",
  params: { link: "to acme", host: "192.0.2.7", port: 5271 },
  owner: "peer",
  severity: "error",
} as const;
const failing = { state: "failing", lastError: refused } as const;
const lost = { kind: "failed", carriedBy: "none", finding: refused } as const;

/** As a check sees it: a peer without any record in DNS. */
async function check(...ways: Parameters<typeof scriptedWays>) {
  const agreed = scriptedWays(...ways);
  const trace = await traceFor("acme.example", {
    ...{ dns: [zone], agreed, trigger: "check", isBrief: true, isFresh: true },
    answers: {},
  });
  const crossing = crossingOf(trace);
  const ping =
    crossing === null
      ? ({ kind: "not_sent", code: "unreachable" } as const)
      : ({ kind: "answered", roundTripMs: crossing.roundTripMs } as const);
  const seen = observe(trace, ping);
  return { trace, seen, judgement: judge("acme.example", "xmpp", seen) };
}

test("a peer that DNS knows nothing of is up while its link brings an answer, with its round trip", async () => {
  const link = agreedLink({ state: "up", roundTripMs: 640, provenAt: new Date().toISOString() });
  const { judgement, seen, trace } = await check([link]);
  assert.deepEqual(judgement, { kind: "good" });
  assert.deepEqual(seen.ping, { kind: "answered", roundTripMs: 640 });
  assert.equal(seen.evidence, "heard");
  const kinds = trace.steps.flatMap(({ attempts }) => attempts.map(({ kind }) => kind));
  assert.ok(!kinds.includes("dns") && !kinds.includes("connect") && !kinds.includes("disco"));
});

test("it has failed when its link has, for the link's own reason", async () => {
  const { judgement, seen } = await check([agreedLink(failing)], lost);
  assert.deepEqual(judgement, { kind: "failed", cause: refused });
  assert.equal(seen.evidence, "neutral", "somebody refused the connection");
  const silent = await check([agreedLink({ state: "up" })], { ...lost, finding: null });
  assert.equal(silent.judgement.kind, "failed");
  assert.equal(silent.seen.headline?.code, "agreed.silent");
  assert.equal(silent.seen.evidence, "silence");
});

test("by the second of two links it is impaired", async () => {
  const second = agreedLink({ id: "00000000-0000-4000-8000-0000000000bb", priority: 20 });
  const { judgement } = await check([agreedLink(failing), second], { linkId: second.id });
  assert.equal(judgement.kind === "impaired" && judgement.cause.code, "agreed.second");
});

test("nothing is known of it where only the other side may connect, or another appliance holds the link", async () => {
  for (const kind of ["waits", "elsewhere"] as const) {
    const { judgement } = await check([agreedLink()], { ...lost, kind, linkId: null });
    assert.equal(judgement.kind === "unknown" && judgement.cause.code, `agreed.${kind}`);
  }
});

test("a fall-back that would not work impairs nothing while the link does", async () => {
  const { judgement } = await check([agreedLink({ fallsBack: true, state: "up" })]);
  assert.deepEqual(judgement, { kind: "good" });
});

test("the certificate that it showed on the link is watched like that of any peer", async () => {
  const leaf = {
    ...{ fingerprintSha256: "ab", subject: "CN=acme.example", issuer: "CN=Root" },
    ...{ notBefore: "2026-01-01T00:00:00.000Z", notAfter: "2027-01-01T00:00:00.000Z" },
  } as CertificateSummary;
  const certificate = {
    ...{ reference: "acme.example", chain: [leaf], trusted: true, nameMatch: "acme.example" },
    findings: [],
  };
  const { seen } = await check([agreedLink({ state: "up", certificate })]);
  assert.deepEqual(seen.certificate, {
    ...{ fingerprint: "ab", subject: leaf.subject, issuer: leaf.issuer, isTrusted: true },
    ...{ notBefore: new Date(leaf.notBefore), notAfter: new Date(leaf.notAfter) },
  });
  const down = await check([agreedLink({ ...failing, certificate })], lost);
  assert.equal(down.seen.certificate, null, "nobody has shown it now");
});
