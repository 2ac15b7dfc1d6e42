import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { certificate } from "#contract/certificates.ts";
import { link } from "#contract/links.ts";
import { selfTest } from "#contract/self-tests.ts";
import { query } from "../../stack/component.ts";
import { shownFingerprint } from "../../stack/openssl.ts";
import { useForXmpp, waitForLink } from "../../stack/operations.ts";
import { S2S_PORT } from "../../stack/prosody.ts";
import { dialRaw } from "../../stack/raw-peer.ts";
import type { NativeSite, World } from "../../stack/world.ts";
import { startNeighbour } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

const ANSWER_MS = 20_000;
const PORTS = {
  "red.ports29.example": { port: 5301, directTlsPort: 5311 },
  "blue.ports29.example": { port: 5302, directTlsPort: 5312 },
} as const;
type Name = keyof typeof PORTS;
const red = "red.ports29.example";
const blue = "blue.ports29.example";

export const scenario: Scenario = {
  title:
    "two names with ports of their own: found by SRV, each with its certificate, and nobody else there (RFC 6120 §4.9.3.6)",
  run: async (world) => {
    const native = await world.nativeSite("ports29.example");
    const { address: host } = native.appliance;
    const shown = {
      [red]: await attach(world, native, red),
      [blue]: await attach(world, native, blue),
    };
    await world.dns.setZone(native.domain, [
      `xmpp IN A ${host}`,
      `_xmpp-server._tcp IN SRV 10 0 ${S2S_PORT} xmpp`,
      `_xmpp-server._tcp.wave IN SRV 10 0 ${S2S_PORT} xmpp`,
      ...(await wantedRecords(native)),
    ]);
    const prosody = await startNeighbour(world, { kind: "prosody", domain: "prosody29.example" });
    for (const name of [red, blue, native.domain]) {
      const pong = await prosody.component.query(name, query.ping, ANSWER_MS);
      assert.deepEqual([pong.attributes["type"], pong.attributes["from"]], ["result", name]);
    }
    for (const [name, other] of [
      [red, blue],
      [blue, red],
    ] as const) {
      const { port, directTlsPort } = PORTS[name];
      const asked = [
        { port, kind: "starttls", name },
        { port: directTlsPort, kind: "direct", name },
        { port: directTlsPort, kind: "direct", name: null },
        { port: directTlsPort, kind: "direct", name: other },
      ] as const;
      for (const one of asked)
        assert.equal(await shownFingerprint({ host, ...one }), shown[name], JSON.stringify(one));
      assert.match(await greet(host, port, name), /<stream:features>.*<starttls/s);
      for (const stranger of [other, native.domain])
        assert.match(await greet(host, port, stranger), /<host-unknown/);
      assert.match(await greet(host, S2S_PORT, name), /<host-unknown/);
    }
  },
};

/** Federates a name on its own ports only, with a certificate for it alone; resolves to that one's SHA-256. */
async function attach(world: World, native: NativeSite, name: Name): Promise<string> {
  const { client, domainId } = native;
  const made = await client.read(link, "POST", "/api/v1/links", {
    ...{ kind: "s2s", domainId, name, host: `xmpp.${native.domain}` },
    ownPorts: { ...PORTS[name], isAlsoShared: false },
  });
  await waitForLink(client, domainId, made.id, "attached");
  const issued = await world.authority.issue({ signedBy: "intermediate", names: [name] });
  const saved = await client.read(certificate, "POST", "/api/v1/certificates", {
    files: [{ name: "chain.pem", text: issued.chain + issued.key }],
  });
  const { fingerprint256 } = new X509Certificate(issued.chain);
  // It has dialled its own ports, and says what is served there.
  const { served } = await useForXmpp(client, saved.id, [name]);
  const { port, directTlsPort } = PORTS[name];
  const { address } = native.appliance;
  assert.deepEqual(
    served.map((one) => [one.place, one.name, one.address, one.fingerprint, one.message]),
    [
      ["starttls", name, `${address}:${port}`, fingerprint256, null],
      ["direct_tls", name, `${address}:${directTlsPort}`, fingerprint256, null],
    ],
  );
  return fingerprint256;
}

/** The lines that the appliance itself asks for, for the two names. */
async function wantedRecords({ client, domainId }: NativeSite): Promise<string[]> {
  const { cards } = await client.read(selfTest, "POST", "/api/v1/self-tests", { domainId });
  const lines = cards
    .filter(({ kind, name }) => kind === "srv" && /(?:red|blue)\.ports29/.test(name))
    .flatMap(({ zoneLines }) => zoneLines);
  assert.equal(lines.length, 4, JSON.stringify(lines));
  return lines;
}

/** What is said to who opens a stream to `to` there. */
async function greet(host: string, port: number, to: string): Promise<string> {
  const peer = await dialRaw({ host, port });
  peer.say(
    `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='stranger29.example' to='${to}' version='1.0'>`,
  );
  const heard = await peer.hear(/<\/stream:features>|<\/stream:error>/);
  peer.close();
  return heard;
}
