import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { inflateSync } from "node:zlib";
import { creditAfter, inflationLimits, judgeDeflateHead } from "./compression.ts";
import { dictionary, dictionaryId } from "./dictionary.ts";

const head = (...octets: number[]) => String.fromCharCode(...octets);
const ours = [0x5d, 0x7e, 0x2d, 0xb3];

test("RFC 1950 §9: the dictionary is plain ASCII, and has the checksum by which a stream names it", () => {
  assert.match(dictionary, /^[\x20-\x7e]+$/);
  assert.equal(dictionary.length, 3_702);
  let [low, high] = [1, 0];
  for (const octet of Buffer.from(dictionary)) {
    low = (low + octet) % 65_521;
    high = (high + low) % 65_521;
  }
  assert.equal(high * 65_536 + low, dictionaryId);
});

test("docs/x2x-profile.md has the same dictionary, for whoever builds the other side", async () => {
  const page = await readFile("docs/x2x-profile.md", "utf8");
  const [, lines = ""] = /### Dictionary 1\n.*?```text\n(.*?)```/s.exec(page) ?? [];
  assert.equal(lines.replaceAll("\n", ""), dictionary);
  assert.ok(page.includes(`${dictionary.length} bytes`));
  assert.ok(page.includes(dictionaryId.toString(16)));
});

test("RFC 1950, RFC 1951: streams that were written down once are read with dictionary 1", () => {
  for (const [hex, text] of vectors) {
    const inflated = inflateSync(Buffer.from(hex, "hex"), { dictionary: Buffer.from(dictionary) });
    assert.equal(inflated.toString(), text);
    assert.equal(judgeDeflateHead(Buffer.from(hex, "hex").toString("latin1", 0, 16)), "deflate");
  }
});

test("RFC 1950 §2.2: what a connection begins with where compression was agreed, however few bytes of it are there", () => {
  const cases: [string, string][] = [
    [head(0x78, 0xbb, ...ours), "deflate"],
    // Another level, another window.
    [head(0x78, 0xf9, ...ours), "deflate"],
    [head(0x58, 0xa4, ...ours), "deflate"],
    [head(0x78, 0x9c, 0x01), "other_dictionary"],
    [head(0x78, 0xbb, 0x5d, 0x7e, 0x2d, 0xb4), "other_dictionary"],
    ["<message from='a@b' to='c'/>", "uncompressed"],
    [" ", "uncompressed"],
    ["<?xml version='1.0'?>", "stream_header"],
    ["<stream:stream xmlns='jabber:server'>", "stream_header"],
    [head(0x16, 3, 1), "tls"],
    ["GET / HTTP/1.1", "http"],
    ["hello", "other"],
    [head(0), "other"],
    [head(0x78, 0), "other"],
  ];
  for (const [text, what] of cases) {
    const seen: string[] = [];
    for (let length = 1; length <= Math.min(16, text.length); length++) {
      const verdict = judgeDeflateHead(text.slice(0, length));
      seen.push(verdict);
      if (verdict !== "undecided") break;
    }
    assert.equal(seen.at(-1), what, JSON.stringify(text));
    assert.ok(seen.slice(0, -1).every((verdict) => verdict === "undecided"));
    assert.equal(judgeDeflateHead(text.slice(0, 16)), what, JSON.stringify(text));
  }
});

test("a sender that keeps the largest step in hand is never refused, however its bytes are cut on the way", () => {
  const { ratio, burstBytes } = inflationLimits;
  const step = 64 * 1024;
  const random = randomFrom(7);
  for (let run = 0; run < 200; run++) {
    // Pieces of what is handed over, each with what it was compressed to: nothing, or all there is.
    const pieces: { wire: number; text: number }[] = [];
    let own = burstBytes;
    for (let n = 0; n < 100; n++) {
      const isBomb = random() < 0.7;
      const size = own < 2 * step ? 256 : 1 + Math.floor(random() * step);
      const wire = own < 2 * step ? 4 : Math.ceil(size / (isBomb ? 1_000 : 3));
      pieces.push({ wire, text: size });
      own = creditAfter(own, wire, size, inflationLimits);
    }
    // The receiver sees up to 16 KiB of text at a time, with its share of the wire's bytes.
    let credit = burstBytes;
    let [wire, text] = [0, 0];
    for (const piece of pieces) {
      for (let at = 0; at < piece.text;) {
        const size = Math.min(piece.text - at, 1 + Math.floor(random() * 16_384));
        wire +=
          Math.floor(((at + size) * piece.wire) / piece.text) -
          Math.floor((at * piece.wire) / piece.text);
        text += size;
        at += size;
        if (text < 16_384 - size && random() < 0.5) continue;
        credit = creditAfter(credit, wire, text, inflationLimits);
        [wire, text] = [0, 0];
        assert.ok(credit >= 0, `run ${run}`);
      }
    }
  }
  // And one that keeps nothing in hand gets no further than its credit.
  let credit = burstBytes;
  let bytes = 0;
  for (; credit >= 0; bytes += 1_000) credit = creditAfter(credit, 1, 1_000, inflationLimits);
  assert.ok(bytes > burstBytes && bytes < burstBytes * (1 + (2 * ratio) / 1_000));
});

/** Numbers that are the same each time. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Made with zlib 1.3, level 6; another version may write other bytes, and has to read these. */
const vectors: [hex: string, text: string][] = [
  // Nothing at all: the header, the last block, the checksum.
  ["78bb5d7e2db3020c0000000001", ""],
  // Two messages and the end, each behind a partial flush.
  [
    "78bb5d7e2db3420b1a84770d61fe4dcccb4b7428cec82cd04bad4804b533f413214190949ae7509c915f940a938085894f625e8a" +
      "42669e4271667a46891e2c84e0560204104e2b8dc8b7323c3527393f375511c332800042eff902041800e89c5373",
    `${message("1", "Land in sight.")}${message("2", "Welcome!")}</stream:stream>`,
  ],
  // A window of 8 KiB, and sync flushes.
  [
    "58a45d7e2db3420b1a84770d61fe4dcccb4b7428cec82cd04bad4804b533f413214190949ae7509c915f940a938085897bd1e13d" +
      "87e7a7c282066e17000000ffff42ef8502000000ffff03009d912cce",
    `${message("1", "Grüße")}</stream:stream>`,
  ],
  // A thousand times the same letter.
  [
    "78bb5d7e2db3420b1a84770d61fe4dcccb4b7428cec82cd04bad4804b533f413214190949ae7509c915f940a93808549e2281805" +
      "a360d80358d9072f4c00020c000dd69dcb",
    message("1", "a".repeat(1_000)),
  ],
];

function message(id: string, body: string): string {
  return `<message type="chat" id="${id}" from="anna@ship.example/a" to="ben@shore.example"><body>${body}</body></message>`;
}
