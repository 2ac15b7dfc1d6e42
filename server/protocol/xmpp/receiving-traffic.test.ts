import assert from "node:assert/strict";
import { test } from "node:test";
import { driveReceiving, type ReceivingPeer } from "#testing/receiving-peer.ts";
import type { Domain } from "./domain.ts";
import { ns } from "./namespaces.ts";
import type { ReceivingTerms } from "./receiving-state.ts";

const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${ns.streams}' xmlns:db='${ns.dialback}' from='them.example' to='us.example' version='1.0'>`;
const message = (from = "a@them.example", to = "b@us.example") =>
  `<message from='${from}' to='${to}'/>`;
const enable = `<enable xmlns='${ns.streamManagement}'/>`;
const ack = (h: number) => `<a xmlns='${ns.streamManagement}' h='${h}'/>`;
const request = `<r xmlns='${ns.streamManagement}'/>`;

/** A stream on which them.example was verified by dialback. */
function ready(terms: Partial<ReceivingTerms> = {}, before = ""): ReceivingPeer {
  const peer = driveReceiving({ streamManagement: true, ...terms }, { security: "direct" });
  peer.says(`${header}${before}<db:result from='them.example' to='us.example'>k</db:result>`);
  peer.input({
    kind: "verified",
    from: "them.example" as Domain,
    to: "us.example" as Domain,
    outcome: { kind: "valid" },
  });
  peer.heard();
  return peer;
}

test("RFC 6120 §8.1.1.2, §8.1.2.2: only stanzas between proven names come in; the others end the stream", () => {
  const cases: [string, string][] = [
    ["<message from='a@them.example'/>", "improper-addressing"],
    ["<message to='b@us.example'/>", "improper-addressing"],
    ["<message/>", "improper-addressing"],
    [message("", "b@us.example"), "improper-addressing"],
    [message("a@", "b@us.example"), "improper-addressing"],
    [message("a@them.example", "b@@us.example"), "improper-addressing"],
    [message("a@evil.example"), "invalid-from"],
    [message("them.example@evil.example"), "invalid-from"],
    [message("evil.example/them.example"), "invalid-from"],
    [message("a@sub.them.example"), "invalid-from"],
    [message("a@them.example", "b@other.example"), "host-unknown"],
    [message("b@us.example", "a@them.example"), "invalid-from"],
  ];
  for (const [stanza, condition] of cases) {
    const peer = ready();
    peer.says(stanza);
    assert.match(peer.heard(), new RegExp(`<stream:error><${condition} `), stanza);
    assert.equal(peer.of("stanza").length, 0);
  }
});

test("names of stanzas are compared in canonical form; what is wrong with localparts is not the stream's", () => {
  const peer = ready();
  for (const from of [
    "A@THEM.example",
    "them.example.",
    "x@them.example/a@b/c",
    "a b@them.example",
  ])
    peer.says(message(from, "US.example/x"));
  assert.equal(peer.of("stanza").length, 4);
  assert.equal(peer.heard(), "");
});

test("RFC 6120 §4.8.4: what is no stanza is not routed, and does not end the stream", () => {
  const peer = ready();
  peer.says("<x xmlns='urn:x'/><message xmlns='urn:x'/><stream:features/>");
  assert.equal(peer.of("stanza").length, 0);
  assert.deepEqual(
    peer.of("ignored").map(({ name }) => name),
    ["x", "message", "features"],
  );
  peer.says(message());
  assert.equal(peer.of("stanza").length, 1);
});

test("RFC 6120 §13.12: an oversize stanza of a proven pair is reported without its content, others are judged alike", () => {
  const big = (from: string) =>
    `<message from='${from}' to='b@us.example' id='7'><body>${"x".repeat(150_000)}</body></message>`;
  const peer = ready();
  peer.says(big("a@them.example"));
  const [refused] = peer.of("refused_stanza");
  assert.equal(refused?.head.attributes["id"], "7");
  assert.deepEqual(refused?.head.children, []);
  peer.says(big("a@evil.example"));
  assert.match(peer.heard(), /<invalid-from /);
});

