import assert from "node:assert/strict";
import { test } from "node:test";
import { driveReceiving, type ReceivingPeer } from "#testing/receiving-peer.ts";
import type { DialbackOutcome } from "./dialback.ts";
import type { Domain } from "./domain.ts";
import { ns } from "./namespaces.ts";
import { maxAuthorized, maxChecks, maxPending, type ReceivingTerms } from "./receiving-state.ts";

const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${ns.streams}' xmlns:db='${ns.dialback}' from='them.example' to='us.example' version='1.0'>`;
const us = "us.example" as Domain;
const them = "them.example" as Domain;
const result = (from: string = them, to: string = us, key = "k") =>
  `<db:result from='${from}' to='${to}'>${key}</db:result>`;
const answer = (type: string, from: string = us, to: string = them) =>
  `<db:result from="${from}" to="${to}" type="${type}"/>`;
const message = (from: string = them, to: string = us) =>
  `<message from='a@${from}/r' to='b@${to}'/>`;

function connected(terms: Partial<ReceivingTerms> = {}): ReceivingPeer {
  const peer = driveReceiving(terms, { security: "direct" });
  peer.says(header);
  peer.heard();
  return peer;
}
function verified(peer: ReceivingPeer, outcome: DialbackOutcome, from = them, to = us) {
  peer.input({ kind: "verified", from, to, outcome });
}

test("XEP-0220 §2.2.1: a key is verified with the id of our header; valid opens the stream for the pair", () => {
  const peer = connected();
  peer.says(result(them, us, "abc"));
  assert.deepEqual(peer.of("verify"), [
    {
      kind: "verify",
      from: them,
      to: us,
      written: { from: them, to: us },
      key: "abc",
      streamId: "id-1",
    },
  ]);
  assert.equal(peer.heard(), "", "nothing is said before it is verified");
  verified(peer, { kind: "valid" });
  assert.equal(peer.heard(), answer("valid"));
  assert.equal(peer.state().phase, "ready");
  assert.equal(peer.state().deadline, null);
  assert.deepEqual(
    peer.log.slice(-3).map(({ kind }) => kind),
    ["send", "raise_limits", "authorized"],
  );
  peer.says(message());
  assert.equal(peer.of("stanza").length, 1);
});

test("XEP-0220 §2.2.1: names are compared in canonical form and answered as they were written", () => {
  const peer = connected();
  peer.says(result("BÜCHER.example", "US.example."));
  const [verify] = peer.of("verify");
  assert.deepEqual([verify?.from, verify?.to], ["xn--bcher-kva.example", us]);
  assert.deepEqual(verify?.written, { from: "BÜCHER.example", to: "US.example." });
  verified(peer, { kind: "valid" }, "xn--bcher-kva.example" as Domain);
  assert.equal(peer.heard(), answer("valid", "US.example.", "BÜCHER.example"));
  peer.says(message("bücher.EXAMPLE"));
  assert.equal(peer.of("stanza").length, 1);
});

test("XEP-0220 §2.2.1: a stanza of a pair that is not verified yet ends the stream", () => {
  const first = connected();
  first.says(result() + message());
  assert.match(first.heard(), /<not-authorized /);
  const second = connected();
  second.says(result());
  verified(second, { kind: "valid" });
  second.says(result("other.example") + message("other.example"));
  assert.match(second.heard(), /<invalid-from /);
  assert.equal(second.of("stanza").length, 0);
  verified(second, { kind: "valid" }, "other.example" as Domain);
  assert.equal(second.state().authorized.length, 1, "the answer comes too late");
});

test("XEP-0220 §2.2.1: an invalid key is reported and ends the stream", () => {
  const peer = connected();
  peer.says(result());
  verified(peer, { kind: "invalid" });
  assert.match(peer.heard(), new RegExp(`^${answer("invalid")}<stream:error>.*</stream:stream>$`));
  assert.match(peer.state().phase, /^clos/);
});

test("XEP-0220 §2.2.1: an invalid key spares the pairs that are valid on the stream, as forbidden", () => {
  const peer = connected();
  peer.says(result());
  verified(peer, { kind: "valid" });
  peer.says(result("other.example"));
  peer.heard();
  verified(peer, { kind: "invalid" }, "other.example" as Domain);
  assert.match(
    peer.heard(),
    /^<db:result from="us\.example" to="other\.example" type="error"><error type="auth"><forbidden xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"\/><\/error><\/db:result>$/,
  );
  peer.says(message());
  assert.equal(peer.of("stanza").length, 1);
});

test("XEP-0220 §2.2.1: an unknown target is a dialback error, and the stream lives", () => {
  const peer = connected();
  peer.says(result(them, "nobody.example"));
  verified(
    peer,
    { kind: "error", condition: "item-not-found", text: null },
    them,
    "nobody.example" as Domain,
  );
  assert.match(peer.heard(), /type="error"><error type="cancel"><item-not-found /);
  peer.says(result());
  verified(peer, { kind: "valid" });
  assert.equal(peer.state().phase, "ready");
});

test("XEP-0220 §2.5: without TLS where it is required, or where a certificate is, says which", () => {
  const clear = driveReceiving({ startTls: "required", dialback: false });
  clear.says(header);
  clear.heard();
  clear.says(result());
  assert.match(clear.heard(), /<policy-violation xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/);
  clear.says("<db:verify from='them.example' to='us.example' id='1'>k</db:verify>");
  assert.match(clear.heard(), /^<db:verify [^>]*type="error"><error [^>]*><policy-violation /);
  const strict = connected({ dialback: false });
  strict.says(result());
  assert.match(strict.heard(), /<not-authorized xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/);
  assert.equal(strict.of("verify").length + clear.of("verify").length, 0);
  assert.equal(clear.of("check_key").length, 0);
  assert.equal(strict.state().phase, "negotiating");
});

