import assert from "node:assert/strict";
import { test } from "node:test";
import { driveReceiving, type ReceivingPeer } from "#testing/receiving-peer.ts";
import type { ReceivingTerms } from "./receiving-state.ts";
import { ns } from "./namespaces.ts";

const header = (from = "them.example", to = "us.example") =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${ns.streams}' xmlns:db='${ns.dialback}' from='${from}' to='${to}' version='1.0'>`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const auth = (text: string, mechanism = "EXTERNAL") =>
  `<auth xmlns='${ns.sasl}' mechanism='${mechanism}'>${text}</auth>`;
const failure = (condition: string) => `<failure xmlns="${ns.sasl}"><${condition}/></failure>`;
const success = `<success xmlns="${ns.sasl}"/>`;
const message = "<message from='a@them.example' to='b@us.example'/>";

/** A peer whose certificate stands for the name in its header. */
function trusted(terms: Partial<ReceivingTerms> = {}): ReceivingPeer {
  const peer = driveReceiving({ external: true, ...terms }, { security: "direct" });
  peer.says(header());
  peer.heard();
  return peer;
}

test("XEP-0178 §3: EXTERNAL with the stream's own name, without one, and with an empty one succeeds", () => {
  for (const authzid of [base64("them.example"), base64("THEM.Example."), "="]) {
    const peer = trusted();
    peer.says(auth(authzid));
    assert.equal(peer.heard(), success, authzid);
    assert.deepEqual(peer.of("authorized"), [
      { kind: "authorized", from: "them.example", to: "us.example", by: "external" },
    ]);
    assert.deepEqual(peer.of("new_reader").at(-1), { kind: "new_reader", isAuthenticated: true });
    peer.says(header());
    assert.match(peer.heard(), / id="id-2".*<stream:features>/);
    assert.equal(peer.of("greet")[1]?.isRestartAfterSasl, true);
    assert.equal(peer.state().phase, "ready");
    assert.equal(peer.state().deadline, null);
    peer.says(message);
    assert.equal(peer.of("stanza").length, 1);
  }
});

test("XEP-0178 §3 step 9: EXTERNAL is offered and taken only when the certificate stands for the name", () => {
  const peer = driveReceiving({ external: false }, { security: "direct" });
  peer.says(header());
  assert.doesNotMatch(peer.heard(), /mechanisms/);
  peer.says(auth("="));
  assert.equal(peer.heard(), failure("invalid-mechanism"));
  assert.equal(peer.of("authorized").length, 0);
});

test("RFC 6120 §6.5: each way to fail has its condition", () => {
  const cases: [string, string][] = [
    [auth(base64("evil.example")), "invalid-authzid"],
    [auth(base64("a@them.example")), "invalid-authzid"],
    [auth(base64("them.example\u0000")), "invalid-authzid"],
    [auth("them.example"), "incorrect-encoding"],
    [auth(`${base64("them.example")}\n`), "incorrect-encoding"],
    [auth("wIA="), "incorrect-encoding"],
    [auth("=", "PLAIN"), "invalid-mechanism"],
    [auth("=", "external"), "invalid-mechanism"],
    [`<auth xmlns='${ns.sasl}'/>`, "invalid-mechanism"],
  ];
  for (const [text, condition] of cases) {
    const peer = trusted();
    peer.says(text);
    assert.equal(peer.heard(), failure(condition), text);
    assert.equal(peer.state().phase, "negotiating");
  }
});

test("RFC 6120 §6.3.4: authentication before TLS, where TLS is to be had, is encryption-required", () => {
  for (const startTls of ["required", "offered"] as const) {
    const peer = driveReceiving({ startTls, external: true });
    peer.says(header());
    peer.heard();
    peer.says(auth("="));
    assert.equal(peer.heard(), failure("encryption-required"));
  }
  const clear = driveReceiving({ startTls: "none", external: true });
  clear.says(header());
  clear.heard();
  clear.says(auth("="));
  assert.equal(clear.heard(), failure("invalid-mechanism"), "a certificate comes with TLS only");
});

test("RFC 6120 §6.4.5: after two retries the stream is closed with policy-violation", () => {
  const peer = trusted();
  for (let attempt = 0; attempt < 2; attempt++) {
    peer.says(auth("*"));
    assert.equal(peer.heard(), failure("incorrect-encoding"));
  }
  peer.says(auth("*"));
  assert.equal(
    peer.heard(),
    `${failure("incorrect-encoding")}<stream:error><policy-violation xmlns="${ns.streamErrors}"/></stream:error></stream:stream>`,
  );
});

