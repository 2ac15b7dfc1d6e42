import assert from "node:assert/strict";
import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  createCertificateLab,
  type CertificateLab,
  type LabCertificate,
} from "#testing/certificate-lab.ts";
import { faults, file, problem, read } from "#testing/uploads.ts";

let lab: CertificateLab;
let leaf: LabCertificate;
let rsa: LabCertificate;
before(() => {
  lab = createCertificateLab();
  const root = lab.root();
  leaf = lab.leaf(root, "example.com");
  rsa = lab.leaf(root, "rsa.example", { key: "rsa:2048" });
});
after(() => lab.close());

describe("encrypted keys", () => {
  const passphrase = "correct horse";
  const encrypted = (...command: string[]) =>
    lab.openssl(...command, "-passout", `pass:${passphrase}`);
  const forms: [string, () => string][] = [
    ["PKCS#8 with PBKDF2", () => encrypted("pkcs8", "-topk8", "-in", leaf.keyFile)],
    ["PKCS#8 with scrypt", () => encrypted("pkcs8", "-topk8", "-scrypt", "-in", leaf.keyFile)],
    [
      "PKCS#8 with 3DES",
      () => encrypted("pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-in", leaf.keyFile),
    ],
    ["traditional, AES", () => encrypted("ec", "-aes256", "-in", leaf.keyFile)],
    ["traditional, 3DES", () => encrypted("rsa", "-traditional", "-des3", "-in", rsa.keyFile)],
  ];
  for (const [title, make] of forms)
    test(`${title}: asked for, told when wrong, opened`, () => {
      const text = make();
      assert.match(text, /ENCRYPTED/);
      for (const given of [undefined, ""])
        assert.deepEqual(problem([{ name: "k.pem", text }], given), {
          code: "certificate.passphrase_needed",
          file: "k.pem",
        });
      assert.deepEqual(problem([{ name: "k.pem", text }], "wrong"), {
        code: "certificate.passphrase_wrong",
        file: "k.pem",
      });
      assert.equal(
        read([{ name: "k.pem", text: text.replaceAll("\n", "\r\n") }], passphrase).keys.length,
        1,
      );
    });

  test("RFC 1421 encryption around PKCS#8 is refused: behind it may lie any number of rounds", () => {
    const inner = encrypted("pkcs8", "-topk8", "-iter", "20000000", "-in", leaf.keyFile);
    const der = Buffer.from(inner.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const iv = randomBytes(16);
    const key = createHash("md5").update(passphrase).update(iv.subarray(0, 8)).digest();
    const cipher = createCipheriv("aes-128-cbc", key, iv);
    const body = Buffer.concat([cipher.update(der), cipher.final()]).toString("base64");
    for (const label of ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]) {
      const text = [
        `-----BEGIN ${label}-----`,
        "Proc-Type: 4,ENCRYPTED",
        `DEK-Info: AES-128-CBC,${iv.toString("hex").toUpperCase()}`,
        "",
        ...(body.match(/.{1,64}/g) ?? []),
        `-----END ${label}-----`,
      ].join("\n");
      const from = performance.now();
      const { keys, faults: found } = read([{ name: "k.pem", text }], passphrase);
      assert.deepEqual([keys.length, found[0]?.code], [0, "cert.key_unreadable"]);
      assert.ok(performance.now() - from < 1_000, "not a round of it was done");
    }
  });

  test("one key over and over is not opened over and over", () => {
    const text = encrypted("pkcs8", "-topk8", "-iter", "100000", "-in", leaf.keyFile).repeat(50);
    const upload = read([{ name: "k.pem", text }], passphrase);
    assert.equal(upload.keys.length, 1);
    assert.deepEqual(new Set(upload.faults.map(({ code }) => code)), new Set(["cert.too_many"]));
  });

  test("a wrong passphrase is told as such even when its padding comes out right by chance", () => {
    const text = encrypted("rsa", "-traditional", "-aes128", "-in", rsa.keyFile);
    for (let guess = 0; guess < 600; guess++)
      assert.equal(
        problem([{ name: "k", text }], `guess ${guess}`)?.code,
        "certificate.passphrase_wrong",
      );
  });

  test("DER of an encrypted PKCS#8 key", () => {
    const out = join(lab.directory, "encrypted.der");
    encrypted("pkcs8", "-topk8", "-in", leaf.keyFile, "-outform", "DER", "-out", out);
    assert.equal(
      problem([file("k.der", readFileSync(out))])?.code,
      "certificate.passphrase_needed",
    );
    assert.equal(read([file("k.der", readFileSync(out))], passphrase).keys.length, 1);
  });

  test("encryption that is too old is named; a passphrase stretched for hours is refused before it is tried", () => {
    const old = encrypted(
      "pkcs8",
      "-topk8",
      "-v1",
      "PBE-MD5-DES",
      "-provider",
      "legacy",
      "-provider",
      "default",
      "-in",
      leaf.keyFile,
    );
    assert.deepEqual(faults([{ name: "k", text: old }], passphrase), [
      "cert.key_unsupported:encryption",
    ]);
    const out = join(lab.directory, "slow.der");
    encrypted(
      "pkcs8",
      "-topk8",
      "-iter",
      "999999",
      "-in",
      leaf.keyFile,
      "-outform",
      "DER",
      "-out",
      out,
    );
    const slow = readFileSync(out);
    const at = slow.indexOf(Buffer.from("02030f423f", "hex"));
    assert(at > 0);
    Buffer.from("02037fffff", "hex").copy(slow, at);
    const started = performance.now();
    assert.deepEqual(faults([file("k", slow)], passphrase), [
      "cert.key_unreadable:its passphrase is stretched more than a million times",
    ]);
    assert(performance.now() - started < 10_000, `${performance.now() - started} ms`);
  });
});
