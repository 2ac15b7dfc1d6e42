import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { type X2xAgreement, x2xLink } from "#contract/x2x.ts";
import { dialRaw, type RawPeer } from "../../stack/raw-peer.ts";
import { until } from "../../stack/wait.ts";
import { readDictionary } from "../../stack/x2x-dictionary.ts";
import type { NativeSite } from "../../stack/world.ts";
import { assertThrownOut, ping, withWitness } from "../attacker.ts";
import { isSaid } from "../link-words.ts";
import type { Scenario } from "../scenario.ts";
import {
  assertWord,
  type CompressedPeer,
  compressedAttacks,
  dialCompressed,
} from "./compressed.ts";

const DOMAIN = "hostile08.example";
const WRITTEN_MS = 10_000;
const implicit = { knownBy: "implicit" as const, addresses: [], port: null, hostName: null };

export const scenario: Scenario = {
  title:
    "A25-A27: on X2X ports only the agreed peer is heard, what is not agreed ends or bounces by name, and others are served meanwhile",
  run: async (world) => {
    const native = await world.nativeSite(DOMAIN);
    const [plainFrom, portFrom] = [world.address(), world.address()];
    const plain = await agree(native, "plain", 5_281, {
      ...implicit,
      knownBy: "address",
      addresses: [plainFrom],
    });
    const bouncing = await agree(native, "bouncing", 5_282, implicit, { onInvalid: "bounce" });
    const byPort = await agree(native, "byport", 5_283, {
      ...implicit,
      knownBy: "address_and_port",
      addresses: [portFrom],
      port: 40_083,
    });
    const tls = await agree(
      native,
      "tls",
      5_284,
      { ...implicit, knownBy: "certificate" },
      { security: "mutual_tls" },
    );
    const packed = await agree(native, "packed", 5_285, implicit, { compression: "deflate" });
    const certificate = await world.authority.issue({
      signedBy: "intermediate",
      names: ["tls.peer08.example"],
    });
    const others = await world.authority.issue({
      signedBy: "intermediate",
      names: ["somebody-else.example"],
    });
    await withWitness(world, native, "witness08.example", async () => {
      await proveStanzas(native, plain, plainFrom);
      await proveBounces(native, bouncing);
      await proveForeign(native, plain, plainFrom);
      await proveOrigins(native, plain, byPort, portFrom);
      await proveCertificates(native, tls, certificate, others);
      await proveCompression(native, packed);
    });
  },
};

interface Agreed {
  readonly id: string;
  readonly peer: string;
  readonly port: number;
}

/** An X2X link on a port of its own, to `NAME.peer08.example`. */
async function agree(
  { client, appliance }: NativeSite,
  name: string,
  port: number,
  opens: NonNullable<X2xAgreement["sides"][number]["opens"]>,
  more: Partial<X2xAgreement> = {},
): Promise<Agreed> {
  const peer = `${name}.peer08.example`;
  const certificate = more.security === "mutual_tls" ? { by: "names" as const, pins: [] } : null;
  const agreement: X2xAgreement = {
    version: "0.3",
    security: "plain",
    compression: "none",
    connections: "shared",
    onInvalid: "close",
    maxStanzaBytes: 20_000,
    keepaliveSeconds: null,
    idleSeconds: 600,
    language: null,
    sides: [
      { domains: [DOMAIN], listens: { host: appliance.address, port }, opens: null, certificate },
      { domains: [peer], listens: null, opens, certificate },
    ],
    ...more,
  };
  const request = { name, consent: name, agreement, listenAddress: appliance.address };
  const { id } = await client.read(x2xLink, "POST", "/api/v1/x2x-links", request);
  await until(`${name} to be set up`, WRITTEN_MS, async () => {
    const { live } = await client.read(x2xLink, "GET", `/api/v1/x2x-links/${id}`);
    return live === null ? undefined : true;
  });
  return { id, peer, port };
}

