import assert from "node:assert/strict";
import { test } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { buildPing } from "#protocol/xmpp/ping.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { buildErrorReply, buildRequest, buildResult } from "#protocol/xmpp/stanza.ts";
import { fakeLink } from "#testing/fake-link.ts";
import { primitives } from "../primitives.ts";
import type { FederationPolicy } from "./policy.ts";
import { createReplyLimit } from "./reply-limit.ts";
import { createRouter } from "./router.ts";
import { createTrafficCounters } from "./traffic.ts";

const us = "wave.example.com" as Domain;
const them = "wave.acmewave.com";

function setUp(
  policy: FederationPolicy["decide"] = () => ({ allowed: true, rule: "mode:open", peerId: null }),
) {
  const first = fakeLink("link-1", us);
  const second = fakeLink("link-2", "wave.other.org" as Domain);
  const traffic = createTrafficCounters();
  const reached: string[] = [];
  const router = createRouter({
    nodeId: "node0001",
    primitives,
    policy: { decide: policy },
    traffic,
    now: () => new Date(1000),
    onReachability: (_link, domain, error) =>
      void reached.push(`${domain} ${error?.condition ?? "ok"}`),
    onError: assert.ifError,
  });
  router.configure(
    [first.link, second.link],
    [
      { name: us, role: "wave", linkId: "link-1" },
      { name: second.link.name, role: "wave", linkId: "link-2" },
    ],
  );
  const ask = (to = them, timeoutMs = 1000, signal?: AbortSignal) =>
    router.request({
      from: us,
      to,
      type: "get",
      payload: buildPing(),
      timeoutMs,
      ...(signal ? { signal } : {}),
    });
  const from = (stanza: XmlElement) => router.receive(first.link, stanza, 100);
  return { router, first, second, traffic, reached, ask, from };
}

const strangers: FederationPolicy["decide"] = (domain) =>
  domain === "trusted.org"
    ? { allowed: true, rule: "trusted:1", peerId: "1" }
    : domain === "blocked.org"
      ? { allowed: false, rule: "block:2", peerId: "2" }
      : { allowed: false, rule: "mode:trusted_only", peerId: null };

test("one IQ gets its one answer, with the round trip and what was on the wire", async () => {
  const { ask, first, from } = setUp();
  const exchange = ask();
  const request = first.sent[0];
  assert(request);
  assert.match(
    request.attributes["id"] ?? "",
    /^node0001-[\w-]{22}$/,
    "128 random bits and the node",
  );
  from(buildResult(request, element("query", "urn:x")));
  from(buildResult(request, element("query", "urn:y")));
  const answer = await exchange;
  assert.equal(answer.kind, "result");
  assert.equal(answer.payload?.namespace, "urn:x");
  assert.equal(answer.linkId, "link-1");
  assert((answer.roundTripMs ?? -1) >= 0);
  assert.deepEqual(
    answer.transcript.map((line) => line.direction),
    ["out", "in"],
  );
  assert.match(
    answer.transcript[0]?.xml ?? "",
    /^<iq type="get" from="wave\.example\.com" to="wave\.acmewave\.com"/,
  );
});

test("fault c: an answer counts only by id, both addresses, kind and link together", async () => {
  const { ask, first, second, router, from, traffic } = setUp();
  const exchange = ask(them, 60);
  const request = first.sent[0];
  assert(request);
  const right = buildResult(request);
  const changed = (attributes: Record<string, string>) => ({
    ...right,
    attributes: { ...right.attributes, ...attributes },
  });
  from(changed({ from: "evil.org" }));
  from(changed({ from: `x@${them}` }));
  from(changed({ to: `x@${us}` }));
  from(changed({ id: `${request.attributes["id"]}x` }));
  from({ ...right, name: "message" });
  from(changed({ type: "get" }));
  router.receive(second.link, changed({ to: second.link.name }), 100);
  router.receive(second.link, right, 100);
  const answer = await exchange;
  assert.equal(answer.kind, "timeout");
  const dropped = traffic.take().filter((count) => count.remoteDomain === "");
  assert(dropped.every((count) => count.dropped > 0));
  assert.equal(
    first.sent.filter((stanza) => stanza.attributes["type"] === "error").length,
    1,
    "only the get was answered",
  );
});

