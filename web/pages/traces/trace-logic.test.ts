import assert from "node:assert/strict";
import { test } from "node:test";
import { traceWords } from "../../text/traces.ts";
import { at, dial, disco, finding, lookup, startedAt, steps } from "../../testing/attempts.ts";
import {
  certificateTrace,
  goodTrace,
  runningTrace,
  timeoutTrace,
  warningTrace,
} from "../../testing/traces.ts";
import { branchesOf, tallyOf } from "./branches.ts";
import { theirFindings } from "./letter.ts";
import { pathOf } from "./path.ts";
import { indentXml } from "./pretty-xml.ts";
import { commandsFor, digCommand, opensslCommand, recordsText, traceCommands } from "./records.ts";
import { becauseFinding, becauseKey, outcomeOf, stepResult, stepTitle } from "./results.ts";
import { layOut, maxRows, roundUp, ticksFor, zoomFor } from "./timeline.ts";
import {
  attemptCount,
  consequencesOf,
  currentStep,
  decisiveStep,
  fixFor,
  otherFindings,
  otherLines,
  questionsOf,
  verdictOf,
} from "./verdict.ts";

const stepOf = (trace: ReturnType<typeof goodTrace>, number: number) => {
  const step = trace.steps[number - 1];
  assert.ok(step);
  return step;
};

test("attempts at the same question, server or service are one branch", () => {
  const step = stepOf(timeoutTrace(), 5);
  const branches = branchesOf(step);
  assert.deepEqual(
    branches.map(({ kind, attempts }) => [kind, attempts.length]),
    [
      ["server", 2],
      ["server", 1],
      ["service", 2],
    ],
  );
  assert.deepEqual(tallyOf(branches[0]?.attempts ?? []), { total: 2, tried: 2, won: 0, lost: 2 });
});

test("two resolvers asked the same are one branch, and local decisions are not counted as tries", () => {
  const step = stepOf(goodTrace(), 1);
  assert.deepEqual(
    branchesOf(step).map(({ kind }) => kind),
    ["local", "lookup", "lookup"],
  );
  assert.equal(tallyOf(step.attempts).total, 4);
});

test("an attempt not begun is in the total but not tried", () => {
  const waiting = dial("5.2", [0, null], "192.0.2.8", { status: "not_reached", reached: 0 });
  const won = dial("5.1", [0, 10], "192.0.2.7", { winner: true });
  assert.deepEqual(tallyOf([won, waiting]), { total: 2, tried: 1, won: 1, lost: 0 });
});

test("all bars of a finished trace lie on one axis that ends with the last of them", () => {
  const trace = warningTrace();
  const timeline = layOut(trace, 99_999);
  assert.equal(timeline.endMs, 3056);
  const five = timeline.lanes[4];
  assert.ok(five?.bar);
  // Its own time, though the query that it waits for was begun with the trace.
  assert.ok(Math.abs(five.bar.start - 50 / 3056) < 0.001);
  assert.ok(Math.abs(five.bar.start + five.bar.width - 1) < 0.001);
  for (const lane of timeline.lanes)
    for (const bar of [lane.bar, ...lane.rows.flat()])
      if (bar !== null) assert.ok(bar.start >= 0 && bar.start + bar.width <= 1.0001, bar.id);
});

test("overlapping attempts stand below one another, the winner first, and no more than fit", () => {
  const dials = Array.from({ length: 9 }, (_, index) =>
    dial(`5.${index + 1}`, [index * 5, 500], `192.0.2.${index}`, { winner: index === 3 }),
  );
  const trace = {
    startedAt,
    state: "done" as const,
    durationMs: null,
    steps: steps([{ number: 5, status: "ok", attempts: dials, durationMs: 540 }]),
  };
  const lane = layOut(trace, 0).lanes[4];
  assert.equal(lane?.rows.length, maxRows);
  assert.equal(lane?.rows[0]?.[0]?.id, "5.4");
  assert.equal(lane?.hidden, 5);
});

