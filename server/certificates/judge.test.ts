import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { findings } from "#contract/findings.ts";
import { presentedCertificate, type PresentedCertificate } from "#contract/traces.ts";
import {
  createCertificateLab,
  days,
  type CertificateLab,
  type LabCertificate,
} from "#testing/certificate-lab.ts";
import { primitives } from "../primitives.ts";
import { createCertificateJudge, type JudgeInput } from "./judge.ts";
import { createTrustStore } from "./trust.ts";
import { toPem } from "./x509.ts";

let lab: CertificateLab;
let root: LabCertificate;
let intermediate: LabCertificate;
before(() => {
  lab = createCertificateLab();
  root = lab.root();
  intermediate = lab.issue({
    subject: "/O=Lab/CN=Intermediate",
    issuer: root,
    extensions: ["basicConstraints = critical, CA:TRUE"],
  });
});
after(() => lab.close());

async function judge(
  chain: LabCertificate[],
  more: Partial<JudgeInput> = {},
): Promise<PresentedCertificate> {
  const judge = createCertificateJudge({
    trust: createTrustStore({ source: "none", extra: [root.pem] }),
    primitives,
  });
  const outcome = await judge.judge({
    chain: chain.map((one) => one.der),
    reference: "example.com",
    now: new Date(),
    ...more,
  });
  assert.deepEqual(presentedCertificate.parse(outcome), outcome);
  for (const { code, params } of outcome.findings) {
    assert.equal(params["domain"], "example.com");
    const known: Record<string, { params: readonly string[] }> = findings;
    assert.deepEqual(Object.keys(params).toSorted(), known[code]?.params.toSorted(), code);
  }
  return outcome;
}
const codes = (outcome: PresentedCertificate) => outcome.findings.map((finding) => finding.code);

test("a good certificate: trusted, the name that matched, no finding", async () => {
  const outcome = await judge([lab.leaf(intermediate, "example.com"), intermediate]);
  assert.deepEqual(
    [outcome.trusted, outcome.nameMatch, outcome.findings],
    [true, "dns:example.com", []],
  );
  assert.deepEqual(
    outcome.chain.map((one) => one.commonName),
    ["example.com", "Intermediate"],
  );
});

