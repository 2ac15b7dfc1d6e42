import assert from "node:assert/strict";
import { test } from "node:test";
import type { LookupReport } from "#protocol/resolution/evidence.ts";
import { createDnsCache } from "./dns-cache.ts";
import { createTraceLimits } from "./trace-limits.ts";

const report = (ttl: number): LookupReport => ({
  resolver: "192.0.2.53:53",
  deciding: true,
  transport: "udp",
  outcome: "answer",
  rcode: "NOERROR",
  records: [{ name: "x.", type: "A", ttl, data: "192.0.2.7" }],
  authenticData: false,
  negativeTtl: null,
  sizeBytes: 50,
  ageMs: null,
  reason: null,
  leftOut: 0,
  startedAt: 0,
  endedAt: 0,
});

test("answers that nobody asks for again leave the cache when they have expired", () => {
  let now = 0;
  const cache = createDnsCache({ now: () => now });
  for (let i = 0; i < 5_000; i += 1) {
    cache.put({ name: `d${i}.example`, type: "A" }, [report(1)]);
    now += 10;
  }
  assert.ok(cache.size() <= 110, String(cache.size()));
});

test("the cache is bounded, however long answers may be kept", () => {
  const cache = createDnsCache({ now: () => 0 });
  for (let i = 0; i < 30_000; i += 1)
    cache.put({ name: `d${i}.example`, type: "A" }, [report(3_600)]);
  assert.ok(cache.size() <= 10_000);
});

test("a burst of traces is allowed, then one per interval; the answer says when", () => {
  const limits = createTraceLimits(3, 1_000);
  assert.deepEqual(
    [0, 0, 0, 0].map((at) => limits.take("a.example", at)),
    [null, null, null, 1],
  );
  assert.equal(limits.take("b.example", 0), null);
  assert.equal(limits.take("a.example", 1_000), null);
  assert.equal(limits.take("a.example", 1_000), 1);
  assert.equal(limits.take("a.example", 60_000), null);
});
