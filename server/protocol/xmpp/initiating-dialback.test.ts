import assert from "node:assert/strict";
import { test } from "node:test";
import { driveToReady, type InitiatingPeer } from "#testing/initiating-peer.ts";
import type { Input } from "./initiating-state.ts";
import { ns } from "./namespaces.ts";

const dialback = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
const success = `<success xmlns='${ns.sasl}'/>`;
const result = (attributes: string, from = "them.example", to = "us.example") =>
  `<db:result from='${from}' to='${to}' ${attributes}/>`;
const verified = (attributes: string, from = "them.example", to = "us.example") =>
  `<db:verify from='${from}' to='${to}' ${attributes}/>`;
const byDialback = (from = "us.example", to = "them.example", wants = false): Input => ({
  kind: "login",
  method: "dialback",
  from,
  to,
  key: "k",
  bidi: wants,
});
const question = (id: string, from = "us.example"): Input => ({
  kind: "verify",
  from,
  to: "them.example",
  id,
  key: "k",
});

test("XEP-0220 §2.1.1: a key is sent, and the answer for that pair opens it", () => {
  const peer = driveToReady(dialback);
  peer.input(byDialback());
  assert.equal(peer.heard(), '<db:result from="us.example" to="them.example">k</db:result>');
  assert.equal(peer.state().deadline, 6000);
  peer.says(result("type='valid'"));
  const [authenticated] = peer.of("authenticated");
  assert.deepEqual(
    [authenticated?.by, authenticated?.from, authenticated?.to],
    ["dialback", "us.example", "them.example"],
  );
  assert.equal(peer.of("raise_limits").length, 1);
  assert.equal(peer.state().phase, "established");
  assert.equal(peer.state().deadline, null);
});

test("XEP-0220 §2.1.1: invalid and error are told apart, and the stream goes on", () => {
  const invalid = driveToReady(dialback);
  invalid.input(byDialback());
  invalid.says(result("type='invalid'"));
  assert.deepEqual(invalid.of("login_failed")[0], {
    kind: "login_failed",
    method: "dialback",
    from: "us.example",
    to: "them.example",
    outcome: { kind: "invalid" },
  });
  const error = driveToReady(dialback);
  error.input(byDialback());
  error.says(
    `<db:result from='them.example' to='us.example' type='error'><error type='cancel'><item-not-found xmlns='${ns.stanzaErrors}'/></error></db:result>`,
  );
  const [failed] = error.of("login_failed");
  assert(failed?.method === "dialback");
  assert.deepEqual(failed.outcome, { kind: "error", condition: "item-not-found", text: null });
  assert.equal(error.state().phase, "ready");
});

test("XEP-0220 §2.1.1, §3.1: an answer counts only for a pair that was asked for on this stream", () => {
  const peer = driveToReady(dialback);
  peer.says(result("type='valid'"));
  peer.input(byDialback());
  for (const lie of [
    result("type='valid'", "evil.example"),
    result("type='valid'", "them.example", "other.example"),
    result("type='valid'", "us.example", "them.example"),
    result("type='maybe'"),
    result("type='valid'", "them example"),
    verified("id='x' type='valid'"),
  ])
    peer.says(lie);
  assert.equal(peer.of("authenticated").length, 0);
  assert.equal(peer.of("ignored").length, 7);
  peer.says(result("type='valid'", "THEM.example", "us.example."));
  assert.equal(peer.of("authenticated").length, 1);
  peer.says(result("type='invalid'"));
  assert.equal(peer.of("login_failed").length, 0, "each question has one answer");
});

test("XEP-0220 §2.6.1: further pairs are asked for on the same stream, each answered for itself", () => {
  const peer = driveToReady(dialback);
  peer.input(byDialback());
  peer.says(result("type='valid'"));
  peer.input(byDialback("sub.us.example"));
  peer.input(byDialback("sub.us.example"));
  assert.equal(peer.of("login_failed").length, 1, "a pair is asked for once");
  assert.equal(peer.state().phase, "established");
  peer.says(result("type='invalid'", "them.example", "sub.us.example"));
  assert.equal(peer.of("login_failed").length, 2);
  assert.deepEqual(
    peer.state().session?.authenticated.map(({ from }) => from),
    ["us.example"],
  );
  assert.equal(peer.of("raise_limits").length, 1);
});

test("XEP-0220 §2.1.1: no answer in time is an error of that question only", () => {
  const peer = driveToReady(dialback);
  peer.input(byDialback());
  peer.wait(2000);
  peer.input(question("1"));
  assert.equal(peer.state().deadline, 6000);
  peer.wait(3000);
  const timeout = { kind: "error", condition: "remote-server-timeout", text: null };
  const [failed] = peer.of("login_failed");
  assert(failed?.method === "dialback");
  assert.deepEqual(failed.outcome, timeout);
  assert.equal(peer.state().deadline, 8000);
  peer.says(verified("id='1' type='valid'"));
  assert.deepEqual(peer.of("verified")[0]?.outcome, { kind: "valid" });
  assert.equal(peer.state().phase, "ready");
  assert.equal(peer.state().deadline, null);
});

test("XEP-0220 §2.1.1, §2.1.2: the loss of the stream, in any way, answers every question", () => {
  const endings: ((peer: InitiatingPeer) => void)[] = [
    (peer) => peer.input({ kind: "disconnected" }),
    (peer) => peer.input({ kind: "close" }),
    (peer) => peer.says("</stream:stream>"),
    (peer) => peer.says(`<stream:error><reset xmlns='${ns.streamErrors}'/></stream:error>`),
    (peer) => peer.says("<a></b>"),
    (peer) => peer.says(success),
  ];
  for (const ending of endings) {
    const peer = driveToReady(dialback);
    peer.input(byDialback());
    peer.input(question("1"));
    ending(peer);
    assert.equal(peer.of("login_failed").length, 1, ending.toString());
    assert.equal(peer.of("verified").length, 1, ending.toString());
    assert.equal(
      peer.of("verified")[0]?.outcome,
      null,
      "no word of theirs: another stream may ask",
    );
    peer.input({ kind: "disconnected" });
    assert.equal(peer.of("verified").length, 1, "once");
    assert.equal(peer.state().deadline, null);
  }
});

test("XEP-0220 §2.1.2: a key is verified without a login; the answer is known by both names and the id", () => {
  const peer = driveToReady("");
  peer.input(question("417"));
  assert.equal(
    peer.heard(),
    '<db:verify from="us.example" to="them.example" id="417">k</db:verify>',
  );
  peer.says(
    verified("id='418' type='valid'") + verified("type='valid'") + result("id='417' type='valid'"),
  );
  assert.equal(peer.of("verified").length, 0);
  peer.says(verified("id='417' type='invalid'"));
  assert.deepEqual(peer.of("verified"), [
    {
      kind: "verified",
      from: "us.example",
      to: "them.example",
      id: "417",
      outcome: { kind: "invalid" },
    },
  ]);
});

test("XEP-0185 §2: a peer whose stream id has a space in it, or none, gets no key", () => {
  for (const id of ["a b", ""]) {
    const peer = driveToReady(dialback, id);
    peer.input(byDialback());
    assert.equal(peer.heard(), "");
    assert.equal(peer.of("login_failed").length, 1);
  }
  const spaced = driveToReady(dialback);
  spaced.input(byDialback("us example"));
  spaced.input(question("a b"));
  assert.equal(spaced.heard(), "");
  assert.equal(spaced.of("login_failed").length + spaced.of("verified").length, 2);
});