test("the phases of a connection fill its bar", () => {
  const lane = layOut(goodTrace(), 0).lanes[4];
  const bar = lane?.rows.flat().find(({ id }) => id === "5.1");
  assert.equal(bar?.phases.length, 6);
  const last = bar?.phases.at(-1);
  assert.ok(last && bar && Math.abs(last.start + last.width - (bar.start + bar.width)) < 0.001);
});

test("a repeated question shows the silence between its tries", () => {
  const lane = layOut(timeoutTrace(), 0).lanes[4];
  assert.equal(lane?.gaps.length, 1);
  const [gap] = lane?.gaps ?? [];
  assert.ok(gap && Math.abs(gap.start * 21_480 - 15_002) < 5);
});

test("waiting for losers can be cut off, so that the way that won can be read", () => {
  const trace = warningTrace();
  const zoom = zoomFor(trace);
  assert.ok(zoom !== null && zoom > 497 && zoom < 600);
  const timeline = layOut(trace, 0, zoom);
  assert.equal(timeline.endMs, zoom);
  const bar = timeline.lanes[4]?.bar;
  assert.ok(bar && bar.start + bar.width <= 1);
  assert.equal(zoomFor(goodTrace()), null);
  assert.equal(zoomFor(runningTrace()), null);
});

test("a running trace ends at a round number, so that the axis rests", () => {
  const early = layOut(runningTrace(), 1_200);
  const later = layOut(runningTrace(), 1_900);
  assert.equal(early.endMs, 2_000);
  assert.deepEqual(early.ticks, later.ticks);
  const bar = layOut(runningTrace(), 1_200).lanes[4]?.bar;
  assert.ok(bar?.isRunning && Math.abs(bar.start + bar.width - 0.6) < 0.001);
});

test("steps that were not run have no bar; a decision is a point", () => {
  const lanes = layOut(warningTrace(), 0).lanes;
  assert.equal(lanes[8]?.bar, null);
  assert.equal(lanes[11]?.bar?.isInstant, true);
});

test("ticks are few and round at any length", () => {
  for (const end of [0.4, 3, 17, 99, 431, 3056, 21_480, 465_000]) {
    const ticks = ticksFor(end);
    assert.ok(ticks.length >= 2 && ticks.length <= 7, `${end}: ${ticks.join()}`);
    assert.ok((ticks.at(-1) ?? 0) <= end);
    assert.equal(ticks[0], 0);
  }
  assert.equal(roundUp(501), 1000);
  assert.equal(roundUp(10), 500);
  assert.equal(roundUp(20_001), 50_000);
});

test("a trace without any attempt still has thirteen lanes", () => {
  const timeline = layOut({ startedAt, state: "running", durationMs: null, steps: steps([]) }, 0);
  assert.equal(timeline.lanes.length, 13);
  assert.ok(timeline.lanes.every(({ bar }) => bar === null));
});

test("the way that was found reads from the domain to the Wave service", () => {
  const stations = pathOf(warningTrace());
  assert.deepEqual(
    stations.map(({ kind, text, status }) => [kind, text, status]),
    [
      ["domain", "acmewave.com", "ok"],
      ["server", "xmpp.acmewave.com:5269", "ok"],
      ["address", "192.0.2.7", "ok"],
      ["tls", "TLS 1.3", "ok"],
      ["certificate", null, "ok"],
      ["wave", "wave.acmewave.com", "ok"],
    ],
  );
});

test("the way ends where the attempt that got furthest failed", () => {
  assert.deepEqual(
    pathOf(timeoutTrace()).map(({ kind, status }) => [kind, status]),
    [
      ["domain", "ok"],
      ["server", "ok"],
      ["address", "failed"],
    ],
  );
  // Of two that got equally far, the one that the headline is about.
  assert.equal(pathOf(timeoutTrace()).at(-1)?.text, "192.0.2.7");
  const certificate = pathOf(certificateTrace()).find(({ kind }) => kind === "certificate");
  assert.equal(certificate?.status, "failed");
});

