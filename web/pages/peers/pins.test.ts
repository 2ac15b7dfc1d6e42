import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { rootCertificates } from "node:tls";
import { pinKind, readPins } from "./pins.ts";

const hex = "0123456789abcdef".repeat(4);
const pin = (hex.toUpperCase().match(/../g) ?? []).join(":");
const base64 = Buffer.from(hex, "hex").toString("base64");
const read = (text: string) => {
  const outcome = readPins(text);
  return outcome.ok ? outcome.pins : outcome.reason;
};

test("a pin is found in whatever prints one", () => {
  for (const text of [
    hex,
    hex.toUpperCase(),
    pin,
    pin.toLowerCase(),
    ` ${pin}\n`,
    `sha256 Fingerprint=${pin}`,
    `SHA256 Fingerprint=${pin}\r\n`,
    `SHA2-256(stdin)= ${hex}`,
    `(stdin)= ${hex}`,
    `${hex}  acme.crt`,
    base64,
    `pin-sha256="${base64}"; max-age=1`,
    `sha256/${base64}`,
    `sha256//${base64}`,
    `SHA-256: ${pin}.`,
  ])
    assert.deepEqual(read(text), [pin], text);
});

test("several at once, each once", () => {
  const other = "f".repeat(64);
  assert.deepEqual(read(`${hex}\n${pin}\n${base64} ${other}`), [
    pin,
    Array(32).fill("FF").join(":"),
  ]);
});

test("what is no SHA-256 is none, and what it is instead is said", () => {
  const sha1 = Array(20).fill("AB").join(":");
  assert.equal(read(`SHA1 Fingerprint=${sha1}`), "sha1");
  assert.equal(read("ab".repeat(20)), "sha1");
  assert.equal(read(rootCertificates[0] ?? ""), "certificate");
  for (const text of [
    "",
    "abc",
    `${hex}0`,
    `${pin}:00`,
    `0${hex}`,
    `${hex.slice(1)}g`,
    `${base64}=`,
    `x${base64}`,
  ])
    assert.equal(read(text), "none", text);
});

test("what openssl prints of a real certificate is what the appliance shows of it", () => {
  const pem = rootCertificates[0] ?? "";
  const openssl = (args: string[], input: string | Buffer) =>
    execFileSync("openssl", args, { input, timeout: 10_000 });
  const fingerprint = openssl(["x509", "-noout", "-fingerprint", "-sha256"], pem).toString();
  assert.deepEqual(read(fingerprint), [new X509Certificate(pem).fingerprint256]);
  const key = openssl(["x509", "-noout", "-pubkey"], pem);
  const digest = openssl(["dgst", "-sha256"], openssl(["pkey", "-pubin", "-outform", "der"], key));
  assert.equal(read(digest.toString()).length, 1);
  const inBase64 = openssl(
    ["dgst", "-sha256", "-binary"],
    openssl(["pkey", "-pubin", "-outform", "der"], key),
  );
  assert.deepEqual(read(inBase64.toString("base64")), read(digest.toString()));
});

test("a pin is told to be of the certificate, of its key, or of an older one", () => {
  const known = [
    { fingerprint: "A", publicKey: "KA" },
    { fingerprint: "B", publicKey: "KB" },
  ];
  assert.deepEqual(
    ["A", "KA", "B", "KB", "C"].map((one) => pinKind(one, known)),
    ["certificate", "key", "older", "older", "unseen"],
  );
});
