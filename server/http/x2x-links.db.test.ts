import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { ProblemDetails } from "#contract/problems.ts";
import type { X2xAgreement, X2xCheck, X2xLink, X2xOffer, X2xState } from "#contract/x2x.ts";
import { listAudit } from "#store/audit.ts";
import { x2xLinks, x2xStates } from "#store/schema-x2x.ts";
import { openTestApp } from "#testing/app.ts";

const { request, store } = await openTestApp();

const certificate = { by: "names", pins: [] } as const;
const agreement: X2xAgreement = {
  version: "0.3",
  security: "mutual_tls",
  compression: "none",
  connections: "shared",
  onInvalid: "close",
  maxStanzaBytes: 65_536,
  keepaliveSeconds: null,
  idleSeconds: 600,
  language: "EN",
  sides: [
    {
      domains: ["Wave.Ship.Example.", "ship.example", "ship.example"],
      listens: null,
      opens: { knownBy: "certificate", addresses: ["2001:DB8:0::1"], port: null, hostName: null },
      certificate: { ...certificate, pins: [] },
    },
    {
      domains: ["Bücher.example"],
      listens: { host: "X2X.Shore.Example", port: 5271 },
      opens: null,
      certificate: { by: "pins", pins: [`${"AB:".repeat(31)}AB`] },
    },
  ],
};

/** Here the peer connects to that port. */
const accepting = (port: number): X2xAgreement => ({
  ...agreement,
  sides: [
    { ...agreement.sides[0], listens: { host: "x2x.ship.example", port } },
    {
      ...agreement.sides[1],
      opens: { knownBy: "certificate", addresses: [], port: null, hostName: null },
    },
  ],
});

async function problem(method: string, url: string, body?: unknown) {
  const answer = await request("admin", method, url, body);
  return { ...answer.json<ProblemDetails>(), status: answer.statusCode };
}

test("XEP-0361 §2: a link is kept in canonical form, exported as the peer's half, imported there, changed and deleted", async () => {
  const made = await request("admin", "POST", "/api/v1/x2x-links", { name: "to shore", agreement });
  assert.equal(made.statusCode, 201, made.body);
  const link = made.json<X2xLink>();
  const [ours, theirs] = link.agreement.sides;
  assert.deepEqual(ours.domains, ["ship.example", "wave.ship.example"]);
  assert.deepEqual(ours.opens?.addresses, ["2001:db8::1"]);
  assert.deepEqual(theirs.domains, ["xn--bcher-kva.example"]);
  assert.equal(theirs.listens?.host, "x2x.shore.example");
  assert.deepEqual(theirs.certificate?.pins, ["ab".repeat(32)]);
  assert.equal(link.agreement.language, "en");
  assert.equal(link.hasConsent, false);

  const url = `/api/v1/x2x-links/${link.id}`;
  const offer = (await request("auditor", "GET", `${url}/offer`)).json<X2xOffer>();
  assert.deepEqual(offer.agreement.sides, [theirs, ours]);
  assert.equal(offer.fingerprint, link.fingerprint);
  // The other appliance: the same agreement, seen from the other side.
  const imported = await request("admin", "POST", "/api/v1/x2x-links", {
    name: "to ship",
    agreement: offer.agreement,
  });
  assert.equal(imported.json<X2xLink>().fingerprint, link.fingerprint);

  const changed = await request("admin", "PATCH", url, {
    isEnabled: false,
    agreement: { ...link.agreement, idleSeconds: null },
  });
  assert.equal(changed.statusCode, 200, changed.body);
  assert.notEqual(changed.json<X2xLink>().fingerprint, link.fingerprint);
  assert.equal(changed.json<X2xLink>().name, "to shore", "what is not named stays");
  const { items } = (await request("auditor", "GET", "/api/v1/x2x-links")).json<{
    items: X2xLink[];
  }>();
  assert.deepEqual(
    items.map(({ name }) => name),
    ["to ship", "to shore"],
  );
  for (const { id } of items)
    assert.equal((await request("admin", "DELETE", `/api/v1/x2x-links/${id}`)).statusCode, 204);
  assert.equal((await request("auditor", "GET", url)).statusCode, 404);
  const { rows: audit } = await listAudit(store.db, { limit: 50 });
  const actions = audit
    .filter(({ resource }) => resource === "x2x-links")
    .map(({ action }) => action);
  assert.deepEqual(actions.toSorted(), ["create", "create", "delete", "delete", "update"]);
});

