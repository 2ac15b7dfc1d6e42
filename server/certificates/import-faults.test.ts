import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { uploadFindings } from "#contract/certificates.ts";
import {
  createCertificateLab,
  type CertificateLab,
  type LabCertificate,
} from "#testing/certificate-lab.ts";
import { faults, file, order, read } from "#testing/uploads.ts";
import { readUpload } from "./import.ts";

let lab: CertificateLab;
let root: LabCertificate;
let intermediate: LabCertificate;
let leaf: LabCertificate;
before(() => {
  lab = createCertificateLab();
  root = lab.root();
  intermediate = lab.issue({
    subject: "/O=Lab/CN=Intermediate",
    issuer: root,
    extensions: ["basicConstraints = critical, CA:TRUE"],
  });
  leaf = lab.leaf(intermediate, "example.com");
});
after(() => lab.close());

describe("what is not for here is named, and nothing throws", () => {
  test("truncated PEM: which block, at which line, what is missing", () => {
    const cut = leaf.pem.slice(0, 300);
    const upload = read([{ name: "cut.pem", text: intermediate.pem + cut }]);
    assert.equal(upload.faults[0]?.code, "cert.truncated");
    assert.deepEqual(upload.faults[0]?.params, {
      file: "cut.pem",
      label: "CERTIFICATE",
      line: intermediate.pem.split("\n").length,
      missing: "end",
    });
    const headless = leaf.pem.slice(40);
    assert.equal(read([{ name: "x", text: headless }]).faults[0]?.params["missing"], "begin");
    assert.deepEqual(
      faults([{ name: "x", text: leaf.pem.replace("END CERTIFICATE", "END PRIVATE KEY") }]),
      ["cert.truncated:"],
    );
    assert.deepEqual(
      faults([{ name: "x", text: leaf.pem.replace(/.{20}\n-----END/, "\n-----END") }]),
      ["cert.unreadable:not DER"],
    );
    assert.deepEqual(faults([{ name: "x", text: leaf.pem.replace("M", "*") }]), [
      "cert.not_base64:",
    ]);
  });
  test("PKCS#12, requests, public keys, CRLs and OpenSSH keys", () => {
    const out = join(lab.directory, "bundle.p12");
    lab.openssl(
      "pkcs12",
      "-export",
      "-in",
      leaf.certificateFile,
      "-inkey",
      leaf.keyFile,
      "-passout",
      "pass:x",
      "-out",
      out,
    );
    assert.deepEqual(faults([file("bundle.p12", readFileSync(out))]), ["cert.is_pkcs12:"]);
    const request = lab.openssl("req", "-new", "-key", leaf.keyFile, "-subj", "/CN=x");
    assert.deepEqual(faults([{ name: "x", text: request }]), ["cert.is_request:"]);
    assert.deepEqual(
      faults([{ name: "x", text: lab.openssl("pkey", "-pubout", "-in", leaf.keyFile) }]),
      ["cert.is_public_key:"],
    );
    const openssh =
      "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----\n";
    assert.deepEqual(faults([{ name: "x", text: openssh }]), ["cert.is_openssh_key:"]);
    assert.deepEqual(
      faults([{ name: "x", text: openssh.replaceAll("OPENSSH PRIVATE KEY", "X509 CRL") }]),
      ["cert.is_crl:"],
    );
  });
  test("empty files, prose, HTML, base64 of nothing, and base64 that is none", () => {
    for (const text of ["", "hello", "<html></html>", "0", "MIIB", "-----", "\0\0\0"])
      assert.deepEqual(faults([{ name: "x", text }]), ["cert.unknown_content:"], text);
    assert.deepEqual(faults([{ name: "x", base64: "***" }]), ["cert.unknown_content:"]);
    assert.deepEqual(faults([{ name: "x" }]), ["cert.unknown_content:"]);
  });
  test("an X25519 key, and an RSA key with impossible numbers", () => {
    lab.openssl("genpkey", "-algorithm", "X25519", "-out", join(lab.directory, "x.pem"));
    assert.deepEqual(
      faults([{ name: "x", text: readFileSync(join(lab.directory, "x.pem"), "utf8") }]),
      ["cert.key_unsupported:x25519"],
    );
    const big = Buffer.concat([Buffer.from("02820bb87f", "hex"), Buffer.alloc(2999, 1)]);
    const small = Buffer.from("020101", "hex");
    const version = Buffer.from("020100", "hex");
    const numbers = Buffer.concat([version, small, small, small, big, small, small, small, small]);
    const key = Buffer.concat([
      Buffer.from([0x30, 0x82, numbers.length >> 8, numbers.length & 255]),
      numbers,
    ]);
    assert.deepEqual(faults([file("x", key)]), [
      "cert.key_unreadable:numbers larger than its modulus",
    ]);
  });
  test("every finding is in the contract, with its parameters", () => {
    const out = join(lab.directory, "bundle.p12");
    const all = [
      ...read([{ name: "x", text: leaf.pem.slice(0, 300) }]).faults,
      ...read([file("bundle.p12", readFileSync(out))]).faults,
      ...read([{ name: "x", text: "hello" }]).faults,
      ...read([file("x", Buffer.alloc(300_000))]).faults,
    ];
    assert.equal(all.length, 4);
    for (const { code, params } of all) {
      const expected: readonly string[] | undefined =
        uploadFindings[code as keyof typeof uploadFindings];
      assert(expected, code);
      assert.deepEqual(Object.keys(params).toSorted(), expected.toSorted(), code);
    }
  });
});

