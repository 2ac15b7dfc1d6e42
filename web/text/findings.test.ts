import assert from "node:assert/strict";
import { test } from "node:test";
import { createIntl } from "react-intl";
import { uploadFindings } from "#contract/certificates.ts";
import { findings } from "#contract/findings.ts";
import { healthFindings } from "#contract/health-findings.ts";
import { findingAsks } from "./findings/asks.ts";
import { findingTexts } from "./findings.ts";
import { plainFinding, readReference, valuesFor } from "./finding-words.ts";

const failures: string[] = [];
const intl = createIntl({
  locale: "en",
  timeZone: "UTC",
  onError: (error) => failures.push(`${error.code}: ${error.message}`),
});

const example: Record<string, string | number | string[] | null> = {
  since: "2026-05-12T00:00:00.000Z",
  limit: 1000,
  date: "2026-09-12T00:00:00.000Z",
  until: "2027-01-12T00:00:00.000Z",
  now: "2026-09-10T08:30:00.000Z",
  days: 3,
  hours: 5,
  percent: 12,
  total: 2,
  tries: 5,
  resolvers: 2,
  port: 5269,
  seconds: 10,
  names: ["chat.acmewave.com", "www.acmewave.com"],
};

for (const [code, text] of Object.entries(findingTexts)) {
  test(`${code} is worded without a missing or ill-formed part`, () => {
    failures.length = 0;
    for (const owner of ["us", "peer", "network", "nobody"] as const) {
      const all = [text.headline, text.meaning, ...text.fixes, findingAsks[code] ?? ""].join(" ");
      const params = Object.fromEntries(
        Object.keys(valuesFor(all, { code, params: {} }))
          .filter((name) => name !== "code" && name !== "owner" && !name.endsWith("Key"))
          .map((name) => [name, name in example ? (example[name] ?? null) : `some-${name}`]),
      );
      const words = plainFinding(intl, { code, params, owner });
      const asked = words.ask === null ? [] : [words.ask];
      for (const sentence of [words.headline, words.meaning, ...words.fixes, ...asked]) {
        assert.doesNotMatch(sentence, /[{}<>]|undefined|\[object/, sentence);
        assert.match(sentence, /[.?:"]$/, sentence);
        assert.match(sentence, /^[^a-z]|^wave\.|^some-/, sentence);
      }
    }
    assert.deepEqual(failures, []);
  });
}

test("a certificate that was uploaded is not spoken of as if it were served", () => {
  for (const code of Object.keys(findingTexts).filter((one) => one.startsWith("cert."))) {
    if (/^cert\.(served_old|served_other|not_served)$/.test(code)) continue;
    const words = plainFinding(intl, { code, params: { of: "upload" }, owner: "us" });
    const all = [words.headline, words.meaning, ...words.fixes].join(" ");
    assert.doesNotMatch(all, /not send|Trace again|was sent|was shown/, code);
  }
});

test("the catalogue of the contract and the words have the same codes", () => {
  const known = [findings, uploadFindings, healthFindings].flatMap((table) => Object.keys(table));
  const missing = known.filter((code) => !(code in findingTexts));
  assert.deepEqual(missing, [], "codes without words");
  // Links and checks have findings of their own beside those of a trace.
  const foreign =
    /^(link|hosted|s2s|x2x|health|ping|check|setup|our_side|database|trust)\.|^cert\.(changed|held|not_served)$|^policy\.nobody_trusted$/;
  const extra = Object.keys(findingTexts).filter(
    (code) => !(code in findings) && !(code in uploadFindings) && !foreign.test(code),
  );
  assert.deepEqual(extra, [], "words without a code");
});

for (const [code, row] of Object.entries(findings)) {
  test(`${code} is worded with the parameters of the catalogue only`, () => {
    const text = findingTexts[code];
    assert.ok(text);
    const all = [
      text.headline,
      text.meaning,
      ...text.fixes,
      text.copy ?? "",
      findingAsks[code] ?? "",
    ];
    const named = all.flatMap((message) =>
      // A phrase of one word after the key of a select or plural looks like an argument, too.
      [...message.matchAll(/(?<!\b(?:one|other|none|us|=\d)\s)\{([a-zA-Z]+)(?=[,}])/g)].map(
        ([, name = ""]) => name.replace(/Key$/, ""),
      ),
    );
    // The page of a certificate that was given to us adds `of`.
    const added = code.startsWith("cert.") ? ["of"] : [];
    const known = new Set<string>(["owner", "none", ...added, ...row.params]);
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });
}

test("whatever only the other side can repair has a request to its admin", () => {
  const asked = Object.entries(findings).filter(([, { owner }]) => owner === "peer");
  assert.deepEqual(
    asked.map(([code]) => code).filter((code) => !(code in findingAsks)),
    [],
  );
});

test("a finding of another version is told by its code instead of failing", () => {
  const words = plainFinding(intl, { code: "future.code", params: { x: 1 } });
  assert.match(words.headline, /future\.code/);
});

test("a trace that lacks a parameter still gives whole sentences", () => {
  failures.length = 0;
  const words = plainFinding(intl, { code: "tcp.timeout", params: {} });
  assert.doesNotMatch(words.headline, /[{}]/);
  assert.deepEqual(failures, []);
});

test("whose certificate it is follows the owner", () => {
  const params = { domain: "acmewave.com", names: ["chat.acmewave.com"], total: 1 };
  const say = (owner: "us" | "peer") => plainFinding(intl, { code: "cert.name", params, owner });
  assert.match(say("us").headline, /^Your certificate/);
  assert.match(say("peer").headline, /other server/);
});

test("hyphenated conditions choose their phrase", () => {
  const params = { host: "h.example", condition: "host-gone", text: "" };
  const words = plainFinding(intl, { code: "stream.policy", params, owner: "peer" });
  assert.match(words.headline, /no longer serves/);
  assert.match(words.meaning, /no words of its own/);
});

test("references lead to the section", () => {
  assert.deepEqual(readReference("RFC 6120 §3.2.1"), {
    label: "RFC 6120 §3.2.1",
    href: "https://www.rfc-editor.org/rfc/rfc6120.html#section-3.2.1",
  });
  assert.equal(readReference("XEP-0030 §4").href, "https://xmpp.org/extensions/xep-0030.html");
});
