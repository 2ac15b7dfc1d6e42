import assert from "node:assert/strict";
import { test } from "node:test";
import {
  srv,
  waveSrv,
  secure,
  example,
  run,
  verdict,
  status,
  because,
  codes,
  attempts,
} from "#testing/resolution-runs.ts";
import { judged, waveService, type DiscoAnswer, type World } from "#testing/resolution-world.ts";

// Steps 5 to 12: from the list of services to the wave service.

test("Wave resolution, rule 3: SRV for both names, disco item on the same server -> 12, the connection reused", () => {
  const done = run(example);
  assert.equal(verdict(done), "reachable/found/wave.acmewave.com");
  assert.deepEqual(done.path, [1, 2, 5, 6, 7, 8, 12]);
  assert.deepEqual(because(done, 3), { code: "srv.answered", step: 2 });
  assert.deepEqual(because(done, 9), { code: "wave.found", step: 8 });
  assert.deepEqual(because(done, 13), { code: "trace.ready", step: 12 });
  const reused = attempts(done, 7).find((attempt) => attempt.kind === "reuse");
  assert.equal(reused?.status, "reused");
  assert.equal(reused?.certificate?.reference, "wave.acmewave.com");
  assert.equal(done.view.headline, null);
});

test("Wave resolution, rule 2: the disco item is the domain itself -> 7 and 8 are skipped, 12", () => {
  const done = run({
    ...example,
    disco: { "items acmewave.com": { items: ["acmewave.com"] }, "info acmewave.com": waveService },
  });
  assert.equal(verdict(done), "reachable/found/acmewave.com");
  assert.deepEqual(done.path, [1, 2, 5, 6, 12]);
  assert.deepEqual(because(done, 7), { code: "wave.same_host", step: 6 });
});

test("Wave resolution, rule 5: no SRV record -> the A record on port 5269, and nothing is amiss", () => {
  const done = run({
    ...example,
    dns: { "A acmewave.com": ["127.0.0.7"], "A wave.acmewave.com": ["127.0.0.7"] },
  });
  assert.equal(verdict(done), "reachable/found/wave.acmewave.com");
  assert.deepEqual(done.path, [1, 3, 4, 5, 6, 7, 8, 12]);
  assert.deepEqual(because(done, 2), { code: "srv.none", step: 1 });
  assert.equal(status(done, 1), "ok");
  assert.ok(codes(done).includes("dns.nodata"));
});

test("Wave resolution, step 7: an item on another host is looked up and dialled", () => {
  const done = run({
    ...example,
    dns: {
      ...example.dns,
      [waveSrv]: ["10 0 5271 host.example.net."],
      "A host.example.net": ["127.0.0.9"],
    },
    servers: { ...example.servers, "127.0.0.9:5271": secure },
  });
  assert.equal(verdict(done), "reachable/found/wave.acmewave.com");
  const dialled = attempts(done, 7).find((attempt) => attempt.kind === "connect");
  assert.equal(dialled?.address, "127.0.0.9");
  assert.equal(dialled?.certificate?.reference, "wave.acmewave.com");
});

test("Wave resolution, steps 7-9: a dead item leads to the guess, which is the same name and fails alike -> 13", () => {
  const done = run({
    ...example,
    dns: {
      ...example.dns,
      [waveSrv]: ["10 0 5271 host.example.net."],
      "A host.example.net": ["127.0.0.9"],
    },
  });
  assert.equal(verdict(done), "reachable/none/null");
  assert.deepEqual(done.path, [1, 2, 5, 6, 7, 8, 9, 10, 11, 13]);
  assert.equal(status(done, 7), "failed");
  assert.equal(status(done, 8), "warning");
  assert.equal(done.view.headline?.code, "tcp.refused");
});

test("Wave resolution, steps 9-12: disco lists no wave service, the guess is one", () => {
  const done = run({
    ...example,
    disco: {
      "items acmewave.com": { items: ["muc.acmewave.com"] },
      "info wave.acmewave.com": waveService,
    },
  });
  assert.equal(verdict(done), "reachable/guessed/wave.acmewave.com");
  assert.deepEqual(done.path, [1, 2, 5, 6, 9, 10, 11, 12]);
  assert.deepEqual(because(done, 7), { code: "wave.not_listed", step: 6 });
  assert.ok(codes(done).includes("guess.used"));
});