test("compression is part of the agreement; one that is older than it does without, in the database too", async () => {
  const { compression: _, ...older } = agreement;
  const made = await request("admin", "POST", "/api/v1/x2x-links", { name: "o", agreement: older });
  const link = made.json<X2xLink>();
  assert.equal(link.agreement.compression, "none");
  const url = `/api/v1/x2x-links/${link.id}`;
  const packed = await request("admin", "PATCH", url, {
    agreement: { ...link.agreement, compression: "deflate" },
  });
  assert.notEqual(packed.json<X2xLink>().fingerprint, link.fingerprint);
  const offer = (await request("auditor", "GET", `${url}/offer`)).json<X2xOffer>();
  assert.equal(offer.agreement.compression, "deflate");
  const at = new Date().toISOString();
  const soon = new Date(Date.now() + 60_000);
  const connection = {
    ...{ id: "c", opened: "by_us", state: "open", since: at, address: "192.0.2.1", port: 5271 },
    ...{ localPort: 4711, tls: null, fingerprint: null, stanzasIn: 0, stanzasOut: 0 },
    ...{ bytesIn: 0, bytesOut: 0, waitingBytes: 0, lastInAt: at },
    ...{ provenAt: null, roundTripMs: null },
  } as const;
  const olderState = {
    ...{ state: "up", since: at, lastError: null, attempts: 0, nextAttemptAt: null },
    ...{ queuedStanzas: 0, queuedBytes: 0, connections: [connection] },
  } as unknown as X2xState;
  const migration = await readFile("migrations/0009_x2x_compression.sql", "utf8");
  for (const [kept, migrated] of [
    [older, "none"],
    [{ ...older, compression: "deflate" }, "deflate"],
  ] as const) {
    await store.db.update(x2xLinks).set({ agreement: kept as X2xAgreement });
    await store.db
      .insert(x2xStates)
      .values({ linkId: link.id, nodeId: "old", state: olderState, leaseUntil: soon })
      .onConflictDoNothing();
    const shown = (await request("auditor", "GET", url)).json<X2xLink>();
    assert.equal(shown.agreement.compression, migrated, "as an older appliance writes it");
    assert.equal(shown.live?.connections[0]?.inflated, null);
    assert.equal(shown.live?.unproven, 0);
    await store.db.execute(migration);
    const [row] = await store.db.select().from(x2xLinks);
    assert.equal(row?.agreement.compression, migrated);
    assert.deepEqual(row.agreement.sides, older.sides);
  }
  await request("admin", "DELETE", url);
});

test("XEP-0361 §4.2.1, §5: a link without TLS or identity is made only after its name was typed", async () => {
  const [ours, theirs] = agreement.sides;
  const opens = { knownBy: "implicit", addresses: [], port: null, hostName: null } as const;
  const open: X2xAgreement = {
    ...agreement,
    sides: [{ ...ours, opens: { ...opens, addresses: [] } }, theirs],
  };
  const byAddress: X2xAgreement = {
    ...agreement,
    security: "plain",
    sides: [
      {
        ...ours,
        opens: { knownBy: "address", addresses: ["192.0.2.1"], port: null, hostName: null },
      },
      theirs,
    ],
  };
  for (const risky of [open, byAddress]) {
    const body = { name: "risky", agreement: risky, isEnabled: false };
    const refused = await problem("POST", "/api/v1/x2x-links", body);
    assert.deepEqual([refused.status, refused.code], [422, "x2x.consent"]);
    const typed = await request("admin", "POST", "/api/v1/x2x-links", {
      ...body,
      consent: "risky",
    });
    assert.equal(typed.statusCode, 201, typed.body);
    const link = typed.json<X2xLink>();
    assert.equal(link.hasConsent, true);
    const other = { agreement: { ...risky, maxStanzaBytes: 20_000 } };
    const again = await problem("PATCH", `/api/v1/x2x-links/${link.id}`, other);
    assert.equal(again.code, "x2x.consent", "another agreement needs another consent");
    await request("admin", "DELETE", `/api/v1/x2x-links/${link.id}`);
  }
});