test("addresses are compared after mapping: case and trailing dot of the answer do not matter", async () => {
  const { ask, first, from } = setUp();
  const exchange = ask("Wave.AcmeWave.com");
  const request = first.sent[0];
  assert(request);
  const result = buildResult(request);
  from({ ...result, attributes: { ...result.attributes, from: "wave.acmewave.com." } });
  assert.equal((await exchange).kind, "result");
});

test("an error answer says condition, text and who answered", async () => {
  const { ask, first, from, reached } = setUp();
  const exchange = ask();
  const request = first.sent[0];
  assert(request);
  const error = buildErrorReply(request, "remote-server-not-found", "no route");
  assert(error);
  from(error);
  const answer = await exchange;
  assert.deepEqual(
    [answer.kind, answer.condition, answer.text, answer.answeredBy],
    ["error", "remote-server-not-found", "no route", them],
  );
  assert.deepEqual(reached, [`${them} remote-server-not-found`]);
});

test("a request ends by time, by its caller, or with its link, and leaves nothing behind", async () => {
  const { ask, router } = setUp();
  assert.equal((await ask(them, 10)).kind, "timeout");
  const stop = new AbortController();
  const cancelled = ask(them, 60_000, stop.signal);
  stop.abort();
  assert.equal((await cancelled).kind, "cancelled");
  assert.equal((await ask(them, 60_000, AbortSignal.abort())).kind, "cancelled");
  const lost = ask(them, 60_000);
  router.linkLost("link-1");
  const answer = await lost;
  assert.equal(answer.kind, "timeout");
  assert.equal(answer.transcript.length, 1);
});

test("RFC 6120 §10.4.3: what cannot be sent says why", async () => {
  const { ask, first, router } = setUp(strangers);
  assert.equal((await ask("stranger.org")).condition, "not-allowed");
  assert.equal((await ask("")).condition, "jid-malformed", "fault j: no stanza without an address");
  const foreign = { from: "elsewhere.net", to: "trusted.org", timeoutMs: 10 };
  assert.equal((await router.wavePing(foreign)).condition, "remote-server-not-found");
  first.control.outcome = { kind: "full" };
  assert.equal((await ask("trusted.org")).condition, "resource-constraint");
  first.control.state = "waiting";
  const down = await ask("trusted.org");
  assert.deepEqual([down.kind, down.condition], ["not_sent", "remote-server-timeout"]);
  assert.equal(first.sent.length, 0);
});

test("WAVE §1.8: a Wave ping is answered by its receipt, as old and new servers write it, or by an error", async () => {
  const { router, first, from } = setUp();
  const ping = () => router.wavePing({ from: us, to: them, timeoutMs: 1000 });
  const receipt = (attributes: Record<string, string>, id: string | undefined) =>
    element("message", ns.stanza, { from: them, to: us, ...attributes }, [
      element("received", ns.receipts, { id }),
    ]);
  const old = ping();
  from(receipt({ id: first.sent[0]?.attributes["id"] ?? "" }, undefined));
  assert.equal((await old).kind, "result");
  const recent = ping();
  from(receipt({ id: "another" }, first.sent[1]?.attributes["id"]));
  assert.equal((await recent).kind, "result");
  const refused = ping();
  assert(first.sent[2]);
  from(buildErrorReply(first.sent[2], "service-unavailable") ?? first.sent[2]);
  assert.equal((await refused).condition, "service-unavailable");
});

test("sourceFor: the link that would carry it, or why none can", () => {
  const { router, first, second } = setUp(strangers);
  assert.deepEqual(router.sourceFor("trusted.org"), { ok: true, from: us, linkId: "link-1" });
  assert.deepEqual(router.sourceFor("stranger.org"), { ok: false, code: "policy.not_trusted" });
  assert.deepEqual(router.sourceFor("blocked.org"), { ok: false, code: "policy.blocked" });
  first.control.state = "waiting";
  assert.deepEqual(router.sourceFor("trusted.org"), {
    ok: true,
    from: second.link.name,
    linkId: "link-2",
  });
  second.control.state = "connecting";
  assert.deepEqual(router.sourceFor("trusted.org"), { ok: false, code: "link.down" });
  router.configure([], []);
  assert.deepEqual(router.sourceFor("trusted.org"), { ok: false, code: "link.none" });
});

test("sourceFor: our own server is asked by the component that is attached to it", () => {
  const { router } = setUp();
  const own = router.sourceFor("other.org");
  assert(own.ok);
  assert.equal(own.from, "wave.other.org");
});