test("the way of a trace that has only begun is the domain", () => {
  assert.equal(pathOf({ ...runningTrace(), steps: steps([]) }).length, 1);
});

test("every pair of verdicts has its sentence", () => {
  for (const xmpp of ["reachable", "warning", "unreachable", "unknown"] as const)
    for (const wave of ["found", "guessed", "none", "unknown"] as const) {
      const { sentence } = verdictOf({ ...goodTrace(), xmpp, wave });
      assert.equal(sentence.key, `verdict.${xmpp}.${wave}`);
    }
});

test("XMPP decides the tone: a healthy chat server without waves is no fault", () => {
  assert.equal(verdictOf({ ...goodTrace(), wave: "none", jid: null }).tone, "ok");
  assert.equal(verdictOf(timeoutTrace()).tone, "failed");
  assert.equal(verdictOf(warningTrace()).tone, "warning");
  assert.equal(verdictOf({ ...goodTrace(), xmpp: null, wave: null }).tone, "unknown");
});

test("a running trace says where it is; a cancelled one who stopped it", () => {
  assert.deepEqual(verdictOf(runningTrace()).sentence.values, { step: 5, title: "step.5" });
  assert.equal(verdictOf({ ...runningTrace(), steps: steps([]) }).sentence.key, "verdict.starting");
  const cancelled = { ...runningTrace(), state: "cancelled" as const, cancelledBy: "Ada" };
  assert.deepEqual(verdictOf(cancelled).sentence.values, { name: "Ada" });
  assert.equal(currentStep(runningTrace().steps)?.number, 5);
});

test("the step to read first is where the headline was said", () => {
  assert.equal(decisiveStep(timeoutTrace()), 5);
  assert.equal(decisiveStep(goodTrace()), null);
});

test("a remark is no reason for a fix card, and the headline is not said twice", () => {
  const info = finding("guess.used", { domain: "acmewave.com", jid: "wave.acmewave.com" }, "info");
  assert.equal(fixFor({ headline: info, findings: [{ ...info, step: 11 }] }), null);
  const trace = timeoutTrace();
  const codes = (given: Parameters<typeof otherFindings>[0]) =>
    otherFindings(given).map(({ code }) => code);
  assert.deepEqual(codes(trace), [], "what follows from the headline is its symptom");
  assert.deepEqual(codes(certificateTrace()), ["cert.name"]);
  assert.deepEqual(otherFindings({ headline: info, findings: [{ ...info, step: 11 }] }), []);
});

test("one broken zone is one line, not one for every question", () => {
  const servfail = (type: string, question: string, step: number, resolver = "192.0.2.53") => ({
    ...finding("dns.servfail", { type, question, resolver, otherResolver: null, others: null }),
    step,
  });
  const srv = "_xmpp-server._tcp.acmewave.com";
  const refused = { ...finding("tcp.refused", { address: "192.0.2.7", port: 5269 }), step: 5 };
  const again = { ...refused, params: { address: "192.0.2.8", port: 5269 } };
  const findings = [
    servfail("SRV", srv, 1),
    servfail("A", "acmewave.com", 3),
    refused,
    servfail("AAAA", "acmewave.com", 3),
    again,
    servfail("A", "acmewave.com", 3, "192.0.2.54"),
    servfail("AAAA", "acmewave.com", 3, "192.0.2.54"),
  ];
  const lines = otherLines({ headline: servfail("SRV", srv, 1), findings });
  assert.deepEqual(
    lines.map(({ finding: { code }, more, isOfHeadline }) => [code, more.length, isOfHeadline]),
    [
      ["dns.servfail", 1, true],
      ["tcp.refused", 0, false],
      ["tcp.refused", 0, false],
      ["dns.servfail", 1, false],
    ],
  );
  assert.equal(questionsOf(findings.slice(0, 2)), `SRV ${srv}, A acmewave.com`);
});

