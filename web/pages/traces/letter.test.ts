import assert from "node:assert/strict";
import { test } from "node:test";
import { createIntl } from "react-intl";
import { finding } from "../../testing/attempts.ts";
import { certificateTrace, goodTrace, timeoutTrace } from "../../testing/traces.ts";
import { letterFor, theirFindings } from "./letter.ts";

const errors: string[] = [];
const intl = createIntl({
  locale: "en",
  timeZone: "UTC",
  onError: (error) => errors.push(error.message),
});

const linkId = "01999999-0000-7000-8000-000000000001";
const ours = [
  { domain: "other.example", links: [] },
  { domain: "example.com", links: [{ id: linkId }] },
];

test("the message says who writes: our domain, and when and from where we called", () => {
  errors.length = 0;
  const letter = letterFor(certificateTrace(), intl, ours) ?? "";
  assert.match(letter, /our server for example\.com cannot reach acmewave\.com over XMPP/);
  assert.match(
    letter,
    /To find us in your log: a connection at 2026-11-20 09:14:03 UTC from 198\.51\.100\.9 that says it is from example\.com\./,
  );
  assert.doesNotMatch(letter, /other\.example|[{}]|undefined/);
  assert.deepEqual(errors, []);
});

test("without a stanza the domains that we serve are named, and without any none", () => {
  const trace = certificateTrace();
  const probed = {
    ...trace,
    steps: trace.steps.map((step) => ({
      ...step,
      attempts: step.attempts
        .filter(({ kind }) => kind !== "disco")
        .map((attempt) =>
          // Behind a router, and with nothing to name ourselves by.
          attempt.kind === "connect"
            ? { ...attempt, localAddress: "192.168.1.5", transcript: [] }
            : attempt,
        ),
    })),
  };
  const letter = letterFor(probed, intl, ours) ?? "";
  assert.match(letter, /our server for other\.example, example\.com cannot reach/);
  assert.doesNotMatch(letter, /192\.168|To find us/);
  assert.match(letterFor(probed, intl, []) ?? "", /\nour server cannot reach acmewave\.com/);
});

test("the message names what was seen, when, what would help, and how to see it", () => {
  errors.length = 0;
  const letter = letterFor(timeoutTrace(), intl, ours);
  assert.ok(letter);
  assert.match(letter, /^Subject: Federation with acmewave\.com over XMPP\n/);
  assert.match(letter, /on 2026-11-20 09:14:03 UTC/);
  assert.match(letter, /192\.0\.2\.7 did not answer on port 5269 within 10 s\./);
  assert.match(letter, /Please open TCP port 5269 to 192\.0\.2\.7/);
  assert.match(letter, /openssl s_client -connect 192\.0\.2\.7:5269/);
  assert.match(letter, /_xmpp-server\._tcp\.acmewave\.com SRV: 10 0 5269 xmpp\.acmewave\.com\./);
  assert.doesNotMatch(letter, /[{}]|undefined|<c>/);
  assert.deepEqual(errors, []);
});

test("several causes are told, each with its request", () => {
  const letter = letterFor(certificateTrace(), intl, ours) ?? "";
  assert.match(letter, /  - Your certificate for acmewave\.com expired/);
  assert.doesNotMatch(letter, /other server/);
  assert.match(letter, /1\. Please renew the certificate/);
  assert.match(letter, /2\. Please install a certificate that names acmewave\.com/);
  assert.match(letter, /RFC 5280 §4\.1\.2\.5, RFC 6120 §13\.7\.2\.1/);
});

test("a broken zone is told once, with the questions that failed alike", () => {
  const servfail = (type: string, question: string) =>
    finding("dns.servfail", { type, question, resolver: "r", otherResolver: null, others: null });
  const [first, ...rest] = [
    servfail("SRV", "_xmpp-server._tcp.acmewave.com"),
    servfail("A", "acmewave.com"),
    servfail("AAAA", "acmewave.com"),
  ];
  assert.ok(first);
  const trace = { ...timeoutTrace(), headline: first };
  const letter =
    letterFor(
      { ...trace, findings: [first, ...rest].map((one) => ({ ...one, step: 1 })) },
      intl,
      ours,
    ) ?? "";
  assert.equal(letter.match(/SERVFAIL\)/g)?.length, 1);
  assert.match(letter, /The same goes for A acmewave\.com, AAAA acmewave\.com\./);
  assert.doesNotMatch(letter, /\n  2\. /);
});

test("what only follows from another finding is not asked for again", () => {
  const params = { domain: "acmewave.com", answered: 1, asked: 1 };
  const none = finding("disco.no_wave", params, "warning");
  const guess = { domain: "acmewave.com", jid: "wave.acmewave.com", condition: "not_wave" };
  const findings = [
    { ...none, step: 6 },
    { ...finding("guess.failed", guess, "warning"), step: 11 },
  ];
  const trace = { ...goodTrace(), wave: "none" as const, headline: none, findings };
  const letter = letterFor(trace, intl, ours) ?? "";
  assert.match(letter, /  1\. .+ The only service that we asked does not say that it is one\.\n\n/);
  assert.doesNotMatch(letter, /  2\. /);
});

test("nothing is asked of them when nothing is theirs", () => {
  assert.equal(letterFor(goodTrace(), intl, ours), null);
  const unlinked = finding("link.none", { domain: "acmewave.com" }, "warning", "us");
  assert.deepEqual(theirFindings({ headline: unlinked, findings: [{ ...unlinked, step: 5 }] }), []);
});
