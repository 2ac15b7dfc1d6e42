import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, elements, failure, header, options, read } from "#testing/read-stream.ts";
import { childElements, element, findChild, textOf, type XmlElement } from "./element.ts";
import { createStreamReader, type ReaderEvent } from "./reader.ts";
import { serialize } from "./serialize.ts";

test("RFC 6120 §4.7: the header gives its attributes, content namespace and declared prefixes", () => {
  const [opened] = read([header]);
  assert(opened?.kind === "opened");
  assert.equal(opened.header.from, "wave.example.com");
  assert.equal(opened.header.id, "3&é");
  assert.equal(opened.header.version, null);
  assert.equal(opened.header.prefixes["db"], "jabber:server:dialback");
  assert.equal(opened.header.contentNamespace, "jabber:component:accept");
});

test("stanzas come with content namespace neutral, payload namespaces kept, text and CDATA joined", () => {
  const [message] = elements(
    read([
      `${header}<message a='1' xml:lang='de'><body>a<![CDATA[<b>]]>&amp;c</body><x xmlns='urn:x' y:z='1' xmlns:y='urn:y'/></message>`,
    ]),
  );
  assert(message);
  assert.equal(message.namespace, "jabber:client");
  assert.equal(message.attributes["xml:lang"], "de");
  const body = findChild(message, "body", "jabber:client");
  assert(body);
  assert.deepEqual(body.children, ["a<b>&c"]);
  assert.equal(findChild(message, "x", "urn:x")?.attributes["{urn:y}z"], "1");
});

test("RFC 6120 §4.8.1-4.8.5: wrong stream, content namespace or prefix is a stream error", () => {
  const streams = "http://etherx.jabber.org/streams";
  assert.equal(
    failure(["<stream:stream xmlns='jabber:component:accept' xmlns:stream='urn:x'>"]),
    "invalid-namespace",
  );
  assert.equal(
    failure([`<stream:stream xmlns='jabber:client' xmlns:stream='${streams}'>`]),
    "invalid-namespace",
  );
  assert.equal(
    failure([`<stream:strom xmlns='jabber:component:accept' xmlns:stream='${streams}'>`]),
    "bad-format",
  );
  assert.equal(failure(["<html><body>"]), "invalid-namespace");
  assert.equal(
    failure([`${header}<c:message xmlns:c='jabber:component:accept'/>`]),
    "opened bad-namespace-prefix",
  );
  assert.equal(failure(["HTTP/1.1 400 Bad Request\r\n"]), "not-well-formed");
});

test("RFC 6120 §11.1: comment, PI, DTD and CDATA between stanzas are restricted-xml", () => {
  for (const trick of ["<!-- x -->", "<?php x?>", "<![CDATA[x]]>"])
    assert.equal(
      failure([`${header}<message/>${trick}<message/>`]),
      "opened element restricted-xml",
      trick,
    );
  assert.equal(failure(["<!DOCTYPE x [<!ENTITY a 'b'>]><stream:stream>"]), "restricted-xml");
  assert.equal(failure([`${header}<message><!-- x --></message>`]), "opened restricted-xml");
  assert.equal(failure([header, "<message><!-", "-"]), "opened restricted-xml", "at once");
  const amid = [
    "<!DOCTYPE x [<!ENTITY a 'b'>]><message>&a;</message>",
    "<message><!DOCTYPE x></message>",
    "<message>&foo;</message>",
    "<message a='&foo;'/>",
  ];
  for (const trick of amid) {
    assert.equal(failure([header + trick]), "opened restricted-xml", trick);
    assert.equal(
      failure(Array.from(header + trick)),
      "opened restricted-xml",
      `${trick}, byte by byte`,
    );
  }
});

test("RFC 6120 §11.3: every way of being ill-formed ends the stream as not-well-formed", () => {
  const cases = [
    "<message></iq>",
    "<message a='1' a='2'/>",
    "<x:message/>",
    "<message x:y='1'/>",
    "<message>\u0000</message>",
    "<message>\u0008</message>",
    "<message>]]></message>",
    "<message>&#0;</message>",
    "<message a=1/>",
    "<message a='<'/>",
    "<!ELEMENT x>",
    "<message xmlns:a='u' xmlns:b='u' a:x='1' b:x='2'/>",
    "<>",
    "</other>",
  ];
  for (const bad of cases) assert.equal(failure([header + bad]), "opened not-well-formed", bad);
});

