import assert from "node:assert/strict";
import { test } from "node:test";
import {
  srv,
  direct,
  waveSrv,
  secure,
  silent,
  example,
  run,
  verdict,
  status,
  because,
  codes,
  attempts,
} from "#testing/resolution-runs.ts";
import { beginFor, runIn, waveService, type World } from "#testing/resolution-world.ts";

// Steps 1 to 5: SRV, addresses, the connection.

test("readings: an unresolvable domain ends strictly at 13, and by the overview tries the guess", () => {
  const world: World = {
    dns: { "A wave.acmewave.com": ["127.0.0.8"] },
    servers: { "127.0.0.8:5269": secure },
    disco: { "info wave.acmewave.com": waveService },
  };
  const strict = run(world, { reading: "strict" });
  assert.equal(verdict(strict), "unreachable/none/null");
  assert.deepEqual(strict.path, [1, 3, 4, 13]);
  assert.deepEqual(because(strict, 9), { code: "addr.none", step: 4 });
  const overview = run(world, { reading: "overview" });
  assert.equal(verdict(overview), "unreachable/guessed/wave.acmewave.com");
  assert.deepEqual(overview.path, [1, 3, 4, 9, 10, 11, 12]);
});

test("RFC 6120 §3.2.1: SRV target `.` is obeyed, without fallback to the A record", () => {
  const world: World = { ...example, dns: { ...example.dns, [srv]: ["0 0 0 ."] } };
  const done = run(world, { reading: "strict" });
  assert.equal(verdict(done), "unreachable/none/null");
  assert.deepEqual(done.path, [1, 13]);
  assert.equal(done.view.headline?.code, "srv.dot");
  assert.equal(
    done.begun.some(({ key }) => key.startsWith("dial acmewave.com")),
    false,
  );
  assert.deepEqual(run(world).path, [1, 9, 10, 11, 12]);
});

test("XEP-0368 §5: _xmpps target `.` and no _xmpp record -> no fallback to the A record either", () => {
  const done = run({ ...example, dns: { [direct]: ["0 0 0 ."], "A acmewave.com": ["127.0.0.7"] } });
  assert.equal(done.view.xmpp, "unreachable");
  assert.equal(done.view.headline?.code, "srv.dot");
});

test("RFC 6120 §3.2.1: SRV answered, nothing listens -> the domain's own A record does not count", () => {
  const done = run({
    dns: {
      [srv]: ["10 0 5269 dead.acmewave.com."],
      "A dead.acmewave.com": ["127.0.0.66"],
      "A acmewave.com": ["127.0.0.7"],
    },
    servers: { "127.0.0.7:5269": secure },
    disco: { "items acmewave.com": { kind: "bounced", condition: "remote-server-timeout" } },
  });
  assert.equal(done.view.xmpp, "unreachable");
  assert.equal(done.view.headline?.code, "tcp.refused");
  assert.ok(codes(done).includes("link.bounced"));
});

test("a dead first target: the second wins, the loser stays visible as a warning", () => {
  const done = run({
    ...example,
    dns: {
      ...example.dns,
      [srv]: ["10 0 5269 dead.acmewave.com.", "20 0 5269 acmewave.com."],
      "A dead.acmewave.com": ["127.0.0.66"],
    },
  });
  assert.equal(done.view.xmpp, "warning");
  assert.equal(done.view.wave, "found");
  assert.equal(done.view.headline?.code, "tcp.refused");
  const rows = attempts(done, 5).filter((attempt) => attempt.kind === "connect");
  assert.deepEqual(
    rows.map(({ address, status: rowStatus, winner }) => [address, rowStatus, winner]),
    [
      ["127.0.0.66", "warning", false],
      ["127.0.0.7", "ok", true],
    ],
  );
});

test("a silent first target: the second is dialled early, but wins only when the first has failed", () => {
  const done = run({
    ...example,
    dns: {
      ...example.dns,
      [srv]: ["10 0 5269 dead.acmewave.com.", "20 0 5269 acmewave.com."],
      "A dead.acmewave.com": ["127.0.0.66"],
    },
    servers: { ...example.servers, "127.0.0.66:5269": silent },
  });
  const second = done.begun.find(({ key }) => key.includes("127.0.0.7"));
  assert.equal(second?.at, 1_020);
  assert.equal(done.view.wave, "found");
  assert.ok(done.endedAt >= 10_000 && done.endedAt < 10_500, String(done.endedAt));
});

