import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { primitives } from "../../primitives.ts";
import { createDomainOf } from "./domain-of.ts";

test("RFC 7622 §3.1: the domainpart of an address, in its canonical form", () => {
  const domainOf = createDomainOf(primitives);
  assert.equal(domainOf("Someone@ACMEwave.com/at@home"), "acmewave.com");
  assert.equal(domainOf("acmewave.com"), "acmewave.com");
  assert.equal(domainOf("not a name"), null);
  assert.equal(domainOf(undefined), null);
});

test("a name is remembered without the packet that it was read from", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const domainOf = createDomainOf(primitives);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < 2_000; index++) {
    const packet = Buffer.from(`name-${index}.acmewave.com ${"x".repeat(60_000)}`).toString();
    assert.notEqual(domainOf(packet.slice(0, packet.indexOf(" "))), null);
  }
  collect();
  const grownMb = (process.memoryUsage().heapUsed - before) / 2 ** 20;
  assert.ok(grownMb < 10, `2 000 names keep ${grownMb.toFixed(0)} MB`);
});
