import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "drizzle-orm";
import type { Peer } from "#contract/peers.ts";
import { openIncidents } from "#store/incidents.ts";
import { openTestApp } from "#testing/app.ts";

const { request, store, clock } = await openTestApp();
const { db } = store;

async function add(domain: string, terms: object = {}): Promise<Peer> {
  const answer = await request("admin", "POST", "/api/v1/peers", { domain, ...terms });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json();
}
const refusal = async (method: string, url: string, body?: object) => {
  const answer = await request("admin", method, url, body);
  const { code, params } = answer.json();
  return { status: answer.statusCode, code, params };
};

test("a domain pasted as a URL is refused, with the cleaned value to offer", async () => {
  const { status, code, params } = await refusal("POST", "/api/v1/peers", {
    domain: "https://acmewave.com/",
  });
  assert.deepEqual([status, code, params.suggestion], [422, "name.invalid", "acmewave.com"]);
  const address = await refusal("POST", "/api/v1/peers", { domain: "192.0.2.7" });
  assert.equal(address.code, "name.ip_literal");
  const rows = await db.execute("select 1 from peers");
  assert.equal(rows.rowCount, 0, "nothing half-saved");
});

test("a peer is stored by its A-labels; scripts show a look-alike", async () => {
  const real = await add(" AcmeWave.com. ");
  assert.deepEqual(
    [real.domain, real.unicode, real.scripts],
    ["acmewave.com", "acmewave.com", ["Latin"]],
  );
  const alike = await add("аcmewave.com");
  assert.match(alike.domain, /^xn--/);
  assert.deepEqual([alike.unicode, alike.scripts], ["аcmewave.com", ["Cyrillic", "Latin"]]);
});

test("the same domain again, however it is spelled, names the peer that it is", async () => {
  const first = await add("bücher.example");
  const again = await refusal("POST", "/api/v1/peers", { domain: "XN--BCHER-KVA.example" });
  assert.deepEqual(
    [again.status, again.code, again.params],
    [409, "resource.conflict", { domain: first.domain, id: first.id }],
  );
  const many = await Promise.all(
    Array.from({ length: 8 }, () =>
      request("admin", "POST", "/api/v1/peers", { domain: "once.example" }),
    ),
  );
  assert.deepEqual(many.map(({ statusCode }) => statusCode).sort(), [201, ...Array(7).fill(409)]);
});

test("our own domain is no peer", async () => {
  await request("admin", "POST", "/api/v1/domains", { domain: "example.com" });
  const { code } = await refusal("POST", "/api/v1/peers", { domain: "example.com" });
  assert.equal(code, "peer.own_domain");
});

test("giving up TLS needs the domain, typed again; keeping it so does not", async () => {
  const body = { domain: "plain.example", tlsPolicy: "never" };
  assert.equal((await refusal("POST", "/api/v1/peers", body)).code, "peer.tls_consent");
  const other = { ...body, consent: "plane.example" };
  assert.equal((await refusal("POST", "/api/v1/peers", other)).code, "peer.tls_consent");
  const peer = await add("plain.example", { tlsPolicy: "never", consent: " PLAIN.example " });
  const url = `/api/v1/peers/${peer.id}`;
  assert.equal((await request("admin", "PATCH", url, { label: "old one" })).statusCode, 200);
  await request("admin", "PATCH", url, { tlsPolicy: "required" });
  const { code } = await refusal("PATCH", url, { tlsPolicy: "never" });
  assert.equal(code, "peer.tls_consent");
});

test("an override is a host or an address, and a port only with it", async () => {
  const peer = await add("over.example", { overrideHost: "[2001:db8::1]", overridePort: 5270 });
  assert.deepEqual([peer.overrideHost, peer.overridePort], ["2001:db8::1", 5270]);
  const url = `/api/v1/peers/${peer.id}`;
  const bad = await refusal("PATCH", url, { overrideHost: "not a host" });
  assert.equal(bad.code, "peer.override_host");
  const lone = await refusal("POST", "/api/v1/peers", { domain: "x.example", overridePort: 1 });
  assert.equal(lone.code, "peer.override_port");
  const cleared = await request("admin", "PATCH", url, { overrideHost: null, overridePort: null });
  assert.deepEqual([cleared.json().overrideHost, cleared.json().overridePort], [null, null]);
  const gone = await refusal("PATCH", url, { overridePort: 5269 });
  assert.equal(gone.code, "peer.override_port");
});

test("text that the database cannot hold is refused by name, with nothing lost", async () => {
  const nul = await refusal("POST", "/api/v1/peers", { domain: "nul.example", note: "a\u0000b" });
  assert.deepEqual([nul.status, nul.code], [400, "request.invalid"]);
  const query = await request("admin", "GET", "/api/v1/peers?q=%00");
  assert.equal(query.json().code, "request.invalid");
});

const ask = async (domain: string) =>
  (
    await request("auditor", "GET", `/api/v1/peers/decision?domain=${encodeURIComponent(domain)}`)
  ).json();