test("an ill-formed stanza is never given out, a complete one before it is", () => {
  assert.equal(failure([`${header}<message></iq>`]), "opened not-well-formed");
  assert.equal(failure([header, "<message>", "</iq>"]), "opened not-well-formed");
  assert.equal(failure([`${header}<message/><a b='1' b='2'/>`]), "opened element not-well-formed");
  assert.equal(failure([`${header}<message/></iq>`]), "opened element not-well-formed");
});

test("RFC 6120 §11.6: anything but UTF-8 is unsupported-encoding, at every cut", () => {
  const bad = [
    new Uint8Array([0xc0, 0x80]),
    new Uint8Array([0xed, 0xa0, 0x80]),
    new Uint8Array([0xff]),
    new Uint8Array([0xf4, 0x90, 0x80, 0x80]),
    new Uint8Array([0xe2, 0x28, 0xa1]),
  ];
  for (const sequence of bad)
    for (const separate of [false, true]) {
      const parts = separate ? [...sequence].map((byte) => new Uint8Array([byte])) : [sequence];
      assert.equal(
        failure([`${header}<iq/><message>`, ...parts, "</message>"]),
        "opened element unsupported-encoding",
      );
    }
  const replaced = bytes(`${header}<message>\ufffd</message><iq/>`);
  assert.equal(
    failure([new Uint8Array([...replaced, 0xff])]),
    "opened element element unsupported-encoding",
    "a real U+FFFD is a character like others",
  );
  assert.equal(failure([`\ufeff${header}`]), "unsupported-encoding");
  assert.equal(
    failure([header.replace("'1.0'", "'1.0' encoding='ISO-8859-1'")]),
    "unsupported-encoding",
  );
});

test("the same bytes give the same events however they are cut", () => {
  const text = `${header}\n <message id='ü'><body>déjà 🙂 vu&#x1F642;</body></message> <iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>\r\n</stream:stream>`;
  const all = bytes(text);
  const plain = (events: readonly ReaderEvent[]) =>
    JSON.stringify(events.map((event) => ({ ...event, trailingBytes: 0, sizeBytes: 0 })));
  const whole = plain(read([all]));
  for (const size of [1, 2, 3, 5, 7, 64]) {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < all.length; at += size) parts.push(all.slice(at, at + size));
    assert.equal(plain(read(parts)), whole, `pieces of ${size}`);
  }
  assert.match(whole, /déjà 🙂 vu🙂/);
  assert.match(whole, /"closed"/);
});

test("sizes are raw bytes of the element, and what follows in the same write is counted", () => {
  const stanza = "<message><body>é🙂</body></message>";
  const events = read([header, `${stanza}${stanza}<iq`, " type='get'/> "]);
  const sizes = events.flatMap((event) =>
    event.kind === "element" ? [[event.sizeBytes, event.trailingBytes]] : [],
  );
  const length = bytes(stanza).length;
  assert.deepEqual(sizes, [
    [length, length + 3],
    [length, 3],
    [bytes("<iq type='get'/>").length, 1],
  ]);
});

test("RFC 6120 §13.12: the byte budget holds for text, attributes, unfinished tags and the header", () => {
  const long = "x".repeat(20_000);
  const cases: string[][] = [
    [header, `<message>${long}</message>`],
    [header, "<message>", long],
    [header, `<message a='${long}`],
    [header, `<${long}`],
    [header, `<message><![CDATA[${long}`],
    [header, `<message>${"<a/>".repeat(5000)}`],
    [header, "<message>é", "é".repeat(4999)],
    [`<stream:stream a='${long}`],
    [
      `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' a='${long}'>`,
    ],
  ];
  for (const parts of cases)
    assert.match(failure(parts), /policy-violation$/, parts.join("").slice(0, 300));
});