test("RFC 8305 §5: the next address of a host after 250 ms, the first secured one wins", () => {
  const done = run({
    ...example,
    dns: { ...example.dns, "AAAA acmewave.com": ["2001:db8::7"] },
    servers: { ...example.servers, "2001:db8::7:5269": silent },
  });
  assert.equal(done.view.xmpp, "warning");
  const dead = done.view.findings.find(({ code }) => code === "addr.v6_dead");
  assert.deepEqual(dead?.params, { address: "2001:db8::7", other: "127.0.0.7", seconds: 3 });
  const dials = done.begun.filter(({ key }) => key.startsWith("dial"));
  assert.equal((dials[1]?.at ?? 0) - (dials[0]?.at ?? 0), 250);
});

test("RFC 8305 §3: IPv6 is dialled first, IPv4 waits 50 ms for it", () => {
  const slowV6: World = {
    ...example,
    dns: { ...example.dns, "AAAA acmewave.com": { data: ["2001:db8::7"], delayMs: 40 } },
    servers: { ...example.servers, "2001:db8::7:5269": secure },
  };
  const first = (world: World) => run(world).begun.find(({ key }) => key.startsWith("dial"));
  assert.match(first(slowV6)?.key ?? "", /2001:db8::7/);
  const tooSlow = { ...slowV6.dns, "AAAA acmewave.com": { data: ["2001:db8::7"], delayMs: 500 } };
  assert.match(first({ ...slowV6, dns: tooSlow })?.key ?? "", /127\.0\.0\.7/);
});

test("RFC 6120 §3.2.1: SERVFAIL on SRV falls back to the address, flagged; on the address it is the cause", () => {
  const fallback = run({
    ...example,
    dns: {
      [srv]: { outcome: "servfail" },
      "A acmewave.com": ["127.0.0.7"],
      [waveSrv]: ["1 0 5269 acmewave.com."],
    },
  });
  assert.equal(verdict(fallback), "warning/found/wave.acmewave.com");
  assert.equal(fallback.view.headline?.code, "dns.servfail");
  const broken = { outcome: "servfail" } as const;
  const failed = run(
    {
      dns: {
        [srv]: broken,
        [direct]: broken,
        "A acmewave.com": broken,
        "AAAA acmewave.com": broken,
      },
    },
    { reading: "strict" },
  );
  assert.deepEqual(failed.path, [1, 3, 4, 13]);
  assert.equal(failed.view.headline?.severity, "error");
  assert.equal(failed.view.headline?.code, "dns.servfail");
});

for (const outcome of ["timeout", "refused", "unreachable", "malformed"] as const) {
  test(`${outcome} from DNS is told apart from other answers`, () => {
    const bad = { outcome };
    const done = run(
      { dns: { [srv]: bad, [direct]: bad, "A acmewave.com": bad, "AAAA acmewave.com": bad } },
      { reading: "strict" },
    );
    assert.equal(done.view.headline?.code, `dns.${outcome}`);
  });
}

for (const outcome of ["refused", "unreachable"] as const) {
  test(`a resolver of ours that is ${outcome} tells nothing about the domain: both verdicts are unknown`, () => {
    const bad = { outcome };
    const names = ["acmewave.com", "wave.acmewave.com"];
    const dns = Object.fromEntries(
      names.flatMap((name) =>
        [`A ${name}`, `AAAA ${name}`, `SRV _xmpp-server._tcp.${name}`].map((each) => [each, bad]),
      ),
    );
    const world = {
      dns: { ...dns, [direct]: bad, "SRV _xmpps-server._tcp.wave.acmewave.com": bad },
    };
    assert.equal(verdict(run(world, { reading: "strict" })), "unknown/unknown/null");
    assert.equal(verdict(run(world, { reading: "overview" })), "unknown/unknown/null");
  });
}

