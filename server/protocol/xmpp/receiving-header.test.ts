import assert from "node:assert/strict";
import { test } from "node:test";
import { driveReceiving, openTerms } from "#testing/receiving-peer.ts";
import type { Domain } from "./domain.ts";
import { ns } from "./namespaces.ts";

const header = (attributes = "from='them.example' to='us.example' version='1.0'") =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${ns.streams}' xmlns:db='${ns.dialback}' ${attributes}>`;
const startTls = `<starttls xmlns='${ns.tls}'/>`;
const error = (condition: string) => new RegExp(`<stream:error><${condition} `);

test("RFC 6120 §4.7: the answer has from, to, id, version and language, and features follow", () => {
  const peer = driveReceiving({ startTls: "required", streamId: "s1" });
  peer.says(header());
  assert.equal(
    peer.sent(),
    `<?xml version='1.0'?><stream:stream xmlns="jabber:server" xmlns:stream="${ns.streams}" ` +
      `xmlns:db="${ns.dialback}" from="us.example" to="them.example" id="id-1" version="1.0" xml:lang="en">` +
      `<stream:features><starttls xmlns="${ns.tls}"><required/></starttls></stream:features>`,
  );
  assert.equal(peer.state().phase, "negotiating");
});

test("RFC 6120 §4.7.1: names are answered as they were written, and told in canonical form", () => {
  const peer = driveReceiving({ from: "xn--bcher-kva.example" as Domain });
  peer.says(header("from='THEM.example' to='Bücher.example' version='1.0'"));
  assert.match(peer.sent(), /from="Bücher\.example" to="THEM\.example"/);
  const [greet] = peer.of("greet");
  assert.deepEqual([greet?.from, greet?.to], ["them.example", "xn--bcher-kva.example"]);
});

test("RFC 6120 §4.7.1: a header without from is answered without to", () => {
  const peer = driveReceiving({ external: true }, { security: "direct" });
  peer.says(header("to='us.example' version='1.0'"));
  assert.doesNotMatch(peer.sent(), / to=/);
  assert.doesNotMatch(
    peer.sent(),
    /EXTERNAL/,
    "there is nobody whom a certificate could stand for",
  );
});

test("RFC 6120 §4.7.3: each header has a fresh id, and the peer's own id is ignored", () => {
  const peer = driveReceiving({ startTls: "offered" });
  peer.says(header("from='them.example' to='us.example' version='1.0' id='mine'"));
  assert.match(peer.heard(), / id="id-1"/);
  peer.says(startTls);
  peer.input({ kind: "secured" });
  peer.says(header());
  assert.match(peer.heard(), / id="id-2"/);
  assert.doesNotMatch(peer.sent(), /mine/);
});

test("XEP-0185 §2: a stream id with a space is never sent", () => {
  const peer = driveReceiving(null);
  peer.says(header());
  peer.input({ kind: "greeted", terms: { ...openTerms, streamId: "a b" } });
  assert.match(peer.sent(), error("internal-server-error"));
});