describe("each cause gives one finding of its own", () => {
  test("cert.expired says when and how long ago", async () => {
    const notAfter = days(-10);
    const outcome = await judge([
      lab.leaf(root, "example.com", { notBefore: days(-100), notAfter }),
    ]);
    assert.deepEqual(codes(outcome), ["cert.expired"]);
    assert.deepEqual([outcome.trusted, outcome.nameMatch], [false, "dns:example.com"]);
    assert.equal(outcome.findings[0]?.params["days"], 10);
    assert.equal(
      outcome.findings[0]?.params["date"],
      `${notAfter.toISOString().slice(0, 19)}.000Z`,
    );
  });
  test("cert.not_yet says our clock", async () => {
    const now = new Date();
    const outcome = await judge([lab.leaf(root, "example.com", { notBefore: days(1) })], { now });
    assert.deepEqual(codes(outcome), ["cert.not_yet"]);
    assert.equal(outcome.findings[0]?.params["now"], now.toISOString());
  });
  test("cert.name lists the names that there are; the SRV target's name does not help", async () => {
    const outcome = await judge([lab.leaf(root, "xmpp.example.com")]);
    assert.deepEqual(codes(outcome), ["cert.name"]);
    assert.deepEqual([outcome.trusted, outcome.nameMatch], [true, null]);
    assert.deepEqual(outcome.findings[0]?.params["names"], ["xmpp.example.com"]);
  });
  test("RFC 9525 §2: a common name is no name", async () => {
    const outcome = await judge([lab.leaf(root, "example.com", { extensions: [] })]);
    assert.deepEqual(codes(outcome), ["cert.name"]);
    assert.deepEqual(outcome.findings[0]?.params["names"], []);
  });
  test("cert.self_signed gives the fingerprint to pin", async () => {
    const outcome = await judge([
      lab.root("example.com", { extensions: ["subjectAltName = DNS:example.com"] }),
    ]);
    assert.deepEqual(codes(outcome), ["cert.self_signed"]);
    assert.equal(outcome.findings[0]?.params["fingerprint"], outcome.chain[0]?.fingerprintSha256);
  });
  test("cert.chain names the missing intermediate and where it is found", async () => {
    const leaf = lab.leaf(intermediate, "example.com", {
      extensions: [
        "subjectAltName = DNS:example.com",
        "authorityInfoAccess = caIssuers;URI:http://ca.example/i.cer",
      ],
    });
    const outcome = await judge([leaf]);
    assert.deepEqual(codes(outcome), ["cert.chain"]);
    assert.equal(outcome.findings[0]?.params["cn"], "Intermediate");
    assert.deepEqual(outcome.findings[0]?.params["aia"], ["http://ca.example/i.cer"]);
  });
  test("cert.untrusted names the root, sent or not", async () => {
    const other = lab.root("Private Root");
    const below = lab.issue({
      subject: "/CN=Private CA",
      issuer: other,
      extensions: ["basicConstraints = CA:TRUE"],
    });
    const leaf = lab.leaf(below, "example.com");
    for (const chain of [
      [leaf, below, other],
      [leaf, below],
    ]) {
      const outcome = await judge(chain);
      assert.deepEqual(codes(outcome), ["cert.untrusted"]);
      assert.equal(outcome.findings[0]?.params["root"], "Private Root");
    }
  });
  test("cert.weak: a warning for 1024 bits, an error for SHA-1", async () => {
    const small = await judge([lab.leaf(root, "example.com", { key: "rsa:1024" })]);
    assert.deepEqual(codes(small), ["cert.weak"]);
    assert.deepEqual([small.trusted, small.findings[0]?.severity], [true, "warning"]);
    const broken = await judge([lab.leaf(root, "example.com", { digest: "sha1" })]);
    assert.deepEqual(codes(broken), ["cert.weak"]);
    assert.deepEqual([broken.trusted, broken.findings[0]?.severity], [false, "error"]);
  });
  test("cert.invalid: a chain that breaks a rule, and nothing or garbage in place of a certificate", async () => {
    const notCa = lab.leaf(root, "not-ca.example");
    const outcome = await judge([lab.leaf(notCa, "example.com"), notCa]);
    assert.deepEqual(codes(outcome), ["cert.invalid"]);
    assert.equal(outcome.findings[0]?.params["reason"], "not_authority");
    assert.equal((await judge([])).findings[0]?.params["reason"], "absent");
    const garbage = await judge([], { chain: [Uint8Array.of(0x30, 0x05, 0)] });
    assert.equal(garbage.findings[0]?.params["reason"], "unreadable");
    const garbageBehind = await judge([], {
      chain: [lab.leaf(root, "example.com").der, Uint8Array.of(1)],
    });
    assert.equal(garbageBehind.trusted, true);
  });
  test("cert.expiring by share of the lifetime, as a warning about peers", async () => {
    const leaf = lab.leaf(root, "example.com", { notBefore: days(-70), notAfter: days(20) });
    const outcome = await judge([leaf]);
    assert.deepEqual(codes(outcome), ["cert.expiring"]);
    assert.deepEqual([outcome.trusted, outcome.findings[0]?.severity], [true, "warning"]);
    assert.equal(outcome.findings[0]?.params["level"], "third");
    assert.equal(outcome.findings[0]?.params["percent"], 22);
  });
});

test("causes do not hide each other: expired, self-signed and for another name", async () => {
  const outcome = await judge([
    lab.root("other.example", {
      extensions: ["subjectAltName = DNS:other.example"],
      notBefore: days(-20),
      notAfter: days(-1),
    }),
  ]);
  assert.deepEqual(codes(outcome), ["cert.self_signed", "cert.expired", "cert.name"]);
});

