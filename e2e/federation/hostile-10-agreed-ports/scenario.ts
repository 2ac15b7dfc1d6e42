import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type X2xAgreement, x2xLink, type X2xLink } from "#contract/x2x.ts";
import { dialRaw, type RawPeer } from "../../stack/raw-peer.ts";
import { until } from "../../stack/wait.ts";
import type { NativeSite } from "../../stack/world.ts";
import { dialNative, ping, withWitness } from "../attacker.ts";
import { isSaid } from "../link-words.ts";
import type { Scenario } from "../scenario.ts";

const DOMAIN = "hostile10.example";
/** Agreed, and served by nobody. */
const ABSENT = `absent.${DOMAIN}`;
const PEER = "peer10.example";
const OTHER = "other10.example";
const SEEN_MS = 10_000;
const CONNECTIONS = 1_000;
const STANZAS = 3_000;
const implicit = { knownBy: "implicit" as const, addresses: [], port: null, hostName: null };

export const scenario: Scenario = {
  title:
    "A6, A26, A27: floods, stalls, half-closed and resumed connections at X2X ports cost their sender at most its own connection, and no other peer waits",
  run: async (world) => {
    const native = await world.nativeSite(DOMAIN);
    const from = world.address();
    const plain = await agree(native, 5_291, PEER, {
      opens: { ...implicit, knownBy: "address", addresses: [from] },
    });
    const tls = await agree(native, 5_292, OTHER, {
      ...{ opens: { ...implicit, knownBy: "certificate" }, security: "mutual_tls" },
    });
    const near = await agree(native, 5_293, "near10.example", {
      opens: { ...implicit, knownBy: "certificate", addresses: [from] },
      security: "mutual_tls",
    });
    const certificate = await world.authority.issue({ signedBy: "intermediate", names: [OTHER] });
    await withWitness(world, native, "witness10.example", async () => {
      await proveSilentCrowd(native, tls, certificate);
      await proveClear(native, tls, near);
      await proveAbsent(native, plain, from);
      await proveStalls(native, plain, from);
      await proveResumed(native, plain, from);
      await proveFlood(native, plain, from);
      await proveCrowdOfPeer(native, plain, from);
      await proveWrongPorts(native, plain, from);
    });
  },
};

interface Agreed {
  readonly id: string;
  readonly port: number;
}

async function agree(
  { client, appliance }: NativeSite,
  port: number,
  peer: string,
  terms: { opens: X2xAgreement["sides"][number]["opens"]; security?: "mutual_tls" },
): Promise<Agreed> {
  const { opens, security = "plain" } = terms;
  const certificate = security === "plain" ? null : { by: "names" as const, pins: [] };
  const agreement: X2xAgreement = {
    ...{ version: "0.3", connections: "shared", onInvalid: "close", maxStanzaBytes: 20_000 },
    ...{ keepaliveSeconds: null, idleSeconds: 600, language: null, security, compression: "none" },
    sides: [
      {
        domains: [DOMAIN, ABSENT],
        listens: { host: appliance.address, port },
        opens: null,
        certificate,
      },
      { domains: [peer], listens: null, opens, certificate },
    ],
  };
  const { id } = await client.read(x2xLink, "POST", "/api/v1/x2x-links", {
    ...{ name: peer, consent: peer, agreement, listenAddress: appliance.address },
  });
  await until(`the link to ${peer} to be set up`, SEEN_MS, async () =>
    (await linkOf({ client }, id)).live === null ? undefined : true,
  );
  return { id, port };
}

function linkOf({ client }: Pick<NativeSite, "client">, id: string): Promise<X2xLink> {
  return client.read(x2xLink, "GET", `/api/v1/x2x-links/${id}`);
}

