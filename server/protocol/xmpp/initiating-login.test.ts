import assert from "node:assert/strict";
import { test } from "node:test";
import { driveToReady, peerHeader } from "#testing/initiating-peer.ts";
import type { Domain } from "./domain.ts";
import type { Input } from "./initiating-state.ts";
import { ns } from "./namespaces.ts";

const external = `<mechanisms xmlns='${ns.sasl}'><mechanism>EXTERNAL</mechanism></mechanisms>`;
const dialback = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
const bidi = "<bidi xmlns='urn:xmpp:features:bidi'/>";
const sm = "<sm xmlns='urn:xmpp:sm:3'/>";
const features = (...offered: string[]) => `<stream:features>${offered.join("")}</stream:features>`;
const success = `<success xmlns='${ns.sasl}'/>`;
const failure = (condition: string) => `<failure xmlns='${ns.sasl}'><${condition}/></failure>`;
const result = (attributes: string, from = "them.example", to = "us.example") =>
  `<db:result from='${from}' to='${to}' ${attributes}/>`;
const message = "<message from='a@them.example' to='b@us.example'/>";

const byExternal = (wants = false): Input => ({
  kind: "login",
  method: "external",
  authzid: "us.example",
  bidi: wants,
});
const byDialback = (from = "us.example", to = "them.example", wants = false): Input => ({
  kind: "login",
  method: "dialback",
  from,
  to,
  key: "k",
  bidi: wants,
});

test("XEP-0178 §3: EXTERNAL sends our domain; after success the stream begins anew and is authenticated", () => {
  const peer = driveToReady(external + dialback);
  peer.input(byExternal());
  assert.equal(
    peer.heard(),
    `<auth xmlns="${ns.sasl}" mechanism="EXTERNAL">${Buffer.from("us.example").toString("base64")}</auth>`,
  );
  assert.equal(peer.state().phase, "sasl");
  peer.says(success);
  assert.match(peer.heard(), /^<\?xml .* from="us\.example" to="them\.example"/);
  assert.deepEqual(peer.of("new_reader").at(-1), { kind: "new_reader", isAuthenticated: true });
  assert.equal(peer.of("authenticated").length, 0, "not before the new features");
  peer.says(peerHeader + features(sm));
  const [authenticated] = peer.of("authenticated");
  assert.deepEqual(
    [authenticated?.by, authenticated?.from, authenticated?.to],
    ["external", "us.example", "them.example"],
  );
  assert.equal(authenticated?.features.streamManagement, true);
  assert.equal(peer.state().phase, "established");
  assert.equal(peer.state().deadline, null);
});

test("RFC 6120 §6.4.5: a failure leaves the stream to dialback, or to a second try", () => {
  const peer = driveToReady(external + dialback);
  peer.input(byExternal());
  peer.says(`<failure xmlns='${ns.sasl}'><not-authorized/><text>no</text></failure>`);
  assert.deepEqual(peer.of("login_failed"), [
    { kind: "login_failed", method: "external", condition: "not-authorized", text: "no" },
  ]);
  assert.equal(peer.state().phase, "ready");
  assert.equal(peer.state().deadline, null);
  peer.input(byDialback());
  peer.says(result("type='valid'"));
  assert.equal(peer.of("authenticated")[0]?.by, "dialback");
  const again = driveToReady(external);
  again.input(byExternal());
  again.says(failure("temporary-auth-failure"));
  again.input(byExternal());
  again.says(success);
  again.says(peerHeader + features());
  assert.equal(again.of("authenticated").length, 1);
});

test("EXTERNAL is not tried where it is not offered, and not twice at once", () => {
  const plain = driveToReady(dialback);
  plain.input(byExternal());
  assert.equal(plain.heard(), "");
  assert.equal(plain.of("login_failed").length, 1);
  const busy = driveToReady(external);
  busy.input(byExternal());
  busy.heard();
  busy.input(byExternal());
  busy.input(byDialback());
  assert.equal(busy.heard(), "");
  assert.deepEqual(
    busy.of("login_failed").map(({ method }) => method),
    ["external", "dialback"],
  );
});

test("RFC 6120 §6.4.4: a challenge to EXTERNAL is aborted, and the failure that follows counts", () => {
  const peer = driveToReady(external);
  peer.input(byExternal());
  peer.heard();
  peer.says(`<challenge xmlns='${ns.sasl}'>abcd</challenge>`);
  assert.equal(peer.heard(), `<abort xmlns="${ns.sasl}"/>`);
  peer.says(failure("aborted"));
  assert.equal(peer.of("login_failed").length, 1);
});