test("RFC 6120 §13.7: the purpose is not looked at, so a server-only certificate is judged by its path", async () => {
  const extensions = ["subjectAltName = DNS:example.com", "extendedKeyUsage = serverAuth"];
  const good = await judge([lab.leaf(root, "example.com", { extensions })]);
  assert.deepEqual([good.trusted, codes(good)], [true, []]);
  const selfSigned = await judge([lab.root("example.com", { extensions })]);
  assert.deepEqual([selfSigned.trusted, codes(selfSigned)], [false, ["cert.self_signed"]]);
});

test("other addresses are accepted only when they are given", async () => {
  const chain = [lab.leaf(root, "wave.example.com")];
  assert.equal((await judge(chain)).nameMatch, null);
  assert.equal(
    (await judge(chain, { alsoAccept: ["wave.example.com"] })).nameMatch,
    "dns:wave.example.com",
  );
});

test("our own certificate's findings are ours", async () => {
  const outcome = await judge([lab.leaf(root, "other.example")], { owner: "us" });
  assert.deepEqual(
    outcome.findings.map((finding) => finding.owner),
    ["us"],
  );
});

test("a hundred certificates in a chain: twenty are looked at, in bounded time", async () => {
  const started = performance.now();
  const outcome = await judge([
    lab.leaf(root, "example.com"),
    ...Array.from({ length: 99 }, () => intermediate),
  ]);
  assert.deepEqual([outcome.trusted, outcome.chain.length], [true, 20]);
  assert(performance.now() - started < 10_000);
});

test("names that only look like the domain authenticate nobody, however trusted the certificate is", async () => {
  const otherName = (type: string, value: string) => `otherName:1.3.6.1.5.5.7.8.${type};${value}`;
  const hostile: Record<string, string> = {
    "SRV-ID of the wrong service": otherName("7", "IA5:_xmpp-client.example.com"),
    "SRV-ID in the wrong string type": otherName("7", "UTF8:_xmpp-server.example.com"),
    "XmppAddr of an account": otherName("5", "UTF8:bob@example.com"),
    "XmppAddr with a resource": otherName("5", "UTF8:example.com/x"),
    "XmppAddr in the wrong string type": otherName("5", "IA5:example.com"),
    "partial wildcard": "DNS:ex*.com",
    "wildcard over the label itself": "DNS:*.example.com",
    "wildcard over a top-level domain": "DNS:*.com",
    address: "IP:192.0.2.1",
    URI: "URI:xmpp:example.com",
    "e-mail address": "email:bob@example.com",
    "name in front of the domain": "DNS:example.com.evil.org",
    "name behind the domain": "DNS:evilexample.com",
  };
  for (const [title, name] of Object.entries(hostile)) {
    const leaf = lab.issue({
      subject: "/CN=example.com",
      issuer: root,
      extensions: [`subjectAltName = ${name}`],
    });
    const outcome = await judge([leaf]);
    assert.deepEqual(
      [outcome.trusted, outcome.nameMatch, codes(outcome)],
      [true, null, ["cert.name"]],
      title,
    );
  }
  const good = [
    "DNS:example.com",
    otherName("7", "IA5:_xmpp-server.example.com"),
    otherName("5", "UTF8:example.com"),
  ];
  for (const name of good) {
    const leaf = lab.issue({
      subject: "/CN=x",
      issuer: root,
      extensions: [`subjectAltName = DNS:other.example, ${name}`],
    });
    assert.notEqual((await judge([leaf])).nameMatch, null, name);
  }
});

