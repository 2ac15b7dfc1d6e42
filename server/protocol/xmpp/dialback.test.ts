import assert from "node:assert/strict";
import { test } from "node:test";
import { primitives } from "../../primitives.ts";
import {
  announcesDialback,
  buildDialback,
  type Dialback,
  dialbackKey,
  isDialbackKey,
  isDialbackName,
  parseDialback,
  dialbackPrefix,
} from "./dialback.ts";
import { element, type XmlElement } from "./element.ts";
import { formatHeader } from "./header.ts";
import { ns } from "./namespaces.ts";
import { createStreamReader } from "./reader.ts";
import { serialize } from "./serialize.ts";
import { stanzaErrorTypes, type StanzaErrorCondition } from "./stanza-error.ts";

const header = formatHeader({
  contentNamespace: ns.server,
  to: "b.example",
  prefixes: { db: ns.dialback },
});

function reread(xml: string): XmlElement {
  const reader = createStreamReader({
    contentNamespaces: [ns.server],
    maxElementBytes: 10_000,
    maxDepth: 50,
    oversize: "close",
  });
  const events = reader.write(new TextEncoder().encode(header + xml));
  const last = events.at(-1);
  assert(last?.kind === "element", xml);
  return last.element;
}
const write = (dialback: Dialback) =>
  serialize(buildDialback(dialback), {
    contentNamespace: ns.server,
    prefixes: dialbackPrefix,
  });

test("XEP-0185 §3, XEP-0220 §2: the published keys come out, the secret hashed to hexadecimal first", () => {
  const secret = "s3cr3tf0rd14lb4ck";
  assert.equal(
    primitives.sha256Hex(secret),
    "a7136eb1f46c9ef18c5e78c36ca257067c69b3d518285f0b18a96c33beae9acc",
  );
  assert.equal(
    dialbackKey(primitives, {
      secret,
      receiving: "xmpp.example.com",
      originating: "example.org",
      streamId: "D60000229F",
    }),
    "37c69b1cf07a3f67c04a5ef5902fa5114f2c76fe4a2686482ba5b89323075643",
  );
  assert.equal(
    dialbackKey(primitives, {
      secret,
      receiving: "montague.example",
      originating: "capulet.example",
      streamId: "D60000229F",
    }),
    "b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3",
  );
  assert.equal(
    dialbackKey(primitives, {
      secret: "d14lb4ck43v3r",
      receiving: "capulet.example",
      originating: "montague.example",
      streamId: "417GAF25",
    }),
    "225cc5aa6a071133249d25fef42ae516fc7a86c523aa1c6980a7f73e784c972d",
  );
});

test("XEP-0185 §2: names and ids with a space never make or match a key", () => {
  const parts = { secret: "s", receiving: "a b", originating: "c", streamId: "d" };
  const wrong = { secret: "s", receiving: "a", originating: "b c", streamId: "d" };
  assert.equal(dialbackKey(primitives, parts), dialbackKey(primitives, wrong));
  assert.equal(isDialbackKey(primitives, parts, dialbackKey(primitives, parts)), false);
  for (const name of ["", "a b", "a\tb", "a\u00a0b", "a\u3000b", " a", "a\u0000"])
    assert.equal(isDialbackName(name), false, JSON.stringify(name));
  assert.equal(isDialbackName("bücher.example"), true);
});

test("a key counts whole, with the spaces that pretty-printing put around it", () => {
  const parts = {
    secret: "s3cr3t",
    receiving: "a.example",
    originating: "b.example",
    streamId: "1",
  };
  const key = dialbackKey(primitives, parts);
  assert.equal(isDialbackKey(primitives, parts, key), true);
  assert.equal(isDialbackKey(primitives, parts, `\n  ${key} `), true);
  for (const other of ["", key.slice(1), `${key}0`, key.toUpperCase()])
    assert.equal(isDialbackKey(primitives, parts, other), false);
  assert.equal(isDialbackKey(primitives, { ...parts, streamId: "2" }, key), false);
  assert.equal(isDialbackKey(primitives, { ...parts, secret: "s3cr3T" }, key), false);
});