test("RFC 6120 §13.12: before authentication the budget is the small one, and passing it ends the stream", () => {
  const peer = driveReceiving({}, { security: "direct" });
  peer.says(`${header}<db:result from='them.example' to='us.example'>`);
  for (let sent = 0; sent < 11; sent++) peer.says("k".repeat(1000));
  assert.match(peer.sent(), /<policy-violation /);
  assert.match(peer.state().phase, /^clos/);
});

test("XEP-0198 §3-4: enabled once, after authentication; each <r/> is answered by what was taken", () => {
  const early = driveReceiving({ streamManagement: true }, { security: "direct" });
  early.says(header);
  assert.match(
    early.heard(),
    /<sm xmlns="urn:xmpp:sm:3"\/>/,
    "dialback has no features afterwards",
  );
  early.says(enable);
  assert.equal(
    early.heard(),
    `<failed xmlns="urn:xmpp:sm:3"><unexpected-request xmlns="${ns.stanzaErrors}"/></failed>`,
  );
  const peer = ready();
  peer.says(message());
  peer.says(enable);
  assert.equal(peer.heard(), '<enabled xmlns="urn:xmpp:sm:3"/>');
  assert.equal(peer.of("sm_enabled").length, 1);
  peer.says(request + message() + message() + request);
  assert.equal(peer.heard(), '<a xmlns="urn:xmpp:sm:3" h="0"/><a xmlns="urn:xmpp:sm:3" h="2"/>');
  peer.says(enable);
  assert.match(peer.heard(), /^<failed .*unexpected-request/);
  assert.equal(peer.state().management?.handled, 2);
  const refusing = ready({ streamManagement: false });
  refusing.says(enable);
  assert.match(refusing.heard(), /^<failed /);
});

test("XEP-0198 §5: streams are not resumed", () => {
  const peer = ready();
  peer.says(`<resume xmlns='${ns.streamManagement}' h='0' previd='x'/>`);
  assert.match(peer.heard(), /^<failed xmlns="urn:xmpp:sm:3"><item-not-found /);
});

test("XEP-0198 §3: SM is offered after SASL, and before it only where there is no SASL to come", () => {
  const peer = driveReceiving({ streamManagement: true, external: true }, { security: "direct" });
  peer.says(header);
  assert.doesNotMatch(peer.heard(), /urn:xmpp:sm/);
  peer.says(`<auth xmlns='${ns.sasl}' mechanism='EXTERNAL'>=</auth>`);
  peer.says(header);
  assert.match(peer.heard(), /<sm xmlns="urn:xmpp:sm:3"\/>/);
});

test("XEP-0198 §4: acknowledgements are counted; an h too high ends the stream and says so", () => {
  const peer = ready({ bidi: true }, "<bidi xmlns='urn:xmpp:bidi'/>");
  peer.says(enable);
  peer.input({ kind: "sent", count: 3 });
  peer.says(ack(2));
  peer.says(ack(2));
  peer.says(ack(3));
  assert.deepEqual(
    peer.of("acknowledged").map(({ count }) => count),
    [2, 0, 1],
    "an acknowledgement of nothing new is an answer, too",
  );
  peer.heard();
  peer.says(ack(4));
  assert.equal(
    peer.heard(),
    '<a xmlns="urn:xmpp:sm:3" h="0"/>' +
      `<stream:error><undefined-condition xmlns="${ns.streamErrors}"/>` +
      '<handled-count-too-high xmlns="urn:xmpp:sm:3" h="4" send-count="3"/></stream:error></stream:stream>',
  );
});

test("XEP-0198 §4: an h that is no number is bad-format; without management it is passed over", () => {
  const peer = ready();
  peer.says(ack(7) + request);
  assert.equal(peer.heard(), "");
  peer.says(enable);
  peer.says(`<a xmlns='${ns.streamManagement}' h='many'/>`);
  assert.match(peer.heard(), /<bad-format /);
});

