import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { after, before, test } from "node:test";
import { certificateSummary } from "#contract/traces.ts";
import { createCertificateLab, type CertificateLab } from "#testing/certificate-lab.ts";
import { DerError, readOnly, time } from "./der.ts";
import { createTrustStore } from "./trust.ts";
import {
  isSelfSigned,
  openWithNode,
  parseCertificate,
  summarize,
  toPem,
  type Certificate,
} from "./x509.ts";

let lab: CertificateLab;
before(() => {
  lab = createCertificateLab();
});
after(() => lab.close());

test("every root that Node carries is read, and as Node reads it", () => {
  assert(rootCertificates.length > 100);
  for (const pem of rootCertificates) {
    const node = new X509Certificate(pem);
    const summary = summarize(read(node.raw));
    assert.equal(summary.fingerprintSha256, node.fingerprint256);
    assert.equal(
      summary.serialNumber.replace(/^0+/, ""),
      node.serialNumber.toLowerCase().replace(/^0+/, ""),
    );
    assert.equal(Date.parse(summary.notBefore), node.validFromDate.getTime());
    assert.equal(Date.parse(summary.notAfter), node.validToDate.getTime());
    assert.equal(summary.isCa || node.subject.includes("GlobalSign Root CA"), true, node.subject);
    assert.equal(summary.isSelfSigned, true, node.subject);
    const details = node.publicKey.asymmetricKeyDetails;
    assert.equal(
      summary.keyBits,
      details?.modulusLength ??
        { prime256v1: 256, secp384r1: 384, secp521r1: 521 }[details?.namedCurve ?? ""],
    );
    assert.deepEqual(certificateSummary.parse(summary), summary);
    assert.equal(toPem(node.raw), node.toString());
  }
});

test("the trust store holds Node's bundled roots, and each is an anchor of its own name", () => {
  const trust = createTrustStore({ source: "bundled" });
  assert(trust.size >= rootCertificates.length, `${trust.size}`);
  const first = read(new X509Certificate(rootCertificates[0] ?? "").raw);
  assert.equal(trust.isAnchor(first), true);
  assert.equal(trust.issuersNamed(first.issuer.key).length >= 1, true);
});

test("RFC 5280 §4: subject, names, key and uses of a leaf", () => {
  const root = lab.root();
  const leaf = lab.issue({
    subject: "/O=Ex, Inc./CN=Bücher\u202e",
    issuer: root,
    key: "rsa:2048",
    extensions: [
      "subjectAltName = @names",
      "extendedKeyUsage = serverAuth, clientAuth, 1.2.3.4",
      "keyUsage = digitalSignature",
      "authorityInfoAccess = OCSP;URI:http://o.example/, caIssuers;URI:http://i.example/root.cer",
    ],
    sections: [
      "[names]\nDNS.1 = example.com\nDNS.2 = *.example.com\nIP.1 = 192.0.2.1\nIP.2 = 2001:db8::1\nemail.1 = a@example.com\nURI.1 = xmpp:x",
      "otherName.1 = 1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.example.com",
      "otherName.2 = 1.3.6.1.5.5.7.8.5;FORMAT:UTF8,UTF8:bücher.example",
      "otherName.3 = 1.2.3.4;UTF8:x\n",
    ].join("\n"),
  });
  const certificate = read(leaf.der);
  const summary = summarize(certificate);
  assert.equal(summary.commonName, "Bücher\\u{202e}", "bidi controls are shown, not obeyed");
  assert.equal(summary.subject, "CN=Bücher\\u{202e}, O=Ex\\, Inc.");
  assert.equal(summary.issuer, "CN=Lab Root, O=Lab");
  assert.deepEqual(summary.names, [
    "example.com",
    "*.example.com",
    "ip:192.0.2.1",
    "ip:2001:db8::1",
    "email:a@example.com",
    "uri:xmpp:x",
    "srv:_xmpp-server.example.com",
    "xmpp:bücher.example",
    "other:1.2.3.4",
  ]);
  assert.equal(
    `${summary.keyAlgorithm} ${summary.keyBits} ${summary.signatureAlgorithm}`,
    "RSA 2048 ECDSA-SHA256",
  );
  assert.deepEqual(summary.extendedKeyUsage, ["serverAuth", "clientAuth", "1.2.3.4"]);
  assert.deepEqual(certificate.issuerUrls, ["http://i.example/root.cer"]);
  assert.deepEqual([summary.isCa, summary.isSelfSigned], [false, false]);
  assert.deepEqual(certificateSummary.parse(summary), summary);
});

test("a certificate of the same name as its issuer is self-signed only if the signature says so", () => {
  const root = lab.root("Twin");
  const issued = lab.issue({ subject: "/O=Lab/CN=Twin", issuer: root });
  assert.equal(isSelfSigned(read(root.der)), true);
  assert.equal(isSelfSigned(read(issued.der)), false);
});