test("sourceFor: a name without a certificate asks nobody while another can prove itself", () => {
  const { router, first, second } = setUp();
  const bare = { ...first.link, canProve: () => false };
  const configure = (canProve: boolean) =>
    router.configure(
      [bare, { ...second.link, canProve: () => canProve }],
      [
        { name: us, role: "wave", linkId: "link-1" },
        { name: second.link.name, role: "plain", linkId: "link-2" },
      ],
    );
  const source = () => router.sourceFor("far.example");
  configure(true);
  assert.deepEqual(source(), { ok: true, from: second.link.name, linkId: "link-2" });
  configure(false);
  assert.deepEqual(source(), { ok: true, from: us, linkId: "link-1" });
});

test("strangers: their IQs get forbidden, messages and presence are dropped and counted, errors not answered", () => {
  const { first, from, traffic } = setUp(strangers);
  const to = us;
  const stranger = "bob@stranger.org";
  from(buildRequest("get", { from: stranger, to, id: "1" }, element("query", ns.discoInfo)));
  from(
    element("message", ns.stanza, { from: stranger, to }, [element("body", ns.stanza, {}, ["hi"])]),
  );
  from(element("presence", ns.stanza, { from: stranger, to, type: "subscribe" }));
  from(element("iq", ns.stanza, { from: stranger, to, type: "error", id: "2" }));
  from(element("iq", ns.stanza, { from: stranger, to, type: "result", id: "3" }));
  from(element("message", ns.stanza, { from: stranger, to, type: "error", id: "4" }));
  assert.deepEqual(
    first.sent.map((stanza) => serialize(stanza, { contentNamespace: ns.stanza })),
    [
      `<iq type="error" id="1" from="${us}" to="${stranger}"><error type="auth"><forbidden xmlns="${ns.stanzaErrors}"/></error></iq>`,
    ],
  );
  const count = traffic.take().find((one) => one.remoteDomain === "stranger.org");
  assert.deepEqual([count?.stanzasIn, count?.dropped, count?.stanzasOut], [6, 6, 1]);
});

test("local services answer whom policy allows, and their answers are counted", () => {
  const { first, from, traffic } = setUp(strangers);
  from(buildRequest("get", { from: "wave.trusted.org", to: us, id: "1" }, buildPing()));
  assert.equal(first.sent[0]?.attributes["type"], "error", "a subdomain of a peer is not the peer");
  traffic.take();
  first.sent.length = 0;
  from(buildRequest("get", { from: "trusted.org", to: us, id: "1" }, buildPing()));
  assert.deepEqual(
    { ...first.sent[0]?.attributes },
    { type: "result", id: "1", from: us, to: "trusted.org" },
  );
  const counts = traffic.take();
  const link = counts.find((one) => one.remoteDomain === "");
  assert.deepEqual([link?.stanzasIn, link?.bytesIn, link?.stanzasOut], [1, 100, 1]);
});

test("a stanza for a name of another server, or without addresses, reaches nobody", () => {
  const { first, from, traffic } = setUp();
  for (const attributes of [
    { from: them, to: "wave.other.org" },
    { from: them, to: "elsewhere.net" },
    { from: them },
    { to: us },
    { from: "@@", to: us },
    { from: them, to: us },
  ])
    from(buildRequest("get", { id: "1", ...attributes } as never, buildPing()));
  assert.equal(first.sent.length, 1, "only the last one was for us");
  assert.equal(traffic.take().find((one) => one.remoteDomain === "")?.dropped, 5);
});

test("COMPAT ejabberd: one server may spread the stanzas of its components over their streams", async () => {
  const { router, first } = setUp();
  const sibling = fakeLink("link-3", "chat.example.com" as Domain, first.link.neighbour);
  router.configure(
    [first.link, sibling.link],
    [
      { name: us, role: "wave", linkId: "link-1" },
      { name: sibling.link.name, role: "plain", linkId: "link-3" },
    ],
  );
  const input = { from: us, to: them, type: "get", payload: buildPing(), timeoutMs: 1000 } as const;
  const exchange = router.request(input);
  assert(first.sent[0]);
  router.receive(sibling.link, buildResult(first.sent[0]), 100);
  assert.equal((await exchange).kind, "result");
  router.receive(
    first.link,
    buildRequest("get", { from: them, to: sibling.link.name, id: "1" }, buildPing()),
    100,
  );
  assert.equal(first.sent[1]?.attributes["from"], sibling.link.name, "answered where it came");
});

