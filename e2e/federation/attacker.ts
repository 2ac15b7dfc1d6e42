import assert from "node:assert/strict";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { query } from "../stack/component.ts";
import type { CertificateFiles } from "../stack/openssl.ts";
import { dialRaw, listenRaw, type RawPeer } from "../stack/raw-peer.ts";
import type { NativeSite, World } from "../stack/world.ts";
import { pingNative, startNeighbour } from "./native-traffic.ts";

export const S2S_PORT = 5269;
export const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const ANSWER_MS = 10_000;

/** The header that a server's stream begins with. */
export function header(from: string, to: string): string {
  return (
    `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' ` +
    `xmlns:stream='http://etherx.jabber.org/streams' from='${from}' to='${to}' version='1.0'>`
  );
}

export async function dialNative(native: NativeSite, localAddress?: string): Promise<RawPeer> {
  return await dialRaw({
    host: native.appliance.address,
    port: S2S_PORT,
    ...(localAddress === undefined ? {} : { localAddress }),
  });
}

/** A stream that is encrypted, and whose features were heard; with or without a certificate of its own. */
export async function openSecured(
  native: NativeSite,
  from: string,
  certificate: CertificateFiles | null,
  localAddress?: string,
): Promise<RawPeer> {
  const peer = await dialNative(native, localAddress);
  peer.say(header(from, native.domain));
  await peer.hear(/<starttls/);
  peer.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  await peer.hear(/<proceed/);
  await peer.secure({
    servername: native.domain,
    ...(certificate === null ? {} : { key: certificate.key, cert: certificate.chain }),
  });
  peer.say(header(from, native.domain));
  return peer;
}

/** The same, logged in by its certificate: stanzas may follow. */
export async function logIn(
  native: NativeSite,
  from: string,
  certificate: CertificateFiles,
): Promise<RawPeer> {
  const peer = await openSecured(native, from, certificate);
  await peer.hear(/EXTERNAL/);
  // Answers come back over this stream (XEP-0288): nobody listens elsewhere.
  peer.say("<bidi xmlns='urn:xmpp:bidi'/>");
  peer.say("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>");
  await peer.hear(/<success/);
  peer.say(header(from, native.domain));
  await peer.hear(/<success.*features/s);
  return peer;
}

export function ping(from: string, to: string, id: string): string {
  return `<iq type='get' from='${from}' to='${to}' id='${id}'>${query.ping}</iq>`;
}

/** The appliance has said why, as a stream error of its own, and has hung up. */
export async function assertThrownOut(
  what: string,
  peer: RawPeer,
  condition: string,
): Promise<void> {
  const heard = await peer.gone(ANSWER_MS).catch((error: unknown) => {
    throw new Error(`${what}: ${String(error)}`);
  });
  const word = new RegExp(`<${condition} xmlns=.urn:ietf:params:xml:ns:xmpp-streams`);
  assert.match(heard.slice(-1_000), word, what);
}

/**
 * Runs an attack while a real Prosody goes on pinging: it stands for everybody who is served meanwhile, and is
 * answered in time from first to last.
 */
export async function withWitness(
  world: World,
  native: NativeSite,
  domain: string,
  attack: () => Promise<void>,
): Promise<void> {
  const neighbour = await startNeighbour(world, { kind: "prosody", domain });
  const lag = monitorEventLoopDelay();
  await pingNative(native, neighbour);
  lag.enable();
  let isOver = false;
  let longestMs = 0;
  const ping = async () => {
    const before = performance.now();
    await pingNative(native, neighbour);
    longestMs = Math.max(longestMs, performance.now() - before);
  };
  const pinging = (async () => {
    while (!isOver) {
      await ping();
      await delay(20);
    }
  })();
  try {
    await Promise.all([pinging, attack().finally(() => (isOver = true))]);
  } finally {
    isOver = true;
  }
  await ping();
  lag.disable();
  // A machine that lets us wait lets them wait, too: a ping is some twenty turns of four processes.
  const boundMs = 3_000 + (20 * lag.max) / 1e6;
  assert.ok(longestMs < boundMs, `somebody else waited ${longestMs} ms, more than ${boundMs}`);
}

/** Answers a header as the server of `domain`. */
export async function greet(peer: RawPeer, domain: string, native: NativeSite): Promise<void> {
  await peer.hear(/<stream:stream[^>]*>/);
  peer.say(header(domain, native.domain).replace("<stream:stream", "<stream:stream id='raw'"));
}

/** Answers a header, comes to TLS with `certificate`, and answers the header of the new stream. */
export async function secure(
  peer: RawPeer,
  domain: string,
  native: NativeSite,
  certificate: { readonly key: string; readonly chain: string },
): Promise<void> {
  await greet(peer, domain, native);
  peer.say(`<stream:features>${STARTTLS}</stream:features>`);
  await peer.hear(/<starttls/);
  peer.say("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
  await peer.secure({ isServer: true, key: certificate.key, cert: certificate.chain });
  await greet(peer, domain, native);
}

/** Comes to TLS, takes whoever logs in by certificate, and answers over the same stream (XEP-0288). */
export async function letIn(
  peer: RawPeer,
  domain: string,
  native: NativeSite,
  certificate: { readonly key: string; readonly chain: string },
): Promise<void> {
  await secure(peer, domain, native, certificate);
  peer.say(
    "<stream:features><bidi xmlns='urn:xmpp:features:bidi'/><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>",
  );
  await peer.hear(/<auth/);
  peer.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  await peer.hear(/<auth.*<stream:stream[^>]*>/s);
  peer.say(header(domain, native.domain).replace("<stream:stream", "<stream:stream id='raw'"));
  peer.say("<stream:features/>");
}

/** Answers each request that comes, once; `addresses` are those of an answer, as attributes. Ends with the connection. */
export async function answerEach(
  peer: RawPeer,
  answer: (request: string, addresses: string) => string | Promise<string>,
): Promise<void> {
  const answered = new Set<string>();
  while (peer.isOpen()) {
    for (const [request] of peer.heard().matchAll(/<iq(?=[^>]*type="get").*?<\/iq>/gs)) {
      const attribute = (name: string) =>
        new RegExp(`<iq[^>]* ${name}="([^"]*)"`).exec(request)?.[1] ?? "";
      const id = attribute("id");
      if (answered.has(id)) continue;
      answered.add(id);
      const addresses = `id='${id}' from='${attribute("to")}' to='${attribute("from")}'`;
      peer.say(await answer(request, addresses));
    }
    await delay(20);
  }
}

/** A scripted server that DNS leads to. */
export async function listenFor(
  world: World,
  domain: string,
  script: (peer: RawPeer) => Promise<void>,
) {
  const host = world.address();
  await world.dns.setZone(domain, [
    `_xmpp-server._tcp IN SRV 10 0 ${S2S_PORT} xmpp`,
    `xmpp IN A ${host}`,
  ]);
  return await listenRaw({ host, port: S2S_PORT }, script);
}