test("a resolver that is lost before the guess says nothing about the wave service", () => {
  const bad = { outcome: "unreachable" } as const;
  const kinds = ["A", "AAAA", "SRV _xmpp-server._tcp.", "SRV _xmpps-server._tcp."];
  const lost = kinds.map((kind) => [
    kind + (kind.endsWith(".") ? "" : " ") + "wave.acmewave.com",
    bad,
  ]);
  const disco = { "items acmewave.com": {} };
  const done = run({ ...example, dns: { ...example.dns, ...Object.fromEntries(lost) }, disco });
  assert.equal(verdict(done), "reachable/unknown/null");
});

test("the domain that does not exist is told by name, not by its missing SRV record", () => {
  const done = run({ dns: {} }, { reading: "strict" });
  assert.equal(done.view.headline?.code, "dns.nxdomain");
  assert.equal(done.view.headline?.params["question"], "acmewave.com");
});

test("several resolvers: the first decides, a different answer of the second is reported", () => {
  const done = run(
    {
      ...example,
      dns: {
        ...example.dns,
        [srv]: {
          data: ["10 0 5269 acmewave.com."],
          others: [{ outcome: "nxdomain", delayMs: 300 }],
        },
      },
    },
    {
      resolvers: ["192.0.2.53:53", "198.51.100.53:53"],
      limits: { discoTries: 2, deadlineMs: 60_000, compareMs: 1_000 },
    },
  );
  assert.equal(done.view.wave, "found");
  const disagree = done.view.findings.find(({ code }) => code === "dns.disagree");
  assert.equal(disagree?.params["secondSays"], "NXDOMAIN");
  assert.equal(attempts(done, 1).filter((attempt) => attempt.kind === "dns").length, 4);
  assert.equal(status(done, 1), "warning");
});

test("a comparison that does not come keeps the finished trace open for a second, not longer", () => {
  const slow = {
    data: ["10 0 5269 acmewave.com."],
    others: [{ data: ["10 0 5269 acmewave.com."], delayMs: 30_000 }],
  };
  const begin = { resolvers: ["192.0.2.53:53", "198.51.100.53:53"] };
  const done = run({ ...example, dns: { ...example.dns, [srv]: slow } }, begin);
  assert.equal(done.view.wave, "found");
  assert.ok(done.endedAt < 1_500, String(done.endedAt));
});

test("answers that were kept are shown as such, a kept no with its age", () => {
  const done = run({
    ...example,
    dns: {
      [srv]: { outcome: "nxdomain", ageMs: 4_000 },
      "A acmewave.com": { data: ["127.0.0.7"], ageMs: 4_000 },
    },
  });
  const kept = done.view.findings.find(({ code }) => code === "cache.negative");
  assert.deepEqual([kept?.params["ageSeconds"], kept?.params["untilSeconds"]], [4, 56]);
  assert.ok(attempts(done, 3).some((attempt) => attempt.status === "reused"));
});

const oddRecords: [string, string, World["dns"]][] = [
  [
    "srv.cname",
    "a target that is an alias",
    { "A acmewave.com": { alias: "real.acmewave.com", data: ["127.0.0.7"] } },
  ],
  ["dns.too_many", "a huge answer", { "A acmewave.com": { data: ["127.0.0.7"], leftOut: 500 } }],
];
for (const [code, name, dns] of oddRecords) {
  test(`${name} works and is flagged as ${code}`, () => {
    const done = run({ ...example, dns: { ...example.dns, ...dns } });
    assert.equal(verdict(done), "warning/found/wave.acmewave.com");
    assert.ok(codes(done).includes(code));
  });
}

test("a wildcard alias that answers the SRV question is flagged", () => {
  const done = run({
    ...example,
    dns: { ...example.dns, [srv]: { outcome: "nodata", alias: "www.acmewave.com", data: [] } },
  });
  assert.ok(codes(done).includes("dns.wildcard"));
});