test("what would happen to a domain follows each change at once, and names its rule", async () => {
  assert.deepEqual(await ask("stranger.example"), {
    domain: "stranger.example",
    isAllowed: true,
    rule: "mode_open",
    peer: null,
    outbound: "sent",
    inboundIq: "answered",
    inboundOther: "handled",
    proof: {
      tls: "required",
      minTls: "TLSv1.2",
      certificate: "trusted_roots",
      testModeUntil: null,
      inboundDialback: "refused",
      outboundDialback: "refused",
      isHeld: false,
    },
    carrier: { code: "link.none" },
  });
  const blocked = await add("bad.example", { stance: "blocked", includeSubdomains: true });
  const below = await ask("x.BAD.example");
  assert.deepEqual(
    [below.rule, below.peer, below.outbound, below.inboundIq, below.inboundOther],
    [
      "block",
      { id: blocked.id, domain: "bad.example", includeSubdomains: true },
      "not-allowed",
      "forbidden",
      "dropped",
    ],
  );
  await request("admin", "PATCH", `/api/v1/peers/${blocked.id}`, { isEnabled: false });
  assert.equal((await ask("x.bad.example")).rule, "mode_open");
  await request("admin", "DELETE", `/api/v1/peers/${blocked.id}`);
  assert.equal((await ask("bad.example")).rule, "mode_open");
  assert.equal((await ask("example.com")).rule, "self");
  assert.equal((await refusal("GET", "/api/v1/peers/decision?domain=a..b")).code, "name.invalid");
});

test("health follows a peer's stance: watched, paused, forgotten; its open incidents end with it", async () => {
  const peer = await add("watched.example");
  const url = `/api/v1/peers/${peer.id}`;
  const patch = async (body: object): Promise<Peer> =>
    (await request("admin", "PATCH", url, body)).json();
  const open = () =>
    openIncidents(db, [
      {
        kind: "outage",
        peerId: peer.id,
        subject: peer.domain,
        openedAt: clock.now,
        closedAt: null,
        cause: { code: "tcp.refused", params: {}, owner: "peer", severity: "error" },
        traceId: null,
      },
    ]);
  const openOnes = async () =>
    (await request("auditor", "GET", `/api/v1/incidents?peer=${peer.id}&state=open`)).json().total;
  assert.equal(peer.health?.state, "unknown");
  assert.equal(peer.health?.nextCheckAt, clock.now.toISOString());
  await open();
  assert.equal(await openOnes(), 1);
  assert.equal((await patch({ isEnabled: false })).health?.nextCheckAt, null);
  assert.equal(await openOnes(), 0);
  const now = await request("admin", "POST", "/api/v1/checks", { peerId: peer.id });
  assert.equal(now.json().code, "check.not_watched");
  assert.notEqual((await patch({ isEnabled: true })).health?.nextCheckAt, null);
  assert.equal((await patch({ stance: "blocked" })).health, null);
  assert.equal((await patch({ stance: "trusted" })).health?.state, "unknown");
  await open();
  await request("admin", "DELETE", url);
  const kept = (await request("auditor", "GET", "/api/v1/incidents?q=watched.example")).json();
  assert.equal(kept.total, 2, "incidents outlive their peer");
  for (const incident of kept.items) assert.notEqual(incident.closedAt, null);
});

test("new terms make the check due now; a label does not", async () => {
  const peer = await add("terms.example", { checkIntervalSeconds: 86_400 });
  const url = `/api/v1/peers/${peer.id}`;
  const later = new Date(clock.now.getTime() + 86_400_000).toISOString();
  await db.execute(sql`update peer_health set next_check_at = ${later}::timestamptz`);
  const renamed: Peer = (await request("admin", "PATCH", url, { label: "x" })).json();
  assert.equal(renamed.health?.nextCheckAt, later);
  const hurried: Peer = (await request("admin", "PATCH", url, { checkIntervalSeconds: 60 })).json();
  assert.equal(hurried.health?.nextCheckAt, clock.now.toISOString());
  await db.execute(sql`update peer_health set next_check_at = ${later}::timestamptz`);
  const asked = await request("admin", "POST", "/api/v1/checks", { peerId: peer.id });
  assert.equal(asked.statusCode, 202);
  const shown: Peer = (await request("auditor", "GET", url)).json();
  assert.equal(shown.health?.nextCheckAt, clock.now.toISOString());
});

test("every change is in the audit log, with before and after", async () => {
  const peer = await add("audited.example", { label: "one" });
  await request("admin", "PATCH", `/api/v1/peers/${peer.id}`, { label: "two" });
  await request("admin", "DELETE", `/api/v1/peers/${peer.id}`);
  const { items } = (await request("auditor", "GET", `/api/v1/audit?q=${peer.id}`)).json();
  assert.deepEqual(
    items.map((entry: { action: string; before: Peer | null; after: Peer | null }) => [
      entry.action,
      entry.before?.label ?? null,
      entry.after?.label ?? null,
    ]),
    [
      ["delete", "two", null],
      ["update", "one", "two"],
      ["create", null, "one"],
    ],
  );
});

