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
import { primitives } from "../primitives.ts";
import { assemble } from "./assemble.ts";
import { readUpload, type Upload, type UploadedFile } from "./import.ts";
import { createTrustStore } from "./trust.ts";

let lab: CertificateLab;
let root: LabCertificate;
let intermediate: LabCertificate;
let leaf: LabCertificate;
let rsa: LabCertificate;
before(() => {
  lab = createCertificateLab();
  root = lab.root();
  intermediate = lab.issue({
    subject: "/O=Lab/CN=Intermediate",
    issuer: root,
    extensions: ["basicConstraints = critical, CA:TRUE"],
  });
  leaf = lab.leaf(intermediate, "example.com");
  rsa = lab.leaf(intermediate, "rsa.example", { key: "rsa:2048" });
});
after(() => lab.close());

describe("any mix of PEM and DER, in any order", () => {
  test("RFC 7468: one file with everything, whatever its line ends, marks and ornaments", () => {
    const pem = leaf.pem + intermediate.pem + root.pem + leaf.keyPem;
    const ornaments: Record<string, string> = {
      plain: pem,
      "carriage returns": pem.replaceAll("\n", "\r\n"),
      "old Mac line ends": pem.replaceAll("\n", "\r"),
      "byte order mark": `\ufeff${pem}`,
      indented: pem.replaceAll("\n", "  \n\t "),
      "blank lines": pem.replaceAll("\n", "\n\n"),
      "text between": `subject=CN = example.com\n${pem.replaceAll("-----BEGIN", "Bag Attributes\n  friendlyName: x\n-----BEGIN")}`,
      "line ends as two characters": pem.replaceAll("\n", "\\n"),
      "line ends lost in a form": pem.replaceAll("\n", " "),
      "one long line each": pem.replace(/(?<=[A-Za-z0-9+/=])\n(?=[A-Za-z0-9+/=])/g, ""),
    };
    for (const [title, text] of Object.entries(ornaments)) {
      const upload = read([{ name: "all.pem", text }]);
      assert.deepEqual(
        summary(upload),
        "example.com/Intermediate/Lab Root key:EC prime256v1",
        title,
      );
      assert.deepEqual(upload.faults, [], title);
    }
  });

  test("UTF-16 with a byte order mark, as Windows editors save it", () => {
    const text = `\ufeff${leaf.pem}${leaf.keyPem}`;
    const little = Buffer.from(text, "utf16le");
    for (const bytes of [little, Buffer.from(little).swap16()])
      assert.equal(summary(read([file("a.pem", bytes)])), "example.com key:EC prime256v1");
  });

  test("the key first, the chain backwards, the same certificate twice", () => {
    const upload = read([
      { name: "a", text: leaf.keyPem + root.pem + intermediate.pem },
      { name: "b", text: leaf.pem + root.pem },
    ]);
    const { leaf: found, chain, key } = order(upload);
    assert.equal(found?.subject.commonName, "example.com");
    assert.deepEqual(
      chain.map((one) => one.subject.commonName),
      ["example.com", "Intermediate"],
    );
    assert.notEqual(key, null);
  });

  test("DER: certificates one after another, and keys in PKCS#8, PKCS#1 and SEC 1", () => {
    const chain = Buffer.concat([leaf.der, intermediate.der]);
    const keys: [string, LabCertificate, string[]][] = [
      ["PKCS#8", leaf, ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER", "-in", leaf.keyFile]],
      ["SEC 1", leaf, ["ec", "-outform", "DER", "-in", leaf.keyFile]],
      ["PKCS#1", rsa, ["rsa", "-traditional", "-outform", "DER", "-in", rsa.keyFile]],
    ];
    for (const [title, certificate, command] of keys) {
      const out = join(lab.directory, `${title.replace(/\W/g, "")}.der`);
      lab.openssl(...command, "-out", out);
      const upload = read([
        file("key.der", readFileSync(out)),
        file("chain.der", certificate === leaf ? chain : rsa.der),
      ]);
      assert.deepEqual(upload.faults, [], title);
      assert.notEqual(order(upload).key, null, title);
    }
  });

  test("PEM keys in PKCS#1 and SEC 1, with curve parameters before them", () => {
    lab.openssl(
      "ecparam",
      "-name",
      "prime256v1",
      "-genkey",
      "-out",
      join(lab.directory, "params.pem"),
    );
    const withParameters = readFileSync(join(lab.directory, "params.pem"), "utf8");
    assert.match(withParameters, /EC PARAMETERS/);
    const upload = read([{ name: "k", text: withParameters }]);
    assert.deepEqual(
      [upload.faults, upload.keys.length, upload.others.map((one) => one.kind)],
      [[], 1, ["unused"]],
    );
    const pkcs1 = read([
      { name: "k", text: lab.openssl("rsa", "-traditional", "-in", rsa.keyFile) + rsa.pem },
    ]);
    assert.equal(summary(pkcs1), "rsa.example key:RSA 2048");
  });

  test("PKCS#7 in PEM and DER", () => {
    for (const form of ["PEM", "DER"]) {
      const out = join(lab.directory, `chain.p7b.${form}`);
      lab.openssl(
        "crl2pkcs7",
        "-nocrl",
        "-certfile",
        leaf.certificateFile,
        "-certfile",
        intermediate.certificateFile,
        "-outform",
        form,
        "-out",
        out,
      );
      assert.equal(read([file("chain.p7b", readFileSync(out))]).certificates.length, 2, form);
    }
  });

  test("OpenSSL's TRUSTED CERTIFICATE, bare base64, and a label that lies", () => {
    const trusted = lab.openssl(
      "x509",
      "-in",
      leaf.certificateFile,
      "-trustout",
      "-addtrust",
      "serverAuth",
    );
    assert.match(trusted, /TRUSTED/);
    assert.equal(summary(read([{ name: "t", text: trusted }])), "example.com");
    assert.equal(
      summary(read([{ name: "t", text: leaf.pem.replace(/-----.*-----/g, "") }])),
      "example.com",
    );
    assert.equal(
      summary(read([{ name: "t", text: leaf.keyPem.replaceAll("PRIVATE KEY", "CERTIFICATE") }])),
      " key:EC prime256v1",
    );
  });
});

describe("the leaf is the certificate that the key fits", () => {
  test("among several, and an authority whose key came along by mistake", () => {
    const upload = read([
      {
        name: "a",
        text: rsa.pem + leaf.pem + intermediate.pem + intermediate.keyPem + leaf.keyPem,
      },
    ]);
    const { leaf: found, parts } = order(upload);
    assert.equal(found?.subject.commonName, "example.com");
    assert.deepEqual(
      parts.map((part) => `${part.kind}:${part.description}`),
      [
        "unused:rsa.example",
        "leaf:example.com",
        "intermediate:Intermediate",
        "unused:EC prime256v1",
        "key:EC prime256v1",
      ],
    );
  });
  test("without its key, the one that signed no other", () => {
    assert.equal(
      order(read([{ name: "a", text: root.pem + intermediate.pem + leaf.pem }])).leaf?.subject
        .commonName,
      "example.com",
    );
    const mismatched = order(read([{ name: "a", text: intermediate.pem + leaf.pem + rsa.keyPem }]));
    assert.deepEqual([mismatched.leaf?.subject.commonName, mismatched.key], ["example.com", null]);
  });
  test("a self-signed certificate that is an authority at once is its own leaf", () => {
    const { leaf: found, chain } = order(read([{ name: "a", text: root.keyPem + root.pem }]));
    assert.deepEqual([found?.subject.commonName, chain.length], ["Lab Root", 1]);
  });
  test("every key type that TLS has is proved by use", () => {
    for (const key of ["ec", "ed25519", "rsa:2048"] as const) {
      const one = lab.leaf(root, "k.example", { key, digest: "sha256" });
      assert.notEqual(order(read([{ name: "a", text: one.pem + one.keyPem }])).key, null, key);
    }
  });
  test("a key whose public half fits but whose private half does not is no key of it", () => {
    const sec1 = join(lab.directory, "damaged.der");
    lab.openssl("ec", "-outform", "DER", "-in", leaf.keyFile, "-out", sec1);
    const bytes = readFileSync(sec1);
    bytes[10] = (bytes[10] ?? 0) ^ 1;
    const upload = read([file("k.der", bytes), { name: "c", text: leaf.pem }]);
    assert.equal(order(upload).key, null);
  });
});

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
    assert(performance.now() - started < 200, `${performance.now() - started} ms`);
  });
});

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
    timed(300, () =>
      assert.deepEqual(faults([{ name: "x", text: `${"A".repeat(100_000_000)}` }]), [
        "cert.file_too_large:",
      ]),
    );
    timed(300, () =>
      assert.deepEqual(faults([{ name: "x", base64: "A".repeat(100_000_000) }]), [
        "cert.file_too_large:",
      ]),
    );
  });
  test("thousands of certificates, blocks, armour lines and spaces", () => {
    const small = lab.issue({ subject: "/CN=a", issuer: null }).pem;
    timed(2000, () => {
      const many = Array.from({ length: 20 }, (_, index) => ({
        name: `${index}`,
        text: small.repeat(250),
      }));
      assert.equal(read(many).certificates.length, 1);
    });
    timed(1000, () =>
      assert.equal(
        read([{ name: "x", text: "-----BEGIN CERTIFICATE-----\n".repeat(9000) }]).faults.length,
        20,
      ),
    );
    timed(1000, () =>
      assert.equal(
        read([{ name: "x", text: "-----BEGIN CERTIFICATE-----".repeat(9000) }]).faults.length,
        20,
      ),
    );
    timed(1000, () => read([{ name: "x", text: `-----BEGIN ${" ".repeat(250_000)}` }]));
    timed(1000, () =>
      read([
        {
          name: "x",
          text: `-----BEGIN CERTIFICATE-----\n${"A: ".repeat(80_000)}\n-----END CERTIFICATE-----`,
        },
      ]),
    );
    timed(1000, () =>
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

function file(name: string, bytes: Uint8Array): UploadedFile {
  return { name, base64: Buffer.from(bytes).toString("base64") };
}

function read(files: UploadedFile[], passphrase?: string): Upload {
  const outcome = readUpload(files, passphrase);
  assert(outcome.ok, JSON.stringify(outcome));
  return outcome.value;
}

function problem(files: UploadedFile[], passphrase?: string) {
  const outcome = readUpload(files, passphrase);
  return outcome.ok ? null : outcome.problem;
}

function faults(files: UploadedFile[], passphrase?: string): string[] {
  return read(files, passphrase).faults.map(
    (one) => `${one.code}:${String(one.params["detail"] ?? "")}`,
  );
}

function order(upload: Upload) {
  const trust = createTrustStore({ source: "none", extra: [root.pem] });
  return assemble(upload, { trust, primitives, now: new Date() });
}

function summary(upload: Upload): string {
  const certificates = upload.certificates
    .map((one) => one.certificate.subject.commonName)
    .join("/");
  return [certificates, ...upload.keys.map((one) => `key:${one.key.description}`)].join(" ");
}
