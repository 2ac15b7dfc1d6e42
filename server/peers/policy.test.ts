import assert from "node:assert/strict";
import { test } from "node:test";
import type { PolicyPeer } from "#store/peers.ts";
import { decide, findTerms, type PolicySnapshot } from "./policy.ts";

function snapshot(
  mode: PolicySnapshot["mode"],
  ...peers: readonly (Partial<PolicyPeer> & { domain: string })[]
): PolicySnapshot {
  return {
    mode,
    strangers: { tlsPolicy: "required", allowsDialback: false },
    own: new Set(["example.com", "wave.example.com"]),
    peers: new Map(
      peers.map((peer) => [
        peer.domain,
        {
          id: peer.domain,
          includeSubdomains: false,
          stance: "trusted",
          expects: "xmpp",
          reading: "overview",
          tlsPolicy: "required",
          minTls: "TLSv1.2",
          allowsDialback: false,
          pins: [],
          authorityPem: null,
          testModeUntil: null,
          certificateChange: "notify",
          overrideHost: null,
          overridePort: null,
          ...peer,
        },
      ]),
    ),
  };
}
const all = { includeSubdomains: true };
const blocked = { stance: "blocked" } as const;

test("the first rule that fits decides: self, block, trust, mode", () => {
  const rows: [string, PolicySnapshot, string, boolean][] = [
    ["other.org", snapshot("open"), "mode:open", true],
    ["other.org", snapshot("trusted_only"), "mode:trusted_only", false],
    ["other.org", snapshot("trusted_only", { domain: "other.org" }), "trusted:other.org", true],
    ["other.org", snapshot("open", { domain: "other.org", ...blocked }), "block:other.org", false],
    ["wave.example.com", snapshot("trusted_only"), "self", true],
    ["example.com", snapshot("open", { domain: "example.com", ...blocked }), "self", true],
    // Names below ours may belong to somebody else.
    ["conference.example.com", snapshot("trusted_only"), "mode:trusted_only", false],
    // A block wins over trust, whichever is more specific.
    [
      "chat.other.org",
      snapshot("open", { domain: "other.org", ...blocked, ...all }, { domain: "chat.other.org" }),
      "block:other.org",
      false,
    ],
    [
      "chat.other.org",
      snapshot("open", { domain: "other.org", ...all }, { domain: "chat.other.org", ...blocked }),
      "block:chat.other.org",
      false,
    ],
    // Of several that fit, the most specific is named.
    [
      "a.b.other.org",
      snapshot(
        "trusted_only",
        { domain: "other.org", ...all },
        { domain: "b.other.org", ...all },
        { domain: "org", ...all },
      ),
      "trusted:b.other.org",
      true,
    ],
  ];
  for (const [domain, rules, rule, allowed] of rows) {
    const decision = decide(rules, domain);
    assert.deepEqual([decision.rule, decision.allowed], [rule, allowed], `${domain}: ${rule}`);
    const [kind, peer] = rule.split(":");
    assert.equal(decision.peerId, kind === "mode" || kind === "self" ? null : peer);
  }
});

test("a peer's subdomains begin at a dot, and only where they are included", () => {
  const including = snapshot("trusted_only", { domain: "acme.com", ...all });
  for (const domain of ["acme.com", "x.acme.com", "y.x.acme.com"])
    assert.equal(decide(including, domain).allowed, true, domain);
  for (const domain of ["evilacme.com", "acme.com.evil.org", "com", "cme.com", ".acme.com.org"])
    assert.equal(decide(including, domain).allowed, false, domain);
  const alone = snapshot("trusted_only", { domain: "acme.com" });
  assert.equal(decide(alone, "acme.com").allowed, true);
  assert.equal(decide(alone, "x.acme.com").allowed, false);
});

test("a decision looks at one name per label, however many peers there are", () => {
  let lookups = 0;
  class Counted extends Map<string, PolicyPeer> {
    override get(key: string) {
      lookups += 1;
      return super.get(key);
    }
  }
  const rules = { ...snapshot("trusted_only"), peers: new Counted() };
  const longest = `${"a.".repeat(126)}a`;
  assert.equal(longest.length, 253);
  assert.equal(decide(rules, longest).allowed, false);
  assert.equal(lookups, 127);
});

test("an override is for its own domain, other terms also for those below", () => {
  const rules = snapshot(
    "open",
    { domain: "acme.com", ...all, overrideHost: "192.0.2.7", overridePort: 5270, expects: "wave" },
    { domain: "bad.acme.com", ...blocked },
  );
  assert.equal(findTerms(rules, "acme.com")?.overrideHost, "192.0.2.7");
  const below = findTerms(rules, "x.acme.com");
  assert.deepEqual([below?.overrideHost, below?.overridePort], [null, null]);
  assert.equal(below?.expects, "wave");
  assert.equal(findTerms(rules, "other.org"), null);
});
