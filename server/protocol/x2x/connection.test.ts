import assert from "node:assert/strict";
import { test } from "node:test";
import { primitives } from "../../primitives.ts";
import {
  type ConnectionEffect,
  type ConnectionInput,
  type ConnectionOptions,
  handle,
  newConnection,
} from "./connection.ts";
import { createX2xReader } from "./reader.ts";

const bytes = new TextEncoder();
const ping =
  "<iq type='get' id='1' from='a@them.example/x' to='us.example'><ping xmlns='urn:xmpp:ping'/></iq>";
const message = (from = "a@them.example", to = "b@us.example") =>
  `<message from='${from}' to='${to}'><body>é</body></message>`;

/** One connection, fed with what the peer says. */
function connect(given: Partial<ConnectionOptions> = {}, maxElementBytes = 10_000) {
  const reader = createX2xReader({ maxElementBytes, maxDepth: 20, oversize: 20_000 });
  let state = newConnection({
    role: "accepter",
    local: new Set(["us.example"]),
    remote: new Set(["them.example", "chat.them.example"]),
    hasClosingTag: true,
    onInvalid: "close",
    isOursAlone: false,
    closeMs: 1_000,
    maxCloseMs: 10_000,
    primitives,
    ...given,
  });
  const effects: ConnectionEffect[] = [];
  const input = (one: ConnectionInput, now = 0) => {
    const step = handle(state, one, now);
    state = step.state;
    effects.push(...step.effects);
  };
  return {
    input,
    says(text: string) {
      for (const event of reader.write(bytes.encode(text))) input({ kind: "received", event });
    },
    saysBytes(...octets: number[]) {
      for (const event of reader.write(Uint8Array.from(octets))) input({ kind: "received", event });
    },
    sent: () => effects.flatMap((effect) => (effect.kind === "send" ? [effect.xml] : [])).join(""),
    of: <K extends ConnectionEffect["kind"]>(kind: K) =>
      effects.filter((effect): effect is ConnectionEffect & { kind: K } => effect.kind === kind),
    state: () => state,
  };
}

test("XEP-0361 §4.1: the first byte may be a stanza's; nothing is sent before or for it", () => {
  const peer = connect();
  peer.says(ping);
  peer.says(`${message()} ${message("room@chat.them.example/nick")}`);
  const stanzas = peer.of("stanza").map(({ element }) => element);
  assert.deepEqual(
    stanzas.map(({ name, namespace }) => `${namespace} ${name}`),
    ["jabber:client iq", "jabber:client message", "jabber:client message"],
  );
  assert.equal(stanzas[1]?.children.length, 1);
  assert.equal(peer.sent(), "");
});

test("XEP-0361 §4.1: however the bytes are cut, the same stanzas come out", () => {
  const all = bytes.encode(` ${ping}\n${message()}</stream:stream>`);
  for (let cut = 1; cut < all.length; cut++) {
    const peer = connect();
    peer.saysBytes(...all.subarray(0, cut));
    peer.saysBytes(...all.subarray(cut));
    assert.equal(peer.of("stanza").length, 2, `cut at ${cut}`);
    assert.equal(peer.state().isPeerEnded, true);
  }
});

test("XEP-0361 §4.1: whoever begins otherwise than agreed is told apart, not answered, and cut off", () => {
  const cases: [string, string][] = [
    [
      "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams'>",
      "stream_header",
    ],
    ["<stream:stream xmlns='jabber:server' to='us.example'>", "stream_header"],
    ["  <s:stream xmlns:s='http://etherx.jabber.org/streams'>", "stream_header"],
    ["\u0016\u0003\u0001\u0002\u0000\u0001", "tls"],
    ["\u0015\u0003\u0003\u0000\u0002\u0002\u000a", "tls"],
    ["\u0078\u0001\u0000", "compressed"],
    ["GET / HTTP/1.1\r\n", "http"],
    ["hello", "other"],
    ["\u0000", "other"],
  ];
  for (const [text, what] of cases) {
    const whole = connect({ role: "opener" });
    whole.saysBytes(...Array.from(text, (character) => character.charCodeAt(0)));
    const bytewise = connect({ role: "opener" });
    for (const character of text) bytewise.saysBytes(character.charCodeAt(0));
    for (const peer of [whole, bytewise]) {
      assert.deepEqual(peer.of("failed"), [
        { kind: "failed", failure: { code: "x2x.foreign", what } },
      ]);
      assert.equal(peer.sent(), "", text);
      assert.deepEqual(peer.of("disconnect"), [{ kind: "disconnect", how: "reset" }]);
    }
  }
});

