import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  createCertificateLab,
  type CertificateLab,
  type LabCertificate,
} from "#testing/certificate-lab.ts";
import { file, order, read, summary } from "#testing/uploads.ts";

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
    const { leaf: found, chain, key } = order(upload, [root.pem]);
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
    const { leaf: found, parts } = order(upload, [root.pem]);
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