test("XEP-0178 §3 step 11: after a failure dialback may go on on the same stream", () => {
  const peer = trusted();
  peer.says(auth(base64("evil.example")));
  peer.says("<db:result from='them.example' to='us.example'>k</db:result>");
  assert.equal(peer.of("verify").length, 1);
});

test("RFC 6120 §6.4.2: without initial response there is a challenge; the response then counts", () => {
  const peer = trusted();
  peer.says(auth(""));
  assert.equal(peer.heard(), `<challenge xmlns="${ns.sasl}"/>`);
  peer.says(`<response xmlns='${ns.sasl}'/>`);
  assert.equal(peer.heard(), success);
  const named = trusted();
  named.says(auth(""));
  named.says(`<response xmlns='${ns.sasl}'>${base64("evil.example")}</response>`);
  assert.match(named.heard(), /invalid-authzid/);
});

test("RFC 6120 §6.4.2: a second <auth/> during the exchange ends the first, <abort/> ends it too", () => {
  const again = trusted();
  again.says(auth(""));
  again.heard();
  again.says(auth(base64("them.example")));
  assert.equal(again.heard(), success);
  const aborted = trusted();
  aborted.says(auth(""));
  aborted.heard();
  aborted.says(`<abort xmlns='${ns.sasl}'/>`);
  assert.equal(aborted.heard(), failure("aborted"));
  aborted.says(auth("="));
  assert.equal(aborted.heard(), success);
});

test("RFC 6120 §6.3.5: bytes behind <auth/> in the same write end the stream", () => {
  for (const behind of [header(), "\n", message]) {
    const peer = trusted();
    peer.says(auth("=") + behind);
    assert.equal(peer.of("authorized").length, 0);
    assert.match(peer.heard(), /<policy-violation /);
  }
});

test("RFC 6120 §4.3.5: a stanza before authentication is not processed: not-authorized", () => {
  for (const stanza of [message, "<iq/>", "<presence from='them.example'/>"]) {
    const peer = driveReceiving({ startTls: "required" });
    peer.says(header() + stanza);
    assert.match(peer.sent(), /<not-authorized /);
    assert.equal(peer.of("stanza").length, 0);
  }
  const challenged = trusted();
  challenged.says(auth(""));
  challenged.says(message);
  assert.match(challenged.heard(), /<not-authorized /);
});

test("CVE-2018-10847: names that change after SASL end the stream; left out, they stay the same", () => {
  for (const [from, to] of [
    ["evil.example", "us.example"],
    ["them.example", "other.example"],
  ]) {
    const peer = trusted();
    peer.says(auth("="));
    peer.says(header(from, to));
    assert.match(peer.heard(), /<improper-addressing /);
    peer.says(message);
    assert.equal(peer.of("stanza").length, 0);
  }
  const brief = trusted();
  brief.says(auth("="));
  brief.says(header().replace(" from='them.example'", ""));
  assert.match(brief.heard(), / to="them\.example" id="id-2"/);
});

test("RFC 6120 §6.4.6: SASL is done once; a stanza before the new header is no stream", () => {
  const twice = trusted();
  twice.says(auth("="));
  twice.says(header());
  twice.heard();
  twice.says(auth("="));
  assert.match(twice.heard(), /<unsupported-stanza-type /);
  const hasty = trusted();
  hasty.says(auth("="));
  hasty.heard();
  hasty.says(message);
  assert.match(hasty.heard(), /<invalid-namespace /);
  assert.equal(hasty.of("stanza").length, 0);
});

test("keys that were under way when SASL begins are forgotten: their answer authorizes nobody", () => {
  const peer = trusted();
  peer.says("<db:result from='other.example' to='us.example'>k</db:result>");
  const [verify] = peer.of("verify");
  assert(verify);
  peer.says(auth("="));
  peer.says(header());
  peer.heard();
  peer.input({ kind: "verified", from: verify.from, to: verify.to, outcome: { kind: "valid" } });
  assert.equal(peer.heard(), "");
  assert.equal(peer.state().authorized.length, 1);
});
