import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Proof } from "#contract/peer-trust.ts";
import { type PresentedCertificate } from "#contract/traces.ts";
import { listAuthentications } from "#store/authentications.ts";
import { createChanges } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { closeIncidents, listOpenIncidents, openIncidents } from "#store/incidents.ts";
import { deletePeer, insertPeer, type PeerRow, updatePeer } from "#store/peers.ts";
import { openTestStore } from "#testing/database.ts";
import { carryOutAcceptance } from "./acceptance.ts";
import { createPolicy } from "./policy.ts";
import { createPeerTrust, type Judged, type PeerTrust } from "./trust.ts";

after(() => changes.stop());
const store = await openTestStore();
const { db } = store;
const changes = createChanges(store, (error) => assert.fail(String(error)));
await changes.start();
const policy = createPolicy({ db, changes, onError: (error) => assert.fail(String(error)) });
await policy.start();
after(() => policy.stop());
const clock = { now: new Date() };

/** An appliance of its own on the same database; `isAway` cuts it off. */
function appliance() {
  const state = { isAway: false, statements: 0, errors: 0, opened: [] as string[] };
  const flaky = new Proxy(db, {
    get(target, key, receiver) {
      if (key === "transaction") {
        state.statements += 1;
        if (state.isAway) return () => Promise.reject(new Error("connect ECONNREFUSED"));
      }
      const value: unknown = Reflect.get(target, key, receiver);
      return typeof value === "function" ? value.bind(target) : value;
    },
  }) as Database;
  const trust: PeerTrust = createPeerTrust({
    db: flaky,
    changes,
    policy,
    judge: () => Promise.reject(new Error("not asked here")),
    now: () => clock.now,
    onOpened: (kind) => void state.opened.push(kind),
    onError: () => void (state.errors += 1),
  });
  trust.start();
  after(trust.stop);
  return { trust, state };
}

let count = 0;
async function addPeer(terms: Partial<PeerRow> = {}): Promise<PeerRow> {
  const domain = terms.domain ?? `peer${++count}.example`;
  const peer = await insertPeer(db, { domain, stance: "trusted", createdBy: "test", ...terms });
  assert(peer);
  await policy.refresh();
  return peer;
}
async function change(peer: PeerRow, terms: Partial<PeerRow>): Promise<void> {
  await updatePeer(db, peer.id, terms);
  await policy.refresh();
}

function judged(name: string, by: Proof | null = "pkix"): Judged {
  const leaf: PresentedCertificate["chain"][number] = {
    subject: `CN=${name}`,
    issuer: "O=Lab",
    commonName: name,
    names: [],
    notBefore: new Date(clock.now.getTime() - 86_400_000).toISOString(),
    notAfter: new Date(clock.now.getTime() + 90 * 86_400_000).toISOString(),
    serialNumber: "1",
    keyAlgorithm: "ECDSA P-256",
    keyBits: 256,
    signatureAlgorithm: "ECDSA-SHA256",
    fingerprintSha256: `FP:${name}`,
    publicKeySha256: `KEY:${name}`,
    extendedKeyUsage: [],
    isCa: false,
    isSelfSigned: false,
    pem: "",
  };
  const presented = { reference: "", chain: [leaf], trusted: true, nameMatch: null, findings: [] };
  return { isAuthentic: by !== null, by, presented, finding: null, validUntil: null };
}
async function admit(
  trust: PeerTrust,
  domain: string,
  shown: Judged | null,
  direction: "in" | "out" = "in",
): Promise<string> {
  const verdict = await trust.admit({ domain, direction, judged: shown });
  return verdict.ok ? "ok" : verdict.finding.code;
}
async function remembered(peer: PeerRow) {
  const rows = await listAuthentications(db, peer.id, 10);
  return rows.map((row) => ({
    domain: row.domain,
    in: row.inbound?.strongest ?? null,
    out: row.outbound?.strongest ?? null,
    certificates: row.certificates.map(({ fingerprint }) => fingerprint),
    held: row.held?.fingerprint ?? null,
  }));
}
const openOnes = async (subject: string) =>
  (await listOpenIncidents(db, 100))
    .filter((one) => one.subject === subject)
    .map(({ kind, cause }) => `${kind} ${cause.code}`);