test("what cannot work is refused by field, and nothing is saved", async () => {
  const [ours, theirs] = agreement.sides;
  const { opens } = ours;
  const cases: [X2xAgreement, string][] = [
    [{ ...agreement, sides: [{ ...ours, opens: null }, theirs] }, "agreement.sides"],
    [{ ...agreement, sides: [ours, { ...theirs, listens: null }] }, "agreement.sides.1.listens"],
    [
      { ...agreement, sides: [{ ...ours, certificate: null }, theirs] },
      "agreement.sides.0.certificate",
    ],
  ];
  for (const [wrong, field] of cases) {
    const refused = await problem("POST", "/api/v1/x2x-links", { name: "x", agreement: wrong });
    assert.equal(refused.code, "x2x.agreement");
    assert.deepEqual(
      refused.errors?.map((error) => error.field),
      [field],
    );
  }
  const badAddress = await problem("POST", "/api/v1/x2x-links", {
    ...{ name: "x", agreement, bindAddress: "not-an-address" },
  });
  assert.equal(badAddress.code, "x2x.address");
  assert.equal(badAddress.errors?.[0]?.field, "bindAddress");
  const badSource = await problem("POST", "/api/v1/x2x-links/checks", {
    agreement: {
      ...agreement,
      sides: [{ ...ours, opens: { ...opens, addresses: ["x.y"] } }, theirs],
    },
  });
  assert.equal(badSource.errors?.[0]?.field, "agreement.sides.0.opens.addresses");
  const badName = await problem("POST", "/api/v1/x2x-links", {
    name: "x",
    agreement: { ...agreement, sides: [{ ...ours, domains: ["a b"] }, theirs] },
  });
  assert.equal(badName.code, "name.invalid");
  const { total } = (await request("auditor", "GET", "/api/v1/x2x-links")).json<{
    total: number;
  }>();
  assert.equal(total, 0);
});

test("a name is taken once; a link that no appliance holds cannot be connected", async () => {
  const body = { name: "once", agreement, isEnabled: false };
  const made = await request("admin", "POST", "/api/v1/x2x-links", body);
  const { id } = made.json<X2xLink>();
  assert.equal((await problem("POST", "/api/v1/x2x-links", body)).code, "resource.conflict");
  const other = await request("admin", "POST", "/api/v1/x2x-links", { ...body, name: "other" });
  const otherUrl = `/api/v1/x2x-links/${other.json<X2xLink>().id}`;
  assert.equal((await problem("PATCH", otherUrl, { name: "once" })).code, "resource.conflict");
  assert.equal((await request("admin", "PATCH", otherUrl, { name: "other" })).statusCode, 200);
  await request("admin", "DELETE", otherUrl);
  const url = `/api/v1/x2x-links/${id}`;
  assert.equal((await problem("POST", `${url}/reconnections`)).code, "x2x.not_here");
  const asAuditor = await request("auditor", "PATCH", url, { priority: 1 });
  assert.equal(asAuditor.statusCode, 403);
  await request("admin", "DELETE", url);
});