test("a step says what came of its fault: the bounce of our own server beside the certificate", () => {
  const trace = certificateTrace();
  const params = { domain: "acmewave.com", condition: "remote-server-not-found", text: "" };
  const bounce = { ...finding("link.bounced", params, "error", "us"), step: 5 };
  const elsewhere = { ...bounce, step: 11, params: { ...params, domain: "wave.acmewave.com" } };
  const findings = [...trace.findings, bounce, elsewhere];
  assert.deepEqual(consequencesOf(stepOf(trace, 5), { findings }), [bounce]);
  assert.deepEqual(consequencesOf(stepOf(trace, 1), { findings }), []);
});

test("a headline is not said twice when a database gave its parameters in another order", () => {
  const named = finding("cert.name", { domain: "a.example", names: "b.example", total: 1 });
  const params = { total: 1, names: "b.example", domain: "a.example" };
  const findings = [{ ...named, params, step: 5 }];
  assert.deepEqual(otherFindings({ headline: named, findings }), []);
  assert.equal(theirFindings({ headline: named, findings }).length, 1);
});

test("attempts are counted while they run", () => {
  assert.equal(attemptCount(runningTrace().steps), 4 + 2 + 3);
});

test("each step has a title, and each result a sentence", () => {
  for (const trace of [
    goodTrace(),
    warningTrace(),
    timeoutTrace(),
    runningTrace(),
    certificateTrace(),
  ])
    for (const step of trace.steps) {
      assert.ok(stepTitle(step.number, trace.domain).key in traceWords);
      const result = stepResult(step);
      if (result?.kind === "phrase") assert.ok(result.phrase.key in traceWords, result.phrase.key);
    }
});

test("what a step found is told: records, addresses, connection, service", () => {
  const trace = goodTrace();
  assert.deepEqual(outcomeOf(stepOf(trace, 1)), {
    key: "result.srv",
    values: { host: "xmpp.acmewave.com", port: 5269, more: 1 },
  });
  assert.equal(outcomeOf(stepOf(trace, 2))?.values["addresses"], "2001:db8:5269::7, 192.0.2.7");
  assert.deepEqual(outcomeOf(stepOf(trace, 5))?.values, {
    address: "192.0.2.7",
    port: 5269,
    tls: "TLSv1.3",
    count: 3,
  });
  assert.equal(outcomeOf(stepOf(trace, 6))?.values["jid"], "wave.acmewave.com");
  assert.equal(outcomeOf(stepOf(trace, 7))?.key, "result.reused");
  assert.equal(outcomeOf(stepOf(trace, 12))?.key, "decision.ready");
});

test("a remark does not hide what a good step found", () => {
  const step = { ...stepOf(goodTrace(), 2), message: finding("cache.negative", {}, "info") };
  assert.equal(stepResult(step)?.kind, "phrase");
});

test("a skipped step says because of what, in its own words or in those of the finding", () => {
  assert.equal(becauseKey("srv.answered"), "because.srv.answered");
  assert.equal(becauseKey("tcp.timeout"), null);
  const trace = timeoutTrace();
  const because = stepOf(trace, 6).because;
  assert.ok(because);
  assert.equal(becauseFinding(trace, because)?.params["address"], "192.0.2.7");
  // A decision points at the failure before it; what was never said is not made up.
  assert.equal(becauseFinding(trace, { code: "tcp.timeout", step: 9 })?.params["port"], 5269);
  assert.equal(becauseFinding(trace, { code: "tcp.timeout", step: 4 }), null);
  assert.equal(becauseFinding(trace, { code: "dns.nxdomain", step: 5 }), null);
});

test("a running step tells the attempt that began last", () => {
  const result = stepResult(stepOf(runningTrace(), 5));
  assert.ok(result?.kind === "phrase");
  assert.deepEqual(result.phrase.values, { address: "192.0.2.7", port: 5269, phase: "tls" });
});