test("unknown, broken and foreign ids are problems, never crashes", async () => {
  const id = "00000000-0000-4000-8000-000000000000";
  for (const [method, url] of [
    ["GET", `/api/v1/peers/${id}`],
    ["PATCH", `/api/v1/peers/${id}`],
    ["DELETE", `/api/v1/peers/${id}`],
    ["GET", `/api/v1/checks?peer=${id}`],
    ["GET", `/api/v1/incidents/${id}`],
    ["POST", `/api/v1/incidents/${id}/acknowledge`],
  ] as const)
    assert.equal(
      (await refusal(method, url, method === "PATCH" ? {} : undefined)).code,
      "resource.not_found",
      url,
    );
  assert.equal((await refusal("GET", "/api/v1/peers/x")).code, "request.invalid");
});

test(
  "10 000 peers: every sort pages through all of them once, and filters count",
  { timeout: 120_000 },
  async () => {
    await db.execute("delete from peers");
    await db.execute(`
    insert into peers (domain, unicode, stance, label, expects, created_by, is_enabled)
    select 'p' || i || '.example', 'p' || i || '.example', case when i % 10 = 0 then 'blocked' else 'trusted' end,
      case when i % 3 = 0 then '' else 'Label ' || i % 100 end,
      case when i % 2 = 0 then 'xmpp' else 'wave' end, 'test', i % 7 <> 0
    from generate_series(1, 10000) as i`);
    await db.execute(`
    insert into peer_health (peer_id, state, since, next_check_at, certificate_not_after)
    select id, (array['up', 'degraded', 'down', 'unknown'])[1 + (hashtext(domain) & 3)],
      timestamptz '2026-11-01' + (hashtext(domain) & 1023) * interval '1 minute',
      case when is_enabled then timestamptz '2026-11-21' + (hashtext(domain) & 63) * interval '1 second' end,
      case when hashtext(domain) & 1 = 0 then timestamptz '2027-01-01' end
    from peers where stance = 'trusted'`);
    await db.execute("analyze peers");

    const walk = async (query: string) => {
      const seen = new Set<string>();
      let next: string | null = "";
      for (let pages = 0; next !== null; pages++) {
        const limit = pages < 3 ? 7 : 200;
        const cursor: string = next === "" ? "" : `&cursor=${next}`;
        const answer = await request(
          "auditor",
          "GET",
          `/api/v1/peers?limit=${limit}&${query}${cursor}`,
        );
        const page = answer.json();
        for (const { domain } of page.items) {
          assert.equal(seen.has(domain), false, `${query}: ${domain} twice`);
          seen.add(domain);
        }
        next = page.next;
        if (next === null) assert.equal(seen.size, page.total, query);
      }
      return seen.size;
    };
    for (const sort of ["domain", "-label", "state"])
      assert.equal(await walk(`sort=${sort}`), 10_000, sort);
    for (const sort of [
      "-domain",
      "label",
      "-state",
      "-since",
      "nextCheck",
      "-certificate",
      "created",
    ])
      assert.equal(await walk(`sort=${sort}&q=p99`), 111, sort);

    const count = async (query: string) =>
      (await request("auditor", "GET", `/api/v1/peers?limit=1&${query}`)).json().total;
    assert.equal(await count("stance=blocked"), 1_000);
    assert.equal(await count("enabled=false"), 1_428);
    assert.equal(await count("expects=wave&stance=trusted"), 5_000);
    assert.equal(await count("q=P9999.EX"), 1);
    assert.equal(await count("q=label%2042"), 66);
    assert.equal(await count("q=%25"), 0, "LIKE's signs are letters here");
    const states = await Promise.all(
      ["up", "degraded", "down", "unknown"].map((state) => count(`state=${state}`)),
    );
    assert.equal(
      states.reduce((sum, one) => sum + one, 0),
      9_000,
    );
    const worst = (await request("auditor", "GET", "/api/v1/peers?sort=state&limit=1")).json();
    assert.equal(worst.items[0].health.state, "down");
  },
);

test("a cursor of another list, or made up, is refused by name", async () => {
  const page = (await request("auditor", "GET", "/api/v1/peers?limit=1")).json();
  const made = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const id = "00000000-0000-4000-8000-000000000000";
  for (const query of [
    `sort=label&cursor=${page.next}`,
    "cursor=garbage",
    `cursor=${made(["domain", 1, id])}`,
    `cursor=${made(["domain", "a", "not an id"])}`,
    `cursor=${made(["domain", "a\u0000", id])}`,
    `sort=since&cursor=${made(["since", "yesterday", id])}`,
    `sort=since&cursor=${made(["since", "2026-99-99 00:00:00+00", id])}`,
    `sort=state&cursor=${made(["state", "1; drop table peers", id])}`,
    "sort=password",
    "sort=toString",
  ]) {
    const answer = await request("auditor", "GET", `/api/v1/peers?${query}`);
    assert.deepEqual([answer.statusCode, answer.json().code], [400, "request.invalid"], query);
  }
});