test("PEM text inside an extension is not taken for the certificate", () => {
  const root = lab.root();
  const hidden = lab.leaf(root, "hidden.example");
  const hex = Buffer.from(`\n${hidden.pem}`).toString("hex");
  const outer = lab.issue({
    subject: "/CN=outer.example",
    issuer: root,
    extensions: [`1.2.3.4 = DER:0c82${(hex.length / 2).toString(16).padStart(4, "0")}${hex}`],
  });
  assert.equal(
    new X509Certificate(outer.der).subject,
    "CN=hidden.example",
    "what Node does by itself",
  );
  assert.equal(openWithNode(read(outer.der))?.subject, "CN=outer.example");
});

test("a NUL in a name is kept, and shown", () => {
  const leaf = lab.issue({
    subject: "/CN=x",
    issuer: null,
    extensions: ["subjectAltName = DNS:exampleXcom.evil.org"],
  });
  const der = new Uint8Array(leaf.der);
  der[Buffer.from(der).indexOf("exampleXcom") + 7] = 0;
  assert.deepEqual(summarize(read(der)).names, ["example\\u{0}com.evil.org"]);
});

test("X.690 §8.1, §10.1: lengths that lie, are padded, indefinite or beyond the end are refused", () => {
  const cases: [string, string][] = [
    ["", "cut off"],
    ["30", "cut off"],
    ["3005", "element longer than what holds it"],
    ["3080", "indefinite length"],
    ["308500000000", "length of more than four octets"],
    ["3084ffffffff", "element longer than what holds it"],
    ["308105", "length not minimal"],
    ["30820005", "length not minimal"],
    ["3000ff", "bytes after the end"],
    ["1f8100", "tag number above 30"],
  ];
  for (const [hex, message] of cases)
    assert.throws(() => readOnly(Buffer.from(hex, "hex")), new DerError(message), hex);
});

test("RFC 5280 §4.1.2.5: times must be real and in UTC", () => {
  const at = (tag: number, text: string) =>
    time(readOnly(Buffer.concat([Buffer.of(tag, text.length), Buffer.from(text)])));
  assert.equal(at(0x17, "491231235959Z").toISOString(), "2049-12-31T23:59:59.000Z");
  assert.equal(at(0x17, "500101000000Z").toISOString(), "1950-01-01T00:00:00.000Z");
  assert.equal(at(0x18, "99991231235959Z").toISOString(), "9999-12-31T23:59:59.000Z");
  for (const [tag, text] of [
    [0x17, "260230000000Z"],
    [0x17, "2601010000Z"],
    [0x17, "260101000000+0000"],
    [0x18, "260101000000Z"],
    [0x17, "260101240000Z"],
    [0x17, "26010100000xZ"],
    [0x18, "00000101000000Z"],
  ] as const)
    assert.throws(() => at(tag, text), DerError, text);
});

test("what is no certificate is a problem, never an exception: every byte flipped, every cut", () => {
  const { der } = lab.leaf(lab.root(), "example.com");
  let unreadable = 0;
  for (let index = 0; index < der.length; index++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const changed = new Uint8Array(der);
      changed[index] = (changed[index] ?? 0) ^ mask;
      const parsed = parseCertificate(changed);
      if (!parsed.ok) unreadable++;
      else summarize(parsed.value);
    }
    assert.equal(parseCertificate(der.subarray(0, index)).ok, false);
  }
  assert(unreadable > 100, `${unreadable}`);
});

test("SAN bombs, deep nesting and oversized certificates are refused at once", () => {
  const started = performance.now();
  assert.equal(problem(new Uint8Array(100_000_000)), "larger than 65536 bytes");
  let nested = Buffer.alloc(0);
  while (nested.length < 60_000)
    nested = Buffer.concat([
      Buffer.of(0x30, 0x83, 0, 0, 0)
        .fill(nested.length >> 16, 2, 3)
        .fill((nested.length >> 8) & 255, 3, 4)
        .fill(nested.length & 255, 4, 5),
      nested,
    ]);
  assert.notEqual(problem(nested), null);
  assert(performance.now() - started < 10_000, `${performance.now() - started} ms`);
  const names = Array.from({ length: 1001 }, (_, index) => `DNS:${index}.example.com`).join(",");
  const bomb = lab.issue({
    subject: "/CN=bomb",
    issuer: null,
    extensions: [`subjectAltName = ${names}`],
  });
  assert.equal(problem(bomb.der), "more than 1000 elements");
});

test("RFC 5280 §4.2: an extension twice is refused", () => {
  const leaf = lab.issue({
    subject: "/CN=x",
    issuer: null,
    extensions: ["1.2.3.4 = ASN1:UTF8String:x", "1.2.3.5 = ASN1:UTF8String:x"],
  });
  const der = Buffer.from(leaf.der);
  der[der.indexOf(Buffer.from("06032a0305", "hex")) + 4] = 4;
  assert.equal(problem(der), "extension 1.2.3.4 twice");
});

function read(der: Uint8Array): Certificate {
  const parsed = parseCertificate(der);
  assert(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

function problem(der: Uint8Array): string | null {
  const parsed = parseCertificate(der);
  return parsed.ok ? null : parsed.problem.detail;
}

test("another source of trust is read when it is switched to", () => {
  const trust = createTrustStore({ source: "none", extra: [rootCertificates[0] ?? ""] });
  assert.equal(trust.size, 1);
  trust.use("bundled");
  assert(trust.size > 100);
  trust.use("none");
  assert.equal(trust.size, 1);
});