const accept = (
  peer: PeerRow,
  acceptance: Parameters<typeof carryOutAcceptance>[1]["acceptance"],
) =>
  db.transaction((tx) => carryOutAcceptance(tx, { peerId: peer.id, acceptance, now: clock.now }));

test("terms come from the peer, the nearest one above, or the settings for strangers", async () => {
  const { trust } = appliance();
  await addPeer({
    domain: "terms.example",
    includeSubdomains: true,
    tlsPolicy: "preferred",
    minTls: "TLSv1.3",
    allowsDialback: true,
    overrideHost: "192.0.2.1",
    overridePort: null,
  });
  const terms = { tls: "preferred", minTls: "TLSv1.3", dialback: true } as const;
  assert.deepEqual(trust.termsFor("terms.example"), {
    ...terms,
    override: { host: "192.0.2.1", port: 5269 },
  });
  assert.deepEqual(trust.termsFor("a.terms.example"), { ...terms, override: null });
  const stranger = { tls: "required", minTls: "TLSv1.2", dialback: false, override: null };
  assert.deepEqual(trust.termsFor("stranger.example"), stranger);
  await addPeer({ domain: "plain.example", tlsPolicy: "never" });
  assert.equal(trust.termsFor("plain.example").dialback, true, "nothing else could prove it");
});

test("a judgement that fails proves nothing, even in test mode, and is our fault to look into", async () => {
  const { trust, state } = appliance();
  const peer = await addPeer({ testModeUntil: new Date(clock.now.getTime() + 60_000) });
  const outcome = await trust.judge({ domain: peer.domain, chain: [Uint8Array.of(1)] });
  assert.deepEqual([outcome.isAuthentic, outcome.finding?.code], [false, "cert.invalid"]);
  assert.equal(state.errors, 1);
});

test("of strangers nothing is remembered, and nothing of what test mode lets through", async () => {
  const { trust, state } = appliance();
  assert.equal(await admit(trust, "stranger.example", judged("a")), "ok");
  assert.equal(await admit(trust, "stranger.example", null), "ok");
  const peer = await addPeer({ testModeUntil: new Date(clock.now.getTime() + 1_000) });
  assert.equal(await admit(trust, peer.domain, judged("self", "test_mode")), "ok");
  assert.equal(await admit(trust, peer.domain, judged("good")), "ok");
  assert.deepEqual(await remembered(peer), []);
  assert.equal(state.statements, 0);
});

test("sticky over restarts and appliances: who proved itself to one is not taken for less by another", async () => {
  const peer = await addPeer({ allowsDialback: true });
  const first = appliance();
  assert.equal(await admit(first.trust, peer.domain, null), "ok");
  assert.equal(await admit(first.trust, peer.domain, judged("a")), "ok");
  const second = appliance();
  assert.equal(await admit(second.trust, peer.domain, null), "trust.weaker");
  assert.equal(await admit(second.trust, peer.domain, judged("mallory", null)), "trust.weaker");
  assert.deepEqual(await openOnes(peer.domain), ["authentication_weaker trust.weaker"]);
  assert.deepEqual(second.state.opened, ["authentication_weaker"]);
  assert.deepEqual(await remembered(peer), [
    { domain: peer.domain, in: "certificate", out: null, certificates: ["FP:a"], held: null },
  ]);
  // The news that another appliance has refused it takes its way through the database.
  for (const end = performance.now() + 10_000; (await openOnes(peer.domain)).length > 0;) {
    assert.ok(performance.now() < end, "it has proved itself again");
    assert.equal(await admit(first.trust, peer.domain, judged("a")), "ok");
  }
});

test("an admin's consent to what is weaker counts at once and closes the incident", async () => {
  const peer = await addPeer({ allowsDialback: true });
  const { trust } = appliance();
  await admit(trust, peer.domain, judged("a"));
  assert.equal(await admit(trust, peer.domain, null), "trust.weaker");
  const other = await addPeer();
  const weaker = { kind: "weaker", domain: peer.domain, direction: "in" } as const;
  assert.equal(await accept(other, weaker), null, "not this peer's");
  assert.notEqual(await accept(peer, weaker), null);
  assert.deepEqual(await openOnes(peer.domain), []);
  assert.equal(await admit(trust, peer.domain, null), "ok");
  assert.equal(await accept(peer, weaker), null, "nothing waits any more");
});