function dial(site: NativeSite, { port }: Agreed, localAddress?: string): Promise<RawPeer> {
  const host = site.appliance.address;
  return dialRaw({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
}

function untilSaid(site: NativeSite, { id }: Agreed, code: string): Promise<boolean> {
  return until<boolean>(`the link to say ${code}`, SEEN_MS, async () => {
    const { live } = await linkOf(site, id);
    if (isSaid(live, code)) return true;
    throw new Error(`it says ${JSON.stringify([live?.lastError, live?.visitors])}`);
  });
}

async function isServed(peer: RawPeer, from: string, id: string): Promise<void> {
  peer.say(ping(from, DOMAIN, id));
  await peer.hear(new RegExp(`id="${id}"`));
}

/** Strangers who connect and say nothing: few of each address are waited for, and the peer gets in all the while. */
async function proveSilentCrowd(
  site: NativeSite,
  link: Agreed,
  { key, chain }: { readonly key: string; readonly chain: string },
): Promise<void> {
  const crowd: Socket[] = [];
  // Not more at once than the system keeps for whoever accepts.
  while (crowd.length < CONNECTIONS)
    crowd.push(
      ...(await Promise.all(
        Array.from({ length: 50 }, (_, n) => knock(site, link, `127.78.0.${1 + (n % 5)}`)),
      )),
    );
  const left = () => crowd.filter((socket) => !socket.closed).length;
  await until("the crowd to be sent away", SEEN_MS, () => {
    if (left() <= 50) return true;
    throw new Error(`${left()} of ${CONNECTIONS} are still there`);
  });
  assert.ok(left() > 0, "those that are left are the first of each address");
  const peer = await dial(site, link);
  await peer.secure({ rejectUnauthorized: false, key, cert: chain });
  await isServed(peer, OTHER, "amid");
  peer.close();
  for (const socket of crowd) socket.destroy();
}

function knock(site: NativeSite, { port }: Agreed, localAddress: string): Promise<Socket> {
  const socket = connect({ host: site.appliance.address, port, localAddress });
  socket.on("error", () => undefined);
  socket.resume();
  return new Promise((resolve) => {
    socket.once("connect", () => resolve(socket));
    socket.once("close", () => resolve(socket));
  });
}

/** Whoever speaks in clear hears TLS's own word for it; who comes from elsewhere not even that. */
async function proveClear(site: NativeSite, link: Agreed, near: Agreed): Promise<void> {
  const inClear = await dial(site, link);
  inClear.say(ping(OTHER, DOMAIN, "1"));
  assert.equal(await inClear.gone(), "\u0015\u0003\u0003\u0000\u0002\u0002\u000a");
  await untilSaid(site, link, "x2x.plain_there");
  const stranger = await dial(site, near, "127.78.0.9");
  assert.equal(await stranger.gone(), "");
  await untilSaid(site, near, "x2x.source_address");
}

/** A name that was agreed and is not here: an error, and no silence. */
async function proveAbsent(site: NativeSite, link: Agreed, from: string): Promise<void> {
  const peer = await dial(site, link, from);
  peer.say(ping(PEER, ABSENT, "nobody"));
  assert.match(await peer.hear(/id="nobody".*<\/iq>/s), /<service-unavailable/);
  await isServed(peer, PEER, "somebody");
  peer.close();
}

/** In an open tag, in a stanza, and with one direction closed: it costs that connection, and the next is served. */
async function proveStalls(site: NativeSite, link: Agreed, from: string): Promise<void> {
  for (const half of [`<message from='${PEER}' to='`, `<message from='${PEER}'><body>x`]) {
    const stalled = await dial(site, link, from);
    stalled.say(half);
    const next = await dial(site, link, from);
    await isServed(next, PEER, "next");
    await stalled.gone();
    assert.equal(stalled.heard(), "");
    next.say("</stream:stream>");
    await next.gone();
  }
  const { host, port } = { host: site.appliance.address, port: link.port };
  const halfClosed = connect({ host, port, localAddress: from, allowHalfOpen: true });
  halfClosed.on("error", () => undefined);
  halfClosed.end(`<message from='${PEER}' to='${DOMAIN}'/><message`);
  await untilSaid(site, link, "x2x.lost");
  await until("the other half to be closed", SEEN_MS, () =>
    halfClosed.resume().readableEnded || halfClosed.closed ? true : undefined,
  );
  halfClosed.destroy();
  const after = await dial(site, link, from);
  await isServed(after, PEER, "after");
  after.close();
}

/** A27: the second half of a stanza on a new connection is nobody's. */
async function proveResumed(site: NativeSite, link: Agreed, from: string): Promise<void> {
  const cases = [
    [`is='1'/>`, "x2x.not_x2x"],
    [`</body></message>`, "x2x.unreadable"],
  ] as const;
  for (const [rest, code] of cases) {
    const first = await dial(site, link, from);
    first.say(`<message from='${PEER}' to='${DOMAIN}'><body>`);
    const second = await dial(site, link, from);
    second.say(`${rest}${ping(PEER, DOMAIN, "behind")}`);
    assert.doesNotMatch(await second.gone(), /id="behind"/);
    await untilSaid(site, link, code);
    await first.gone();
  }
}

/** The agreed peer says more than anybody can want, at once, and is answered to the last, in order. */
async function proveFlood(site: NativeSite, link: Agreed, from: string): Promise<void> {
  const peer = await dial(site, link, from);
  const ids = Array.from({ length: STANZAS }, (_, n) => `n${n}`);
  peer.say(ids.map((id) => ping(PEER, DOMAIN, id)).join(""));
  const heard = await peer.hear(new RegExp(`id="n${STANZAS - 1}"`), 30_000);
  const answered = [...heard.matchAll(/ id="(n\d+)"/g)].map(([, id]) => id);
  assert.deepEqual(answered, ids);
  peer.close();
}

/** Each takes the place of the one before: the last is served, and that this is not how a peer behaves is said. */
async function proveCrowdOfPeer(site: NativeSite, link: Agreed, from: string): Promise<void> {
  let last: RawPeer | null = null;
  for (let count = 0; count < CONNECTIONS / 5; count++) {
    const next: RawPeer[] = await Promise.all(
      Array.from({ length: 5 }, () => dial(site, link, from)),
    );
    last = next.at(-1) ?? null;
  }
  await until("one to be left", SEEN_MS, async () => {
    const { live } = await linkOf(site, link.id);
    if (live?.connections.length === 1) return true;
    throw new Error(`${live?.connections.length} are there`);
  });
  await untilSaid(site, link, "x2x.collision");
  last?.close();
  const peer = await dial(site, link, from);
  await isServed(peer, PEER, "again");
  peer.close();
}

/** A stanza where a stream header belongs; the peer of one link at the port of another. */
async function proveWrongPorts(site: NativeSite, link: Agreed, from: string): Promise<void> {
  const stream = await dialNative(site, from);
  stream.say(ping(PEER, DOMAIN, "1"));
  assert.match(await stream.gone(), /<stream:error>/);
  const other = await dial(site, link, from);
  other.say(ping(OTHER, DOMAIN, "1"));
  assert.match(await other.gone(), /<invalid-from/);
  await untilSaid(site, link, "x2x.from_not_agreed");
}
