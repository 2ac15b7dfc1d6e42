import assert from "node:assert/strict";
import { test } from "node:test";
import { elements, failure, header, read } from "#testing/read-stream.ts";
import { childElements } from "./element.ts";
import { escapeAttribute, serialize } from "./serialize.ts";

test("Namespaces in XML 1.0: reserved, malformed and unbound names end the stream", () => {
  const cases = [
    "<a xmlns:xml='urn:x'/>",
    "<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>",
    "<a xmlns:xmlns='urn:x'/>",
    "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
    "<a xmlns:x=''/>",
    "<a xmlns:='urn:x'/>",
    "<a xmlns:x:y='urn:x'/>",
    "<x:y:z xmlns:x='urn:x'/>",
    "<:a/>",
    "<x: xmlns:x='urn:x'/>",
    "<x:1 xmlns:x='urn:x'/>",
    "<a x:1='' xmlns:x='urn:x'/>",
    "<a><b xmlns:x='urn:x'/><x:c/></a>",
  ];
  for (const bad of cases) assert.equal(failure([header + bad]), "opened not-well-formed", bad);
  const [scoped] = elements(
    read([
      `${header}<a xmlns='urn:a'><b xmlns=''/><xml:c xml:space='preserve' __proto__='1'/></a>`,
    ]),
  );
  assert(scoped);
  const [b, c] = childElements(scoped);
  assert.equal(b?.namespace, "");
  assert.deepEqual(Object.entries(c?.attributes ?? {}), [
    ["{http://www.w3.org/XML/1998/namespace}space", "preserve"],
    ["__proto__", "1"],
  ]);
});

test("declarations cannot be multiplied into quadratic work", () => {
  const declared = Array.from({ length: 15_000 }, (_, index) => ` xmlns:p${index}='u'`).join("");
  const stanza = `<message${declared}>${"<p7:a xmlns:q='v' xmlns='w'/>".repeat(8000)}</message>`;
  const from = performance.now();
  const events = read([header + stanza], { maxElementBytes: 1e6 });
  assert.equal(events.at(-1)?.kind, "element");
  assert(performance.now() - from < 1000);
});

test("RFC 6120 §13.12: namespaces cost no more than they are read for, however long and however often used", () => {
  const attributes = (count: number) =>
    Array.from({ length: count }, (_, index) => ` p:a${index}=''`).join("");
  const long = ` xmlns:p='${"u".repeat(16_400)}'`;
  const lenient = { maxElementBytes: 300_000, oversize: 1_200_000 };
  // In a header, in a stanza, and below one: names of that length are told apart by comparing them only.
  assert.equal(failure([header.replace(" id=", `${long} id=`)], lenient), "policy-violation");
  assert.equal(
    failure([header, `<message${long}${attributes(30_000)}/>`], lenient),
    "opened policy-violation",
  );
  const below = read([header, `<message><a${long}${attributes(20_000)}/></message><iq/>`], lenient);
  assert.deepEqual(
    below.map(({ kind }) => kind),
    ["opened", "refused", "element"],
  );
  const often = ` xmlns:p='${"u".repeat(1_000)}'${attributes(20_000)}`;
  const many = read([header, `<message><a${often}/></message><iq/>`], lenient);
  assert.deepEqual(
    many.map(({ kind }) => kind),
    ["opened", "refused", "element"],
  );
});

test("RFC 6120 §13.12: a tag beyond the limit is not looked into, though one packet brought all of it", () => {
  const attributes = Array.from({ length: 8_000 }, (_, index) => ` a${index}=''`).join("");
  assert.equal(failure([header.replace(" id=", `${attributes} id=`)]), "policy-violation");
  assert.equal(failure([`${header}<message${attributes} a1=''/>`]), "opened policy-violation");
  // Where one stanza must not end the stream of all, its sender is found and told.
  const lenient = { maxElementBytes: 1_000, oversize: 100_000 };
  const large = read([`${header}<message id='${"1".repeat(1_500)}' to='a'/><iq/>`], lenient);
  assert.deepEqual(
    large.map(({ kind }) => kind),
    ["opened", "refused", "element"],
  );
});

test("the name of a namespace stays one, whatever it has in it: nothing of it is written as markup", () => {
  const forged = "<message from='ceo@bank.example' to='kim@acmewave.com'/>";
  for (const uri of [`urn:x}y='1'/>${forged}<message>`, "}", "urn:{x}", "{urn:a}b}c", "{"]) {
    const stanza = `<message xmlns:p="${escapeAttribute(uri)}" p:q='1' id='2'><body/></message>`;
    const [taken] = elements(read([header + stanza]));
    assert(taken);
    assert.deepEqual(Object.entries(taken.attributes), [
      [`{${uri}}q`, "1"],
      ["id", "2"],
    ]);
    const written = serialize(taken, { contentNamespace: "jabber:server" });
    assert.deepEqual(elements(read([header + written])), [taken], written);
  }
});
