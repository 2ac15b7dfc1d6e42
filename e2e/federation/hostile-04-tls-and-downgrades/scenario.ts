import assert from "node:assert/strict";
import { constants } from "node:crypto";
import { connect, type ConnectionOptions, type TLSSocketOptions } from "node:tls";
import { runPing } from "../../stack/operations.ts";
import { until } from "../../stack/wait.ts";
import type { NativeSite, World } from "../../stack/world.ts";
import {
  dialNative,
  greet,
  header,
  listenFor,
  logIn,
  openSecured,
  STARTTLS,
  withWitness,
} from "../attacker.ts";
import { agree } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "A14-A17: nothing said in clear counts after TLS, TLS is neither stripped nor weakened, and who once had a certificate needs one",
  run: async (world) => {
    const native = await world.nativeSite("hostile04.example");
    await withWitness(world, native, "witness04.example", async () => {
      await Promise.all([
        proveInjection(native),
        proveStripping(world, native),
        proveBrokenTls(world, native),
        proveVersions(native),
        proveSticky(world, native),
        proveWeakServers(world, native),
      ]);
    });
  },
};

/** A14: bytes behind `<starttls/>` belong to nobody. */
async function proveInjection(native: NativeSite): Promise<void> {
  for (const injected of [header("attacker04.example", native.domain), "<message/>", " x"]) {
    const peer = await dialNative(native);
    peer.say(header("attacker04.example", native.domain));
    await peer.hear(/<starttls/);
    peer.say(STARTTLS + injected);
    await peer.gone();
    assert.doesNotMatch(peer.heard(), /<proceed/, injected);
  }
}

/** A15: a peer in the middle takes the offer out. Nothing of ours goes out in clear. */
async function proveStripping(world: World, native: NativeSite): Promise<void> {
  const heard: string[] = [];
  const server = await listenFor(world, "stripped04.example", async (peer) => {
    await peer.hear(/<stream:stream[^>]*>/);
    peer.say(
      `${serverHeader("stripped04.example", native.domain)}<stream:features><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>`,
    );
    // Offered or not, TLS is asked for (RFC 7590 §3.1).
    await peer.hear(/<starttls/);
    peer.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>");
    heard.push(await peer.gone());
  });
  const pong = await runPing(native.client, "stripped04.example");
  assert.notEqual(pong.xmpp.status, "answered");
  assert.equal(pong.message?.code, "tls.not_offered", JSON.stringify(pong));
  await until("the end of the stripped one", 5_000, () => (heard.length > 0 ? true : undefined));
  for (const said of heard) assert.doesNotMatch(said, /<db:result|<iq|<auth/);
  await server.close();
}

/** A15: TLS that fails is not followed by anything in clear. */
async function proveBrokenTls(world: World, native: NativeSite): Promise<void> {
  const heard: string[] = [];
  const server = await listenFor(world, "broken04.example", async (peer) => {
    await peer.hear(/<stream:stream[^>]*>/);
    peer.say(
      `${serverHeader("broken04.example", native.domain)}<stream:features>${STARTTLS}<dialback xmlns='urn:xmpp:features:dialback'/></stream:features>`,
    );
    await peer.hear(/<starttls/);
    peer.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    peer.say("\x15\x03\x03\x00\x02\x02\x28");
    heard.push(await peer.gone());
  });
  await agree(native.client, {
    domain: "broken04.example",
    tlsPolicy: "preferred",
    allowsDialback: true,
  });
  const pong = await runPing(native.client, "broken04.example");
  assert.notEqual(pong.xmpp.status, "answered");
  await until("the end of the broken one", 5_000, () => (heard.length > 0 ? true : undefined));
  for (const said of heard) assert.doesNotMatch(said, /<db:result|<iq|<auth/);
  await server.close();
}

