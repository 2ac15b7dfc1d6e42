import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { addHosted } from "../../stack/operations.ts";
import { COMPONENT_PORT } from "../../stack/prosody.ts";
import { dialRaw, type RawPeer } from "../../stack/raw-peer.ts";
import type { NativeSite } from "../../stack/world.ts";
import { assertThrownOut, ping, withWitness } from "../attacker.ts";
import type { Scenario } from "../scenario.ts";

const NAME = "bot.hostile06.example";

export const scenario: Scenario = {
  title:
    "A1-A4, A8, A24, A35: a component without the secret gets nowhere, and one with it speaks for its own name only",
  run: async (world) => {
    const native = await world.nativeSite("hostile06.example", { labels: ["bot"] });
    const { domainId } = native;
    const { secret } = await addHosted(native.client, { domainId, name: NAME });
    await withWitness(world, native, "witness06.example", async () => {
      await proveOutside(native, secret);
      await proveInside(native, secret);
      await proveSize(native, secret);
    });
  },
};

async function proveOutside(native: NativeSite, secret: string): Promise<void> {
  const good = (id: string) => digest(id, secret);
  const cases: readonly (readonly [string, (id: string) => string, string])[] = [
    ["a wrong secret", (id) => `<handshake>${digest(id, "guess")}</handshake>`, "not-authorized"],
    ["no secret", () => "<handshake/>", "not-authorized"],
    [
      "the right one in capitals",
      (id) => `<handshake>${good(id).toUpperCase()}</handshake>`,
      "not-authorized",
    ],
    ["another id's", () => `<handshake>${good("0")}</handshake>`, "not-authorized"],
    ["a stanza first", () => ping(NAME, native.domain, "1"), "not-authorized"],
    ["A1", () => "<!-- x -->", "restricted-xml"],
    ["A2", () => "<handshake>&foo;</handshake>", "restricted-xml"],
    ["A4", () => `<handshake>${"a".repeat(100_000)}`, "policy-violation"],
  ];
  await Promise.all(
    cases.map(async ([what, say, condition]) => {
      const { peer, id } = await open(native, NAME);
      peer.say(say(id));
      await assertThrownOut(what, peer, condition);
      assert.doesNotMatch(peer.heard(), /<handshake/, what);
    }),
  );
  const stranger = await dial(native);
  stranger.say(componentHeader("nobody.example"));
  await assertThrownOut("a name that we do not serve", stranger, "host-unknown");
  const server = await dial(native);
  server.say(componentHeader(NAME).replace("jabber:component:accept", "jabber:server"));
  await assertThrownOut("another protocol", server, "invalid-namespace");
}

async function proveInside(native: NativeSite, secret: string): Promise<void> {
  const to = native.domain;
  const cases = [
    ["A8: the domain itself", ping(to, "witness06.example", "1"), "invalid-from"],
    ["A8: a stranger", ping("witness06.example", to, "1"), "invalid-from"],
    ["A8: below its name", ping(`a.${NAME}`, to, "1"), "invalid-from"],
    ["A1: a comment", "<!-- x -->", "restricted-xml"],
    ["A2: an entity", "<message>&foo;</message>", "restricted-xml"],
    [
      "A35: broken UTF-8",
      new Uint8Array([...Buffer.from("<message>"), 0xc0, 0xaf]),
      "unsupported-encoding",
    ],
  ] as const;
  for (const [what, bytes, condition] of cases) {
    const { peer, id } = await open(native, NAME);
    peer.say(`<handshake>${digest(id, secret)}</handshake>`);
    await peer.hear(/<handshake/);
    peer.say(ping(NAME, to, "served"));
    await peer.hear(/id="served"/);
    peer.say(bytes);
    await assertThrownOut(what, peer, condition);
  }
}

/** A4: what is too big goes nowhere, but costs a component only that stanza. */
async function proveSize(native: NativeSite, secret: string): Promise<void> {
  const { peer, id } = await open(native, NAME);
  peer.say(`<handshake>${digest(id, secret)}</handshake>`);
  await peer.hear(/<handshake/);
  const addresses = `from='${NAME}' to='${native.domain}'`;
  peer.say(`<iq type='get' id='big' ${addresses}><x xmlns='x'>${"x".repeat(2_000_000)}</x></iq>`);
  peer.say(ping(NAME, native.domain, "after"));
  const heard = await peer.hear(/id="after"/);
  assert.doesNotMatch(
    heard,
    /<iq[^>]*id="big"[^>]*type="result"|<iq[^>]*type="result"[^>]*id="big"/,
  );
  assert.doesNotMatch(heard, /xxxxxxxx/);
  peer.close();
}

async function open(native: NativeSite, name: string): Promise<{ peer: RawPeer; id: string }> {
  const peer = await dial(native);
  peer.say(componentHeader(name));
  const heard = await peer.hear(/<stream:stream[^>]* id=["']([^"']+)/);
  return { peer, id: /<stream:stream[^>]* id=["']([^"']+)/.exec(heard)?.[1] ?? "" };
}

function dial(native: NativeSite): Promise<RawPeer> {
  return dialRaw({ host: native.appliance.address, port: COMPONENT_PORT });
}

function componentHeader(name: string): string {
  return `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${name}'>`;
}

function digest(streamId: string, secret: string): string {
  return createHash("sha1").update(`${streamId}${secret}`, "utf8").digest("hex");
}