test("dig lines ask the same resolver the same question", () => {
  const attempt = lookup("1.1", [0, 1], "SRV", "_xmpp-server._tcp.acmewave.com", []);
  assert.equal(digCommand(attempt), "dig @192.0.2.53 _xmpp-server._tcp.acmewave.com SRV");
  assert.equal(
    digCommand({ ...attempt, resolver: "127.0.0.1:5354", transport: "tcp" }),
    "dig @127.0.0.1 -p 5354 +tcp _xmpp-server._tcp.acmewave.com SRV",
  );
  assert.match(
    digCommand({ ...attempt, resolver: "[2001:db8::53]:5354" }),
    /^dig @2001:db8::53 -p 5354 /,
  );
  assert.match(digCommand({ ...attempt, resolver: "2001:db8::53" }), /^dig @2001:db8::53 _xmpp/);
});

test("a hostile name in an answer cannot become a second command when it is pasted", () => {
  const evil = lookup("1.1", [0, 1], "A", "a;rm -rf /'$(id)`id`", []);
  assert.match(digCommand(evil), / 'a;rm -rf \/'\\''\$\(id\)`id`' A$/);
  const option = lookup("1.1", [0, 1], "A", "-f.example", []);
  assert.match(digCommand(option), / -q -f\.example A$/);
});

test("openssl lines speak as the probe did", () => {
  const attempt = dial("5.1", [0, 1], "2001:db8::7");
  assert.equal(
    opensslCommand(attempt, "acmewave.com"),
    "openssl s_client -connect [2001:db8::7]:5269 -servername acmewave.com -starttls xmpp-server -xmpphost acmewave.com -showcerts </dev/null",
  );
  const direct = {
    ...attempt,
    candidate: { ...attempt.candidate, security: "direct_tls" as const },
  };
  assert.match(opensslCommand(direct, "acmewave.com"), /-alpn xmpp-server -showcerts/);
});

test("a command is listed once, and a question that was not asked not at all", () => {
  const one = lookup("1.1", [0, 1], "A", "acmewave.com", []);
  assert.equal(
    commandsFor(
      [one, { ...one, id: "1.2" }, { ...one, outcome: "not_asked", resolver: "x" }],
      "acmewave.com",
    ).length,
    1,
  );
  assert.ok(traceCommands(goodTrace()).length > 5);
});

test("records are written as zone files have them, with who answered and how", () => {
  const text = recordsText(stepOf(goodTrace(), 1).attempts);
  assert.match(
    text,
    /_xmpp-server\._tcp\.acmewave\.com\.\t3600\tIN\tSRV\t10 0 5269 xmpp\.acmewave\.com\./,
  );
  assert.match(text, /asked 192\.0\.2\.53:53 over UDP, 24 ms, 108 bytes, decides/);
  assert.match(text, /;; NODATA, kept for 900 s/);
});

test("XML is indented, even when it is cut or is none", () => {
  assert.equal(indentXml("<a><b/><c>text</c></a>"), "<a>\n  <b/>\n  <c>text</c>\n</a>");
  assert.equal(indentXml("<a></a>"), "<a></a>");
  assert.equal(
    indentXml("<stream:stream to='x'><stream:features><starttls/>"),
    "<stream:stream to='x'>\n  <stream:features>\n    <starttls/>",
  );
  assert.equal(indentXml("</a></b></c>"), "</a>\n</b>\n</c>");
  assert.equal(indentXml("HTTP/1.1 400 Bad Request"), "HTTP/1.1 400 Bad Request");
  assert.equal(indentXml("<a"), "<a");
  assert.equal(indentXml(""), "");
});

test("no character but white space between tags is lost by indenting", () => {
  for (const xml of [
    "<a>1<b>2</b>3</a>",
    "<a x='>'/>",
    "a < b > c",
    "<<>>",
    "<?xml version='1.0'?><x><y>z",
  ])
    assert.equal(indentXml(xml).replaceAll(/\s/g, ""), xml.replaceAll(/\s/g, ""), xml);
});

test("deep nesting does not make lines endless", () => {
  const lines = indentXml("<a>".repeat(20_000)).split("\n");
  assert.ok(Math.max(...lines.map((line) => line.length)) < 100);
});

test("fixtures keep the time of their steps", () => {
  assert.equal(at(0), startedAt);
  assert.equal(disco("1", [0, 1], "items", "x").source, "link");
});