describe("hostile sizes end at once", () => {
  const timed = (limitMs: number, run: () => void) => {
    const started = performance.now();
    run();
    assert(performance.now() - started < limitMs, `${performance.now() - started} ms`);
  };
  test("a file over the limit is not looked at", () => {
    timed(10_000, () =>
      assert.deepEqual(faults([{ name: "x", text: `${"A".repeat(100_000_000)}` }]), [
        "cert.file_too_large:",
      ]),
    );
    timed(10_000, () =>
      assert.deepEqual(faults([{ name: "x", base64: "A".repeat(100_000_000) }]), [
        "cert.file_too_large:",
      ]),
    );
  });
  test("thousands of certificates, blocks, armour lines and spaces", () => {
    const small = lab.issue({ subject: "/CN=a", issuer: null }).pem;
    timed(10_000, () => {
      const many = Array.from({ length: 20 }, (_, index) => ({
        name: `${index}`,
        text: small.repeat(250),
      }));
      assert.equal(read(many).certificates.length, 1);
    });
    timed(10_000, () =>
      assert.equal(
        read([{ name: "x", text: "-----BEGIN CERTIFICATE-----\n".repeat(9000) }]).faults.length,
        20,
      ),
    );
    timed(10_000, () =>
      assert.equal(
        read([{ name: "x", text: "-----BEGIN CERTIFICATE-----".repeat(9000) }]).faults.length,
        20,
      ),
    );
    timed(10_000, () => read([{ name: "x", text: `-----BEGIN ${" ".repeat(250_000)}` }]));
    timed(10_000, () =>
      read([
        {
          name: "x",
          text: `-----BEGIN CERTIFICATE-----\n${"A: ".repeat(80_000)}\n-----END CERTIFICATE-----`,
        },
      ]),
    );
    timed(10_000, () =>
      read([{ name: "x", text: `-----BEGIN A-----\n${"A:\n".repeat(80_000)}-----END A-----` }]),
    );
  });
  test("fifty different certificates are the most, four keys", () => {
    const many = Array.from({ length: 51 }, (_, index) => {
      const der = Buffer.from(leaf.der);
      der[der.length - 1] = index;
      return file(`${index}`, der);
    });
    const upload = read(many);
    assert.deepEqual(
      [upload.certificates.length, upload.faults.map((one) => one.code)],
      [50, ["cert.too_many"]],
    );
    const keys = Array.from({ length: 5 }, () => lab.leaf(root, "x.example").keyPem).join("");
    assert.deepEqual(faults([{ name: "k", text: keys }]), ["cert.too_many:"]);
  });
  test("a name with bidi controls is shown, not obeyed", () => {
    assert.equal(
      read([{ name: "\u202egnp.exe", text: "x" }]).faults[0]?.params["file"],
      "\\u{202e}gnp.exe",
    );
  });
});

test("random damage never throws", () => {
  const base = Buffer.from(leaf.pem + leaf.keyPem + intermediate.pem);
  let seed = 11;
  const next = (limit: number) => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) % limit;
  for (let round = 0; round < 400; round++) {
    const bytes = Buffer.from(base);
    for (let count = 0; count < 1 + next(4); count++) bytes[next(bytes.length)] = next(256);
    const outcome = readUpload(
      [file("x", bytes.subarray(next(50), bytes.length - next(50)))],
      undefined,
    );
    if (outcome.ok) order(outcome.value);
  }
});