test("SASL has one deadline with its restart; what the peer sends does not move it", () => {
  const peer = driveToReady(external);
  peer.input(byExternal());
  peer.wait(3000);
  peer.says(success + " ");
  peer.wait(1999);
  peer.says(peerHeader);
  assert.equal(peer.of("failed").length, 0);
  peer.wait(1);
  assert.deepEqual(peer.of("failed")[0]?.failure, { code: "stream.timeout", phase: "features" });
  assert.equal(peer.state().phase, "closed");
});

test("a success, or any outcome of SASL, that nobody asked for ends the stream", () => {
  for (const text of [success, failure("not-authorized"), `<challenge xmlns='${ns.sasl}'/>`]) {
    const peer = driveToReady(external);
    peer.says(text);
    assert.equal(peer.of("failed")[0]?.failure.code, "stream.protocol");
    assert.equal(peer.of("authenticated").length, 0);
  }
});

test("XEP-0288 §2.2: bidi is asked for before the login, in either form of its offer, and only then", () => {
  for (const offer of [bidi, "<bidi xmlns='urn:xmpp:bidi'/>"]) {
    const peer = driveToReady(external + offer);
    peer.input(byExternal(true));
    assert.match(peer.heard(), /^<bidi xmlns="urn:xmpp:bidi"\/><auth /);
    peer.says(success);
    peer.says(peerHeader + features());
    assert.equal(peer.of("bidi_enabled").length, 1);
  }
  const byKey = driveToReady(dialback + bidi);
  byKey.input(byDialback("us.example", "them.example", true));
  assert.match(byKey.heard(), /^<bidi xmlns="urn:xmpp:bidi"\/><db:result /);
  byKey.input(byDialback("sub.us.example", "them.example", true));
  assert.match(byKey.heard(), /^<db:result /, "once");
  const absent = driveToReady(dialback);
  absent.input(byDialback("us.example", "them.example", true));
  assert.match(absent.heard(), /^<db:result /);
  absent.says(result("type='valid'"));
  assert.equal(absent.of("bidi_enabled").length, 0);
});

test("XEP-0288 §2.2: on a bidi stream stanzas come from the peer to us, and nobody else", () => {
  const enabled = () => {
    const peer = driveToReady(dialback + bidi);
    peer.input(byDialback("us.example", "them.example", true));
    peer.says(message);
    assert.equal(peer.of("stanza").length, 0, "not before the login");
    return peer;
  };
  assert.match(enabled().heard(), /<invalid-from /);
  const good = () => {
    const peer = driveToReady(dialback + bidi);
    peer.input(byDialback("us.example", "them.example", true));
    peer.says(result("type='valid'"));
    peer.heard();
    return peer;
  };
  const peer = good();
  peer.says(message);
  assert.equal(peer.of("stanza").length, 1);
  for (const [stanza, condition] of [
    ["<message from='a@evil.example' to='b@us.example'/>", "invalid-from"],
    ["<message from='a@them.example' to='b@other.example'/>", "host-unknown"],
    ["<message from='a@us.example' to='b@them.example'/>", "invalid-from"],
    ["<message to='b@us.example'/>", "improper-addressing"],
  ]) {
    const lied = good();
    lied.says(stanza ?? "");
    assert.match(lied.heard(), new RegExp(`<${condition} `), stanza);
    assert.equal(lied.of("stanza").length, 0);
  }
});

test("stanzas on a stream that only we may use are passed over, and do not end it", () => {
  const peer = driveToReady(dialback);
  peer.input(byDialback());
  peer.says(result("type='valid'"));
  peer.says(`${message}<iq/><x xmlns='urn:x'/>`);
  assert.equal(peer.of("stanza").length, 0);
  assert.equal(peer.of("ignored").length, 3);
  assert.equal(peer.state().phase, "established");
});

test("XEP-0288 §2.2: dialback of the peer on our stream: checked on a bidi stream, passed over on another", () => {
  const theirs =
    "<db:result from='them.example' to='us.example'>k</db:result><db:verify from='them.example' to='us.example' id='9'>k</db:verify>";
  const plain = driveToReady(dialback);
  plain.input(byDialback());
  plain.says(result("type='valid'") + theirs);
  assert.equal(plain.of("ignored").length, 2);
  const peer = driveToReady(dialback + bidi);
  peer.input(byDialback("us.example", "them.example", true));
  peer.says(result("type='valid'"));
  peer.heard();
  peer.says(theirs);
  assert.match(
    peer.heard(),
    /^<db:result from="us\.example" to="them\.example" type="error">.*<resource-constraint /,
  );
  assert.equal(peer.of("check_key").length, 1);
  peer.input({
    kind: "key_checked",
    from: "them.example" as Domain,
    to: "us.example" as Domain,
    id: "9",
    outcome: { kind: "valid" },
  });
  assert.equal(
    peer.heard(),
    '<db:verify from="us.example" to="them.example" id="9" type="valid"/>',
  );
});

