import assert from "node:assert/strict";
import { test } from "node:test";
import { joinStreams, keyOf, type StreamPair } from "#testing/stream-pair.ts";
import { ackRequest } from "./stream-management.ts";

const outward = "<message from='a@us.example' to='b@them.example'/>";
const inward = "<message from='b@them.example' to='a@us.example'/>";
const external = (bidi: boolean) =>
  ({ kind: "login", method: "external", authzid: "us.example", bidi }) as const;
const dialback = (pair: StreamPair, from = "us.example", bidi = false, secret?: string) =>
  ({
    kind: "login",
    method: "dialback",
    from,
    to: "them.example",
    key: keyOf(pair, from, "them.example", secret),
    bidi,
  }) as const;
const singles = (bytes: Uint8Array) => [...bytes].map((byte) => new Uint8Array([byte]));

test("both tables agree: STARTTLS, EXTERNAL, bidi, stream management, stanzas both ways, the end", () => {
  for (const cut of [undefined, singles]) {
    const pair = joinStreams({
      terms: ({ isSecured }) => ({ external: isSecured, bidi: true, streamManagement: true }),
      ...(cut === undefined ? {} : { cut }),
    });
    const { initiating, receiving } = pair;
    pair.run();
    assert.equal(initiating.state().phase, "ready");
    assert.equal(initiating.state().isSecured && receiving.state().isSecured, true);
    initiating.input(external(true));
    pair.run();
    assert.equal(initiating.state().phase, "established");
    assert.equal(receiving.of("authorized")[0]?.by, "external");
    initiating.input({ kind: "enable_sm" });
    initiating.input({ kind: "sent", count: 1 });
    initiating.write(outward + ackRequest);
    pair.run();
    receiving.input({ kind: "sent", count: 1 });
    receiving.write(inward + ackRequest);
    pair.run();
    assert.equal(receiving.of("stanza").length, 1);
    assert.equal(initiating.of("stanza").length, 1);
    assert.deepEqual(initiating.of("acknowledged"), [{ kind: "acknowledged", count: 1 }]);
    assert.deepEqual(receiving.of("acknowledged"), [{ kind: "acknowledged", count: 1 }]);
    initiating.input({ kind: "close" });
    pair.run();
    assert.equal(initiating.state().phase, "closed");
    assert.equal(receiving.state().phase, "closed");
    assert.equal(initiating.of("failed").length + receiving.of("failed").length, 0);
  }
});

test("both tables agree: dialback, multiplexed, after EXTERNAL was refused; an invalid key spares the others", () => {
  const pair = joinStreams({ terms: () => ({ external: false }) });
  const { initiating, receiving } = pair;
  pair.run();
  initiating.input(external(false));
  assert.equal(initiating.of("login_failed").length, 1);
  initiating.input(dialback(pair));
  initiating.input(dialback(pair, "sub.us.example"));
  pair.run();
  assert.equal(initiating.of("authenticated").length, 2);
  initiating.input(dialback(pair, "wrong.example", false, "another secret"));
  pair.run();
  assert.equal(initiating.of("login_failed").length, 2);
  initiating.write(outward);
  initiating.write("<message from='sub.us.example' to='them.example'/>");
  pair.run();
  assert.equal(receiving.of("stanza").length, 2);
  initiating.write("<message from='wrong.example' to='them.example'/>");
  pair.run();
  assert.equal(receiving.of("stanza").length, 2);
  assert.equal(initiating.of("failed")[0]?.failure.code, "stream.policy");
});

test("both tables agree: one stream only asks about keys, and is closed by who asked", () => {
  const pair = joinStreams();
  const { initiating } = pair;
  pair.run();
  const asked = { from: "us.example", to: "them.example", id: "417" };
  initiating.input({ kind: "verify", ...asked, key: "0".repeat(64) });
  pair.run();
  assert.deepEqual(initiating.of("verified")[0]?.outcome, { kind: "invalid" });
  initiating.input({ kind: "close" });
  pair.run();
  assert.equal(pair.receiving.state().phase, "closed");
  assert.equal(pair.receiving.of("failed").length, 0);
});

test("RFC 6120 §4.4: both close at once, with stanzas of both under way: none is lost, both end", () => {
  const pair = joinStreams({ terms: ({ isSecured }) => ({ external: isSecured, bidi: true }) });
  const { initiating, receiving } = pair;
  pair.run();
  initiating.input(external(true));
  pair.run();
  initiating.write(outward);
  receiving.write(inward);
  initiating.input({ kind: "close" });
  receiving.input({ kind: "close" });
  pair.run();
  assert.equal(initiating.of("stanza").length, 1);
  assert.equal(receiving.of("stanza").length, 1);
  assert.equal(initiating.state().phase, "closed");
  assert.equal(receiving.state().phase, "closed");
});

test("XEP-0368 §3: direct TLS needs no STARTTLS on either side", () => {
  const pair = joinStreams({
    initiating: { security: "direct" },
    terms: () => ({ external: true }),
  });
  pair.run();
  pair.initiating.input(external(false));
  pair.run();
  assert.equal(pair.initiating.state().phase, "established");
  assert.doesNotMatch(pair.wire.join("\n"), /starttls/);
});