test("a TLS client at a link in clear is answered in clear, from which it knows that TLS is not spoken here", () => {
  const peer = connect();
  peer.saysBytes(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc);
  const failure = { code: "x2x.foreign", what: "tls" } as const;
  assert.deepEqual(peer.of("failed"), [{ kind: "failed", failure }]);
  assert.match(peer.sent(), /^<stream:error><not-well-formed .*<\/stream:stream>$/);
  assert.deepEqual(peer.of("disconnect"), [{ kind: "disconnect", how: "fin" }]);
});

test("RFC 6120 §4.9.1.1: after an error nothing more is taken, and the accepting side ends TCP first", () => {
  for (const [role, how] of [
    ["accepter", "fin"],
    ["opener", "wait"],
  ] as const) {
    const peer = connect({ role });
    peer.says(`${message("a@evil.example")}${message()}${message("a@evil.example")}`);
    assert.equal(peer.of("stanza").length, 0, role);
    assert.equal(peer.of("failed").length, 1);
    assert.deepEqual(peer.of("disconnect"), [{ kind: "disconnect", how }]);
    // An opener that is not answered in time resets, which keeps no port busy either.
    peer.input({ kind: "timeout", until: 2_000 }, 1_000);
    assert.deepEqual(peer.of("disconnect").at(-1), { kind: "disconnect", how: "reset" });
  }
});

test("what shows that the other half is another agreement is noted, and the connection goes on", () => {
  const draft = connect({ hasClosingTag: false });
  draft.says(`${message()}</stream:stream>`);
  assert.deepEqual(draft.of("noted"), [{ kind: "noted", note: { code: "x2x.version" } }]);
  const own = connect({ role: "opener", isOursAlone: true });
  own.says(message());
  assert.deepEqual(own.of("noted"), [{ kind: "noted", note: { code: "x2x.shared_there" } }]);
  assert.equal(own.of("stanza").length, 1);
  const large = connect({}, 500);
  large.says(
    `<message from='a@them.example' to='us.example'>${"<body/>".repeat(100)}</message>${message()}`,
  );
  assert.equal(large.of("noted")[0]?.note.code, "x2x.too_large");
  assert.equal(large.of("stanza").length, 1);
  assert.deepEqual([...draft.of("failed"), ...own.of("failed"), ...large.of("failed")], []);
});

test("XEP-0361 §4.5: a stanza outside the agreement ends the connection as on any stream, and names the domain", () => {
  const cases: [string, string, string | null][] = [
    [message("a@evil.example"), "invalid-from", "evil.example"],
    [message("a@sub.them.example"), "invalid-from", "sub.them.example"],
    [message("b@us.example", "a@them.example"), "invalid-from", "us.example"],
    [message("a@them.example", "b@other.example"), "host-unknown", "other.example"],
    ["<message from='a@them.example'/>", "improper-addressing", null],
    ["<message to='b@us.example'/>", "improper-addressing", null],
    [message("a@them.example", "b@@us.example"), "improper-addressing", null],
  ];
  for (const [stanza, condition, domain] of cases) {
    const peer = connect();
    peer.says(stanza);
    assert.equal(
      peer.sent(),
      `<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error></stream:stream>`,
    );
    assert.deepEqual(peer.of("failed")[0]?.failure, {
      code: "x2x.not_agreed",
      fault: { condition, domain },
    });
    assert.equal(peer.of("stanza").length, 0);
  }
});