test("XEP-0220 §2.2.2: whether a key is right is what the comparison in constant time says, of right and wrong lengths", () => {
  const parts = { secret: "s", receiving: "a.example", originating: "b.example", streamId: "1" };
  const key = dialbackKey(primitives, parts);
  const compared: string[][] = [];
  const saying = (answer: boolean) => ({
    ...primitives,
    isSameSecret: (one: string, other: string) => {
      compared.push([one, other]);
      return answer;
    },
  });
  for (const guess of [key, "", "x", `${key}0`]) {
    assert.equal(isDialbackKey(saying(true), parts, guess), true, guess);
    assert.equal(isDialbackKey(saying(false), parts, guess), false, guess);
    assert.deepEqual(compared.splice(0), [
      [key, guess],
      [key, guess],
    ]);
  }
});

test("XEP-0220 §2.1-2.2: all four elements are written with the prefix db, and come back the same", () => {
  const pair = { from: "capulet.example", to: "montague.example" };
  const cases: [Dialback, string][] = [
    [
      { kind: "result_request", ...pair, key: "abc" },
      '<db:result from="capulet.example" to="montague.example">abc</db:result>',
    ],
    [
      { kind: "result_answer", ...pair, outcome: { kind: "valid" } },
      '<db:result from="capulet.example" to="montague.example" type="valid"/>',
    ],
    [
      { kind: "verify_request", ...pair, id: "417GAF25", key: "abc" },
      '<db:verify from="capulet.example" to="montague.example" id="417GAF25">abc</db:verify>',
    ],
    [
      { kind: "verify_answer", ...pair, id: "417GAF25", outcome: { kind: "invalid" } },
      '<db:verify from="capulet.example" to="montague.example" id="417GAF25" type="invalid"/>',
    ],
  ];
  for (const [dialback, xml] of cases) {
    assert.equal(write(dialback), xml);
    assert.deepEqual(parseDialback(reread(xml)), dialback);
  }
});

test("XEP-0220 §2.5: an error carries a condition in the stream's own namespace, and its words", () => {
  for (const condition of Object.keys(stanzaErrorTypes) as StanzaErrorCondition[]) {
    const dialback: Dialback = {
      kind: "result_answer",
      from: "a.example",
      to: "b.example",
      outcome: { kind: "error", condition, text: "why" },
    };
    const xml = write(dialback);
    assert.match(
      xml,
      /type="error"><error type="[a-z]+"><[a-z-]+ xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"\/>/,
    );
    assert.deepEqual(parseDialback(reread(xml)), dialback);
  }
});

test("what lacks a name, id or key, or has a type of its own, is no dialback", () => {
  const cases = [
    "<db:result from='a' >k</db:result>",
    "<db:result to='a'>k</db:result>",
    "<db:result from='a b' to='c'>k</db:result>",
    "<db:result from='a' to='c'/>",
    "<db:result from='a' to='c'>k k</db:result>",
    "<db:result from='a' to='c' type='maybe'/>",
    "<db:result from='a' to='c' type=''>k</db:result>",
    "<db:verify from='a' to='c'>k</db:verify>",
    "<db:verify from='a' to='c' id='1 2'>k</db:verify>",
    "<db:verify from='a' to='c' type='valid'/>",
    `<db:result from='a' to='c'>${"k".repeat(1024)}</db:result>`,
    "<db:other from='a' to='c'>k</db:other>",
    "<result from='a' to='c'>k</result>",
  ];
  for (const bad of cases) assert.equal(parseDialback(reread(bad)), null, bad);
});

test("XEP-0220 §2.4.1: the namespace on the header announces dialback, under any prefix", () => {
  assert.equal(announcesDialback({ prefixes: { x: ns.dialback } }), true);
  assert.equal(announcesDialback({ prefixes: { stream: ns.streams } }), false);
  assert.equal(parseDialback(element("result", "jabber:server:dialback-not")), null);
});
