import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import { readAnchors } from "./trust-anchors.ts";

const lab = createCertificateLab();
after(() => lab.close());
const root = lab.root("Acme CA");
const second = lab.root("Acme CA 2");

function problem(text: string): string {
  const read = readAnchors(text);
  assert(!read.ok, text.slice(0, 60));
  const { code } = read.problem;
  return "detail" in read.problem ? `${code}: ${read.problem.detail}` : code;
}

test("what was pasted is kept as plain PEM: once each, without what stood around it", () => {
  const pasted = `Our CA, as of May:\r\n${root.pem.replaceAll("\n", "\r\n")}\n${second.pem}\n${root.pem}bye`;
  const read = readAnchors(pasted);
  assert(read.ok);
  assert.equal(read.value.pem, root.pem + second.pem);
  assert.deepEqual(
    read.value.authorities.map(({ subject }) => subject),
    ["Acme CA", "Acme CA 2"],
  );
  assert.match(read.value.authorities[0]?.fingerprint ?? "", /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assert.deepEqual(readAnchors(read.value.pem), read, "it reads back as it is");
});

test("a private key is refused before anything else is said, wherever it stands", () => {
  for (const text of [root.keyPem, root.pem + root.keyPem, `${root.keyPem}-----BEGIN X-----`])
    assert.equal(problem(text), "peer.ca_key");
  assert.equal(problem(root.pem + root.keyPem.slice(0, 80)), "peer.ca_key", "cut short");
});

test("what is no certificate is named by its line", () => {
  const cut = root.pem.slice(0, -30);
  assert.equal(problem("hello"), "peer.ca_unreadable: no certificate");
  assert.equal(problem(cut), "peer.ca_unreadable: line 1: end missing");
  assert.equal(
    problem(root.pem + cut),
    `peer.ca_unreadable: line ${root.pem.split("\n").length}: end missing`,
  );
  const of = (label: string, body: string) =>
    `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;
  assert.equal(problem(of("CERTIFICATE", "MAA")), "peer.ca_unreadable: line 1: no base64");
  assert.match(problem(of("CERTIFICATE", "MAAA")), /^peer\.ca_unreadable: line 1: /);
  assert.equal(problem(of("X509 CRL", "MAAA")), "peer.ca_unreadable: line 1: X509 CRL");
});

test("eleven authorities are too many", () => {
  const many = Array.from({ length: 11 }, (_, index) => lab.root(`CA ${index}`).pem);
  assert.equal(problem(many.join("")), "peer.ca_too_many");
  assert.equal(readAnchors(many.slice(1).join("")).ok, true);
});