test("XEP-0361 §4.5: where it was agreed so, such a stanza is bounced, and the connection goes on", () => {
  const peer = connect({ onInvalid: "bounce" });
  peer.says(message("a@evil.example") + message("a@them.example", "b@other.example"));
  peer.says("<message from='a@evil.example' to='b@us.example' type='error'/>");
  peer.says(message());
  const conditions = peer.of("bounced").map(({ answer }) => {
    const error = answer?.children[0];
    const condition = typeof error === "object" ? error.children[0] : undefined;
    return typeof condition === "object" ? condition.name : null;
  });
  assert.deepEqual(conditions, ["not-allowed", "item-not-found", null]);
  assert.equal(peer.of("stanza").length, 1);
  assert.equal(peer.sent(), "");
});

test("names are compared in canonical form", () => {
  const peer = connect();
  peer.says(message("A@THEM.example./x", "US.example"));
  assert.equal(peer.of("stanza").length, 1);
});

test("XEP-0361 §4.1: what would negotiate has no place here and says that one side is set up otherwise", () => {
  const negotiations = [
    "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    "<db:result xmlns:db='jabber:server:dialback' from='them.example' to='us.example'>k</db:result>",
    "<stream:features/>",
    "<r xmlns='urn:xmpp:sm:3'/>",
  ];
  for (const element of negotiations) {
    const peer = connect();
    peer.says(`${message()}${element}`);
    assert.equal(peer.of("stanza").length, 1);
    assert.equal(peer.of("failed")[0]?.failure.code, "x2x.negotiates");
    assert.match(peer.sent(), /^<stream:error><unsupported-stanza-type /);
  }
  const late = connect();
  late.says(`${message()}<?xml version='1.0'?>`);
  assert.equal(late.of("failed")[0]?.failure.code, "x2x.unreadable");
});

test("XEP-0361 §4.1, RFC 6120 §4.4: a closing tag is exchanged, and the accepting side ends TCP", () => {
  const accepter = connect();
  accepter.says(`${message()}</stream:stream>`);
  assert.equal(accepter.sent(), "</stream:stream>");
  assert.deepEqual(accepter.of("disconnect"), [{ kind: "disconnect", how: "fin" }]);

  const opener = connect({ role: "opener" });
  opener.input({ kind: "close" });
  opener.input({ kind: "close" });
  assert.equal(opener.sent(), "</stream:stream>");
  opener.says(message());
  assert.equal(opener.of("stanza").length, 1, "what was under way is taken");
  opener.says("</stream:stream>");
  assert.equal(opener.sent(), "</stream:stream>", "said once");
  assert.deepEqual(opener.of("disconnect"), [{ kind: "disconnect", how: "wait" }]);
  opener.input({ kind: "disconnected", isInOrder: true });
  assert.deepEqual(opener.of("failed"), []);
  assert.equal(opener.state().phase, "closed");
});

test("a peer that never answers a closing tag is not waited for longer than agreed", () => {
  const peer = connect({ role: "opener" });
  peer.input({ kind: "close" }, 5);
  assert.equal(peer.state().deadline, 1_005);
  peer.input({ kind: "timeout", until: 0 }, 1_000);
  assert.equal(peer.state().phase, "closing");
  peer.input({ kind: "timeout", until: 1_000 }, 1_005);
  assert.deepEqual(peer.of("failed"), [{ kind: "failed", failure: { code: "x2x.silent" } }]);
  assert.deepEqual(peer.of("disconnect"), [{ kind: "disconnect", how: "reset" }]);
  peer.says(message());
  assert.equal(peer.of("stanza").length, 0);
});

test("the first draft (0.0.1) has no closing tag: the end of TCP's stream says it", () => {
  const peer = connect({ hasClosingTag: false, role: "opener" });
  peer.input({ kind: "close" });
  assert.equal(peer.sent(), "");
  assert.deepEqual(peer.of("disconnect"), [{ kind: "disconnect", how: "fin" }]);
  peer.input({ kind: "disconnected", isInOrder: true });
  assert.deepEqual(peer.of("failed"), []);

  const broken = connect({ hasClosingTag: false, role: "opener" });
  broken.input({ kind: "close" });
  broken.input({ kind: "disconnected", isInOrder: false });
  assert.deepEqual(broken.of("failed"), [{ kind: "failed", failure: { code: "x2x.lost" } }]);
});

