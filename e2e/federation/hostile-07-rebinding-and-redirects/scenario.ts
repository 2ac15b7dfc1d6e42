import assert from "node:assert/strict";
import { startFickleDns } from "../../stack/fickle-dns.ts";
import { runPing, runTrace } from "../../stack/operations.ts";
import { listenRaw, type RawPeer } from "../../stack/raw-peer.ts";
import type { NativeSite, World } from "../../stack/world.ts";
import {
  greet,
  header,
  listenFor,
  openSecured,
  S2S_PORT,
  secure,
  withWitness,
} from "../attacker.ts";
import type { Scenario } from "../scenario.ts";

/** Who resolves to one address when it is checked, and to another one after that. */
const REBOUND = "xmpp.rebound07.example";
/** Loopback in the spellings that lead there all the same. */
const INSIDE = "xmpp.inside07.example";

export const scenario: Scenario = {
  title:
    "A22, A31: the address that was checked is the one that is dialled, and nobody's word leads to another, not even after TLS and login",
  run: async (world) => {
    const [checked, trap] = [world.address(), world.address()];
    const mapped = `::ffff:${trap}`;
    const dns = await startFickleDns(world.address(), world.dns.address, {
      [REBOUND]: [checked, trap],
      [INSIDE]: [mapped, trap, `::${trap}`, `64:ff9b::${trap}`, mapped],
    });
    const appliance = { dnsServers: [dns.server] };
    try {
      const native = await world.nativeSite("hostile07.example", { appliance });
      await withWitness(world, native, "witness07.example", async () => {
        await proveRebinding(world, native, { checked, trap, asked: () => dns.asked(REBOUND) });
        await proveInside(world, trap, appliance, () => dns.asked(INSIDE));
        await proveRedirects(world, native);
      });
    } finally {
      await dns.stop();
    }
  },
};

/** A31: each connection has a question of its own, and goes where that one's answer said. */
async function proveRebinding(
  world: World,
  native: NativeSite,
  names: { readonly checked: string; readonly trap: string; readonly asked: () => number },
): Promise<void> {
  const reached = await count(names.checked);
  const trap = await count(names.trap);
  await world.dns.setZone("rebound07.example", [`_xmpp-server._tcp IN SRV 10 0 ${S2S_PORT} xmpp`]);
  const pong = await runPing(native.client, "rebound07.example");
  assert.equal(pong.xmpp.status, "not_sent", JSON.stringify(pong));
  const [first, later] = [reached.connections(), trap.connections()];
  assert.equal(first, 1, `${later} connections went elsewhere`);
  // A second attempt asks, and checks, anew.
  assert.equal(names.asked(), first + later);
  await Promise.all([reached.close(), trap.close()]);
}

/** A31: where private addresses are not to be dialled, no answer of any spelling, and no other one the next time, leads there. */
async function proveInside(
  world: World,
  address: string,
  appliance: { readonly dnsServers: readonly string[] },
  asked: () => number,
): Promise<void> {
  const trap = await count(address);
  await world.dns.setZone("inside07.example", [`_xmpp-server._tcp IN SRV 10 0 ${S2S_PORT} xmpp`]);
  const guarded = await world.nativeSite("guarded07.example", {
    appliance,
    settings: { allowPrivateTargets: false, allowsStrangerDialback: true },
  });
  for (let turn = 0; turn < 5; turn++) {
    const found = await runTrace(guarded.client, "inside07.example", { fresh: true });
    assert.equal(found.xmpp, "unreachable", JSON.stringify(found.findings));
    assert.match(JSON.stringify(found.findings), /policy\.private_addr/);
  }
  assert.ok(asked() >= 5, `${asked()} questions for five traces`);
  // Nor for the sake of a key: whoever dials us chooses whom we ask.
  const peer = await openSecured(guarded, "inside07.example", null);
  await peer.hear(/<dialback/);
  peer.say(`<db:result from='inside07.example' to='${guarded.domain}'>key</db:result>`);
  await peer.hear(/<db:result[^>]*type="error"/);
  peer.close();
  assert.equal(trap.connections(), 0);
  await trap.close();
}

/** A22: see-other-host is told, and not followed: before TLS, after it, nor from somebody who has proved who he is. */
async function proveRedirects(world: World, native: NativeSite): Promise<void> {
  const host = world.address();
  const trap = await count(host);
  const certificate = await world.authority.issue({
    names: ["secured07.example", "proven07.example"],
  });
  await world.dns.setZone("trap07.example", [`@ IN A ${host}`]);
  const stages: readonly (readonly [string, (peer: RawPeer, domain: string) => Promise<void>])[] = [
    ["clear07.example", (peer, domain) => greet(peer, domain, native)],
    ["secured07.example", (peer, domain) => secure(peer, domain, native, certificate)],
    [
      "proven07.example",
      async (peer, domain) => {
        await secure(peer, domain, native, certificate);
        peer.say(
          "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>",
        );
        await peer.hear(/<auth/);
        peer.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
        await peer.hear(/<auth.*<stream:stream[^>]*>/s);
        peer.say(header(domain, native.domain).replace("<stream:stream", "<stream:stream id='r'"));
      },
    ],
  ];
  await Promise.all(
    stages.map(async ([domain, lead]) => {
      let redirected = 0;
      const targets = [`${host}:${S2S_PORT}`, host, "trap07.example", `[::ffff:${host}]:5269`];
      const server = await listenFor(world, domain, async (peer) => {
        await lead(peer, domain);
        const target = targets[redirected % targets.length];
        redirected += 1;
        peer.say(
          `<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${target}</see-other-host></stream:error></stream:stream>`,
        );
        await peer.gone();
      });
      for (const target of targets) {
        const before = redirected;
        const pong = await runPing(native.client, domain);
        assert.notEqual(pong.xmpp.status, "answered", `${domain} ${target}`);
        assert.match(JSON.stringify(pong), /see-other-host/, `${domain} ${target}`);
        assert.ok(redirected > before, `${domain} was not dialled`);
        assert.ok(redirected <= before + 3, `${domain} was dialled again and again`);
      }
      await server.close();
    }),
  );
  assert.equal(trap.connections(), 0);
  await trap.close();
}

/** A listener that counts who comes, and hangs up. */
function count(host: string) {
  return listenRaw({ host, port: S2S_PORT }, (peer) => Promise.resolve(peer.close()));
}