test("a NUL ends no name: neither in a DNS name nor in an XmppAddr", async () => {
  for (const [name, place] of [
    ["DNS:example.comXevil.org", 11],
    ["otherName:1.3.6.1.5.5.7.8.5;UTF8:example.comXevil.org", 11],
  ] as const) {
    const made = lab.root("x", { extensions: [`subjectAltName = ${name}`] });
    const der = new Uint8Array(made.der);
    der[Buffer.from(der).indexOf("example.comX") + place] = 0;
    // Trusted as it stands, so that nothing but the name is left to refuse it.
    const outcome = await judge([], { chain: [der], authorityPem: toPem(der) });
    assert.deepEqual([outcome.trusted, codes(outcome)], [true, ["cert.name"]], name);
  }
});

test("a certificate with a thousand and one names is refused unread; with a thousand it is judged at once", async () => {
  const bomb = (count: number) =>
    lab.issue({
      subject: "/CN=bomb",
      issuer: root,
      extensions: [
        `subjectAltName = ${Array.from({ length: count }, (_, index) => `DNS:n${index}.example`).join(",")}`,
      ],
    });
  const tooMany = await judge([bomb(1001)]);
  assert.deepEqual(
    [tooMany.trusted, tooMany.chain.length, tooMany.findings[0]?.params["reason"]],
    [false, 0, "unreadable"],
  );
  const many = await judge([bomb(1000)]);
  assert.deepEqual(codes(many), ["cert.name"]);
  assert.deepEqual(
    [many.findings[0]?.params["total"], many.findings[0]?.params["names"]],
    [1000, Array.from({ length: 20 }, (_, index) => `n${index}.example`)],
  );
});

test("RFC 6120 §13.7: no purpose, or a wrong one, hides what else is wrong with a certificate", async () => {
  for (const uses of ["serverAuth", "clientAuth", "codeSigning", "emailProtection"]) {
    const extensions = ["subjectAltName = DNS:other.example", `extendedKeyUsage = ${uses}`];
    const ended = { extensions, notBefore: days(-20), notAfter: days(-1) };
    const self = await judge([lab.root("x", ended)]);
    assert.deepEqual(codes(self), ["cert.self_signed", "cert.expired", "cert.name"], uses);
    const issued = await judge([lab.leaf(root, "x", ended)]);
    assert.deepEqual([issued.trusted, codes(issued)], [false, ["cert.expired", "cert.name"]], uses);
  }
});

test("RFC 6120 §13.6: anchors that were provisioned for a peer are the only ones that count for it", async () => {
  const own = lab.root("Acme CA");
  const publicLeaf = lab.leaf(intermediate, "example.com");
  const ownLeaf = lab.leaf(own, "example.com");
  const authorityPem = own.pem;
  assert.equal((await judge([ownLeaf], { authorityPem })).trusted, true);
  assert.deepEqual(codes(await judge([ownLeaf])), ["cert.chain"]);
  const refused = await judge([publicLeaf, intermediate, root], { authorityPem });
  assert.deepEqual([refused.trusted, codes(refused)], [false, ["cert.other_ca"]]);
  // Neither by sending the authority along, nor by cross-signing it.
  const crossed = lab.issue({
    subject: "/O=Lab/CN=Lab Root",
    issuer: own,
    key: root,
    extensions: ["basicConstraints = critical, CA:FALSE"],
  });
  const forged = await judge([publicLeaf, intermediate, crossed, own], { authorityPem });
  assert.equal(forged.trusted, false);
  // Other rules hold as ever.
  const ended = lab.leaf(own, "example.com", { notBefore: days(-20), notAfter: days(-1) });
  assert.deepEqual(codes(await judge([ended], { authorityPem })), ["cert.expired"]);
  const both = { authorityPem: own.pem + root.pem };
  assert.equal((await judge([publicLeaf, intermediate], both)).trusted, true);
});

test("stores for peers' authorities are kept for the last five hundred, and made again for the others", async () => {
  const leaf = lab.leaf(root, "example.com");
  for (let index = 0; index < 1_000; index++) {
    const authorityPem = `${index}\n${index % 500 === 0 ? root.pem : ""}`;
    const { trusted } = await judge([leaf], { authorityPem });
    assert.equal(trusted, index % 500 === 0, String(index));
  }
});