/** A16: TLS 1.2 with forward secrecy at least, on the port where it begins with the first byte too. */
async function proveVersions(native: NativeSite): Promise<void> {
  const weak: readonly (readonly [string, ConnectionOptions])[] = [
    ["TLS 1.1", { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }],
    ["no forward secrecy", { maxVersion: "TLSv1.2", ciphers: "AES256-GCM-SHA384:AES128-SHA" }],
    ["CBC", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA" }],
  ];
  for (const [what, options] of weak) {
    const peer = await dialNative(native);
    peer.say(header("attacker04.example", native.domain));
    await peer.hear(/<starttls/);
    peer.say(STARTTLS);
    await peer.hear(/<proceed/);
    await assert.rejects(
      peer.secure({ ...options, servername: native.domain }),
      /closed|alert|handshake|version/i,
    );
    assert.notEqual(await handshake(native, 5270, options), "accepted", what);
  }
  const renegotiating = connect({
    host: native.appliance.address,
    port: 5270,
    maxVersion: "TLSv1.2",
    secureOptions: constants.SSL_OP_LEGACY_SERVER_CONNECT,
    rejectUnauthorized: false,
  });
  await new Promise((resolve) => renegotiating.once("secureConnect", resolve));
  const outcome = await new Promise<string>((resolve) => {
    renegotiating.once("error", () => resolve("refused"));
    renegotiating.once("close", () => resolve("refused"));
    renegotiating.renegotiate({}, (error) => resolve(error === null ? "done" : "refused"));
  });
  renegotiating.destroy();
  assert.equal(outcome, "refused", "renegotiation");
}

function handshake(native: NativeSite, port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({
    ...options,
    host: native.appliance.address,
    port,
    rejectUnauthorized: false,
  });
  return new Promise((resolve) => {
    socket.once("secureConnect", () => {
      socket.destroy();
      resolve("accepted");
    });
    socket.once("error", (error) => resolve(error.message));
  });
}

/** A16: nor do we dial into less: old versions, and keys that who has the server's key can read later. */
async function proveWeakServers(world: World, native: NativeSite): Promise<void> {
  const domain = "weak04.example";
  const { key, chain: cert } = await world.authority.issue({ names: [domain], key: "rsa" });
  const kinds: readonly TLSSocketOptions[] = [
    { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" },
    { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256:AES256-SHA" },
    { maxVersion: "TLSv1.2", ciphers: "ALL:!aNULL:!kECDHE:!kDHE:@SECLEVEL=0" },
  ];
  const secured: unknown[] = [];
  let dials = 0;
  const server = await listenFor(world, domain, async (peer) => {
    const kind = kinds[Math.min(dials, kinds.length - 1)];
    await greet(peer, domain, native);
    peer.say(`<stream:features>${STARTTLS}</stream:features>`);
    await peer.hear(/<starttls/);
    peer.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    dials += 1;
    await peer.secure({ ...kind, isServer: true, key, cert });
    secured.push(kind);
    await peer.gone();
  });
  while (dials < kinds.length) {
    const before = dials;
    const pong = await runPing(native.client, domain);
    assert.equal(pong.message?.code, "tls.handshake", JSON.stringify(pong));
    assert.ok(dials > before, "it was not dialled");
  }
  assert.deepEqual(secured, []);
  await server.close();
}

/** A17: dialback is agreed, but a peer that has shown a good certificate does not fall back to it by itself. */
async function proveSticky(world: World, native: NativeSite): Promise<void> {
  const domain = "sticky04.example";
  let asked = 0;
  // Whoever holds its DNS says that every key is good.
  const certificate = await world.authority.issue({ names: [domain] });
  const server = await listenFor(world, domain, async (peer) => {
    await peer.hear(/<stream:stream[^>]*>/);
    peer.say(
      `${serverHeader(domain, native.domain)}<stream:features>${STARTTLS}</stream:features>`,
    );
    await peer.hear(/<starttls/);
    peer.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    await peer.secure({ isServer: true, key: certificate.key, cert: certificate.chain });
    await peer.hear(/<stream:stream[^>]*>/);
    peer.say(
      `${serverHeader(domain, native.domain)}<stream:features><dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>`,
    );
    const heard = await peer.hear(/<db:verify[^>]*>/);
    asked += 1;
    const id = /<db:verify[^>]* id=["']([^"']+)/.exec(heard)?.[1];
    peer.say(`<db:verify from='${domain}' to='${native.domain}' id='${id}' type='valid'/>`);
    await peer.gone(20_000);
  });
  await agree(native.client, { domain, allowsDialback: true });

  const weakly = async (): Promise<string> => {
    const peer = await openSecured(native, domain, null);
    await peer.hear(/<dialback/);
    peer.say(`<db:result from='${domain}' to='${native.domain}'>a-key</db:result>`);
    const heard = await peer.hear(/<db:result[^>]*type=["'](valid|error|invalid)["']/);
    peer.close();
    return /<db:result[^>]*type=["'](\w+)/.exec(heard)?.[1] ?? "";
  };
  assert.equal(await weakly(), "valid");
  (await logIn(native, domain, certificate)).close();
  assert.equal(await weakly(), "error");
  assert.equal(asked, 2);
  await server.close();
}

function serverHeader(from: string, to: string): string {
  return header(from, to).replace("<stream:stream", "<stream:stream id='raw'");
}