test("a healthy chat server without waves is reachable, wave none", () => {
  const done = run({
    dns: { [srv]: ["10 0 5269 acmewave.com."], "A acmewave.com": ["127.0.0.7"] },
    servers: example.servers ?? {},
    disco: { "items acmewave.com": { items: ["muc.acmewave.com"] }, "info muc.acmewave.com": {} },
  });
  assert.equal(verdict(done), "reachable/none/null");
  assert.equal(status(done, 13), "warning");
  assert.equal(done.view.headline?.code, "disco.no_wave");
});

test("a guess that answers but is no wave service is none: a wildcard in DNS does not make one", () => {
  const done = run({
    ...example,
    disco: { "items acmewave.com": {}, "info wave.acmewave.com": { features: ["muc"] } },
  });
  assert.equal(verdict(done), "reachable/none/null");
  const failed = done.view.findings.find(({ code }) => code === "guess.failed");
  assert.equal(failed?.params["condition"], "not_wave");
});

const chatOnly: World = {
  ...example,
  disco: { "items acmewave.com": { items: ["muc.acmewave.com"] }, "info muc.acmewave.com": {} },
};
const uncovered = { judged: { "wave.acmewave.com": ["cert.name"] } };
const elsewhere = {
  [srv]: ["10 0 5269 acmewave.com."],
  "A acmewave.com": ["127.0.0.7"],
  "A wave.acmewave.com": ["127.0.0.9"],
};
for (const [name, world] of [
  ["its certificate is for the domain alone", { ...chatOnly, ...uncovered }],
  [
    "its certificate is for the domain alone, and our server is told that there is no such host",
    {
      ...chatOnly,
      ...uncovered,
      disco: {
        ...chatOnly.disco,
        "info wave.acmewave.com": { kind: "bounced", condition: "remote-server-not-found" },
      },
    },
  ],
  [
    "a wildcard in DNS leads to a web server with a certificate of its own",
    {
      ...chatOnly,
      dns: elsewhere,
      servers: {
        ...example.servers,
        "127.0.0.9:5269": { kind: "secure", findings: judged("wave.acmewave.com", ["cert.name"]) },
      },
    },
  ],
  ["a wildcard in DNS leads to a host without XMPP", { ...chatOnly, dns: elsewhere }],
  [
    "the guess's zone is broken",
    { ...chatOnly, dns: { ...elsewhere, [waveSrv]: { outcome: "servfail" } } },
  ],
] satisfies [string, World][]) {
  test(`a chat server without waves is no error because of an unconfirmed guess: ${name}`, () => {
    const done = run(world);
    assert.equal(verdict(done), "reachable/none/null");
    assert.equal(done.view.headline?.code, "disco.no_wave");
    const blamed = done.view.findings.filter(
      ({ step, severity, code }) => step > 9 && severity !== "info" && code !== "guess.failed",
    );
    assert.deepEqual(blamed, [], "what the guess met is a remark");
    assert.ok(codes(done).includes("guess.failed"));
  });
}

test("a guess that confirms itself answers for its certificate", () => {
  const done = run({
    ...example,
    ...uncovered,
    disco: { "items acmewave.com": {}, "info wave.acmewave.com": waveService },
  });
  assert.equal(done.view.wave, "guessed");
  assert.equal(done.view.headline?.code, "cert.name");
});

test("a domain that was not reached: what the guess met stays a warning, behind the domain's own fault", () => {
  const done = run({
    dns: { "A wave.acmewave.com": ["127.0.0.9"] },
    servers: {
      "127.0.0.9:5269": { kind: "secure", findings: judged("wave.acmewave.com", ["cert.expired"]) },
    },
  });
  assert.equal(done.view.headline?.severity, "error");
  assert.notEqual(done.view.headline?.code, "cert.expired");
  const expired = done.view.findings.find(({ code }) => code === "cert.expired");
  assert.equal(expired?.severity, "warning");
  const noRecord = done.view.findings.filter(({ code }) => code === "dns.nodata");
  assert.ok(noRecord.length > 0 && noRecord.every(({ severity }) => severity === "info"));
});

