import assert from "node:assert/strict";
import { test } from "node:test";
import { elements, failure, header, read } from "#testing/read-stream.ts";
import { childElements, element } from "./element.ts";
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
  for (const uri of ["x}y='1'/><message/>", "}", "{urn:a}b}c", "{"]) {
    const attributes = { [`{${uri}}q`]: "1", id: "2" };
    const written = serialize(element("message", "urn:m", attributes, ["x"]));
    assert.equal(
      written,
      `<message xmlns="urn:m" xmlns:a0="${escapeAttribute(uri)}" a0:q="1" id="2">x</message>`,
    );
  }
});

test("XML 1.0: of names that other parsers refuse a stanza is refused, and the stream goes on", () => {
  const lenient = { maxElementBytes: 10_000, oversize: 100_000 };
  const refused = [
    ...["}", "a}b", "a b", "a&#10;b", "a|b", "a&quot;b", "a&lt;b"].flatMap((uri) => [
      `<x xmlns='${uri}'/>`,
      `<x xmlns:p='${uri}' p:a='1'/>`,
    ]),
    ...["\u{220}", "a\u{2070}", "\u{10000}", "\u{a000}", "a\u{200c}"].flatMap((name) => [
      `<${name} xmlns='urn:x'/>`,
      `<x xmlns='urn:x' ${name}='1'/>`,
      `<p:x xmlns:p='urn:x' p:${name}='1'/>`,
    ]),
  ];
  for (const inner of refused) {
    const [, first, second] = read([`${header}<message id='1'>${inner}</message><iq/>`], lenient);
    assert(first?.kind === "refused" && first.reason === "name", inner);
    assert.equal(first.head.attributes["id"], "1");
    assert.equal(second?.kind, "element", inner);
    // Nobody else's stanzas come on such a stream, or nobody can be told.
    assert.equal(failure([`${header}<message>${inner}</message>`]), "opened policy-violation");
  }
  const taken = `<é\u0300 xmlns='urn:x:%7D' 名='1' \u{3021}a·='2'>名}</é\u0300>`;
  assert.equal(elements(read([`${header}<message>${taken}</message>`], lenient)).length, 1);
});