test("a key for a pair that is verified, or being verified, causes no second question", () => {
  const peer = connected();
  peer.says(result() + result() + result(them, us, "other"));
  assert.equal(peer.of("verify").length, 1);
  assert.equal(peer.of("ignored").length, 2);
  verified(peer, { kind: "valid" });
  assert.equal(peer.heard(), answer("valid"));
  peer.says(result(them, us, "wrong"));
  assert.equal(peer.heard(), answer("valid"), "it is proven already, and stays so");
  assert.equal(peer.of("verify").length, 1);
});

test("XEP-0220 §2.5: more pairs at once, or in all, than one stream may have are resource-constraint", () => {
  const flood = connected();
  for (let index = 0; index <= maxPending; index++) flood.says(result(`d${index}.example`));
  assert.equal(flood.of("verify").length, maxPending);
  assert.match(
    flood.heard(),
    /^<db:result [^>]*type="error"><error type="wait"><resource-constraint /,
  );
  const many = connected();
  for (let index = 0; index <= maxAuthorized; index++) {
    many.says(result(`d${index}.example`));
    verified(many, { kind: "valid" }, `d${index}.example` as Domain);
  }
  assert.equal(many.state().authorized.length, maxAuthorized);
  assert.match(many.heard(), /resource-constraint [^>]*\/><\/error><\/db:result>$/);
});

test("XEP-0220 §2.2, §3.1: answers that nobody asked for are passed over on a stream of the peer", () => {
  for (const bidi of [false, true]) {
    const peer = connected({ bidi });
    if (bidi) peer.says("<bidi xmlns='urn:xmpp:bidi'/>");
    peer.says(`<db:result from='${them}' to='${us}' type='valid'/>`);
    peer.says(`<db:verify from='${them}' to='${us}' id='id-1' type='valid'/>`);
    peer.says(`<db:result from='${them}' to='${us}' type='error'/>`);
    assert.equal(peer.of("ignored").length, 3);
    assert.deepEqual(peer.state().authorized, []);
    assert.equal(peer.heard(), "");
    peer.says(message());
    assert.equal(peer.of("stanza").length, 0);
  }
});

test("an answer of the host that no key waits for authorizes nobody", () => {
  const peer = connected();
  verified(peer, { kind: "valid" });
  peer.says(result());
  verified(peer, { kind: "valid" }, us, them);
  verified(peer, { kind: "valid" }, them, them);
  assert.deepEqual(peer.state().authorized, []);
  assert.equal(peer.heard(), "");
});

test("XEP-0185 §2: names with spaces, and keys without a name, are improper-addressing", () => {
  for (const bad of [
    result("them example"),
    result(them, "us example"),
    result(them, us, "k k"),
    result(them, us, ""),
    "<db:result from='them.example'>k</db:result>",
    "<db:verify from='them.example' to='us.example' id='a b'>k</db:verify>",
    "<db:verify from='them.example' to='us.example'>k</db:verify>",
    "<db:verify from='them@example' to='us.example' id='1'>k</db:verify>",
  ]) {
    const peer = connected();
    peer.says(bad);
    assert.match(peer.heard(), /<improper-addressing /, bad);
    assert.equal(peer.of("verify").length + peer.of("check_key").length, 0);
  }
});

test("XEP-0220 §2.2.2: a key that somebody asks about is checked and reported with the same id", () => {
  const outcomes: [DialbackOutcome, RegExp][] = [
    [
      { kind: "valid" },
      /^<db:verify from="US\.example" to="them\.example" id="417" type="valid"\/>$/,
    ],
    [{ kind: "invalid" }, /type="invalid"\/>$/],
    [
      { kind: "error", condition: "item-not-found", text: null },
      /type="error"><error type="cancel"><item-not-found /,
    ],
  ];
  for (const [outcome, expected] of outcomes) {
    const peer = connected();
    peer.says("<db:verify from='them.example' to='US.example' id='417'>abc</db:verify>");
    assert.deepEqual(peer.of("check_key"), [
      { kind: "check_key", from: them, to: us, id: "417", key: "abc" },
    ]);
    peer.input({ kind: "key_checked", from: them, to: us, id: "418", outcome });
    assert.equal(peer.heard(), "", "the id is part of the question");
    peer.input({ kind: "key_checked", from: them, to: us, id: "417", outcome });
    assert.match(peer.heard(), expected);
    peer.input({ kind: "key_checked", from: them, to: us, id: "417", outcome });
    assert.equal(peer.heard(), "", "each question has one answer");
    assert.equal(peer.state().phase, "negotiating", "asking authenticates nobody");
  }
});

test("questions about keys are answered on a stream with verified pairs, too, and their number is bounded", () => {
  const peer = connected();
  peer.says(result());
  verified(peer, { kind: "valid" });
  peer.heard();
  for (let id = 0; id <= maxChecks; id++)
    peer.says(`<db:verify from='them.example' to='us.example' id='${id}'>k</db:verify>`);
  peer.says("<db:verify from='them.example' to='us.example' id='0'>k</db:verify>");
  assert.equal(peer.of("check_key").length, maxChecks);
  assert.match(
    peer.heard(),
    /^<db:verify [^>]*id="16" type="error">.*resource-constraint [^/]*\/><\/error><\/db:verify>$/,
  );
});

test("RFC 6120 §4.7.5: a server from before 1.0 authenticates by dialback alone", () => {
  const peer = driveReceiving();
  peer.says(header.replace(" version='1.0'>", ">"));
  assert.doesNotMatch(peer.heard(), /features/);
  peer.says(result());
  verified(peer, { kind: "valid" });
  peer.says(message());
  assert.equal(peer.of("stanza").length, 1);
});
