import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import {
  authorityLines,
  createCertificateLab,
  type CertificateLab,
  type LabCertificate,
} from "#testing/certificate-lab.ts";
import { makeChainCases, type ChainCase } from "#testing/certificate-corpus.ts";
import { primitives } from "../primitives.ts";
import { validatePath, type PathOutcome } from "./path.ts";
import { createTrustStore } from "./trust.ts";
import { parseCertificate, type Certificate } from "./x509.ts";

let lab: CertificateLab;
let cases: ChainCase[];
before(() => {
  lab = createCertificateLab();
  cases = makeChainCases(lab);
});
after(() => lab.close());

describe("RFC 5280 §6.1: path validation agrees with `openssl verify -purpose any`", () => {
  test("each case of the corpus", async (t) => {
    assert(cases.length >= 30, `${cases.length} cases`);
    for (const one of cases)
      await t.test(one.title, () => {
        const at = one.at ?? new Date();
        const outcome = validate(one.chain, one.roots, at);
        assert.deepEqual(faultsOf(outcome), one.expected);
        assert.equal(
          outcome.isTrusted,
          one.expected.every((fault) => fault.startsWith("weak:weak")),
        );
        if (one.stricter === undefined) assert.equal(outcome.isTrusted, opensslAccepts(one, at));
        else assert.equal(opensslAccepts(one, at), true, "OpenSSL accepts it; we do not");
      });
  });
});

test("RFC 5280 §6.1: authorities that cross-sign each other end the search within its bounds", () => {
  const subjects = ["A", "B", "C", "D", "E", "F"];
  const selves = new Map(subjects.map((name) => [name, lab.root(name)]));
  const crossed = subjects.flatMap((of) =>
    subjects.flatMap((by) => {
      const [key, issuer] = [selves.get(of), selves.get(by)];
      if (of === by || key === undefined || issuer === undefined) return [];
      return [lab.issue({ subject: `/O=Lab/CN=${of}`, issuer, key, extensions: authorityLines() })];
    }),
  );
  const first = selves.get("A");
  assert(first);
  const started = performance.now();
  const outcome = validate([lab.leaf(first, "example.com"), ...crossed], [], new Date());
  assert.equal(outcome.isTrusted, false);
  assert(outcome.faults.length > 0);
  assert(performance.now() - started < 10_000, `${performance.now() - started} ms`);
});

function validate(chain: LabCertificate[], roots: LabCertificate[], at: Date): PathOutcome {
  const [leaf, ...others] = chain.map(parse);
  assert(leaf);
  const trust = createTrustStore({ source: "none", extra: roots.map((root) => root.pem) });
  return validatePath([leaf, ...others], trust, at, primitives);
}

function parse(certificate: LabCertificate): Certificate {
  const parsed = parseCertificate(certificate.der);
  assert(parsed.ok, JSON.stringify(parsed));
  return parsed.value;
}

function faultsOf(outcome: PathOutcome): string[] {
  return outcome.faults.map((fault) => {
    const name = fault.certificate.subject.commonName ?? "";
    if (fault.kind === "invalid") return `invalid:${fault.reason}:${name}`;
    if (fault.kind === "weak")
      return `weak:${fault.weakness.degree}:${fault.weakness.reason}:${name}`;
    return `${fault.kind}:${name}`;
  });
}

function opensslAccepts(one: ChainCase, at: Date): boolean {
  const file = (name: string, content: string) => {
    const path = join(lab.directory, name);
    writeFileSync(path, content);
    return path;
  };
  const [leaf, ...others] = one.chain;
  assert(leaf);
  const outcome = spawnSync(
    "openssl",
    [
      ...["verify", "-purpose", "any", "-no-CApath", "-no-CAstore", "-CAfile"],
      file("roots.pem", one.roots.map((root) => root.pem).join("")),
      ...["-attime", String(Math.floor(at.getTime() / 1000))],
      ...(others.length > 0
        ? ["-untrusted", file("others.pem", others.map((other) => other.pem).join(""))]
        : []),
      leaf.certificateFile,
    ],
    { encoding: "utf8", timeout: 10_000 },
  );
  assert.notEqual(outcome.status, null, "openssl did not end");
  return outcome.status === 0;
}
