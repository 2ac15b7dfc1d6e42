import assert from "node:assert/strict";
import { runPing } from "../../stack/operations.ts";
import { listenRaw } from "../../stack/raw-peer.ts";
import { until } from "../../stack/wait.ts";
import type { NativeSite, World } from "../../stack/world.ts";
import { greet, listenFor, openSecured, S2S_PORT, secure, withWitness } from "../attacker.ts";
import { agree } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

const DIALBACK = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";

export const scenario: Scenario = {
  title:
    "A1, A9, A12, A22, A29, A31: servers that we dial cannot lead us elsewhere, prove what we did not ask, or fill our pages",
  run: async (world) => {
    const native = await world.nativeSite("hostile05.example");
    await withWitness(world, native, "witness05.example", async () => {
      await Promise.all([
        proveRedirect(world, native),
        proveUnsolicited(world, native),
        proveText(world, native),
        proveDoctype(world, native),
        proveAmplification(world),
        proveBounds(world, native),
      ]);
    });
  },
};

/** A22: nobody is followed who has proved nothing. */
async function proveRedirect(world: World, native: NativeSite): Promise<void> {
  const host = world.address();
  const trap = await listenRaw({ host, port: S2S_PORT }, async () => undefined);
  const domain = "elsewhere05.example";
  await listenFor(world, domain, async (peer) => {
    await greet(peer, domain, native);
    peer.say(
      `<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${host}:${S2S_PORT}</see-other-host></stream:error></stream:stream>`,
    );
    await peer.gone();
  });
  const pong = await runPing(native.client, domain);
  assert.equal(pong.xmpp.status, "not_sent", JSON.stringify(pong));
  assert.equal(trap.connections(), 0);
  await trap.close();
}