test("a connection that ends in the middle is lost, one whose peer has closed is not", () => {
  const cut = connect();
  cut.says("<message from='a@them.exam");
  cut.input({ kind: "disconnected", isInOrder: true });
  assert.deepEqual(cut.of("failed"), [{ kind: "failed", failure: { code: "x2x.lost" } }]);
  assert.equal(cut.of("stanza").length, 0, "half a stanza is none");
});

test("RFC 6120 §4.9: a stream error of the peer is told, not answered by another", () => {
  const peer = connect();
  peer.says("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>");
  assert.deepEqual(peer.of("failed")[0]?.failure, {
    code: "x2x.peer_error",
    condition: "conflict",
    text: null,
  });
  assert.equal(peer.sent(), "</stream:stream>");
});

test("what is not well-formed, restricted or too large ends or costs what it does on any stream", () => {
  for (const [text, condition] of [
    ["<message></iq>", "not-well-formed"],
    ["<!-- x -->", "restricted-xml"],
    ["text", "bad-format"],
  ] as const) {
    const peer = connect();
    peer.says(`${message()}${text}<`);
    assert.match(peer.sent(), new RegExp(`^<stream:error><${condition} `), text);
  }
  const large = connect({}, 500);
  large.says(
    `<message from='a@them.example' to='us.example'><body>${"x".repeat(600)}</body></message>`,
  );
  assert.equal(large.of("refused").length, 1);
  large.says(
    `<message from='a@evil.example' to='us.example'><body>${"x".repeat(600)}</body></message>`,
  );
  assert.equal(large.of("failed")[0]?.failure.code, "x2x.not_agreed");
});

test("while what was sent is under way to a slow peer its end is waited for, but not for ever", () => {
  const peer = connect({ role: "opener" });
  peer.input({ kind: "close" }, 0);
  peer.input({ kind: "timeout", until: 5_000 }, 1_000);
  assert.equal(peer.state().deadline, 5_000);
  peer.says("</stream:stream>");
  peer.input({ kind: "timeout", until: 99_000 }, 5_000);
  assert.equal(peer.state().deadline, 10_000);
  peer.input({ kind: "timeout", until: 99_000 }, 10_000);
  assert.deepEqual(peer.of("disconnect").at(-1), { kind: "disconnect", how: "reset" });
  assert.equal(peer.of("failed").length, 1);
});

test("RFC 6120 §4.9.1.1: of a peer that is not trusted any more nothing is taken behind our error", () => {
  for (const role of ["opener", "accepter"] as const) {
    const peer = connect({ role });
    peer.says(message());
    peer.input({ kind: "close", condition: "not-authorized" });
    peer.says(message());
    peer.says("</stream:stream>");
    assert.equal(peer.of("stanza").length, 1);
    assert.match(
      peer.sent(),
      /^<stream:error><not-authorized .*<\/stream:error><\/stream:stream>$/,
    );
    const how = role === "accepter" ? "fin" : "wait";
    assert.deepEqual(peer.of("disconnect"), [{ kind: "disconnect", how }]);
    peer.input({ kind: "timeout", until: 99_000 }, 1_000);
    assert.equal(peer.state().phase, "closed");
    assert.deepEqual(peer.of("failed"), []);
  }
});

test("RFC 6120 §4.4: whoever is not trusted any more while the connection closes is cut off, once", () => {
  for (const how of ["close", "fail"] as const) {
    const peer = connect();
    peer.input({ kind: "close", ...(how === "fail" ? { condition: "not-authorized" } : {}) });
    const before = peer.of("disconnect").length;
    const sent = peer.sent();
    peer.input({ kind: "close", condition: "not-authorized" });
    peer.says(message());
    assert.deepEqual(peer.of("stanza"), []);
    assert.equal(peer.sent(), sent, "nothing follows a closing tag");
    const resets = peer.of("disconnect").slice(before);
    assert.deepEqual(resets, how === "close" ? [{ kind: "disconnect", how: "reset" }] : []);
  }
});