test("endless whitespace between stanzas neither counts nor piles up", () => {
  const reader = createStreamReader(options);
  reader.write(bytes(header));
  for (let round = 0; round < 1000; round++)
    assert.deepEqual(reader.write(bytes(" \n".repeat(500))), []);
  assert.equal(elements(reader.write(bytes("<message/>"))).length, 1);
  const behind = createStreamReader(options);
  behind.write(bytes(`${header}\n`));
  for (let round = 0; round < 1000; round++)
    assert.deepEqual(behind.write(bytes(round % 2 === 0 ? " \r" : "\n".repeat(500))), []);
  const burst = behind.write(bytes(`${" ".repeat(20_000)}<message/>${" ".repeat(20_000)}<iq/>\n`));
  assert.deepEqual(
    burst.map((event) => (event.kind === "element" ? event.sizeBytes : event.kind)),
    ["<message/>".length, "<iq/>".length],
  );
});

test("text between stanzas is bad-format at once, not when the next tag comes", () => {
  assert.equal(failure([header, "x"]), "opened bad-format");
  assert.equal(failure([`${header}<message/>x<message/>`]), "opened element bad-format");
  assert.equal(failure([`${header}<message/> x`]), "opened element bad-format");
  for (const parts of [[`${header}&#32;<iq/>`], [header, "&#32;<iq/>"], [header, "&#32;", "<iq/>"]])
    assert.equal(elements(read(parts)).length, 1, "a space, however it is written or cut");
  for (const parts of [[`${header}&#120;<iq/>`], [header, "&#120;<iq/>"]])
    assert.equal(failure(parts), "opened bad-format");
});

test("20 000-deep nesting is a policy-violation, or is read past where the stream must live", () => {
  const deep = `<message from='a@b' id='1'>${"<a>".repeat(20_000)}${"</a>".repeat(20_000)}</message>`;
  assert.equal(failure([header + deep], { maxElementBytes: 1e6 }), "opened policy-violation");
  const events = read([header, deep, "<iq type='get'/>"], { maxElementBytes: 1e6, oversize: 1e7 });
  const [, refused, next] = events;
  assert(refused?.kind === "refused");
  assert.equal(refused.reason, "depth");
  assert.equal(refused.head.attributes["from"], "a@b");
  assert.equal(refused.sizeBytes, bytes(deep).length);
  assert(next?.kind === "element");
});

test("an oversize stanza is read past and reported, up to the ceiling", () => {
  const big = `<message id='7'><body>${"é".repeat(40_000)}</body></message>`;
  const pieces = big.match(/.{1,1000}/gs) ?? [];
  const events = read([header, ...pieces, "<iq type='get'/>"], { oversize: 100_000 });
  assert.deepEqual(
    events.map((event) => event.kind),
    ["opened", "refused", "element"],
  );
  assert(events[1]?.kind === "refused");
  assert.deepEqual([events[1].reason, events[1].sizeBytes], ["size", bytes(big).length]);
  assert.equal(failure([header, ...pieces], { oversize: 50_000 }), "opened policy-violation");
  const one = read([header + big + "<iq/>"], { oversize: 100_000 });
  assert.deepEqual(
    one.map((event) => event.kind),
    ["opened", "refused", "element"],
  );
});

test("RFC 6120 §13.12: a limit raised after authentication holds at once, for what is under way too", () => {
  const big = `<message><body>${"x".repeat(15_000)}</body></message>`;
  assert.equal(failure([header, big]), "opened policy-violation");
  const raised = createStreamReader(options);
  raised.write(bytes(header + big.slice(0, 9000)));
  raised.raiseLimit(20_000);
  assert.equal(elements(raised.write(bytes(big.slice(9000)))).length, 1);
  const tooBig = `<message><body>${"x".repeat(25_000)}</body></message>`;
  assert.equal(raised.write(bytes(tooBig)).at(-1)?.kind, "failed");
  const lenient = createStreamReader(options);
  lenient.write(bytes(header));
  lenient.raiseLimit(20_000, 100_000);
  assert.deepEqual(
    lenient.write(bytes(`${tooBig}<iq/>`)).map(({ kind }) => kind),
    ["refused", "element"],
  );
});

test("after an error or a close the reader is dead", () => {
  const reader = createStreamReader(options);
  reader.write(bytes(`${header}<a></b>`));
  assert.equal(reader.isDead, true);
  assert.deepEqual(reader.write(bytes("<message/>")), []);
  const closed = createStreamReader(options);
  const events = closed.write(bytes(`${header}</stream:stream><message/>`));
  assert.deepEqual(
    events.map((event) => event.kind),
    ["opened", "closed"],
  );
  assert.deepEqual(closed.write(bytes("<message/>")), []);
});