test("XEP-0288 §2: bidi is enabled before authentication, once, when it was offered", () => {
  const bidi = "<bidi xmlns='urn:xmpp:bidi'/>";
  const peer = ready({ bidi: true }, bidi + bidi);
  assert.equal(peer.of("bidi_enabled").length, 1);
  assert.equal(peer.state().isBidi, true);
  const refused = ready({ bidi: false }, bidi);
  assert.equal(refused.state().isBidi, false);
  assert.equal(refused.of("bidi_enabled").length, 0);
});

test("XEP-0288 §2.1: TLS is completed before bidi is enabled, and ends what was enabled before it", () => {
  const bidi = "<bidi xmlns='urn:xmpp:bidi'/>";
  const peer = driveReceiving({ bidi: true, startTls: "offered" });
  peer.says(header + bidi);
  assert.equal(peer.state().isBidi, false);
  peer.says(`<starttls xmlns='${ns.tls}'/>`);
  peer.input({ kind: "secured" });
  peer.says(header + bidi);
  assert.equal(peer.state().isBidi, true);
});

test("XEP-0288 §2.2: bidi outlives the restart of SASL", () => {
  const peer = driveReceiving({ bidi: true, external: true }, { security: "direct" });
  peer.says(`${header}<bidi xmlns='urn:xmpp:bidi'/>`);
  peer.says(`<auth xmlns='${ns.sasl}' mechanism='EXTERNAL'>=</auth>`);
  peer.says(header);
  assert.equal(peer.state().isBidi, true);
  assert.doesNotMatch(peer.sent().split("id-2")[1] ?? "", /bidi/, "no more to be offered");
});

test("RFC 6120 §4.4: after our close what is under way is still taken, until the peer closes or time is up", () => {
  const peer = ready();
  peer.input({ kind: "close" });
  assert.equal(peer.heard(), "</stream:stream>");
  peer.says(message() + message("a@evil.example") + enable + message());
  assert.equal(peer.of("stanza").length, 2);
  assert.equal(peer.heard(), "", "we say nothing any more");
  peer.says("</stream:stream>");
  assert.equal(peer.log.at(-1)?.kind, "disconnect");
  const silent = ready();
  silent.input({ kind: "close" });
  silent.wait(1999);
  assert.equal(silent.state().phase, "closing");
  silent.wait(1);
  assert.equal(silent.state().phase, "closed");
});

test("XEP-0198 §4: a managed stream acknowledges before it closes, and takes nothing after that", () => {
  const peer = ready();
  peer.says(enable + message());
  peer.input({ kind: "sent", count: 1 });
  peer.heard();
  peer.input({ kind: "close" });
  assert.equal(peer.heard(), '<a xmlns="urn:xmpp:sm:3" h="1"/></stream:stream>');
  peer.says(message() + ack(1));
  assert.equal(peer.of("stanza").length, 1, "the peer returns it to its sender");
  assert.equal(peer.of("acknowledged").length, 1);
});

test("RFC 6120 §4.9.1: an error of ours, or of theirs, ends the stream for both directions", () => {
  const ours = ready();
  ours.input({ kind: "close", condition: "system-shutdown", text: "good night" });
  assert.match(
    ours.heard(),
    /<system-shutdown [^>]*\/><text [^>]*>good night<\/text><\/stream:error><\/stream:stream>$/,
  );
  ours.says(message());
  assert.equal(ours.of("stanza").length, 0);
  const theirs = ready();
  theirs.says(`<stream:error><reset xmlns='${ns.streamErrors}'/></stream:error>`);
  assert.equal(theirs.heard(), "</stream:stream>");
  assert.deepEqual(theirs.of("failed")[0]?.failure, {
    code: "stream.policy",
    condition: "reset",
    text: null,
  });
});

test("RFC 6120 §4.4: the peer's close is answered; a connection that ends without one is told apart", () => {
  const polite = ready();
  polite.says("</stream:stream>");
  assert.equal(polite.heard(), "</stream:stream>");
  assert.equal(polite.log.at(-1)?.kind, "disconnect");
  assert.equal(polite.of("failed").length, 0);
  const gone = driveReceiving();
  gone.says(header);
  gone.input({ kind: "disconnected" });
  assert.deepEqual(gone.of("failed")[0]?.failure, { code: "stream.closed", phase: "negotiating" });
});