test("XEP-0114 §3: our answers carry the stream's name even if the peer spelt it otherwise", () => {
  const { first, from } = setUp();
  from(buildRequest("get", { from: them, to: "x@Wave.Example.com/R", id: "1" }, buildPing()));
  assert.equal(first.sent[0]?.attributes["from"], `x@${us}/R`);
});

test("RFC 6120 §13.12: of what was too big a request is answered: policy-violation, or what Wave servers know", () => {
  const { first, router } = setUp();
  const head = (name: string, type: string) =>
    element(name, ns.stanza, { from: them, to: us, id: "1", type });
  const receive = () => {
    first.sent.length = 0;
    router.receiveRefused(first.link, head("iq", "set"), 1e6);
    router.receiveRefused(first.link, head("iq", "result"), 1e6);
    router.receiveRefused(first.link, head("message", "chat"), 1e6);
    return first.sent.map((stanza) => serialize(stanza)).join();
  };
  assert.match(
    receive(),
    /^<iq [^>]*type="error"[^>]*><error type="modify"><not-acceptable [^,]*$/,
  );
  router.configure([first.link], [{ name: us, role: "plain", linkId: "link-1" }]);
  assert.match(receive(), /<policy-violation /);
});

test("XEP-0205: automatic answers have a budget per domain, but an IQ of who may federate always has its answer", () => {
  const { first, from } = setUp((domain) => ({
    ...strangers(domain),
    allowed: domain !== "stranger.org",
  }));
  const message = (domain: string) =>
    element("message", ns.stanza, { from: domain, to: us, id: "1" }, [
      element("body", ns.stanza, {}, ["x"]),
    ]);
  const ping = (domain: string) =>
    buildRequest("get", { from: domain, to: us, id: "1" }, buildPing());
  const answersTo = (stanza: XmlElement, times: number) => {
    first.sent.length = 0;
    for (let sent = 0; sent < times; sent++) from(stanza);
    return first.sent.length;
  };
  const limited = answersTo(message("flood.org"), 500);
  assert(limited >= 50 && limited < 70, `${limited} answers`);
  assert.equal(answersTo(message(them), 1), 1, "others are not hurt by it");
  assert.equal(answersTo(ping("flood.org"), 5000), 5000);
  assert(answersTo(ping("stranger.org"), 500) < 70);
});

test("a reply budget fills again with time, and invented names cost no memory", () => {
  const limit = createReplyLimit(10, 2, 100);
  assert.deepEqual(
    [limit.allows("a", 0), limit.allows("a", 0), limit.allows("a", 0)],
    [true, true, false],
  );
  assert.equal(limit.allows("a", 100), true);
  assert.equal(limit.allows("a", 100), false);
  let allowed = 0;
  for (let index = 0; index < 10_000; index++) if (limit.allows(`x${index}`, 100)) allowed++;
  assert(allowed <= 102);
  assert.equal(limit.allows("b", 10_000), true);
});

test("traffic keeps a bounded number of domains apart, and loses none of the sum", () => {
  const traffic = createTrafficCounters(10);
  for (let index = 0; index < 100; index++)
    traffic.count("l", `d${index}`, "in", 5, new Date(index));
  const counts = traffic.take();
  assert(counts.length <= 12);
  const link = counts.find((count) => count.remoteDomain === "");
  assert.deepEqual([link?.stanzasIn, link?.bytesIn], [100, 500]);
  traffic.giveBack(counts);
  traffic.count("l", "", "out", 1, new Date(0));
  const again = traffic.take().find((count) => count.remoteDomain === "");
  assert.deepEqual([again?.stanzasIn, again?.stanzasOut], [100, 1]);
  assert.deepEqual(again?.lastActivityAt, new Date(99));
});

test("what a name that we federate itself cannot deliver is no word of a server of ours", () => {
  const { router, second, reached } = setUp();
  const { link } = fakeLink("link-3", us, "native", "s2s");
  router.configure([link, second.link], [{ name: us, role: "plain", linkId: "link-3" }]);
  const request = buildRequest("get", { id: "a", from: us, to: them }, buildPing());
  router.bounce(link, request, { condition: "remote-server-timeout", text: "auth.no_sasl" });
  const error = buildErrorReply(request, "remote-server-timeout");
  assert(error);
  router.receive(link, error, 100);
  assert.deepEqual(reached, []);
});