test("hold: another certificate waits on every appliance until it is accepted, by its fingerprint", async () => {
  const peer = await addPeer({ certificateChange: "hold" });
  const [first, second] = [appliance(), appliance()];
  assert.equal(await admit(first.trust, peer.domain, judged("a"), "out"), "ok");
  assert.equal(await admit(first.trust, peer.domain, judged("b"), "out"), "cert.held");
  assert.equal(await admit(second.trust, peer.domain, judged("b"), "in"), "cert.held");
  assert.equal(await admit(second.trust, peer.domain, judged("a"), "in"), "ok");
  assert.deepEqual(await openOnes(peer.domain), ["certificate_changed cert.held"]);
  const certificate = { kind: "certificate", domain: peer.domain } as const;
  assert.equal(await accept(peer, { ...certificate, fingerprint: "FP:a" }), null);
  assert.notEqual(await accept(peer, { ...certificate, fingerprint: "FP:b" }), null);
  assert.deepEqual(await openOnes(peer.domain), []);
  assert.equal(await admit(first.trust, peer.domain, judged("b"), "out"), "ok");
  assert.equal(await admit(second.trust, peer.domain, judged("b"), "in"), "ok");
});

test("hold: what is dismissed is forgotten, and held again when it is shown again", async () => {
  const peer = await addPeer({ certificateChange: "hold" });
  const { trust } = appliance();
  await admit(trust, peer.domain, judged("a"));
  await admit(trust, peer.domain, judged("b"));
  const dismissal = { kind: "dismissal", domain: peer.domain, fingerprint: "FP:b" } as const;
  assert.notEqual(await accept(peer, dismissal), null);
  assert.deepEqual((await remembered(peer))[0]?.held, null);
  assert.equal(await admit(trust, peer.domain, judged("b")), "cert.held");
});

test("terms count from the moment that they are changed", async () => {
  const peer = await addPeer({ certificateChange: "hold" });
  const { trust } = appliance();
  await admit(trust, peer.domain, judged("a"));
  assert.equal(await admit(trust, peer.domain, judged("b")), "cert.held");
  await change(peer, { certificateChange: "notify" });
  assert.equal(await admit(trust, peer.domain, judged("b")), "ok");
});

test("notify: a new certificate opens one incident, however many meet it, also when somebody has dealt with it", async () => {
  const peer = await addPeer();
  const [first, second] = [appliance(), appliance()];
  await admit(first.trust, peer.domain, judged("a"));
  await Promise.all(
    [first, second].map(({ trust }) => admit(trust, peer.domain, judged("b"), "out")),
  );
  assert.deepEqual(await openOnes(peer.domain), ["certificate_changed cert.changed"]);
  assert.equal([...first.state.opened, ...second.state.opened].length, 1);
});

test("a certificate that a check has told of is not told again by a stream", async () => {
  const peer = await addPeer();
  const { trust, state } = appliance();
  await admit(trust, peer.domain, judged("a"));
  const cause = { code: "cert.changed", owner: "peer", severity: "warning" } as const;
  const opening = {
    kind: "certificate_changed",
    peerId: peer.id,
    subject: peer.domain,
    openedAt: clock.now,
    closedAt: null,
    traceId: null,
  } as const;
  await openIncidents(db, [{ ...opening, cause: { ...cause, params: { after: "FP:b" } } }]);
  await closeIncidents(db, [{ kind: opening.kind, subject: peer.domain, at: clock.now }]);
  assert.equal(await admit(trust, peer.domain, judged("b")), "ok");
  assert.deepEqual([await openOnes(peer.domain), state.opened], [[], []]);
});

test("what repeats what is known asks the database nothing", async () => {
  const peer = await addPeer();
  const { trust, state } = appliance();
  await admit(trust, peer.domain, judged("a"));
  // Its own announcement comes back some time, and it looks once more.
  await changes.emit(db, "settings");
  for (const end = performance.now() + 10_000; ;) {
    const { statements } = state;
    for (let round = 0; round < 5; round++)
      assert.equal(await admit(trust, peer.domain, judged("a")), "ok");
    if (state.statements === statements) return;
    assert.ok(performance.now() < end, "it asks again and again");
  }
});

