import assert from "node:assert/strict";
import { test } from "node:test";
import { childElements, findChild, type XmlElement } from "./element.ts";
import { answerLocally, type LocalRole } from "./local-services.ts";
import { ns } from "./namespaces.ts";
import { createStreamReader } from "./reader.ts";
import { serialize } from "./serialize.ts";

function parse(xml: string): XmlElement {
  const reader = createStreamReader({
    contentNamespaces: ["jabber:component:accept"],
    maxElementBytes: 100_000,
    maxDepth: 50,
    oversize: "close",
  });
  const header = `<stream:stream xmlns='jabber:component:accept' xmlns:stream='${ns.streams}'>`;
  const event = reader.write(new TextEncoder().encode(header + xml))[1];
  assert(event?.kind === "element", xml);
  return event.element;
}

function answer(xml: string, role: LocalRole = "wave", isService = true): string | null {
  const reply = answerLocally(parse(xml), { role, isService, items: () => [] });
  return reply === null ? null : serialize(reply, { contentNamespace: "jabber:component:accept" });
}

const iq = (type: string, payload: string) =>
  `<iq type='${type}' id='a+/=' from='wave.acmewave.com' to='wave.example.com'>${payload}</iq>`;
const message = (attributes: string, payload: string) =>
  `<message ${attributes} id='m1' from='wave.acmewave.com' to='wave.example.com'>${payload}</message>`;
const update = `<event xmlns='${ns.pubsubEvent}'><items><item><wavelet-update xmlns='${ns.wave}'/></item></items></event>`;
const waveRequests = [
  iq("set", `<pubsub xmlns='${ns.pubsub}'><publish node='wavelet'/></pubsub>`),
  iq("get", `<pubsub xmlns='${ns.pubsub}'><items node='wavelet'/></pubsub>`),
  iq("set", `<pubsub xmlns='${ns.pubsub}'><publish node='signer'/></pubsub>`),
  iq("get", `<pubsub xmlns='${ns.pubsub}'><items node='signer'/></pubsub>`),
  iq("set", `<pubsub xmlns='${ns.pubsub}'><publish/></pubsub>`),
  iq("get", `<pubsub xmlns='${ns.pubsub}'/>`),
];

test("XEP-0030 §3: disco#info shows the wave identity and every feature that is served", () => {
  const reply = answer(iq("get", `<query xmlns='${ns.discoInfo}'/>`));
  assert.equal(
    reply,
    `<iq type="result" id="a+/=" from="wave.example.com" to="wave.acmewave.com"><query xmlns="${ns.discoInfo}">` +
      '<identity category="collaboration" type="google-wave" name="Wavegate"/>' +
      [ns.wave, ns.receipts, ns.discoInfo, ns.discoItems, ns.ping]
        .map((feature) => `<feature var="${feature}"/>`)
        .join("") +
      "</query></iq>",
  );
  assert.match(
    answer(iq("get", `<query xmlns='${ns.discoInfo}'/>`), "plain") ?? "",
    /category="component"/,
  );
  assert.doesNotMatch(
    answer(iq("get", `<query xmlns='${ns.discoInfo}'/>`), "plain") ?? "",
    /google-wave|waveserver/,
  );
});

test("XEP-0030 §4: a name of ours lists those below it", () => {
  const asked = parse(iq("get", `<query xmlns='${ns.discoItems}'/>`));
  const items = () => ["wave.example.com", "bot.example.com"];
  const reply = answerLocally(asked, { role: "plain", isService: true, items });
  assert(reply);
  const jids = childElements(childElements(reply)[0] ?? reply).map(
    ({ attributes }) => attributes["jid"],
  );
  assert.deepEqual(jids, items());
});

test("XEP-0030 §4: disco#items is an empty query, an unknown node item-not-found", () => {
  assert.match(
    answer(iq("get", `<query xmlns='${ns.discoItems}'/>`)) ?? "",
    /type="result".*<query xmlns="[^"]*#items"\/>/,
  );
  for (const space of [ns.discoItems, ns.discoInfo])
    assert.match(answer(iq("get", `<query xmlns='${space}' node='x'/>`)) ?? "", /<item-not-found/);
});

test("XEP-0199 §4: a ping is answered by an empty result", () => {
  assert.equal(
    answer(iq("get", `<ping xmlns='${ns.ping}'/>`)),
    '<iq type="result" id="a+/=" from="wave.example.com" to="wave.acmewave.com"/>',
  );
});

test("WAVE §1.8: a Wave ping is answered by a receipt with the same id, addresses exchanged byte for byte", () => {
  const ping = (to: string) =>
    `<message type='normal' id='4191-2' from='wave.AcmeWave.com' to='${to}'><ping xmlns='${ns.wave}'/><request xmlns='${ns.receipts}'/></message>`;
  assert.equal(
    answer(ping("Wave.example.com")),
    `<message type="normal" id="4191-2" from="Wave.example.com" to="wave.AcmeWave.com"><received xmlns="${ns.receipts}" id="4191-2"/></message>`,
  );
  assert.match(answer(ping("x").replace(" id='4191-2'", "")) ?? "", /<bad-request/);
  assert.match(answer(ping("x"), "plain") ?? "", /<service-unavailable/);
});

