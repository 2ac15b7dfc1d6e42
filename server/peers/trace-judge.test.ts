import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createCertificateJudge } from "#certificates/judge.ts";
import { createTrustStore } from "#certificates/trust.ts";
import { findings as catalogue } from "#contract/findings.ts";
import { type PresentedCertificate, presentedCertificate } from "#contract/traces.ts";
import { createCertificateLab, days, type LabCertificate } from "#testing/certificate-lab.ts";
import { honest, startScriptedXmpp } from "#testing/scripted-xmpp.ts";
import { startZone } from "#testing/scripted-zone.ts";
import { traceFor } from "#testing/trace-harness.ts";
import { termsWith } from "#testing/peer-terms.ts";
import { primitives } from "../primitives.ts";
import type { Terms } from "./policy.ts";
import { createTraceJudge } from "./trace-judge.ts";

const lab = createCertificateLab();
after(() => lab.close());
const root = lab.root();
const ownRoot = lab.root("Acme CA");
const publicLeaf = lab.leaf(root, "acme.example");
const privateLeaf = lab.leaf(ownRoot, "acme.example");
const selfSigned = lab.root("acme.example", {
  extensions: ["subjectAltName = DNS:other.example"],
});
const now = new Date();

async function judge(
  chain: LabCertificate[],
  terms: Partial<Terms> | null,
  owner: "us" | "peer" = "peer",
): Promise<PresentedCertificate> {
  const pkix = createCertificateJudge({
    trust: createTrustStore({ source: "none", extra: [root.pem] }),
    primitives,
  });
  const outcome = await createTraceJudge({
    policy: { terms: () => (terms === null ? null : termsWith(terms)) },
    judge: pkix.judge,
  }).judge({ chain: chain.map(({ der }) => der), reference: "acme.example", now, owner });
  assert.deepEqual(presentedCertificate.parse(outcome), outcome);
  for (const { code, params } of outcome.findings) {
    const known: Record<string, { params: readonly string[] }> = catalogue;
    assert.deepEqual(Object.keys(params).toSorted(), known[code]?.params.toSorted(), code);
  }
  return outcome;
}
const said = ({ findings }: PresentedCertificate) =>
  findings.map(({ code, severity }) => `${severity} ${code}`);
const fingerprintOf = async (leaf: LabCertificate) =>
  (await judge([leaf], null)).chain[0]?.fingerprintSha256 ?? "";

test("strangers, and peers without terms of their own for certificates, are judged by the trusted roots", async () => {
  assert.equal((await judge([publicLeaf], null)).proof, undefined);
  assert.deepEqual(said(await judge([publicLeaf], null)), []);
  const peer = await judge([publicLeaf], {});
  assert.deepEqual([peer.proof, peer.trusted, said(peer)], ["pkix", true, []]);
  const unknown = await judge([privateLeaf], {});
  assert.deepEqual([unknown.proof, said(unknown)], [undefined, ["error cert.chain"]]);
});

test("cert.other_ca: a public certificate does not help where the peer has authorities of its own", async () => {
  const terms = { authorityPem: ownRoot.pem };
  const refused = await judge([publicLeaf], terms);
  assert.deepEqual([refused.trusted, said(refused)], [false, ["error cert.other_ca"]]);
  assert.deepEqual(refused.findings[0]?.params["authorities"], ["Acme CA"]);
  assert.equal(refused.findings[0]?.params["issuer"], "Lab Root");
  const accepted = await judge([privateLeaf], terms);
  assert.deepEqual([accepted.proof, accepted.trusted, said(accepted)], ["peer_ca", true, []]);
});

test("cert.pin: a trusted certificate that no pin names fails a trace", async () => {
  const refused = await judge([publicLeaf], { pins: [await fingerprintOf(selfSigned)] });
  assert.deepEqual([refused.trusted, said(refused)], [false, ["error cert.pin"]]);
  assert.equal(refused.findings[0]?.params["fingerprint"], refused.chain[0]?.fingerprintSha256);
  assert.equal(refused.findings[0]?.params["key"], refused.chain[0]?.publicKeySha256);
});

