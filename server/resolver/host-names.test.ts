import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { LookupReport } from "#protocol/resolution/evidence.ts";
import { startZone } from "#testing/scripted-zone.ts";
import { systemClock } from "./clock.ts";
import { createDnsResolver } from "./dns.ts";
import { createHostNames, reverseName } from "./host-names.ts";

test("RFC 1035 §3.5, RFC 3596 §2.5: the name that an address is asked by", () => {
  const cases = [
    ["192.0.2.17", "17.2.0.192.in-addr.arpa"],
    ["::1", `${"1."}${"0.".repeat(31)}ip6.arpa`],
    [
      "2001:db8::567:89ab",
      "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
    ],
  ] as const;
  for (const [address, name] of cases) assert.equal(reverseName(address), name);
});

test("a host's addresses come with IPv6 first, and none for a name that there is not", async () => {
  const zone = await startZone("127.0.12.62", {
    "A x2x.example": ["192.0.2.1"],
    "AAAA x2x.example": ["2001:db8::1"],
    "PTR 1.2.0.192.in-addr.arpa": ["X2X.example."],
  });
  after(() => zone.stop());
  const dns = createDnsResolver({ servers: [zone], clock: systemClock });
  const names = createHostNames({ dns, isLocalValidating: () => true });
  assert.deepEqual(await names.addressesOf("x2x.example"), ["2001:db8::1", "192.0.2.1"]);
  assert.deepEqual(await names.addressesOf("nobody.example"), []);
  const found = await names.reverse("192.0.2.1");
  assert.deepEqual(found.names, ["x2x.example"]);
  assert.equal(found.isSecure, false, "without the AD bit it proves nothing");
});

test("RFC 6840 §5.7: the AD bit counts only from a resolver of this machine that was said to validate", async () => {
  const report: LookupReport = {
    resolver: "127.0.0.1:53",
    deciding: true,
    transport: "udp",
    outcome: "answer",
    rcode: "NOERROR",
    records: [{ name: "x", type: "PTR", ttl: 1, data: "ship.example" }],
    authenticData: true,
    negativeTtl: null,
    sizeBytes: 1,
    reason: null,
    leftOut: 0,
    ageMs: null,
    startedAt: 0,
    endedAt: 0,
  };
  const ask = async (more: Partial<LookupReport>, isLocalValidating: boolean) => {
    const dns = { ask: async () => [{ ...report, ...more }] };
    const names = createHostNames({ dns, isLocalValidating: () => isLocalValidating });
    return (await names.reverse("192.0.2.1")).isSecure;
  };
  assert.equal(await ask({}, true), true);
  assert.equal(await ask({ resolver: "[::1]:53" }, true), true);
  assert.equal(await ask({}, false), false);
  assert.equal(await ask({ resolver: "192.0.2.53:53" }, true), false);
  assert.equal(await ask({ authenticData: false }, true), false);
});