/** A9: `valid` for other names, other ids and other requests lets nothing out. */
async function proveUnsolicited(world: World, native: NativeSite): Promise<void> {
  const domain = "unsolicited05.example";
  const certificate = await world.authority.issue({ names: [domain] });
  const heard: string[] = [];
  await listenFor(world, domain, async (peer) => {
    await secure(peer, domain, native, certificate);
    peer.say(`<stream:features>${DIALBACK}</stream:features>`);
    await peer.hear(/<db:result/);
    // Either of our names may ask; the other one did not.
    const ours = peer.heard().includes(`from="${native.wave}"`) ? native.wave : native.domain;
    const other = ours === native.wave ? native.domain : native.wave;
    peer.say(
      `<db:result from='other05.example' to='${ours}' type='valid'/>` +
        `<db:result from='${domain}' to='${other}' type='valid'/>` +
        `<db:verify from='${domain}' to='${ours}' id='raw' type='valid'/>` +
        `<iq type='result' id='1' from='${domain}' to='${ours}'/>`,
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    heard.push(peer.heard());
    peer.say(`<db:result from='${domain}' to='${ours}' type='invalid'/>`);
    await peer.gone();
  });
  const pong = await runPing(native.client, domain);
  assert.notEqual(pong.xmpp.status, "answered", JSON.stringify(pong));
  await until("the stream that wanted to log in", 5_000, () =>
    heard.length > 0 ? true : undefined,
  );
  for (const said of heard) assert.doesNotMatch(said, /<iq|<message|<presence/);
}

/** A29: what a peer says about itself is data, and there is an end to it. */
async function proveText(world: World, native: NativeSite): Promise<void> {
  const domain = "loud05.example";
  const certificate = await world.authority.issue({ names: [domain] });
  await listenFor(world, domain, async (peer) => {
    await secure(peer, domain, native, certificate);
    const text = `&lt;script&gt;alert(1)&lt;/script&gt;\r\n\u202e\u009b2J${"x".repeat(12_000)}`;
    peer.say(
      `<stream:features/><stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/><text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${text}</text></stream:error></stream:stream>`,
    );
    await peer.gone();
  });
  const pong = await runPing(native.client, domain);
  assert.notEqual(pong.xmpp.status, "answered");
  const said = JSON.stringify(pong.message);
  assert.ok(said.length < 2_000, `${said.length} characters of it are kept`);
  assert.match(said, /<script>alert\(1\)<\/script> \\\\u\{202e\}\\\\u\{9b\}2Jx/);
  const log = native.appliance.process.logTail(10_000);
  assert.doesNotMatch(log, /x{2000}/);
}

async function proveDoctype(world: World, native: NativeSite): Promise<void> {
  const domain = "doctype05.example";
  const heard: string[] = [];
  await listenFor(world, domain, async (peer) => {
    await peer.hear(/<stream:stream[^>]*>/);
    peer.say("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>");
    heard.push(await peer.gone());
  });
  const pong = await runPing(native.client, domain);
  assert.equal(pong.xmpp.status, "not_sent", JSON.stringify(pong));
  assert.match(heard[0] ?? "", /<restricted-xml/);
}

/** A12, A31: keys of strangers make us dial nobody whom we may not dial, and not without bound. */
async function proveAmplification(world: World): Promise<void> {
  const guarded = await world.nativeSite("guarded05.example", {
    settings: { allowPrivateTargets: false, allowsStrangerDialback: true },
  });
  const host = world.address();
  const trap = await listenRaw({ host, port: S2S_PORT }, async () => undefined);
  const zone = (port: number) => [
    `_xmpp-server._tcp IN SRV 10 0 ${port} inside`,
    `inside IN A ${host}`,
  ];
  await world.dns.setZone("amplifier05.example", zone(S2S_PORT));
  await world.dns.setZone("port05.example", zone(25));
  for (const domain of ["amplifier05.example", "port05.example"]) {
    const peer = await openSecured(guarded, domain, null);
    await peer.hear(/<dialback/);
    for (let n = 0; n < 40; n++) {
      const from = n === 0 ? domain : `n${n}.${domain}`;
      peer.say(`<db:result from='${from}' to='${guarded.domain}'>key</db:result>`);
    }
    const refusals = () => peer.heard().match(/<db:result[^>]*type="error"/g)?.length ?? 0;
    await until("forty refusals", 20_000, () => {
      if (refusals() === 40) return true;
      throw new Error(`${refusals()} so far`);
    });
    assert.doesNotMatch(peer.heard(), /type="valid"/);
    peer.close();
  }
  assert.equal(trap.connections(), 0);
  await trap.close();
}

/** A12: an SRV record names no port of another service, and many keys of few domains make us dial each of those once at a time. */
async function proveBounds(world: World, native: NativeSite): Promise<void> {
  const host = world.address();
  const odd = "mail05.example";
  await world.dns.setZone(odd, ["_xmpp-server._tcp IN SRV 10 0 25 xmpp", `xmpp IN A ${host}`]);
  const pong = await runPing(native.client, odd);
  assert.equal(pong.message?.code, "policy.odd_port", JSON.stringify(pong));

  const domain = "stalling05.example";
  const names = Array.from({ length: 40 }, (_, index) => `n${index}.${domain}`);
  await world.dns.setZone(domain, [
    ...names.map((_, index) => `_xmpp-server._tcp.n${index} IN SRV 10 0 ${S2S_PORT} xmpp`),
    `xmpp IN A ${host}`,
  ]);
  await agree(native.client, { domain, allowsDialback: true });
  const stalling = await listenRaw({ host, port: S2S_PORT }, async () => undefined);
  // From three addresses: one may have a third of all that is verified.
  const peers = await Promise.all(
    [1, 2, 3].map(() => openSecured(native, domain, null, world.address())),
  );
  for (const peer of peers) {
    await peer.hear(/<dialback/);
    for (const from of names)
      peer.say(`<db:result from='${from}' to='${native.domain}'>key</db:result>`);
  }
  // So many keys may wait on one stream; what is more is refused at once.
  const waiting = 16;
  for (const peer of peers) {
    await until("what is too much to be refused", 8_000, () => {
      const refused = peer.heard().match(/<resource-constraint/g)?.length ?? 0;
      return refused === names.length - waiting ? true : undefined;
    });
  }
  await until("those that wait to be dialled", 8_000, () =>
    stalling.connections() >= waiting ? true : undefined,
  );
  assert.equal(stalling.connections(), waiting, "each domain once, whoever else claims it");
  for (const peer of peers) peer.close();
  await stalling.close();
}