test("RFC 6120 §4.7.5: the lower version is answered; before 1.0 there is no version and no features", () => {
  const cases: [string, RegExp][] = [
    ["version='1.0'", / version="1\.0"/],
    ["version='01.7'", / version="1\.0"/],
    ["version='2.5'", / version="1\.0"/],
    ["version='0.9'", / version="0\.9"/],
    ["version='00.10'", / version="0\.10"/],
  ];
  for (const [version, expected] of cases) {
    const peer = driveReceiving();
    peer.says(header(`from='them.example' to='us.example' ${version}`));
    assert.match(peer.sent(), expected, version);
    assert.equal(
      peer.sent().includes("<stream:features"),
      !expected.source.includes('"0'),
      version,
    );
  }
  const old = driveReceiving();
  old.says(header("from='them.example' to='us.example'"));
  assert.doesNotMatch(old.sent(), / version="|features/);
  const insisting = driveReceiving({ startTls: "required" });
  insisting.says(header("from='them.example' to='us.example'"));
  assert.match(insisting.sent(), error("policy-violation"));
  for (const version of ["one", "1", "1.0.0", "-1.0", "", "9999999999.0"]) {
    const broken = driveReceiving();
    broken.says(header(`from='them.example' to='us.example' version='${version}'`));
    assert.match(broken.sent(), error("unsupported-version"), version);
  }
});

test("RFC 6120 §4.9.1.2: an error about the header comes on a stream of ours, from nobody in particular", () => {
  const cases: [string, string][] = [
    [
      "<stream:stream xmlns='jabber:client' to='us.example' xmlns:stream='http://etherx.jabber.org/streams'>",
      "invalid-namespace",
    ],
    [
      "<stream:stream xmlns='jabber:server' to='us.example' xmlns:stream='urn:x'>",
      "invalid-namespace",
    ],
    ["<stream:stream xmlns='jabber:server'", "not-well-formed"],
    ["GET / HTTP/1.1\r\nHost: us.example\r\n\r\n", "not-well-formed"],
    ["<!DOCTYPE x [<!ENTITY a 'b'>]>", "restricted-xml"],
    [`${header()}<!-- x -->`, "restricted-xml"],
  ];
  for (const [text, condition] of cases) {
    const peer = driveReceiving(null);
    peer.says(text);
    if (text.endsWith("'jabber:server'")) peer.says("<");
    assert.match(
      peer.sent(),
      new RegExp(
        `^<\\?xml version='1\\.0'\\?><stream:stream [^>]*from="" (?:to="them\\.example" )?id="error-1"[^>]*><stream:error><${condition} [^>]*/></stream:error></stream:stream>$`,
      ),
      text,
    );
    assert.match(peer.state().phase, /^clos/);
  }
});

test("RFC 6120 §4.9.3.6: a name that is not ours is refused as the host says, under the name it says", () => {
  const peer = driveReceiving(null);
  peer.says(header("from='them.example' to='nobody.example' version='1.0'"));
  assert.equal(peer.sent(), "", "nothing is said before the host has decided");
  peer.input({ kind: "refused", condition: "host-unknown", text: "not here", from: null });
  assert.match(peer.sent(), /from="" to="them\.example" id="error-1"/);
  assert.match(
    peer.sent(),
    /<host-unknown [^>]*\/><text [^>]*>not here<\/text><\/stream:error><\/stream:stream>$/,
  );
  assert.equal(peer.of("failed").length, 0, "the host knows");
  const named = driveReceiving(null);
  named.says(header());
  named.input({ kind: "refused", condition: "conflict", text: null, from: "us.example" as Domain });
  assert.match(named.sent(), /from="us\.example"/);
});

test("RFC 6120 §4.9.3.7: names that are none are improper-addressing", () => {
  for (const bad of [
    "from='them example' to='us.example'",
    "from='a@them.example' to='us.example'",
    "from='them.example/x' to='us.example'",
    "from='' to='us.example'",
    "from='them.example' to=''",
    "from='them.example' to='us_.example'",
    "from='192.0.2.1' to='us.example'",
    "from='&#x202e;them.example' to='us.example'",
  ]) {
    const peer = driveReceiving();
    peer.says(header(`${bad} version='1.0'`));
    assert.match(peer.sent(), error("improper-addressing"), bad);
    assert.equal(peer.of("greet").length, 0);
  }
});

test("RFC 6120 §5.4.3.3: after TLS a new header is answered, and what was said in clear is forgotten", () => {
  const peer = driveReceiving({ startTls: "required", external: true, bidi: true });
  peer.says(header("to='us.example' version='1.0'"));
  assert.match(
    peer.heard(),
    /<stream:features><starttls [^>]*><required\/><\/starttls><\/stream:features>$/,
  );
  peer.says(startTls);
  assert.equal(peer.heard(), `<proceed xmlns="${ns.tls}"/>`);
  assert.equal(peer.state().phase, "tls");
  assert.deepEqual([peer.state().header, peer.state().terms], [null, null]);
  peer.input({ kind: "secured" });
  assert.deepEqual(
    peer.log.map(({ kind }) => kind),
    ["new_reader", "greet", "send", "send", "start_tls", "new_reader"],
  );
  peer.says(header());
  const features = peer.heard();
  assert.doesNotMatch(features, /starttls/);
  assert.match(features, /<mechanism>EXTERNAL<\/mechanism>/);
  assert.equal(peer.of("greet")[1]?.isSecured, true);
  assert.equal(peer.of("greet")[1]?.isRestartAfterSasl, false);
});

test("CVE-2018-10847: names that change after TLS end the stream", () => {
  for (const changed of [
    "from='evil.example' to='us.example'",
    "from='them.example' to='other.example'",
  ]) {
    const peer = driveReceiving({ startTls: "offered" });
    peer.says(header() + startTls);
    peer.input({ kind: "secured" });
    peer.says(header(`${changed} version='1.0'`));
    assert.match(peer.sent(), error("improper-addressing"), changed);
  }
});

test("RFC 6120 §5.4.2.3: bytes behind <starttls/> in the same write are injected: no TLS, the end", () => {
  for (const injected of [header(), " ", "\u0016\u0003\u0001", "<message/>"]) {
    const peer = driveReceiving({ startTls: "required" });
    peer.says(header());
    peer.says(startTls + injected);
    assert.equal(peer.of("start_tls").length, 0, injected);
    assert.doesNotMatch(peer.sent(), /proceed/);
    assert.match(peer.state().phase, /^clos/);
  }
});

test("RFC 6120 §5.4.2.2: STARTTLS that is not offered is answered by <failure/> and the end", () => {
  const plain = driveReceiving({ startTls: "none" });
  plain.says(header());
  plain.heard();
  plain.says(startTls);
  assert.equal(plain.heard(), `<failure xmlns="${ns.tls}"/></stream:stream>`);
  const twice = driveReceiving({ startTls: "none" }, { security: "direct" });
  twice.says(header());
  twice.heard();
  twice.says(startTls);
  assert.equal(twice.heard(), `<failure xmlns="${ns.tls}"/></stream:stream>`);
  assert.equal(twice.of("start_tls").length, 0);
});

test("RFC 6120 §5.4.3.2: when TLS fails the connection is dropped without a word", () => {
  for (const input of [{ kind: "close" }, { kind: "disconnected" }] as const) {
    const peer = driveReceiving({ startTls: "required" });
    peer.says(header() + startTls);
    peer.heard();
    peer.input(input);
    assert.equal(peer.heard(), "");
    assert.equal(peer.state().phase, "closed");
  }
});

test("RFC 6120 §5.3.1: TLS that is required is offered alone; otherwise all is", () => {
  const granted = {
    external: true,
    bidi: true,
    streamManagement: true,
    limits: { maxBytes: 262_144, idleSeconds: 600 },
  };
  const required = driveReceiving({ ...granted, startTls: "required" });
  required.says(header());
  assert.doesNotMatch(required.sent(), /mechanisms|dialback xmlns|bidi|limits|urn:xmpp:sm/);
  const offered = driveReceiving({ ...granted, startTls: "offered" });
  offered.says(header());
  assert.match(offered.sent(), /<starttls [^>]*\/>/);
  assert.doesNotMatch(offered.sent(), /mechanisms/, "there is no certificate yet");
  assert.match(
    offered.sent(),
    /<dialback xmlns="urn:xmpp:features:dialback"><errors\/><\/dialback>/,
  );
  const secured = driveReceiving({ ...granted, startTls: "required" }, { security: "direct" });
  secured.says(header());
  assert.match(
    secured.sent(),
    /<stream:features><mechanisms xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><mechanism>EXTERNAL<\/mechanism><\/mechanisms><dialback/,
  );
  assert.match(
    secured.sent(),
    /<limits xmlns="urn:xmpp:stream-limits:0"><max-bytes>262144<\/max-bytes><idle-seconds>600<\/idle-seconds><\/limits>/,
  );
});

test("XEP-0288 §2.1: bidi is offered in both namespaces, as ejabberd before 25.03 looks for the other", () => {
  const peer = driveReceiving({ bidi: true }, { security: "direct" });
  peer.says(header());
  assert.match(
    peer.sent(),
    /<bidi xmlns="urn:xmpp:features:bidi"\/><bidi xmlns="urn:xmpp:bidi"\/>/,
  );
});

test("what a peer sends before our header is answered in order, however late the host decides", () => {
  const verify = "<db:verify from='them.example' to='us.example' id='1'>k</db:verify>";
  const early = driveReceiving();
  early.says(header() + verify);
  const late = driveReceiving(null);
  late.says(header() + verify);
  assert.equal(late.sent(), "");
  late.input({ kind: "greeted", terms: { ...openTerms, streamId: "id-1" } });
  assert.equal(late.sent(), early.sent());
  assert.deepEqual(late.of("check_key"), early.of("check_key"));
  const greedy = driveReceiving(null);
  greedy.says(header() + verify.repeat(9));
  assert.match(greedy.sent(), error("policy-violation"));
  assert.deepEqual(greedy.state().held, []);
  const fat = driveReceiving(null);
  fat.says(`${header()}<x xmlns='urn:x'>${"x".repeat(5000)}</x>`);
  assert.match(fat.sent(), error("policy-violation"));
});

test("a dribble of bytes does not move the deadline, TLS included", () => {
  const peer = driveReceiving({ startTls: "required" });
  for (let second = 0; second < 10; second++) {
    peer.says(header().charAt(second));
    peer.wait(1000);
  }
  peer.says(header().slice(10) + startTls);
  peer.input({ kind: "secured" });
  peer.says(header());
  for (let second = 0; second < 9; second++) peer.wait(1000);
  assert.equal(peer.state().phase, "negotiating");
  peer.wait(1000);
  assert.deepEqual(peer.of("failed")[0]?.failure, { code: "stream.timeout", phase: "negotiating" });
  assert.match(peer.sent(), /<connection-timeout [^>]*\/><\/stream:error><\/stream:stream>$/);
  assert.equal(peer.state().phase, "closed");
});