test("while the database is away what is known goes on, and no downgrade is let through", async () => {
  const strong = await addPeer({ allowsDialback: true });
  const weak = await addPeer({ allowsDialback: true });
  const unknown = await addPeer({ allowsDialback: true });
  const holding = await addPeer({ certificateChange: "hold" });
  const unknownHolding = await addPeer({ certificateChange: "hold" });
  const { trust, state } = appliance();
  await admit(trust, strong.domain, judged("a"));
  await admit(trust, weak.domain, null);
  await admit(trust, holding.domain, judged("a"));
  await changes.emit(db, "peers");
  state.isAway = true;
  const rows: [string, Judged | null, string][] = [
    [strong.domain, judged("a"), "ok"],
    [strong.domain, judged("renewed"), "ok"],
    [strong.domain, null, "trust.weaker"],
    [weak.domain, null, "ok"],
    [weak.domain, judged("a"), "ok"],
    [unknown.domain, judged("a"), "ok"],
    [unknown.domain, null, "trust.undecided"],
    [unknown.domain, judged("self", null), "trust.undecided"],
    [holding.domain, judged("a"), "ok"],
    [holding.domain, judged("b"), "cert.held"],
    [unknownHolding.domain, judged("a"), "trust.undecided"],
  ];
  for (const [domain, shown, expected] of rows)
    assert.equal(await admit(trust, domain, shown), expected, `${domain} ${expected}`);
  assert(state.errors > 0);
  state.isAway = false;
  assert.equal(await admit(trust, strong.domain, judged("renewed")), "ok");
  assert.deepEqual(await openOnes(strong.domain), ["certificate_changed cert.changed"]);
});

test("names below a peer are remembered one by one, up to a thousand; who names more is refused", async () => {
  const peer = await addPeer({ domain: "many.example", includeSubdomains: true });
  const { trust } = appliance();
  await admit(trust, "a.many.example", judged("a"));
  await admit(trust, "many.example", judged("m"));
  assert.deepEqual(
    (await remembered(peer)).map(({ domain }) => domain),
    ["many.example", "a.many.example"],
  );
  await db.execute(
    `insert into authentications (domain, peer_id) select 'n' || n || '.many.example', '${peer.id}' from generate_series(1, 998) as n`,
  );
  assert.equal(await admit(trust, "z.many.example", judged("z")), "trust.too_many");
  assert.equal(await admit(trust, "a.many.example", judged("a")), "ok");
});

test("a name that gets a peer of its own takes its memory along; a removed peer's memory goes with it", async () => {
  const above = await addPeer({
    domain: "above.example",
    includeSubdomains: true,
    allowsDialback: true,
  });
  const { trust } = appliance();
  await admit(trust, "x.above.example", judged("a"));
  const own = await addPeer({ domain: "x.above.example", allowsDialback: true });
  assert.equal(await admit(trust, "x.above.example", null), "trust.weaker");
  await admit(trust, "x.above.example", judged("a"));
  assert.deepEqual([(await remembered(above)).length, (await remembered(own)).length], [0, 1]);
  await deletePeer(db, own.id);
  assert.equal(
    await admit(trust, "x.above.example", judged("a")),
    "ok",
    "the policy still names it",
  );
  await policy.refresh();
  await changes.emit(db, "peers");
  assert.equal(await admit(trust, "x.above.example", null), "ok", "it begins anew");
});

test(
  "two hundred authentications at once, changes of terms and acceptances among them: all end",
  { timeout: 60_000 },
  async () => {
    const peer = await addPeer({ allowsDialback: true });
    const appliances = [appliance(), appliance(), appliance()];
    const work = Array.from({ length: 200 }, async (_, index) => {
      const { trust } = appliances[index % 3] ?? appliance();
      if (index % 50 === 7)
        return accept(peer, { kind: "weaker", domain: peer.domain, direction: "in" });
      return admit(trust, peer.domain, index % 2 === 0 ? judged(`c${index % 5}`) : null);
    });
    await Promise.all(work);
    assert.deepEqual(
      appliances.map(({ state }) => state.errors),
      [0, 0, 0],
    );
    assert.equal((await remembered(peer))[0]?.certificates.length, 5);
  },
);
