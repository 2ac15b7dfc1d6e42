import assert from "node:assert/strict";
import type { NativeSite, World } from "../../stack/world.ts";
import { agree, pingBothWays, startNeighbour, untilLogged } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "where a certificate is self-signed or missing and both sides' terms allow it, dialback proves names, both ways",
  run: async (world) => {
    const [selfSigned, bare] = await Promise.all([
      world.nativeSite("native18.example", { certificate: { signedBy: "itself" } }),
      world.nativeSite("bare18.example", { certificate: null }),
    ]);
    await proveOurs(world, selfSigned);
    await proveTheirs(world, selfSigned);
    await proveWithoutTls(world, bare);
  },
};

/** Ours is self-signed, Prosody's is good: theirs proves them to us, dialback proves us to them. */
async function proveOurs(world: World, native: NativeSite): Promise<void> {
  const prosody = await startNeighbour(world, {
    kind: "prosody",
    domain: "prosody18.example",
    isStrict: false,
  });
  await pingBothWays(native, prosody);
  const { server } = prosody;
  await untilLogged(
    server,
    /asking (wave\.)?native18\.example if key [0-9a-f]{64} belongs to them/,
  );
  // They proved themselves by certificate: we offered EXTERNAL, and they took it.
  await untilLogged(server, /SASL EXTERNAL with (wave\.)?native18\.example succeeded/);
  assert.doesNotMatch(
    server.log(),
    /Accepting SASL EXTERNAL identity from (wave\.)?native18\.example/,
  );
}

/** Both are self-signed, and ejabberd is agreed on: dialback for both. */
async function proveTheirs(world: World, native: NativeSite): Promise<void> {
  const ejabberd = await startNeighbour(world, {
    kind: "ejabberd",
    domain: "ejabberd18.example",
    certificate: { signedBy: "itself" },
    addresses: { "xmpp.native18.example": native.appliance.address },
  });
  await agree(native.client, { domain: ejabberd.domain, allowsDialback: true });
  await pingBothWays(native, ejabberd);
  await untilLogged(
    ejabberd.server,
    /Accepted inbound s2s dialback authentication (wave\.)?native18\.example -> ejabberd18\.example/,
  );
  await untilLogged(
    ejabberd.server,
    /Accepted outbound s2s dialback authentication (wave\.)?ejabberd18\.example -> native18\.example/,
  );
}

/** We have no certificate at all, hence cannot offer TLS: they call in clear, we call them over TLS. */
async function proveWithoutTls(world: World, native: NativeSite): Promise<void> {
  const prosody = await startNeighbour(world, {
    kind: "prosody",
    domain: "lenient18.example",
    isStrict: false,
    tls: "optional",
  });
  const { domain } = prosody;
  await agree(native.client, { domain, tlsPolicy: "preferred", allowsDialback: true });
  await pingBothWays(native, prosody);
  await untilLogged(prosody.server, /asking bare18\.example if key [0-9a-f]{64} belongs to them/);
  await untilLogged(prosody.server, /verified dialback key\.\.\. it is valid/);
}
