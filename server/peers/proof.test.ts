import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createCertificateJudge } from "#certificates/judge.ts";
import { createTrustStore } from "#certificates/trust.ts";
import {
  authorityLines,
  createCertificateLab,
  days,
  type LabCertificate,
} from "#testing/certificate-lab.ts";
import { primitives } from "../primitives.ts";
import { type CertificateTerms, type Proved, proofOf } from "./proof.ts";

const lab = createCertificateLab();
after(() => lab.close());
const now = new Date();
const root = lab.root();
const acmeRoot = lab.root("Acme CA");
const names = { extensions: ["subjectAltName = DNS:acme.example"] };
const good = lab.leaf(root, "acme.example");
const expired = lab.leaf(root, "acme.example", { notBefore: days(-90), notAfter: days(-1) });
const elsewhere = lab.leaf(root, "other.example");
const own = lab.leaf(acmeRoot, "acme.example");
const ownElsewhere = lab.leaf(acmeRoot, "other.example");
const selfSigned = lab.root("acme.example", names);
const weak = lab.root("acme.example", { ...names, key: "rsa:512" });

const { judge } = createCertificateJudge({
  trust: createTrustStore({ source: "none", extra: [root.pem] }),
  primitives,
});
async function present(chain: readonly LabCertificate[], authorityPem: string | null = null) {
  return judge({
    chain: chain.map(({ der }) => der),
    reference: "acme.example",
    now,
    authorityPem,
  });
}
async function prove(
  chain: readonly LabCertificate[],
  terms: Partial<CertificateTerms> | null = {},
): Promise<Proved> {
  const whole =
    terms === null ? null : { pins: [], authorityPem: null, testModeUntil: null, ...terms };
  return proofOf(await present(chain, whole?.authorityPem), whole, now);
}
const outcome = ({ by, finding }: Proved) => by ?? finding?.code;
async function pinsOf(certificate: LabCertificate) {
  const [leaf] = (await present([certificate])).chain;
  assert(leaf);
  return { certificate: leaf.fingerprintSha256, key: leaf.publicKeySha256 };
}

test("without terms of its own a peer, like a stranger, needs a trusted path and a name", async () => {
  for (const terms of [null, {}]) {
    assert.equal(outcome(await prove([good], terms)), "pkix");
    assert.equal(outcome(await prove([expired], terms)), "cert.expired");
    assert.equal(outcome(await prove([elsewhere], terms)), "cert.name");
    assert.equal(outcome(await prove([selfSigned], terms)), "cert.self_signed");
    assert.equal(outcome(await prove([own], terms)), "cert.chain");
    assert.equal(outcome(await prove([], terms)), "cert.invalid");
  }
});

test("RFC 6120 §13.6: with an authority of its own the generic roots do not count, and nothing else changes", async () => {
  const terms = { authorityPem: acmeRoot.pem };
  assert.equal(outcome(await prove([own], terms)), "peer_ca");
  assert.equal(outcome(await prove([good], terms)), "cert.other_ca");
  assert.equal(outcome(await prove([good, root], terms)), "cert.other_ca");
  assert.equal(outcome(await prove([selfSigned], terms)), "cert.other_ca");
  assert.equal(outcome(await prove([ownElsewhere], terms)), "cert.name");
  // A certificate that stands for itself may be named, too.
  assert.equal(outcome(await prove([selfSigned], { authorityPem: selfSigned.pem })), "peer_ca");
  // What was pasted as an authority does not become one.
  const forged = lab.leaf(good, "acme.example");
  const refused = await prove([forged, good], { authorityPem: good.pem });
  assert.equal(outcome(refused), "cert.invalid");
});

test("a pin of the certificate or of its key is enough, and all that is", async () => {
  const pins = await pinsOf(selfSigned);
  for (const pin of [pins.certificate, pins.key])
    assert.equal(outcome(await prove([selfSigned], { pins: ["00:11", pin] })), "pin");
  for (const other of [good, own]) {
    const refused = await prove([other], { pins: [pins.key] });
    assert.equal(outcome(refused), "cert.pin");
    assert.deepEqual(refused.finding?.params["pins"], [pins.key]);
  }
  const renewed = lab.root("acme.example", { ...names, key: selfSigned });
  assert.equal(outcome(await prove([renewed], { pins: [pins.key] })), "pin");
  assert.equal(outcome(await prove([renewed], { pins: [pins.certificate] })), "cert.pin");
});

test("RFC 7671 §5.1: names and dates do not count for what is pinned", async () => {
  for (const odd of [expired, elsewhere]) {
    const { key } = await pinsOf(odd);
    const proved = await prove([odd], { pins: [key] });
    assert.deepEqual([outcome(proved), proved.validUntil], ["pin", null]);
  }
});

test("a pinned certificate further up proves nothing: anybody can send it along", async () => {
  const { certificate, key } = await pinsOf(good);
  assert.equal(outcome(await prove([selfSigned, good], { pins: [certificate, key] })), "cert.pin");
  const rootPins = await pinsOf(root);
  assert.equal(outcome(await prove([good, root], { pins: [rootPins.key] })), "cert.pin");
});

test("a pinned key that anybody can break is refused", async () => {
  const { key } = await pinsOf(weak);
  const refused = await prove([weak], { pins: [key] });
  assert.equal(outcome(refused), "cert.weak");
  assert.equal(refused.finding?.params["bits"], 512);
});

test("with pins and an authority both have to fit", async () => {
  const { key } = await pinsOf(own);
  const terms = { pins: [key], authorityPem: acmeRoot.pem };
  assert.equal(outcome(await prove([own], terms)), "pin");
  const other = lab.leaf(acmeRoot, "acme.example");
  assert.equal(outcome(await prove([other], terms)), "cert.pin");
  const selfPins = await pinsOf(selfSigned);
  assert.equal(
    outcome(await prove([selfSigned], { ...terms, pins: [selfPins.key] })),
    "cert.other_ca",
  );
});

test("in test mode any certificate that can be read is taken, until it ends; what is authentic stays so by itself", async () => {
  const testModeUntil = days(1, now);
  for (const odd of [expired, elsewhere, selfSigned, own]) {
    const proved = await prove([odd], { testModeUntil });
    assert.deepEqual([outcome(proved), proved.validUntil], ["test_mode", testModeUntil]);
  }
  const { key } = await pinsOf(good);
  assert.equal(outcome(await prove([selfSigned], { testModeUntil, pins: [key] })), "test_mode");
  assert.equal(outcome(await prove([good], { testModeUntil })), "pkix");
  assert.equal(outcome(await prove([], { testModeUntil })), "cert.invalid");
  for (const past of [now, days(-1, now)])
    assert.equal(outcome(await prove([selfSigned], { testModeUntil: past })), "cert.self_signed");
});

test("RFC 6120 §13.7.2.3: it is valid until the first certificate on the way to the root ends", async () => {
  const short = lab.issue({
    subject: "/O=Lab/CN=Short",
    issuer: root,
    extensions: authorityLines(),
    notAfter: days(5, now),
  });
  const leaf = lab.leaf(short, "acme.example", { notAfter: days(30, now) });
  // Ended ones in the chain have nothing to do with it, be it the issuer's name that they bear.
  const ended = lab.issue({
    subject: "/O=Lab/CN=Short",
    issuer: acmeRoot,
    extensions: authorityLines(),
    notBefore: days(-30, now),
    notAfter: days(-1, now),
  });
  const { validUntil } = await prove([leaf, expired, ended, short]);
  assert.equal(
    Math.floor((validUntil?.getTime() ?? 0) / 1000),
    Math.floor(days(5, now).getTime() / 1000),
  );
});
