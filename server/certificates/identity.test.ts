import assert from "node:assert/strict";
import { test } from "node:test";
import { primitives } from "../primitives.ts";
import type { GeneralName } from "./general-names.ts";
import { matchIdentity, showNameMatch } from "./identity.ts";

const dns = (value: string): GeneralName => ({ kind: "dns", value });
const srv = (value: string): GeneralName => ({ kind: "srv", value });
const xmpp = (value: string): GeneralName => ({ kind: "xmpp", value });
const match = (reference: string, ...names: GeneralName[]): string | null => {
  const found = matchIdentity(names, reference, primitives);
  return found === null ? null : showNameMatch(found);
};

test("RFC 9525 §6.3: a DNS-ID matches label by label, whatever its case", () => {
  assert.equal(match("example.com", dns("example.com")), "dns:example.com");
  assert.equal(match("EXAMPLE.com.", dns("eXample.COM")), "dns:example.com");
  assert.equal(match("example.com", dns("other.org"), dns("example.com")), "dns:example.com");
  assert.equal(match("localhost", dns("localhost")), "dns:localhost");
  for (const presented of [
    "example.org",
    "www.example.com",
    "com",
    "xexample.com",
    "example.com.evil.org",
  ])
    assert.equal(match("example.com", dns(presented)), null, presented);
  assert.equal(match("sub.example.com", dns("example.com")), null);
});

test("RFC 9525 §6.3: a wildcard is the complete left-most label and stands for exactly one label", () => {
  assert.equal(match("wave.example.com", dns("*.example.com")), "dns:*.example.com");
  assert.equal(match("example.com", dns("*.example.com")), null);
  assert.equal(match("a.wave.example.com", dns("*.example.com")), null);
  for (const presented of [
    "w*.example.com",
    "*e.example.com",
    "w*e.example.com",
    "wave.*.com",
    "*.*.com",
    "**.example.com",
    "*",
    "*.",
  ])
    assert.equal(match("wave.example.com", dns(presented)), null, presented);
});

test("RFC 6125 §7.2: a wildcard over a whole top-level domain is refused", () => {
  assert.equal(match("example.com", dns("*.com")), null);
  assert.equal(match("com", dns("*")), null);
});

test("RFC 6125 §6.4.2: an IDN is compared by its A-labels", () => {
  for (const reference of ["bücher.example", "BÜCHER.example", "xn--bcher-kva.example"])
    assert.equal(match(reference, dns("xn--bcher-kva.example")), "dns:xn--bcher-kva.example");
  assert.equal(
    match("bücher.example", dns("bücher.example")),
    null,
    "U-labels have no place in a dNSName",
  );
  assert.equal(match("bücher.example", dns("*.example")), null);
  assert.equal(
    match("a.bücher.example", dns("*.xn--bcher-kva.example")),
    "dns:*.xn--bcher-kva.example",
  );
  assert.equal(match("xn--bcher-kva.example.com", dns("xn--*.example.com")), null);
  assert.equal(match("аpple.com", dns("apple.com")), null, "Cyrillic а");
});

test("RFC 6120 §13.7.1.2.1: an SRV-ID counts for the service _xmpp-server only", () => {
  assert.equal(
    match("example.com", srv("_xmpp-server.example.com")),
    "srv:_xmpp-server.example.com",
  );
  assert.equal(
    match("example.com", srv("_XMPP-Server.Example.com")),
    "srv:_xmpp-server.example.com",
  );
  assert.equal(
    match("a.example.com", srv("_xmpp-server.*.example.com")),
    "srv:_xmpp-server.*.example.com",
  );
  for (const presented of [
    "_xmpp-client.example.com",
    "_xmpp-servers.example.com",
    "_xmpp-server._tcp.example.com",
    "xmpp-server.example.com",
    "_xmpp-server.example.org",
    "_xmpp-server.",
    "_xmpp-server",
    "example.com",
  ])
    assert.equal(match("example.com", srv(presented)), null, presented);
});

test("RFC 6120 §13.7.1.4: an XmppAddr counts when it is a domain, not an account", () => {
  assert.equal(match("example.com", xmpp("example.com")), "xmpp:example.com");
  assert.equal(match("example.com", xmpp("Example.com")), "xmpp:example.com");
  assert.equal(match("bücher.example", xmpp("bücher.example")), "xmpp:bücher.example");
  assert.equal(
    match("bücher.example", xmpp("xn--bcher-kva.example")),
    "xmpp:xn--bcher-kva.example",
  );
  for (const presented of [
    "bob@example.com",
    "example.com/x",
    "@example.com",
    "*.example.com",
    "ｅxample.com",
    "exam\u00adple.com",
    "",
  ])
    assert.equal(match("example.com", xmpp(presented)), null, presented);
});

test("names with characters that no host name has never match, cut or not", () => {
  for (const presented of [
    "example.com\0.evil.org",
    "example.com\0",
    "\0example.com",
    "example.com ",
    " example.com",
    "example.com.",
    ".example.com",
    "example..com",
    "exam\nple.com",
    "ex%61mple.com",
    "example.com\u0000.example.com",
  ]) {
    assert.equal(match("example.com", dns(presented)), null, JSON.stringify(presented));
    assert.equal(
      match("example.com", srv(`_xmpp-server.${presented}`)),
      null,
      JSON.stringify(presented),
    );
    assert.equal(match("example.com", xmpp(presented)), null, JSON.stringify(presented));
  }
});

test("addresses, URIs, e-mail names and directory names authenticate no domain", () => {
  const others: GeneralName[] = [
    { kind: "ip", value: Uint8Array.of(192, 0, 2, 1) },
    { kind: "uri", value: "xmpp:example.com" },
    { kind: "email", value: "example.com" },
    { kind: "other", value: "example.com" },
  ];
  assert.equal(match("example.com", ...others), null);
  for (const reference of ["192.0.2.1", "[2001:db8::1]", "2001:db8::1", "0x7f.1"])
    assert.equal(
      match(reference, ...others, dns(reference), dns("192.0.2.1"), xmpp(reference)),
      null,
      reference,
    );
});

test("a reference that is no domain matches nothing", () => {
  for (const reference of [
    "",
    ".",
    "https://example.com/",
    "bob@example.com",
    "example.com/x",
    "a b.com",
    "*.example.com",
    "x".repeat(10_000),
  ])
    assert.equal(
      match(reference, dns(reference), xmpp(reference), dns("*.example.com")),
      null,
      reference.slice(0, 40),
    );
});

test("a thousand hostile names are looked through in milliseconds", () => {
  const bomb = Array.from({ length: 1000 }, (_, index) =>
    index % 2 === 0 ? dns(`${"a.".repeat(120)}${index}`) : xmpp(`${"ü".repeat(500)}${index}`),
  );
  const started = performance.now();
  assert.equal(match("example.com", ...bomb), null);
  assert(performance.now() - started < 10_000, `${performance.now() - started} ms`);
});