const badTargets: [string, string][] = [
  ["srv.ip", "10 0 5269 127.0.0.7."],
  ["srv.target", "10 0 5269 a..b."],
  ["policy.odd_port", "10 0 25 acmewave.com."],
];
for (const [code, record] of badTargets) {
  test(`${record} is not dialled: ${code}`, () => {
    const done = run(
      { ...example, dns: { ...example.dns, [srv]: [record] } },
      { reading: "strict" },
    );
    assert.equal(done.view.headline?.code, code);
    assert.equal(
      done.begun.some(({ key }) => key.startsWith("dial")),
      false,
    );
  });
}

test("an odd port that a setting names is dialled", () => {
  const done = run(
    {
      ...example,
      dns: { ...example.dns, [srv]: ["1 0 443 acmewave.com."] },
      servers: { "127.0.0.7:443": secure, "127.0.0.7:5269": secure },
    },
    { resolve: { seed: 1, override: null, allowPrivateTargets: true, extraPorts: [443] } },
  );
  assert.equal(done.view.xmpp, "reachable");
});

test("RFC 6120 §13.9.2: a name that leads to a private address is not dialled unless allowed", () => {
  const done = run(example, {
    reading: "strict",
    resolve: { seed: 1, override: null, allowPrivateTargets: false, extraPorts: [] },
    link: { ok: false, code: "link.none" },
  });
  assert.equal(done.view.headline?.code, "policy.private_addr");
  assert.equal(done.view.xmpp, "unreachable");
  assert.equal(
    done.begun.some(({ key }) => key.startsWith("dial")),
    false,
  );
  assert.equal(attempts(done, 5)[0]?.status, "skipped");
});

test("RFC 6120 §3.2.3: a configured host and port wins over SRV", () => {
  const done = run(
    { ...example, servers: { "127.0.0.99:6000": secure, "127.0.0.7:5269": secure } },
    {
      resolve: {
        seed: 1,
        override: { host: "127.0.0.99", port: 6000 },
        allowPrivateTargets: true,
        extraPorts: [],
      },
    },
  );
  assert.equal(done.view.xmpp, "reachable");
  assert.deepEqual(because(done, 3), { code: "override.used", step: 2 });
  assert.equal(
    done.begun.some(({ key }) => key === srv),
    false,
  );
});

test("RFC 6120 §3.2.1: a name of a single label has no SRV lookup", () => {
  const done = runIn(
    { dns: { "A localhost": ["127.0.0.7"] }, servers: { "127.0.0.7:5269": secure } },
    beginFor("localhost"),
  );
  assert.equal(done.view.xmpp, "reachable");
  assert.equal(
    done.begun.some(({ key }) => key.includes("_tcp.localhost")),
    false,
  );
});

for (const code of ["link.none", "link.down", "policy.not_trusted"]) {
  test(`without a link (${code}) steps 6-11 are not reached, wave is unknown, XMPP is judged all the same`, () => {
    const done = run(example, { link: { ok: false, code } });
    assert.equal(done.view.xmpp, "reachable");
    assert.equal(done.view.wave, "unknown");
    for (const step of [6, 7, 8, 9, 10, 11]) {
      assert.equal(status(done, step), "not_reached");
      assert.equal(because(done, step)?.code, code);
    }
  });
}

test("an answer over the link proves a way that our probe did not find", () => {
  const done = run({
    ...example,
    servers: {},
    dns: {
      ...example.dns,
      [waveSrv]: ["1 0 5269 other.example."],
      "A other.example": ["127.0.0.9"],
    },
  });
  assert.equal(status(done, 5), "warning");
  assert.equal(done.view.xmpp, "warning");
  assert.ok(codes(done).includes("link.only"));
});

test("the furthest failure speaks for the step: an HTTP server says more than a refusal", () => {
  const done = run(
    {
      dns: {
        [srv]: ["1 0 5269 a.example.", "2 0 5269 b.example."],
        "A a.example": ["127.0.0.1"],
        "A b.example": ["127.0.0.2"],
      },
      servers: { "127.0.0.2:5269": { kind: "fails", code: "stream.not_xmpp" } },
    },
    { reading: "strict", link: { ok: false, code: "link.none" } },
  );
  assert.equal(done.view.steps[4]?.message?.code, "stream.not_xmpp");
});
