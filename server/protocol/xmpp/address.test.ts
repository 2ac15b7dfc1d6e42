import assert from "node:assert/strict";
import { test } from "node:test";
import { primitives } from "../../primitives.ts";
import { formatJid, isSameOrSubdomain, parseDomain, parseJid, prefixDomain } from "./address.ts";
import type { Domain } from "./address.ts";

const ascii = (input: string) => {
  const outcome = parseDomain(input, primitives);
  return outcome.ok ? outcome.value.ascii : `${outcome.problem.code}:${outcome.problem.reason}`;
};
const suggestion = (input: string) => {
  const outcome = parseDomain(input, primitives);
  return outcome.ok ? "(valid)" : outcome.problem.suggestion;
};

test("RFC 7622 §3.2: case, width, one trailing dot and U-labels map to one canonical name", () => {
  for (const spelling of [
    "bücher.example",
    "BÜCHER.example.",
    "xn--bcher-kva.Example",
    "bücher。example",
  ])
    assert.equal(ascii(spelling), "xn--bcher-kva.example", spelling);
  assert.equal(ascii("①.com"), "1.com");
  assert.equal(ascii("ａcmewave.com"), "acmewave.com");
  assert.equal(ascii("localhost"), "localhost");
});

test("RFC 5890 §2.3.1: what is no host name is refused with its reason", () => {
  const cases: [string, string][] = [
    ["", "name.invalid:empty"],
    [".", "name.invalid:empty"],
    ["a..b", "name.invalid:empty"],
    ["example..", "name.invalid:empty"],
    ["ex_ample.com", "name.invalid:underscore"],
    ["ex＿ample.com", "name.invalid:underscore"],
    ["exa mple.com", "name.invalid:whitespace"],
    [" example.com", "name.invalid:whitespace"],
    ["-a.com", "name.invalid:hyphen"],
    ["a-.com", "name.invalid:hyphen"],
    ["ab--c.com", "name.invalid:hyphen"],
    ["xn--a.com", "name.invalid:punycode"],
    ["a／b.com", "name.invalid:not_idna"],
    ["a%2eb.com", "name.invalid:character"],
    ["a:80", "name.invalid:character"],
    ["a\u0000b.com", "name.invalid:character"],
    ["abc\u202ecom.example", "name.invalid:bidi_control"],
    ["example.1", "name.invalid:numeric"],
    [`${"a".repeat(64)}.com`, "name.invalid:label_too_long"],
    [`${"abcdefg.".repeat(32)}com`, "name.invalid:name_too_long"],
    ["x".repeat(100_000), "name.invalid:name_too_long"],
  ];
  for (const [input, expected] of cases) assert.equal(ascii(input), expected, input.slice(0, 40));
});

