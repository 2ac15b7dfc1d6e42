import assert from "node:assert/strict";
import { test } from "node:test";
import { createIntl } from "react-intl";
import { findingTexts } from "./findings.ts";
import { plainFinding, readReference, valuesFor } from "./finding-words.ts";

const failures: string[] = [];
const intl = createIntl({
  locale: "en",
  timeZone: "UTC",
  onError: (error) => failures.push(`${error.code}: ${error.message}`),
});

const example: Record<string, string | number | string[] | null> = {
  date: "2026-09-12T00:00:00.000Z",
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
      const all = [text.headline, text.meaning, ...text.fixes].join(" ");
      const params = Object.fromEntries(
        Object.keys(valuesFor(all, { code, params: {} }))
          .filter((name) => name !== "code" && name !== "owner" && !name.endsWith("Key"))
          .map((name) => [name, name in example ? (example[name] ?? null) : `some-${name}`]),
      );
      const words = plainFinding(intl, { code, params, owner });
      for (const sentence of [words.headline, words.meaning, ...words.fixes]) {
        assert.doesNotMatch(sentence, /[{}<>]|undefined|\[object/, sentence);
        assert.match(sentence, /[.?:"]$/, sentence);
        assert.match(sentence, /^[^a-z]|^wave\.|^some-/, sentence);
      }
    }
    assert.deepEqual(failures, []);
  });
}

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
