import assert from "node:assert/strict";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { freePort, startEngine } from "../../testing/s2s-engine.ts";
import { startScriptedReceiver } from "../../testing/scripted-receiver.ts";

/** Us, with a live view of each domain, and a server that opens a stream as `front.example`. */
async function bench(t: TestContext) {
  const authority = await startScriptedReceiver();
  const port = await freePort();
  const us = await startEngine({
    names: new Map([["us.example", null]]),
    roots: [],
    port,
    terms: () => ({ tlsPolicy: "never", overrideHost: "127.0.0.1", overridePort: authority.port }),
  });
  const seen: string[] = [];
  for (const name of ["front", "one", "two"])
    us.s2s.tap(`${name}.example`, ({ direction, opened, xml }) => {
      if (opened === "by_them") seen.push(`${name} ${direction} ${xml}`);
    });
  const socket = connect(port, "127.0.0.1");
  let said = "";
  const heard = async (text: string, end = performance.now() + 5_000) => {
    for (; !said.includes(text); await new Promise((resolve) => setTimeout(resolve, 2)))
      assert.ok(performance.now() < end, `waited 5 s for ${text} in ${said}`);
    said = said.slice(said.indexOf(text) + text.length);
  };
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => (said += String(bytes)));
  t.after(async () => {
    socket.destroy();
    authority.stop();
    await us.stop();
  });
  socket.write(
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' from='front.example' to='us.example' version='1.0'>",
  );
  await heard("</stream:features>");
  const prove = async (name: string) => {
    socket.write(`<db:result from='${name}' to='us.example'>key</db:result>`);
    await heard('type="valid"');
  };
  return {
    us,
    heard,
    prove,
    say: (xml: string) => socket.write(xml),
    of: (name: string) =>
      seen.flatMap((line) => (line.startsWith(`${name} `) ? [line.slice(name.length + 1)] : [])),
  };
}

const stanzas = (lines: readonly string[]) => lines.filter((line) => / <(message|iq)/.test(line));

test("XEP-0220 §2.1.1: of a stream that carries several domains a live view shows the stanzas of its own, whatever the header says", async (t) => {
  const { us, prove, say, of, heard } = await bench(t);
  await prove("one.example");
  await prove("two.example");
  say("<message from='a@one.example/x' to='us.example'><body>first</body></message>");
  say("<message from='b@TWO.example' to='us.example'><body>second</body></message>");
  // Answered behind both.
  say("<db:verify from='one.example' to='us.example' id='x'>key</db:verify>");
  await heard("<db:verify");
  assert.deepEqual(stanzas(of("one")), [
    'in <message from="a@one.example/x" to="us.example"><body>first</body></message>',
  ]);
  assert.deepEqual(stanzas(of("two")), [
    'in <message from="b@TWO.example" to="us.example"><body>second</body></message>',
  ]);
  assert.deepEqual(stanzas(of("front")), []);
  const dialback = (name: string) =>
    of(name).filter((line) => /<(db:)?(result|verify)\b/.test(line));
  assert.deepEqual(
    dialback("two").map((line) => /^(in|out) <(?:db:)?result/.exec(line)?.[1]),
    ["in", "out"],
  );
  assert.equal(dialback("one").length, 4, "its key, our word, its question, our answer");
  assert.deepEqual(dialback("front"), []);
  // Before anybody is proven there is the claim alone.
  assert.match(of("front")[0] ?? "", /^in <stream:stream /);
  assert.match(of("front")[1] ?? "", /^out <\?xml/);
  say("</stream:stream>");
  await heard("</stream:stream>");
  for (const name of ["one", "two"])
    assert.deepEqual(of(name).slice(-2), ["in </stream:stream>", "out </stream:stream>"]);
  assert.ok(!of("front").some((line) => line.includes("</stream:stream>")));
  assert.equal(us.s2s.unproven(), 0);
});

test("XEP-0288 §2.2: what goes back over it is shown of the domain that it is for", async (t) => {
  const { us, prove, say, of, heard } = await bench(t);
  say("<bidi xmlns='urn:xmpp:bidi'/>");
  await prove("one.example");
  await prove("two.example");
  for (const name of ["one", "two"])
    us.link("us.example").send(
      element("message", ns.stanza, { from: "us.example", to: `c@${name}.example`, id: name }),
    );
  await heard('id="two"');
  for (const name of ["one", "two"])
    assert.deepEqual(stanzas(of(name)), [
      `out <message from="us.example" to="c@${name}.example" id="${name}"/>`,
    ]);
  assert.deepEqual(stanzas(of("front")), []);
});

test("RFC 6120 §8.1.2.2: a stanza of a domain that is not proven is nobody's: its outside alone is shown, of who is", async (t) => {
  const { prove, say, of, heard } = await bench(t);
  await prove("one.example");
  say("<message from='a@two.example' to='us.example'><body>private</body></message>");
  await heard("invalid-from");
  assert.deepEqual(of("two"), []);
  assert.deepEqual(stanzas(of("one")), ['in <message from="a@two.example" to="us.example"/>']);
  assert.ok(of("one").some((line) => line.includes("invalid-from")));
});

test("a domain that shares a stream with others has reached us, whatever the header says", async (t) => {
  const { us, prove } = await bench(t);
  await prove("one.example");
  await prove("two.example");
  const answer = await us.s2s.reachBack("us.example" as Domain, "two.example" as Domain, 1_000);
  assert.ok("wasOpen" in answer && answer.wasOpen, JSON.stringify(answer));
});