test("a name of 253 octets with labels of 63 is accepted, one more octet is not", () => {
  const longest = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(61)}`;
  assert.equal(longest.length, 253);
  assert.equal(ascii(longest), longest);
  assert.equal(ascii(`${longest}e`), "name.invalid:name_too_long");
});

test("an IP address in any spelling is named as such", () => {
  for (const input of [
    "192.0.2.1",
    "192.0.2.1.",
    "[2001:db8::1]",
    "2001:db8::1",
    "0x7f.1",
    "127.1",
    "１９２.0.2.1",
  ])
    assert.equal(ascii(input), "name.ip_literal:ip_literal", input);
});

test("the value that the person meant is offered", () => {
  const cases: [string, string | null][] = [
    ["https://acmewave.com/", "acmewave.com"],
    ["https://acmewave.com:8443/path?x=1#y", "acmewave.com"],
    ["xmpp:bob@acmewave.com/phone", "acmewave.com"],
    ["wave://acmewave.com/w+abc/conv+root", "acmewave.com"],
    ["bob@acmewave.com", "acmewave.com"],
    ["acmewave.com ", "acmewave.com"],
    ["<acmewave.com>", "acmewave.com"],
    ["acmewave.com:5269", "acmewave.com"],
    ["_xmpp-server._tcp.acmewave.com", "acmewave.com"],
    ["*.acmewave.com", "acmewave.com"],
    ["https://BÜCHER.example/", "bücher.example"],
    ["ex_ample.com", null],
    ["https://192.0.2.1/", null],
    ["", null],
  ];
  for (const [input, expected] of cases) assert.equal(suggestion(input), expected, input);
});

test("look-alikes: scripts are listed, a mix within one label is marked", () => {
  const cyrillic = parseDomain("аpple.com", primitives);
  assert(cyrillic.ok);
  assert.deepEqual(cyrillic.value.scripts, ["Cyrillic", "Latin"]);
  assert.equal(cyrillic.value.isMixedScript, true);
  assert.equal(cyrillic.value.ascii, "xn--pple-43d.com");
  const japanese = parseDomain("日本のドメイン.jp", primitives);
  assert(japanese.ok);
  assert.deepEqual(japanese.value.scripts, ["Han", "Hiragana", "Katakana", "Latin"]);
  assert.equal(japanese.value.isMixedScript, false);
  const plain = parseDomain("acmewave.com", primitives);
  assert(plain.ok);
  assert.deepEqual(plain.value.scripts, ["Latin"]);
});

test("parseDomain is idempotent and never throws on random text", () => {
  let seed = 7;
  const next = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const alphabet = [
    "a",
    "Z",
    "0",
    "-",
    ".",
    "_",
    "ü",
    "а",
    "ß",
    "①",
    "\u200d",
    "。",
    "@",
    ":",
    "/",
    "\ud800",
    "%",
  ];
  for (let round = 0; round < 5000; round++) {
    const length = Math.floor(next() * 12);
    const text = Array.from({ length }, () => alphabet[Math.floor(next() * alphabet.length)]).join(
      "",
    );
    const outcome = parseDomain(text, primitives);
    if (outcome.ok)
      assert.equal(ascii(outcome.value.ascii), outcome.value.ascii, JSON.stringify(text));
    parseJid(text, primitives);
  }
});

test("subdomains end at a dot boundary", () => {
  const parent = "acmewave.com" as Domain;
  assert.equal(isSameOrSubdomain("wave.acmewave.com" as Domain, parent), true);
  assert.equal(isSameOrSubdomain("evilacmewave.com" as Domain, parent), false);
  assert.equal(prefixDomain("wave", parent, primitives), "wave.acmewave.com");
  assert.equal(prefixDomain("wave", `${"abcdefg.".repeat(31)}c` as Domain, primitives), null);
});

test("RFC 7622 §3.5: valid addresses parse to their parts and come back the same", () => {
  const cases: [string, string | null, string, string | null][] = [
    ["juliet@example.com", "juliet", "example.com", null],
    ["juliet@example.com/foo", "juliet", "example.com", "foo"],
    ["juliet@example.com/foo bar", "juliet", "example.com", "foo bar"],
    ["juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"],
    ["foo\\20bar@example.com", "foo\\20bar", "example.com", null],
    ["fussball@example.com", "fussball", "example.com", null],
    ["fu\u00dfball@example.com", "fu\u00dfball", "example.com", null],
    ["\u03c0@example.com", "\u03c0", "example.com", null],
    ["\u03a3@example.com/foo", "\u03c3", "example.com", "foo"],
    ["king@example.com/\u265a", "king", "example.com", "\u265a"],
    ["example.com", null, "example.com", null],
    ["example.com/foobar", null, "example.com", "foobar"],
    ["a.example.com/b@example.net", null, "a.example.com", "b@example.net"],
    ["Juliet@EXAMPLE.com/Foo/Bar", "juliet", "example.com", "Foo/Bar"],
  ];
  for (const [input, local, domain, resource] of cases) {
    const outcome = parseJid(input, primitives);
    assert(outcome.ok, input);
    assert.deepEqual({ ...outcome.value }, { local, domain, resource });
    assert.deepEqual(parseJid(formatJid(outcome.value), primitives), outcome);
  }
});

test("RFC 7622 §3.5: malformed addresses are refused with the part at fault", () => {
  const cases: [string, string][] = [
    ['"juliet"@example.com', "local"],
    ["foo bar@example.com", "local"],
    ["@example.com", "local"],
    ["@example.com/", "local"],
    ["henry\u2163@example.com", "local"],
    ["\u265a@example.com", "local"],
    ["a\u200db@example.com", "local"],
    ["juliet@", "domain"],
    ["juliet@/foobar", "domain"],
    ["/foobar", "domain"],
    ["", "domain"],
    ["juliet@[::1]", "domain"],
    ["a@b@example.com", "domain"],
    ["juliet@example.com/", "resource"],
    ["juliet@example.com/a\u0007", "resource"],
    [`${"a".repeat(1024)}@example.com`, "local"],
    [`a@example.com/${"ü".repeat(512)}`, "resource"],
  ];
  for (const [input, part] of cases) {
    const outcome = parseJid(input, primitives);
    assert(!outcome.ok, input.slice(0, 40));
    assert.equal(outcome.problem.part, part, input.slice(0, 40));
  }
});
