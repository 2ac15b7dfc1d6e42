import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import { classifyAddress, mayDial, parseIpAddress, type AddressKind } from "./ip-address.ts";

const kinds: readonly [string, AddressKind][] = [
  ["8.8.8.8", "public"],
  ["0.0.0.0", "unspecified"],
  ["0.1.2.3", "unspecified"],
  ["10.255.0.1", "private"],
  ["100.63.255.255", "public"],
  ["100.64.0.1", "shared"],
  ["100.127.255.255", "shared"],
  ["100.128.0.0", "public"],
  ["127.0.0.53", "loopback"],
  ["169.254.169.254", "link_local"],
  ["172.15.255.255", "public"],
  ["172.16.0.1", "private"],
  ["172.31.255.255", "private"],
  ["172.32.0.0", "public"],
  ["192.0.2.1", "documentation"],
  ["192.168.1.1", "private"],
  ["198.18.0.1", "benchmark"],
  ["198.19.255.255", "benchmark"],
  ["203.0.113.9", "documentation"],
  ["224.0.0.251", "multicast"],
  ["240.0.0.1", "reserved"],
  ["255.255.255.255", "broadcast"],
  ["::", "unspecified"],
  ["::1", "loopback"],
  ["2606:4700::1111", "public"],
  ["2001:db8::1", "documentation"],
  ["3fff:1::1", "documentation"],
  ["fd00::1", "private"],
  ["fe80::1", "link_local"],
  ["fec0::1", "private"],
  ["ff02::fb", "multicast"],
  ["4000::1", "reserved"],
  ["100::1", "reserved"],
  ["::ffff:127.0.0.1", "loopback"],
  ["::ffff:7f00:1", "loopback"],
  ["::ffff:8.8.8.8", "public"],
  ["::ffff:0:10.0.0.1", "private"],
  ["::127.0.0.1", "loopback"],
  ["64:ff9b::10.0.0.1", "private"],
  ["64:ff9b::8.8.8.8", "public"],
  ["64:ff9b:1::8.8.8.8", "private"],
  ["2002:7f00:1::1", "loopback"],
  ["2002:808:808::1", "public"],
  ["2001:0:1:2:3:4:80ff:fffe", "loopback"],
];

for (const [text, kind] of kinds) {
  test(`RFC 6890: ${text} is ${kind}`, () => {
    const address = parseIpAddress(text);
    assert.ok(address);
    assert.equal(classifyAddress(address), kind);
  });
}

test("RFC 5952 §4: IPv6 addresses have one spelling", () => {
  const spellings: readonly [string, string][] = [
    ["2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:0db8::0001", "2001:db8::1"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["::ffff:1.2.3.4", "::ffff:102:304"],
    ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ];
  for (const [from, to] of spellings) assert.equal(parseIpAddress(from)?.text, to);
});

test("what Node calls no address is none here either, and the other way round", () => {
  const parts = [
    "",
    ":",
    "::",
    "1",
    "ffff",
    "0",
    "1.2.3.4",
    "01.2.3.4",
    "256.1.1.1",
    "g",
    "12345",
    "%eth0",
    ".",
  ];
  let checked = 0;
  for (const a of parts)
    for (const b of parts)
      for (const c of parts)
        for (const join of ["", ":", "::"]) {
          const text = [a, b, c].join(join);
          if (text.includes("%")) continue;
          checked += 1;
          assert.equal(parseIpAddress(text)?.family ?? 0, isIP(text), text);
        }
  assert.ok(checked > 5000);
});

test("private targets are dialled only when allowed; nothing allows broadcast or multicast", () => {
  assert.equal(mayDial("public", false), true);
  for (const kind of ["loopback", "private", "link_local", "shared", "documentation"] as const) {
    assert.equal(mayDial(kind, false), false);
    assert.equal(mayDial(kind, true), true);
  }
  for (const kind of ["unspecified", "multicast", "broadcast", "reserved"] as const)
    assert.equal(mayDial(kind, true), false);
});