test("a pinned certificate passes; what the pin overrules stays visible as information", async () => {
  const accepted = await judge([selfSigned], { pins: [await fingerprintOf(selfSigned)] });
  assert.equal(accepted.proof, "pin");
  assert.deepEqual(said(accepted), ["info cert.self_signed", "info cert.name"]);
});

test("cert.test_mode: any certificate passes with a warning, until the day that was agreed", async () => {
  const until = days(3, now);
  const accepted = await judge([selfSigned], { testModeUntil: until });
  assert.equal(accepted.proof, "test_mode");
  assert.deepEqual(said(accepted), [
    "warning cert.test_mode",
    "info cert.self_signed",
    "info cert.name",
  ]);
  assert.equal(accepted.findings[0]?.params["until"], until.toISOString());
  const over = await judge([selfSigned], { testModeUntil: now });
  assert.deepEqual(said(over), ["error cert.self_signed", "error cert.name"]);
  const nothing = await judge([], { testModeUntil: until });
  assert.deepEqual([nothing.proof, said(nothing)], [undefined, ["error cert.invalid"]]);
});

test("our own certificate is judged as others judge it, whatever is agreed with a peer above us", async () => {
  const own = await judge([selfSigned], { testModeUntil: days(3, now) }, "us");
  assert.deepEqual(said(own), ["error cert.self_signed", "error cert.name"]);
});

/** A trace of acme.example, whose server shows this certificate, on these terms. */
async function trace(
  shown: LabCertificate,
  terms: Partial<Terms>,
  maxVersion: "TLSv1.2" | "TLSv1.3" = "TLSv1.3",
) {
  const pkix = createCertificateJudge({
    trust: createTrustStore({ source: "none", extra: [root.pem] }),
    primitives,
  });
  const credentials = { key: shown.keyPem, cert: shown.pem, maxVersion };
  const server = await startScriptedXmpp("127.0.33.60", honest("acme.example", credentials));
  const zone = await startZone("127.0.33.61", {
    "SRV _xmpp-server._tcp.acme.example": [`0 0 ${server.port} xmpp.acme.example`],
    "A xmpp.acme.example": ["127.0.33.60"],
  });
  const done = await traceFor("acme.example", {
    dns: [zone],
    answers: { noSource: "link.none" },
    terms: termsWith(terms),
    reading: "strict",
    judge: createTraceJudge({ policy: { terms: () => termsWith(terms) }, judge: pkix.judge }),
  });
  await server.stop();
  await zone.stop();
  return [done.xmpp, done.headline?.code];
}

test("a trace follows a peer's terms: what is agreed is well, what is not says why", async () => {
  const pins = [await fingerprintOf(selfSigned)];
  const rows: [LabCertificate, Partial<Terms>, unknown[]][] = [
    [selfSigned, {}, ["warning", "cert.self_signed"]],
    [selfSigned, { pins }, ["reachable", "link.none"]],
    [publicLeaf, { pins }, ["warning", "cert.pin"]],
    [publicLeaf, { authorityPem: ownRoot.pem }, ["warning", "cert.other_ca"]],
    [privateLeaf, { authorityPem: ownRoot.pem }, ["reachable", "link.none"]],
    [selfSigned, { testModeUntil: days(1, now) }, ["warning", "cert.test_mode"]],
  ];
  for (const [shown, terms, expected] of rows)
    assert.deepEqual(await trace(shown, terms), expected);
});

test("a trace follows a peer's lowest version of TLS", async () => {
  const old = "TLSv1.2";
  assert.deepEqual(await trace(publicLeaf, {}, old), ["reachable", "link.none"]);
  const refused = await trace(publicLeaf, { minTls: "TLSv1.3" }, old);
  assert.deepEqual(refused, ["unreachable", "tls.handshake"]);
  assert.deepEqual(await trace(publicLeaf, { minTls: "TLSv1.3" }), ["reachable", "link.none"]);
});