test("WAVE §2.4-2.7: every Wave request gets feature-not-implemented, in both roles and for persons", () => {
  for (const request of waveRequests)
    for (const role of ["wave", "plain"] as const)
      for (const isService of [true, false])
        assert.match(
          answer(request, role, isService) ?? "",
          /type="error".*<error type="cancel"><feature-not-implemented/,
          request,
        );
});

test("WAVE §2.2: every update gets a message error and never a receipt", () => {
  const asked = `<request xmlns='${ns.receipts}'/>`;
  for (const [attributes, payload] of [
    ["type='normal'", asked + update],
    ["", update],
    ["type='headline'", update],
    ["type='normal'", `<received xmlns='${ns.receipts}' id='x'/>${update}`],
    ["type='normal'", `${asked}<event xmlns='${ns.pubsubEvent}'/>`],
    ["type='normal'", `<ping xmlns='${ns.wave}'/>${asked}${update}`],
  ] as const) {
    const reply = answer(message(attributes, payload)) ?? "";
    assert.match(reply, /^<message type="error" id="m1".*<feature-not-implemented/, payload);
    assert.doesNotMatch(reply, /received/);
  }
});

test("RFC 6120 §8.2.3: no get or set stays without an answer, whatever is in it", () => {
  for (const type of ["get", "set"])
    for (const payload of [
      "",
      "<a xmlns='urn:a'/>",
      "<a xmlns='urn:a'/><b xmlns='urn:b'/>",
      `<query xmlns='${ns.discoInfo}x'/>`,
      "<error/>",
    ])
      for (const isService of [true, false])
        assert.match(
          answer(iq(type, payload), "wave", isService) ?? "silence",
          /type="error"/,
          payload,
        );
  assert.match(answer("<iq from='a' to='b' id='1'><x xmlns='urn:x'/></iq>") ?? "", /<bad-request/);
  assert.match(
    answer("<iq type='get' from='a' to='b'><x xmlns='urn:x'/></iq>") ?? "",
    /<bad-request/,
  );
  assert.match(answer(iq("set", `<ping xmlns='${ns.ping}'/>`)) ?? "", /<service-unavailable/);
  assert.match(answer(iq("get", "<x xmlns='urn:x'/>")) ?? "", /<service-unavailable/);
});

test("RFC 6120 §8.3.1: an error, a result, a receipt or a headline is never answered", () => {
  for (const silent of [
    iq("result", ""),
    iq("error", `<error type='cancel'><conflict xmlns='${ns.stanzaErrors}'/></error>`),
    iq("error", `<pubsub xmlns='${ns.pubsub}'/>`),
    message("type='error'", update),
    message("type='error'", `<ping xmlns='${ns.wave}'/>`),
    message("type='headline'", "<body>x</body>"),
    message("type='headline'", `<event xmlns='${ns.pubsubEvent}'><items/></event>`),
    message("type='normal'", `<received xmlns='${ns.receipts}'/>`),
    message("type='chat'", "<composing xmlns='http://jabber.org/protocol/chatstates'/>"),
    "<presence type='error' from='a' to='b'/>",
    "<other xmlns='urn:x'/>",
  ])
    assert.equal(answer(silent), null, silent);
});

test("RFC 6121 §5.2: a message to nobody here gets service-unavailable", () => {
  assert.match(answer(message("type='chat'", "<body>hello</body>")) ?? "", /<service-unavailable/);
  assert.match(
    answer(message("", "<body>hello</body>"), "wave", false) ?? "",
    /<service-unavailable/,
  );
  assert.match(answer(message("type='groupchat'", "")) ?? "", /<service-unavailable/);
});

test("RFC 6121 §3.1.3: subscription requests and probes are declined, other presence is not answered", () => {
  for (const type of ["subscribe", "probe"])
    assert.equal(
      answer(`<presence type='${type}' from='bob@acmewave.com' to='wave.example.com'/>`),
      '<presence type="unsubscribed" from="wave.example.com" to="bob@acmewave.com"/>',
    );
  for (const type of [
    "",
    "type='unavailable'",
    "type='subscribed'",
    "type='unsubscribe'",
    "type='unsubscribed'",
  ])
    assert.equal(answer(`<presence ${type} from='a' to='b'/>`), null);
});

test("an answer to an answer is silence: no two of us can loop", () => {
  for (const xml of [
    ...waveRequests,
    message("", update),
    message("", "<body>x</body>"),
    iq("get", "<x xmlns='urn:x'/>"),
  ]) {
    const first = answerLocally(parse(xml), { role: "wave", isService: true, items: () => [] });
    assert(first);
    assert.equal(answerLocally(first, { role: "wave", isService: true, items: () => [] }), null);
    assert.notEqual(findChild(first, "error"), undefined);
  }
});
