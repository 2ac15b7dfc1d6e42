import assert from "node:assert/strict";
import { test } from "node:test";
import { createPinger, type PingCarrier } from "./ping.ts";

const signal = new AbortController().signal;
type Exchange = Awaited<ReturnType<PingCarrier["wavePing"]>>;

function carrier(exchange: Partial<Exchange>, sent: string[] = []): PingCarrier {
  const whole: Exchange = {
    kind: "result",
    condition: null,
    text: null,
    roundTripMs: 5,
    ...exchange,
  };
  return {
    sourceFor: () => ({ ok: true, from: "wave.example.com", linkId: "1" }),
    async request({ to, from, payload }) {
      sent.push(`${payload.name} ${from} -> ${to}`);
      return Promise.resolve(whole);
    },
    async wavePing({ to, from }) {
      sent.push(`wave ${from} -> ${to}`);
      return Promise.resolve(whole);
    },
  };
}
const target = { domain: "acme.com", jid: "wave.acme.com", expects: "wave" } as const;

test("XEP-0199 §4.2: an XMPP peer is pinged at its domain; WAVE §1.8: a Wave peer at its service", async () => {
  const sent: string[] = [];
  const ping = createPinger(carrier({}, sent));
  await ping(target, signal);
  await ping({ ...target, expects: "xmpp" }, signal);
  await ping({ ...target, jid: null }, signal);
  assert.deepEqual(sent, [
    "wave wave.example.com -> wave.acme.com",
    "ping wave.example.com -> acme.com",
    "ping wave.example.com -> acme.com",
  ]);
});

test("RFC 6120 §8.3.3: a refusal by the peer proves the path, a bounce by our own server the contrary", async () => {
  const rows: [Partial<Exchange>, string][] = [
    [{ kind: "result" }, "answered"],
    [{ kind: "error", condition: "service-unavailable" }, "answered"],
    [{ kind: "error", condition: "forbidden" }, "answered"],
    [{ kind: "error", condition: "remote-server-not-found" }, "bounced"],
    [{ kind: "error", condition: "remote-server-timeout" }, "bounced"],
    [{ kind: "timeout" }, "timeout"],
    [{ kind: "not_sent", condition: "not-allowed" }, "not_sent"],
    [{ kind: "cancelled" }, "not_sent"],
  ];
  for (const [exchange, kind] of rows)
    assert.equal((await createPinger(carrier(exchange))(target, signal)).kind, kind, kind);
});

test("without a link nothing is sent, and the reason is kept", async () => {
  const none: PingCarrier = {
    ...carrier({}),
    sourceFor: () => ({ ok: false, code: "link.down" }),
  };
  assert.deepEqual(await createPinger(none)(target, signal), {
    kind: "not_sent",
    code: "link.down",
  });
});