function dial(native: NativeSite, { port }: Agreed, localAddress?: string): Promise<RawPeer> {
  const host = native.appliance.address;
  return dialRaw({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
}

/** What the link's page says is wrong. */
async function untilSaid(native: NativeSite, { id }: Agreed, code: string): Promise<void> {
  await until(`the link to say ${code}`, WRITTEN_MS, async () => {
    const { live } = await native.client.read(x2xLink, "GET", `/api/v1/x2x-links/${id}`);
    if (isSaid(live, code)) return true;
    throw new Error(`it says ${JSON.stringify([live?.lastError, live?.visitors])}`);
  });
}

async function proveStanzas(native: NativeSite, link: Agreed, from: string): Promise<void> {
  const cases: readonly (readonly [string, string | Uint8Array, string, string])[] = [
    ["another's domain", ping("evil.example", DOMAIN, "1"), "invalid-from", "x2x.from_not_agreed"],
    [
      "below its domain",
      ping(`a.${link.peer}`, DOMAIN, "1"),
      "invalid-from",
      "x2x.from_not_agreed",
    ],
    ["ours as its own", ping(DOMAIN, link.peer, "1"), "invalid-from", "x2x.from_not_agreed"],
    [
      "a domain that was not agreed",
      ping(link.peer, `wave.${DOMAIN}`, "1"),
      "host-unknown",
      "x2x.to_not_agreed",
    ],
    ["nobody's stanza", `<message to='${DOMAIN}'/>`, "improper-addressing", "x2x.no_addresses"],
    [
      "dialback",
      `<db:result xmlns:db='jabber:server:dialback' from='${link.peer}' to='${DOMAIN}'>k</db:result>`,
      "unsupported-stanza-type",
      "x2x.negotiates",
    ],
    ["A27: a header in the middle", "<?xml version='1.0'?>", "not-well-formed", "x2x.unreadable"],
    ["A1: a comment", "<!-- x -->", "restricted-xml", "x2x.unreadable"],
    ["A1: a DTD", "<!DOCTYPE x>", "restricted-xml", "x2x.unreadable"],
    [
      "A35: broken UTF-8",
      new Uint8Array([...Buffer.from("<message>"), 0xc0, 0xaf]),
      "unsupported-encoding",
      "x2x.unreadable",
    ],
    [
      "A4: no end",
      `<message from='${link.peer}'><body>${"x".repeat(90_000)}`,
      "policy-violation",
      "x2x.too_large",
    ],
  ];
  for (const [what, bytes, condition, code] of cases) {
    const peer = await dial(native, link, from);
    peer.say(ping(link.peer, DOMAIN, "served"));
    await peer.hear(/id="served"/);
    assert.doesNotMatch(peer.heard(), /<stream:stream|<\?xml/, "no header of ours");
    peer.say(bytes);
    await assertThrownOut(what, peer, condition);
    await untilSaid(native, link, code);
  }
  // A cut in the middle costs the half, and nothing else: a new connection begins afresh.
  const cut = await dial(native, link, from);
  cut.say(`<message from='${link.peer}' to='${DOMAIN}'><bo`);
  cut.close();
  const next = await dial(native, link, from);
  next.say(`${ping(link.peer, DOMAIN, "afresh")}</stream:stream>`);
  const heard = await next.gone();
  assert.match(heard, /id="afresh"/);
  assert.match(heard, /<\/stream:stream>$/);
}

async function proveBounces(native: NativeSite, link: Agreed): Promise<void> {
  const peer = await dial(native, link);
  peer.say(ping("evil.example", DOMAIN, "bad") + ping(link.peer, `wave.${DOMAIN}`, "lost"));
  peer.say(ping(link.peer, DOMAIN, "good"));
  const heard = await peer.hear(/id="good"/);
  assert.match(heard, /id="bad"[^>]*>.*?<not-allowed/s);
  assert.match(heard, /id="lost"[^>]*>.*?<item-not-found/s);
  const size = `<iq type='get' id='big' from='${link.peer}' to='${DOMAIN}'><x xmlns='x'>`;
  peer.say(`${size}${"x".repeat(40_000)}</x></iq>${ping(link.peer, DOMAIN, "after")}`);
  assert.match(await peer.hear(/id="after"/), /id="big"[^>]*>.*?<policy-violation/s);
  peer.close();
}

async function proveForeign(native: NativeSite, link: Agreed, from: string): Promise<void> {
  const cases = [
    [`<?xml version='1.0'?><stream:stream xmlns='jabber:server' to='${DOMAIN}'>`, "x2x.header"],
    [new Uint8Array([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]), "x2x.tls_here"],
    [new Uint8Array([0x78, 0x9c, 1, 2, 3]), "x2x.deflate_here"],
    ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "x2x.not_x2x"],
    ["hello\r\n", "x2x.not_x2x"],
  ] as const;
  for (const [bytes, code] of cases) {
    const peer = await dial(native, link, from);
    peer.say(bytes);
    const heard = await peer.gone();
    // TLS's own client learns from plain text what it met; others hear not a word.
    if (code === "x2x.tls_here") assert.match(heard, /^<stream:error><not-well-formed /);
    else assert.equal(heard, "", "not a word to whom it does not know");
    await untilSaid(native, link, code);
  }
}

async function proveOrigins(
  native: NativeSite,
  plain: Agreed,
  byPort: Agreed,
  portFrom: string,
): Promise<void> {
  const elsewhere = await dial(native, plain, "127.0.0.77");
  elsewhere.say(ping(plain.peer, DOMAIN, "1"));
  assert.equal(await elsewhere.gone(), "");
  await untilSaid(native, plain, "x2x.source_address");
  const otherPort = await dial(native, byPort, portFrom);
  otherPort.say(ping(byPort.peer, DOMAIN, "1"));
  assert.equal(await otherPort.gone(), "");
  await untilSaid(native, byPort, "x2x.source_port");
}

async function proveCompression(native: NativeSite, link: Agreed): Promise<void> {
  const dictionary = await readDictionary();
  const place = { host: native.appliance.address, port: link.port };
  const welcome = async (id: string): Promise<CompressedPeer> => {
    const peer = await dialCompressed(place, dictionary);
    await peer.say(ping(link.peer, DOMAIN, id));
    await peer.hear(new RegExp(`id="${id}"`));
    return peer;
  };
  for (const attack of compressedAttacks(dictionary, ping(link.peer, DOMAIN, "1"))) {
    const { what, bytes, condition, code } = attack;
    const peer = await dialCompressed(place, dictionary);
    peer.sayBytes(bytes);
    assertWord(what, await peer.gone(), condition);
    await untilSaid(native, link, code);
  }
  // Half a block, and silence: nobody waits for it, and the next connection takes its place.
  const half = await dialCompressed(place, dictionary);
  half.sayBytes(deflateSync(ping(link.peer, DOMAIN, "half"), { dictionary }).subarray(0, 30));
  const cut = await welcome("after-half");
  cut.cut();
  await half.gone();
  const last = await welcome("afresh");
  await last.say("</stream:stream>");
  last.end();
  assert.match(await last.gone(), /<\/stream:stream>$/);
}

async function proveCertificates(
  native: NativeSite,
  link: Agreed,
  good: { readonly key: string; readonly chain: string },
  others: { readonly key: string; readonly chain: string },
): Promise<void> {
  const inClear = await dial(native, link);
  inClear.say(ping(link.peer, DOMAIN, "1"));
  assert.doesNotMatch(await inClear.gone(), /<iq/);
  await untilSaid(native, link, "x2x.plain_there");
  const attempts = [
    [null, "x2x.certificate_missing"],
    [others, "cert.name"],
  ] as const;
  for (const [shown, code] of attempts) {
    const peer = await dial(native, link);
    await peer.secure({
      rejectUnauthorized: false,
      ...(shown === null ? {} : { key: shown.key, cert: shown.chain }),
    });
    peer.say(ping(link.peer, DOMAIN, "1"));
    assert.doesNotMatch(await peer.gone(), /<iq/, code);
    await untilSaid(native, link, code);
  }
  const peer = await dial(native, link);
  await peer.secure({ rejectUnauthorized: false, key: good.key, cert: good.chain });
  peer.say(ping(link.peer, DOMAIN, "welcome"));
  await peer.hear(/id="welcome"/);
  peer.close();
}