test("XEP-0198 §3-4: enabled when offered; our stanzas count from <enable/>, the peer's from <enabled/>", () => {
  const peer = driveToReady(external + bidi);
  peer.input({ kind: "enable_sm" });
  assert.equal(peer.of("sm_failed").length, 1, "not before the login");
  peer.input(byExternal(true));
  peer.says(success);
  peer.says(peerHeader + features(sm));
  peer.heard();
  peer.input({ kind: "sent", count: 5 });
  peer.input({ kind: "enable_sm" });
  assert.equal(peer.heard(), '<enable xmlns="urn:xmpp:sm:3"/>');
  peer.input({ kind: "sent", count: 2 });
  peer.says(message);
  peer.says("<enabled xmlns='urn:xmpp:sm:3'/>");
  assert.equal(peer.of("sm_enabled").length, 1);
  peer.input({ kind: "sent", count: 1 });
  peer.says(`${message}<r xmlns='urn:xmpp:sm:3'/>`);
  assert.equal(peer.heard(), '<a xmlns="urn:xmpp:sm:3" h="1"/>');
  peer.says("<a xmlns='urn:xmpp:sm:3' h='2'/>");
  assert.deepEqual(peer.of("acknowledged"), [{ kind: "acknowledged", count: 2 }]);
  peer.input({ kind: "enable_sm" });
  assert.equal(peer.of("sm_failed").length, 2, "not twice");
  peer.says("<a xmlns='urn:xmpp:sm:3' h='4'/>");
  assert.match(
    peer.heard(),
    /<handled-count-too-high xmlns="urn:xmpp:sm:3" h="4" send-count="3"\/>/,
  );
});

test("XEP-0198 §3: a refusal leaves the stream as it is; answers nobody asked for are passed over", () => {
  const peer = driveToReady(external);
  peer.input(byExternal());
  peer.says(success);
  peer.says(peerHeader + features(sm));
  peer.says(
    "<enabled xmlns='urn:xmpp:sm:3'/><a xmlns='urn:xmpp:sm:3' h='1'/><r xmlns='urn:xmpp:sm:3'/>",
  );
  assert.equal(peer.of("ignored").length, 3);
  peer.input({ kind: "enable_sm" });
  peer.says(
    `<failed xmlns='urn:xmpp:sm:3'><feature-not-implemented xmlns='${ns.stanzaErrors}'/></failed>`,
  );
  assert.deepEqual(peer.of("sm_failed"), [
    { kind: "sm_failed", condition: "feature-not-implemented" },
  ]);
  assert.equal(peer.state().session?.management, null);
  const without = driveToReady(external);
  without.input(byExternal());
  without.says(success);
  without.says(peerHeader + features());
  without.input({ kind: "enable_sm" });
  assert.equal(without.of("sm_failed").length, 1);
});

test("RFC 6120 §4.4: after our close on a bidi stream what is under way is still taken, unless it is managed", () => {
  const peer = driveToReady(dialback + bidi + sm);
  peer.input(byDialback("us.example", "them.example", true));
  peer.says(result("type='valid'"));
  peer.input({ kind: "close" });
  peer.says(message);
  assert.equal(peer.of("stanza").length, 1);
  const managed = driveToReady(dialback + bidi + sm);
  managed.input(byDialback("us.example", "them.example", true));
  managed.says(result("type='valid'"));
  managed.input({ kind: "enable_sm" });
  managed.says(`<enabled xmlns='urn:xmpp:sm:3'/>${message}`);
  managed.heard();
  managed.input({ kind: "close", condition: "reset", text: "the certificate has ended" });
  assert.match(
    managed.heard(),
    /^<a xmlns="urn:xmpp:sm:3" h="1"\/><stream:error[^>]*><reset [^>]*\/><text [^>]*>the certificate has ended<\/text><\/stream:error><\/stream:stream>$/,
  );
  managed.says(message);
  assert.equal(managed.of("stanza").length, 1);
});