test("before a link is made its agreement is checked: fingerprint, faults, and which domains are not ours or not allowed", async () => {
  const blocked = { domain: "bücher.example", stance: "blocked" };
  assert.equal((await request("admin", "POST", "/api/v1/peers", blocked)).statusCode, 201);
  const check = (
    await request("admin", "POST", "/api/v1/x2x-links/checks", { agreement })
  ).json<X2xCheck>();
  assert.match(check.fingerprint, /^\d{5}(?: \d{5}){5}$/);
  assert.deepEqual(check.faults, []);
  assert.deepEqual(check.notOurs, ["ship.example", "wave.ship.example"]);
  assert.deepEqual(check.notAllowed, ["xn--bcher-kva.example"]);
  assert.deepEqual(check.withoutCertificate, check.notOurs);
});

test("XEP-0361 §4.2: two links that nothing tells apart cannot listen in one place, saved, changed, imported or switched on", async () => {
  const [ours, theirs] = agreement.sides;
  const certified = { knownBy: "certificate", addresses: [], port: null, hostName: null } as const;
  /** They open, and we listen. */
  const waiting = (domain: string, more: Partial<X2xAgreement> = {}): X2xAgreement => ({
    ...agreement,
    sides: [
      { ...ours, listens: { host: "x2x.ship.example", port: 5271 }, opens: null },
      {
        ...{ domains: [domain], listens: null, certificate: { by: "names", pins: [] } },
        opens: { ...certified, addresses: [] },
      },
    ],
    ...more,
  });
  const plain = waiting("hq.example", {
    security: "plain",
    sides: [
      { ...waiting("").sides[0], certificate: null },
      {
        ...{ ...theirs, domains: ["hq.example"], listens: null, certificate: null },
        opens: { knownBy: "address", addresses: ["192.0.2.1"], port: null, hostName: null },
      },
    ],
  });
  const url = "/api/v1/x2x-links";
  const place = "agreement.sides.0.listens.port";
  const made = await request("admin", "POST", url, { name: "first", agreement: waiting("a.test") });
  assert.equal(made.statusCode, 201, made.body);
  const other = await request("admin", "POST", url, {
    name: "other",
    agreement: waiting("b.test"),
  });
  assert.equal(other.statusCode, 201, "another peer is known by another certificate");
  const refusals: [X2xAgreement, Record<string, unknown>, string][] = [
    [plain, { consent: "third" }, "x2x.place_security"],
    [waiting("a.test"), {}, "x2x.place_peer"],
    [waiting("c.test"), { listenAddress: "127.0.0.1" }, "x2x.place_taken"],
  ];
  for (const [wanted, more, code] of refusals) {
    const body = { name: "third", agreement: wanted, ...more };
    const refused = await problem("POST", url, body);
    assert.deepEqual([refused.status, refused.code], [409, "x2x.place"]);
    assert.deepEqual(refused.errors, [{ field: place, message: code }]);
    assert.equal(refused.params?.["link"], "first");
    const { name: _, consent: _typed, ...asked } = { consent: "", ...body };
    const check = (await request("admin", "POST", `${url}/checks`, asked)).json<X2xCheck>();
    assert.deepEqual(check.faults[0], { code, field: "sides.0.listens.port", link: "first" });
  }
  // One that is switched off is in nobody's way before it is switched on.
  const off = await request("admin", "POST", url, {
    ...{ name: "off", agreement: waiting("a.test"), isEnabled: false },
  });
  assert.equal(off.statusCode, 201, off.body);
  const offUrl = `${url}/${off.json<X2xLink>().id}`;
  const on = await problem("PATCH", offUrl, { isEnabled: true });
  assert.deepEqual([on.status, on.code], [409, "x2x.place"]);
  const otherId = other.json<X2xLink>().id;
  const changed = await problem("PATCH", `${url}/${otherId}`, { agreement: waiting("a.test") });
  assert.equal(changed.params?.["link"], "first");
  const itself = { agreement: waiting("b.test"), id: otherId };
  const check = (await request("admin", "POST", `${url}/checks`, itself)).json<X2xCheck>();
  assert.deepEqual(check.faults, [], "a link is not in its own way");
  const { items } = (await request("auditor", "GET", url)).json<{ items: X2xLink[] }>();
  assert.deepEqual(
    items.map(({ name, isEnabled }) => [name, isEnabled]),
    [
      ["first", true],
      ["off", false],
      ["other", true],
    ],
  );
  for (const { id } of items) await request("admin", "DELETE", `${url}/${id}`);
});

