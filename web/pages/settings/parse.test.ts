import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCount, parsePorts, parseResolvers } from "./parse.ts";

test("ports are read with any separator, each once", () => {
  assert.deepEqual(parsePorts(" 443,5280; 443\n80 "), { ok: true, ports: [443, 5280, 80] });
  assert.deepEqual(parsePorts(""), { ok: true, ports: [] });
});

for (const bad of ["0", "65536", "-1", "4e3", "http", "5269.5"])
  test(`"${bad}" is no port`, () => {
    assert.deepEqual(parsePorts(`443, ${bad}`), { ok: false, bad });
  });

test("resolvers get port 53 where none is named, IPv6 its brackets", () => {
  assert.deepEqual(parseResolvers("1.1.1.1\n9.9.9.9:5353\n2620:fe::fe\n[2620:fe::9]:53"), {
    ok: true,
    resolvers: ["1.1.1.1:53", "9.9.9.9:5353", "[2620:fe::fe]:53", "[2620:fe::9]:53"],
  });
});

for (const bad of ["dns.example.net", "1.1.1:53", "https://1.1.1.1", "[::1]"])
  test(`"${bad}" is no resolver's address`, () => {
    assert.deepEqual(parseResolvers(bad), { ok: false, bad });
  });

test("a count is a whole number within its bounds; empty is none, where that may be", () => {
  const bounds = { min: 10, max: 500, mayBeEmpty: true };
  assert.equal(parseCount(" 42 ", bounds), 42);
  assert.equal(parseCount("", bounds), null);
  assert.equal(parseCount("", { ...bounds, mayBeEmpty: false }), undefined);
  for (const bad of ["9", "501", "4.2", "-42", "1e2", "0x20", "many"])
    assert.equal(parseCount(bad, bounds), undefined, bad);
});
