import assert from "node:assert/strict";
import { test } from "node:test";
import { createStreamReader, type ReaderOptions } from "./reader.ts";
import { serialize } from "./serialize.ts";

const maxElementBytes = 10_000;
const header =
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'>";

function read(stanza: string, oversize: ReaderOptions["oversize"]) {
  const reader = createStreamReader({
    contentNamespaces: ["jabber:server"],
    maxElementBytes,
    maxDepth: 50,
    oversize,
  });
  return reader.write(new TextEncoder().encode(`${header}${stanza}<presence/>`));
}

test("RFC 6120 §13.12: a stanza whose prefixes stand for much more than was sent is too large", () => {
  const uri = `urn:${"n".repeat(500)}`;
  const bombs = [
    `<message a='1' xmlns:p='${uri}'><x xmlns='urn:x'>${"<p:a/>".repeat(100)}</x></message>`,
    `<message a='1' xmlns:p='${uri}'>${"<body p:a=''/>".repeat(100)}</message>`,
    `<message a='1'><x xmlns='${uri}' xmlns:p='urn:p'><p:y>${"<a/><p:b/>".repeat(100)}</p:y></x></message>`,
  ];
  for (const bomb of bombs) {
    assert.ok(bomb.length < maxElementBytes);
    const [, failed] = read(bomb, "close");
    assert(failed?.kind === "failed");
    assert.equal(failed.condition, "policy-violation");
    const [, refused, after] = read(bomb, 100_000);
    assert(refused?.kind === "refused" && refused.reason === "size");
    assert.deepEqual({ ...refused.head.attributes }, { a: "1" });
    assert.equal(after?.kind, "element");
  }
  const [, taken] = read(`<message xmlns:p='${uri}'>${"<p:a/>".repeat(10)}</message>`, "close");
  assert(taken?.kind === "element");
  assert.ok(serialize(taken.element).length < maxElementBytes);
});
