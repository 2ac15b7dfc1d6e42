import assert from "node:assert/strict";
import { connect } from "node:tls";
import type { CertificateFiles } from "../../stack/openssl.ts";
import type { RawPeer } from "../../stack/raw-peer.ts";
import type { NativeSite } from "../../stack/world.ts";
import { assertThrownOut, dialNative, header, logIn, ping, withWitness } from "../attacker.ts";
import type { Scenario } from "../scenario.ts";

const ATTACKER = "attacker.example";
const DIRECT_PORT = 5270;

export const scenario: Scenario = {
  title:
    "A1-A4, A28, A35: entities, depth, size, other protocols and broken UTF-8 end a stream with the right word, and nobody else's",
  run: async (world) => {
    const native = await world.nativeSite("hostile01.example");
    const certificate = await world.authority.issue({ names: [ATTACKER] });
    await withWitness(world, native, "witness01.example", async () => {
      await proveBeforeLogin(native);
      await proveAfterLogin(native, certificate);
      await proveBrokenOff(native, certificate);
      await proveOtherProtocols(native);
    });
  },
};

type Case = readonly [what: string, bytes: string | Uint8Array, condition: string];

const laughs =
  "<!DOCTYPE lolz [<!ENTITY a 'lol'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>]>";

/** What is as bad before a login as after it. */
const always: readonly Case[] = [
  ["A1: a comment", "<!-- x -->", "restricted-xml"],
  ["A1: a processing instruction", "<?php x?>", "restricted-xml"],
  // There it is no XML at all (RFC 6120 §11.3).
  ["A1: a document type amid the stream", laughs, "restricted-xml"],
  ["A2: an entity that nobody defined", "<message>&foo;</message>", "restricted-xml"],
  ["A2: a character that is none", "<message>&#0;</message>", "not-well-formed"],
  ["A2: a control character", "<message>\u0001</message>", "not-well-formed"],
  ["A2: an unbound prefix", "<x:message/>", "not-well-formed"],
  ["A2: an attribute twice", "<message to='a' to='b'/>", "not-well-formed"],
  [
    "A35: an overlong sequence",
    new Uint8Array([...Buffer.from("<message>"), 0xc0, 0xaf]),
    "unsupported-encoding",
  ],
  [
    "A35: half a surrogate pair",
    new Uint8Array([...Buffer.from("<message>"), 0xed, 0xa0, 0x80]),
    "unsupported-encoding",
  ],
];
const manyAttributes = Array.from({ length: 4_000 }, (_, index) => `p:a${index}=''`).join(" ");
const depth = 20_000;
const deep = `${"<a>".repeat(depth)}${"</a>".repeat(depth)}`;

async function proveBeforeLogin(native: NativeSite): Promise<void> {
  const first: readonly Case[] = [
    ["A1: a document type before the stream", laughs, "restricted-xml"],
    ["A4: a header without an end", `<stream:stream ${"x".repeat(100_000)}`, "policy-violation"],
    // Long keys that differ at their end only: comparing all with all of them would take a minute.
    [
      "A4: thousands of attributes in a namespace of 17 kB, in one packet",
      `<stream:stream xmlns:p='${"u".repeat(17_000)}' ${manyAttributes}>`,
      "policy-violation",
    ],
  ];
  const sayFirst = async ([what, bytes, condition]: Case) => {
    const peer = await dialNative(native);
    peer.say(bytes);
    await assertThrownOut(what, peer, condition);
  };
  const small: readonly Case[] = [
    ["A3: 20 000 levels", deep, "policy-violation"],
    ["A4: 20 kB before login", `<message>${"x".repeat(20_000)}`, "policy-violation"],
    ["A4: an attribute of 20 kB", `<message to='${"x".repeat(20_000)}`, "policy-violation"],
  ];
  const sayNext = async ([what, bytes, condition]: Case) => {
    const peer = await dialNative(native);
    peer.say(header(ATTACKER, native.domain));
    await peer.hear(/features>/);
    peer.say(bytes);
    await assertThrownOut(what, peer, condition);
  };
  await Promise.all([...first.map(sayFirst), ...[...always, ...small].map(sayNext)]);
}

async function proveAfterLogin(native: NativeSite, certificate: CertificateFiles): Promise<void> {
  const large: readonly Case[] = [
    ["A4: text without an end", `<message>${"x".repeat(4_000_000)}`, "policy-violation"],
  ];
  const sayIn = async ([what, bytes, condition]: Case) => {
    const peer = await logIn(native, ATTACKER, certificate);
    peer.say(bytes);
    await assertThrownOut(`${what}, logged in`, peer, condition);
  };
  await Promise.all([...always, ...large].map(sayIn));
}

/** What is one stanza's fault only, or no fault at all, costs nobody the stream. */
async function proveBrokenOff(native: NativeSite, certificate: CertificateFiles): Promise<void> {
  const { domain } = native;
  const peer = await logIn(native, ATTACKER, certificate);
  peer.say(
    `<iq type='set' id='big' from='${ATTACKER}' to='${domain}'><x xmlns='x'>${"x".repeat(600_000)}</x></iq>`,
  );
  const refused = await peer.hear(/<iq[^>]*id=["']big["'].*<\/iq>/s);
  assert.match(refused, /<(policy-violation|not-acceptable) /);
  peer.say(`<iq type='set' id='deep' from='${ATTACKER}' to='${domain}'>${deep}</iq>`);
  const tooDeep = await peer.hear(/<iq[^>]*id=["']deep["'].*<\/iq>/s);
  assert.match(tooDeep.slice(refused.length), /<(policy-violation|not-acceptable) /);
  assert.doesNotMatch(refused, /xxxxxxxx/, "what was too big is not sent back");

  // A character of two bytes in two packets, and the whole stanza byte by byte.
  const bytes = Buffer.from(ping(ATTACKER, domain, "grüße"));
  for (const byte of bytes) await say(peer, new Uint8Array([byte]));
  await peer.hear(
    /id=["']grüße["'][^>]*type=["']result["']|type=["']result["'][^>]*id=["']grüße["']/,
  );
  peer.close();
}

async function say(peer: RawPeer, bytes: Uint8Array): Promise<void> {
  peer.say(bytes);
  await new Promise((resolve) => setImmediate(resolve));
}

async function proveOtherProtocols(native: NativeSite): Promise<void> {
  const browser = await dialNative(native);
  browser.say(`GET / HTTP/1.1\r\nHost: ${native.domain}\r\n\r\n`);
  await assertThrownOut("A28: HTTP", browser, "not-well-formed");

  const tls = connect({
    host: native.appliance.address,
    port: DIRECT_PORT,
    servername: native.domain,
    ALPNProtocols: ["http/1.1"],
    rejectUnauthorized: false,
  });
  const outcome = await new Promise<string>((resolve) => {
    tls.once("secureConnect", () => resolve("accepted"));
    tls.once("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
  });
  tls.destroy();
  assert.match(outcome, /NO_APPLICATION_PROTOCOL/, "A28: ALPN of another protocol");
}
