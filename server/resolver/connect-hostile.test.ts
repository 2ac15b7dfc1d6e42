import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { closed, codeOf, createDialHarness, paramsOf } from "#testing/dial-harness.ts";
import { header, honest, offersTls, proceed, type Conversation } from "#testing/scripted-xmpp.ts";

// Servers that lie, stall, drip or are something else: each ends in its code, in time, with nothing left open.

const harness = createDialHarness("127.0.12.8", { tcpMs: 800, phaseMs: 800, wholeMs: 4_000 });
const { credentials, dial } = harness;
after(harness.stop);

const slow = async (talk: Conversation, text: string) => {
  for (const character of text) {
    if (talk.socket.destroyed) return;
    talk.say(character);
    await talk.wait(20);
  }
};
const deep = `${"<a>".repeat(20_000)}`;
const failures: [
  string,
  string,
  (talk: Conversation) => Promise<void> | void,
  Record<string, unknown>?,
][] = [
  ["garbage", "stream.not_xmpp", (talk) => talk.say(Buffer.from([0, 1, 2, 255, 254, 10, 13, 60]))],
  [
    "HTTP",
    "stream.not_xmpp",
    (talk) => talk.say("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"),
    { firstBytes: "HTTP/1.1 400 Bad Request" },
  ],
  ["an SMTP greeting", "stream.not_xmpp", (talk) => talk.say("220 mail.example ESMTP\r\n")],
  ["an HTML page", "stream.not_xmpp", (talk) => talk.say("<!DOCTYPE html><html>")],
  ["nothing", "stream.timeout", () => {}, { phase: "stream" }],
  [
    "a header and then nothing",
    "stream.timeout",
    (talk) => talk.say(header("acme.example")),
    { phase: "stream" },
  ],
  [
    "one byte after another, slowly",
    "stream.timeout",
    (talk) => slow(talk, header("acme.example") + offersTls),
    { phase: "stream" },
  ],
  [
    "endless spaces",
    "stream.timeout",
    async (talk) => {
      talk.say(header("acme.example"));
      while (!talk.socket.destroyed) {
        talk.say(" ");
        await talk.wait(5);
      }
    },
  ],
  [
    "an endless header",
    "stream.not_xmpp",
    async (talk) => {
      talk.say("<stream:stream ");
      for (let i = 0; !talk.socket.destroyed && i < 400; i += 1) {
        talk.say(`a${i}='${"x".repeat(1_000)}' `);
        await talk.wait(0);
      }
    },
  ],
  [
    "20 000 levels of nesting",
    "stream.invalid",
    (talk) => talk.say(header("acme.example") + deep),
    { condition: "policy-violation" },
  ],
  [
    "a document type",
    "stream.invalid",
    (talk) => talk.say(`${header("acme.example")}<!DOCTYPE x>`),
  ],
  [
    "entities",
    "stream.invalid",
    (talk) => talk.say(`${header("acme.example")}<x>&lol;</x>`),
    { condition: "restricted-xml" },
  ],
  [
    "bytes that are not UTF-8",
    "stream.invalid",
    (talk) =>
      talk.say(
        Buffer.concat([
          Buffer.from(header("acme.example")),
          Buffer.from([60, 120, 62, 0xc3, 0x28]),
        ]),
      ),
  ],
  [
    "host-unknown",
    "stream.host_unknown",
    (talk) =>
      talk.say(
        `${header("")}<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`,
      ),
    { domain: "acme.example", host: "xmpp.acme.example" },
  ],
  [
    "a policy error",
    "stream.policy",
    (talk) =>
      talk.say(
        `${header("acme.example")}<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>go away</text></stream:error></stream:stream>`,
      ),
    { condition: "policy-violation", text: "go away" },
  ],
  [
    "a close without a word",
    "stream.closed",
    (talk) => void talk.socket.end(),
    { phase: "stream" },
  ],
  ["a reset", "stream.closed", (talk) => void talk.socket.resetAndDestroy()],
  [
    "features without STARTTLS",
    "tls.not_offered",
    (talk) => talk.say(`${header("acme.example")}<stream:features/>`),
  ],
  ["a server before XMPP 1.0", "tls.not_offered", (talk) => talk.say(header("acme.example", ""))],
  [
    "a refused STARTTLS",
    "tls.not_offered",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
    },
  ],
  [
    "no answer to STARTTLS",
    "stream.timeout",
    (talk) => talk.say(header("acme.example") + offersTls),
    { phase: "starttls" },
  ],
  [
    "stanzas injected behind proceed",
    "stream.invalid",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(`${proceed}<message xmlns='jabber:server'/>`);
    },
  ],
  [
    "no TLS after proceed",
    "tls.handshake",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.wait(20);
      talk.say("not a ServerHello at all, sorry");
    },
  ],
  [
    "silence in the TLS handshake",
    "tls.handshake",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
    },
    { alert: "timeout" },
  ],
  [
    "TLS 1.0 at most",
    "tls.handshake",
    honest("acme.example", {
      ...credentials,
      minVersion: "TLSv1",
      maxVersion: "TLSv1.1",
      ciphers: "ALL:@SECLEVEL=0",
    }),
  ],
  [
    "silence after TLS",
    "stream.timeout",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.secure(credentials);
    },
    { phase: "restart" },
  ],
  [
    "HTTP inside TLS",
    "stream.not_xmpp",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.secure(credentials);
      talk.say("HTTP/1.1 400 Bad Request\r\n\r\n");
    },
    { firstBytes: "HTTP/1.1 400 Bad Request" },
  ],
  [
    "a close in the TLS handshake",
    "tls.handshake",
    async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      talk.socket.once("data", () => talk.socket.destroy());
    },
  ],
];
describe("hostile servers", { concurrency: 8 }, () => {
  for (const [name, expected, script, wanted] of failures) {
    test(`a server that sends ${name} -> ${expected}, in time, and nothing stays open`, async () => {
      const done = await dial(script);
      assert.equal(codeOf(done), expected, JSON.stringify(done.outcome));
      for (const [key, value] of Object.entries(wanted ?? {}))
        assert.equal(paramsOf(done)[key], value, key);
      assert.ok(done.tookMs < 6_000, String(done.tookMs));
      assert.ok(done.report.transcript.length <= 40);
      assert.equal(done.report.phases.at(-1)?.status, "failed");
      await closed(done.server);
    });
  }
});
