import assert from "node:assert/strict";
import { test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createTaps, showReceived, type TapLine } from "./tap.ts";

const said = (remote: string, xml: string) =>
  ({ streamId: "1", opened: "by_us", direction: "out", remote, xml }) as const;

test("a tap hears its own domain only, from its begin to its end", () => {
  const at = new Date(0);
  const taps = createTaps(() => at);
  const heard: TapLine[] = [];
  assert.equal(taps.isOn("a.example"), false);
  const stop = taps.open("a.example", (line) => heard.push(line));
  const stopOther = taps.open("a.example", () => {});
  taps.say(said("a.example", "<message/>"));
  taps.say(said("b.example", "<message/>"));
  stop();
  assert.equal(taps.isOn("a.example"), true, "somebody else still listens");
  taps.say(said("a.example", "<presence/>"));
  stopOther();
  assert.equal(taps.isOn("a.example"), false);
  assert.deepEqual(heard, [{ ...said("a.example", "<message/>"), at }]);
});

test("what proves an identity is masked in what we say, whatever stands around it", () => {
  const taps = createTaps(() => new Date());
  const heard: string[] = [];
  taps.open("a.example", ({ xml }) => heard.push(xml));
  for (const xml of [
    `<auth xmlns='${ns.sasl}' mechanism='EXTERNAL'>c2VjcmV0</auth>`,
    "<db:result from='o' to='r'>c2VjcmV0</db:result>",
    '<db:verify from="o" to="r" id="x">c2VjcmV0</db:verify><message/>',
  ])
    taps.say(said("a.example", xml));
  for (const xml of heard) assert.doesNotMatch(xml, /c2VjcmV0/);
  assert.match(heard[2] ?? "", /^<db:verify from="o" to="r" id="x">…<\/db:verify><message\/>$/);
});

test("and in what they say: logins and keys keep their outside only, stanzas are whole", () => {
  for (const secret of [
    element("auth", ns.sasl, { mechanism: "EXTERNAL" }, ["c2VjcmV0"]),
    element("result", ns.dialback, { from: "o", to: "r" }, ["c2VjcmV0"]),
    element("verify", ns.dialback, { from: "o", to: "r", id: "1" }, ["c2VjcmV0"]),
  ]) {
    const shown = showReceived(secret);
    assert.doesNotMatch(shown, /c2VjcmV0/);
    assert.match(shown, /…/);
  }
  const valid = element("result", ns.dialback, { type: "valid" });
  assert.doesNotMatch(showReceived(valid), /…/);
  const body = element("body", ns.stanza, {}, ["hello <b>"]);
  assert.equal(
    showReceived(element("message", ns.stanza, { to: "r" }, [body])),
    '<message to="r"><body>hello &lt;b&gt;</body></message>',
  );
});

test("a line is bounded, however large the stanza", () => {
  const taps = createTaps(() => new Date());
  let length = 0;
  taps.open("a.example", ({ xml }) => (length = xml.length));
  taps.say(said("a.example", `<message>${"x".repeat(1_000_000)}</message>`));
  assert.equal(length, 64 * 1024);
});