const noDisco: [string, World["disco"]][] = [
  ["an empty list", { "items acmewave.com": {} }],
  [
    "service-unavailable",
    { "items acmewave.com": { kind: "error", condition: "service-unavailable" } },
  ],
  ["another error", { "items acmewave.com": { kind: "error", condition: "forbidden" } }],
  ["silence", { "items acmewave.com": { kind: "timeout" } }],
  ["only items that are no domains", { "items acmewave.com": { items: ["bot@acmewave.com"] } }],
];
for (const [name, disco] of noDisco) {
  test(`${name} counts as no disco and leads to the guess`, () => {
    const done = run({ ...example, disco: { ...disco, "info wave.acmewave.com": waveService } });
    assert.equal(done.view.wave, "guessed");
    assert.ok(done.path.includes(9));
  });
}

test("the domain itself is asked when it lists no services", () => {
  const done = run({
    ...example,
    disco: { "items acmewave.com": {}, "info acmewave.com": waveService },
  });
  assert.equal(verdict(done), "reachable/found/acmewave.com");
});

test("disco#items is asked again after a silence, and the silence is reported", () => {
  const done = run({ ...example, disco: { "items acmewave.com": { kind: "timeout" } } });
  const asked = attempts(done, 5).filter((attempt) => attempt.kind === "disco");
  assert.equal(asked.length, 2);
  assert.equal(done.view.headline?.code, "disco.timeout");
  assert.deepEqual(done.view.headline?.params, { domain: "acmewave.com", tries: 2, seconds: 20 });
});

test("XEP-0030 §8: at most 20 items are asked, 4 at once, those with wave first, the rest is named", () => {
  const items = Array.from({ length: 30 }, (_, index) => `s${index}.acmewave.com`);
  items.push("mywave.acmewave.com");
  const done = run({
    ...example,
    dns: { ...example.dns, "A s3.acmewave.com": ["127.0.0.7"] },
    disco: { "items acmewave.com": { items }, "info s3.acmewave.com": waveService },
  });
  assert.equal(done.view.jid, "s3.acmewave.com");
  const infos = done.begun.filter(({ key }) => key.startsWith("info "));
  assert.equal(infos[0]?.key, "info mywave.acmewave.com 1");
  assert.ok(infos.length <= 20);
  const atOnce = infos.filter(({ at }) => at === infos[0]?.at).length;
  assert.equal(atOnce, 4);
  const cut = done.view.findings.find(({ code }) => code === "disco.too_many");
  assert.equal(cut?.params["count"], 31);
  assert.deepEqual(Array.isArray(cut?.params["leftOut"]) && cut.params["leftOut"].length, 11);
});

test("the winner is the first in the order asked, not the fastest", () => {
  const done = run({
    ...example,
    disco: {
      "items acmewave.com": { items: ["slowwave.acmewave.com", "fastwave.acmewave.com"] },
      "info slowwave.acmewave.com": { ...waveService, delayMs: 500 },
      "info fastwave.acmewave.com": { ...waveService, delayMs: 5 },
    },
    dns: { ...example.dns, "A slowwave.acmewave.com": ["127.0.0.7"] },
  });
  assert.equal(done.view.jid, "slowwave.acmewave.com");
});

for (const [name, info, matched] of [
  [
    "identity google-wave",
    { identities: [{ category: "collaboration", type: "google-wave", name: null }] },
    "identity",
  ],
  [
    "identity apache-wave",
    { identities: [{ category: "collaboration", type: "apache-wave", name: null }] },
    "identity",
  ],
  ["the waveserver feature", waveService, "feature"],
] satisfies [string, DiscoAnswer, string][]) {
  test(`a wave service is recognised by ${name}, and the trace shows by what`, () => {
    const done = run({ ...example, disco: { ...example.disco, "info wave.acmewave.com": info } });
    const asked = attempts(done, 6).find((attempt) => attempt.kind === "disco");
    assert.equal(asked?.matched, matched);
    assert.equal(done.view.wave, "found");
  });
}

test("`fresh` is about what was kept from before: the trace's own connection still serves twice", () => {
  const done = run(example, { isFresh: true });
  assert.ok(attempts(done, 7).some((attempt) => attempt.kind === "reuse"));
  assert.equal(
    attempts(done, 7).some((attempt) => attempt.kind === "connect"),
    false,
  );
});

test("a guess that would be longer than a name may be is not looked up", () => {
  const done = run({ ...example, disco: { "items acmewave.com": {} } }, { guess: null });
  assert.equal(done.view.wave, "none");
  assert.equal(status(done, 9), "failed");
});