test("time is linear: 4 MB of text in 1 KiB pieces, and in one-byte pieces a hundredth of it", () => {
  const large = { maxElementBytes: 5e6 };
  const time = (count: number, piece: Uint8Array) => {
    const reader = createStreamReader({ ...options, ...large });
    reader.write(bytes(`${header}<message><body>`));
    const from = performance.now();
    for (let sent = 0; sent < count; sent++) reader.write(piece);
    const events = reader.write(bytes("</body></message>"));
    const [message] = elements(events);
    assert(message);
    assert.equal(textOf(childElements(message)[0] ?? message).length, count * piece.length);
    return performance.now() - from;
  };
  time(500, new Uint8Array(1024).fill(120));
  // Quadratic work would need many seconds (measured for the parser that we do not use).
  assert(time(4000, new Uint8Array(1024).fill(120)) < 1500);
  assert(time(40_000, new Uint8Array([120])) < 1500);
});

test("time is linear in one-byte pieces, whatever part of the syntax never ends", () => {
  const time = (begin: string, piece: string, count: number) => {
    const reader = createStreamReader({ ...options, maxElementBytes: 5e6 });
    reader.write(bytes(header + begin));
    const unit = bytes(piece);
    const from = performance.now();
    for (let sent = 0; sent < count; sent++)
      for (const byte of unit) reader.write(new Uint8Array([byte]));
    assert.equal(reader.isDead, false, begin);
    return performance.now() - from;
  };
  for (const [begin, piece] of [
    ["<message a='", "x"],
    ["<message", " "],
    ["<message ", "x"],
    ["<", "m"],
    ["<message><b", "x"],
    ["<message>", "&amp;"],
    ["<message><![CDATA[", "]"],
    ["<message>", "é"],
    ["<message>", "<a/>"],
    ["<message>", "<a b='c'/>"],
    ["", " \n"],
  ] as const) {
    const count = Math.ceil(40_000 / piece.length);
    assert(time(begin, piece, count) < 1500, `${begin} ${piece}`);
  }
});

test("any tree survives serialising and reading; serialising never recurses", () => {
  let seed = 42;
  const next = (limit: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % limit;
  };
  const texts = ["a", "<&>\"'", "é🙂", "\t\n\r x ", "]]>", " "];
  const spaces = ["jabber:client", "urn:a", "urn:b&'", "", "toString", "__proto__"];
  const tree = (depth: number): XmlElement => {
    const attributes: Record<string, string> = {};
    for (const key of ["id", "xml:lang", "{urn:a}q", "{urn:b}q"])
      if (next(3) === 0) attributes[key] = texts[next(texts.length)] ?? "";
    const children: (XmlElement | string)[] = [];
    for (let count = next(4); count > 0; count--) {
      if (depth > 0 && next(2) === 0) children.push(tree(depth - 1));
      else if (typeof children.at(-1) !== "string") children.push(texts[next(texts.length)] ?? "");
    }
    return element(`n${next(5)}`, spaces[next(spaces.length)] ?? "", attributes, children);
  };
  for (let round = 0; round < 500; round++) {
    const original = element("message", "jabber:client", {}, [tree(4)]);
    const text = serialize(original, { contentNamespace: "jabber:component:accept" });
    const [back] = elements(read([header + text]));
    assert.deepEqual(back, original, text);
    const alone = serialize(original);
    assert.deepEqual(
      elements(
        read([header.replace("jabber:component:accept", "jabber:server") + alone], {
          contentNamespaces: ["jabber:server"],
        }),
      )[0],
      original,
    );
  }
  let deep = element("a", "urn:a");
  for (let level = 0; level < 20_000; level++) deep = element("a", "urn:a", {}, [deep]);
  assert.equal(serialize(deep).length, 20_000 * 7 + 4 + ' xmlns="urn:a"'.length);
});

test("what XML cannot carry is sent as U+FFFD, and our own text stays well-formed", () => {
  const message = element("message", "jabber:client", { id: "\u0001" }, ["a\u0000b\ud800c\uffff"]);
  assert.equal(
    serialize(message, { contentNamespace: "jabber:client" }),
    '<message id="\ufffd">a\ufffdb\ufffdc\ufffd</message>',
  );
});