test("a link that would listen where the dashboard or normal streams do is refused, as at the next start it could be first", async () => {
  const url = "/api/v1/x2x-links";
  for (const port of [8080, 5269, 5270, 5347]) {
    const refused = await problem("POST", url, { name: "taken", agreement: accepting(port) });
    assert.deepEqual([refused.status, refused.code], [409, "listener.taken"], `${port}`);
    assert.equal(refused.errors?.[0]?.field, "agreement.sides.0.listens.port");
  }
  const beside = { name: "beside", agreement: accepting(8080), listenAddress: "192.0.2.1" };
  const made = await request("admin", "POST", url, beside);
  assert.equal(made.statusCode, 201, made.body);
  const mine = `${url}/${made.json<X2xLink>().id}`;
  assert.equal((await problem("PATCH", mine, { listenAddress: null })).code, "listener.taken");
  const off = await request("admin", "PATCH", mine, { listenAddress: null, isEnabled: false });
  assert.equal(off.statusCode, 200, off.body);
  assert.equal((await problem("PATCH", mine, { isEnabled: true })).code, "listener.taken");
  assert.equal((await request("admin", "DELETE", mine)).statusCode, 204);
});

test("the port of a link is not given to normal streams, components or one name meanwhile", async () => {
  const port = 5299;
  const made = await request("admin", "POST", "/api/v1/x2x-links", {
    name: "to the buoy",
    agreement: accepting(port),
    listenAddress: "127.0.34.22",
  });
  assert.equal(made.statusCode, 201, made.body);
  const mine = `/api/v1/x2x-links/${made.json<X2xLink>().id}`;
  const settings = (patch: object) => problem("PATCH", "/api/v1/settings", patch);
  for (const field of ["s2sPort", "s2sDirectTlsPort", "componentPort"]) {
    const refused = await settings({
      [field]: port,
      s2sAddress: "127.0.34.22",
      componentAddress: "127.0.34.22",
    });
    assert.deepEqual([refused.status, refused.code], [409, "listener.taken"], field);
    const [error] = refused.errors ?? [];
    assert.equal(error?.field, `body.${field}`);
    assert.match(error.message, /the X2X link “to the buoy”/);
  }
  const domain = await request("admin", "POST", "/api/v1/domains", { domain: "buoy.example" });
  assert.equal(domain.statusCode, 201, domain.body);
  const own = { kind: "s2s", domainId: domain.json<{ id: string }>().id, name: "buoy.example" };
  const link = (address: string) =>
    problem("POST", "/api/v1/links", { ...own, ownPorts: { address, port } });
  const refused = await link("127.0.34.22");
  assert.deepEqual(
    [refused.code, refused.errors?.[0]?.field],
    ["listener.taken", "body.ownPorts.port"],
  );
  assert.equal((await link("127.0.34.23")).status, 201, "beside it there is room");
  assert.equal((await settings({ s2sAddress: "127.0.34.24" })).status, 200);
  const second = { ...own, name: "two.buoy.example", ownPorts: { address: null, port } };
  assert.equal((await request("admin", "POST", "/api/v1/links", second)).statusCode, 201);
  const moved = await settings({ s2sAddress: "127.0.34.22" });
  assert.deepEqual(
    [moved.code, moved.errors?.[0]?.field],
    ["listener.taken", "body.s2sAddress"],
    "a port without an address of its own moves with it",
  );
  await request("admin", "PATCH", mine, { isEnabled: false });
  assert.equal((await settings({ s2sAddress: "127.0.34.22" })).status, 200);
  assert.equal((await request("admin", "DELETE", mine)).statusCode, 204);
});
