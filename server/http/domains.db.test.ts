import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Connection } from "#contract/connections.ts";
import type { LocalDomain } from "#contract/domains.ts";
import type { Link, LinkTest } from "#contract/links.ts";
import type { ProblemDetails } from "#contract/problems.ts";
import { addTraffic, insertEvents, writeStates } from "#store/connections.ts";
import { listLinks } from "#store/links.ts";
import { openTestApp } from "#testing/app.ts";
import { startComponentHost } from "#testing/component-host.ts";
import { secretContext } from "#links/attachment.ts";

const { request, store, logLines, links, vault } = await openTestApp();
const { db } = store;

async function problem(who: "admin" | "auditor", method: string, url: string, body?: unknown) {
  const answer = await request(who, method, url, body);
  assert.match(answer.headers["content-type"] as string, /problem\+json/);
  return { ...answer.json<ProblemDetails>(), status: answer.statusCode };
}

async function makeDomain(domain: string, more: object = {}): Promise<LocalDomain> {
  const answer = await request("admin", "POST", "/api/v1/domains", { domain, ...more });
  assert.equal(answer.statusCode, 201, answer.body);
  assert.match(answer.headers["location"] as string, /^\/api\/v1\/domains\//);
  return answer.json<LocalDomain>();
}

async function makeLink(domain: LocalDomain, more: object = {}): Promise<Link> {
  const answer = await request("admin", "POST", "/api/v1/links", {
    domainId: domain.id,
    name: `wave.${domain.domain}`,
    host: "127.0.11.1",
    port: 5347,
    secret: "t0ps3cret",
    isEnabled: false,
    ...more,
  });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json<Link>();
}

test("hosts and secrets that no configuration could have are refused by field, before they are saved", async () => {
  const inside = await problem("admin", "POST", "/api/v1/domains", {
    domain: "inside.example",
    insideHost: "a b",
  });
  assert.equal(inside.code, "link.host_invalid");
  const domain = await makeDomain("inside.example", { insideHost: "XMPP.Inside.Example" });
  assert.equal(domain.insideHost, "xmpp.inside.example");
  const secret = await problem("admin", "POST", "/api/v1/links", {
    domainId: domain.id,
    name: "wave.inside.example",
    host: "127.0.11.1",
    port: 5347,
    secret: "pasted\n",
  });
  assert.deepEqual(
    secret.errors?.map(({ field }) => field),
    ["body.secret"],
  );
  await request("admin", "DELETE", `/api/v1/domains/${domain.id}`);
});

test("a domain is kept in canonical form, shown with its U-labels, changed and deleted", async () => {
  const made = await makeDomain("Bücher.Example.", {
    label: "books",
    pingTarget: "ACMEWAVE.com",
    advertisedAddresses: ["72.148.43.48"],
  });
  assert.deepEqual(
    [made.domain, made.unicode, made.pingTarget, made.advertisedPort],
    ["xn--bcher-kva.example", "bücher.example", "acmewave.com", 5269],
  );
  const changed = await request("admin", "PATCH", `/api/v1/domains/${made.id}`, {
    advertisedPort: 5270,
    pingTarget: null,
    advertisedHost: "",
  });
  assert.deepEqual(
    [changed.json<LocalDomain>().advertisedPort, changed.json<LocalDomain>().pingTarget],
    [5270, null],
  );
  assert.equal(changed.json<LocalDomain>().label, "books", "what is not named stays");
  const listed = await request("auditor", "GET", "/api/v1/domains");
  assert(listed.json<{ items: LocalDomain[] }>().items.some((one) => one.id === made.id));
  assert.equal((await request("admin", "DELETE", `/api/v1/domains/${made.id}`)).statusCode, 204);
  assert.equal((await request("admin", "GET", `/api/v1/domains/${made.id}`)).statusCode, 404);
  assert.equal((await request("admin", "DELETE", `/api/v1/domains/${made.id}`)).statusCode, 404);
});

test("a domain that may look like another one is told by the scripts of its letters", async () => {
  const plain = await makeDomain("one-script.example");
  assert.deepEqual([plain.unicode, plain.scripts], ["one-script.example", ["Latin"]]);
  const mixed = await makeDomain("\u0430pple.example");
  assert.equal(mixed.domain, "xn--pple-43d.example");
  assert.deepEqual(mixed.scripts.toSorted(), ["Cyrillic", "Latin"]);
  for (const { id } of [plain, mixed]) await request("admin", "DELETE", `/api/v1/domains/${id}`);
});

test("bad names are refused with label, reason and the value that was meant; nothing is saved", async () => {
  const bad = await problem("admin", "POST", "/api/v1/domains", {
    domain: "https://acmewave.com/",
  });
  assert.equal(bad.code, "name.invalid");
  assert.equal(bad.params?.["suggestion"], "acmewave.com");
  const cases: [object, string][] = [
    [{ domain: "ex_ample.com" }, "name.invalid"],
    [{ domain: "192.0.2.1" }, "name.ip_literal"],
    [{ domain: "" }, "request.invalid"],
    [{ domain: "x".repeat(4000) }, "request.invalid"],
    [{ domain: "fine.example", advertisedHost: "not a host" }, "name.invalid"],
    [{ domain: "fine.example", advertisedAddresses: ["1.2.3"] }, "request.invalid"],
    [{ domain: "fine.example", advertisedPort: 0 }, "request.invalid"],
    [{ domain: "fine.example", pingTarget: "user@host.example" }, "name.invalid"],
  ];
  for (const [body, code] of cases)
    assert.equal(
      (await problem("admin", "POST", "/api/v1/domains", body)).code,
      code,
      JSON.stringify(body).slice(0, 99),
    );
  await makeDomain("once.example");
  assert.equal(
    (await problem("admin", "POST", "/api/v1/domains", { domain: "ONCE.example" })).code,
    "resource.conflict",
  );
  const listed = await request("auditor", "GET", "/api/v1/domains");
  assert.deepEqual(
    listed.json<{ items: LocalDomain[] }>().items.map((one) => one.domain),
    ["once.example"],
  );
});

test("a link's secret is sealed, and shows up in no answer, list, audit entry or log line", async () => {
  const domain = await makeDomain("secret.example");
  const link = await makeLink(domain);
  assert.deepEqual([link.state, link.security, link.lastError], ["disabled", "plain", null]);
  const [row] = await listLinks(db, { id: link.id });
  const secretSealed = row?.link.secretSealed;
  assert(secretSealed);
  assert(!Buffer.from(secretSealed).includes("t0ps3cret"));
  assert.equal(
    new TextDecoder().decode(vault.open(secretSealed, secretContext(link.id))),
    "t0ps3cret",
  );
  await request("admin", "PATCH", `/api/v1/links/${link.id}`, {
    secret: "t0ps3cret-2",
    port: 5348,
  });
  const answers = await Promise.all(
    [
      "/api/v1/links",
      `/api/v1/links/${link.id}`,
      "/api/v1/domains",
      "/api/v1/audit",
      "/api/v1/connections",
    ].map(async (url) => (await request("admin", "GET", url)).body),
  );
  const everything = answers.join("\n") + logLines.join("\n");
  assert.doesNotMatch(everything, /t0ps3cret/);
  assert.match(answers[3] ?? "", /"secret":"•••"/);
});

test("without TLS a component port on another machine needs the host typed as consent", async () => {
  const domain = await makeDomain("consent.example");
  const body = {
    domainId: domain.id,
    name: "wave.consent.example",
    host: "xmpp.Example.net",
    port: 5347,
    secret: "x",
  };
  const refused = await problem("admin", "POST", "/api/v1/links", body);
  assert.deepEqual(
    [refused.code, refused.params?.["host"]],
    ["link.plain_consent", "xmpp.example.net"],
  );
  const wrong = { ...body, plainConsent: "yes" };
  assert.equal((await problem("admin", "POST", "/api/v1/links", wrong)).code, "link.plain_consent");
  const link = await makeLink(domain, {
    host: "xmpp.example.net",
    plainConsent: "XMPP.example.net",
  });
  assert.equal(link.hasPlainConsent, true);
  const moved = `/api/v1/links/${link.id}`;
  assert.equal(
    (await problem("admin", "PATCH", moved, { host: "10.0.0.7" })).code,
    "link.plain_consent",
  );
  const secured = await request("admin", "PATCH", moved, { host: "10.0.0.7", security: "tls" });
  assert.equal(secured.json<Link>().hasPlainConsent, false);
  assert.equal(
    (await problem("admin", "PATCH", moved, { security: "plain" })).code,
    "link.plain_consent",
  );
  const local = await request("admin", "PATCH", moved, { host: "127.0.0.1", security: "plain" });
  assert.equal(local.statusCode, 200);
});

test("a link's name lies below its domain, its host can be dialled, and no name is linked twice", async () => {
  const domain = await makeDomain("names.example");
  const post = (more: object) =>
    problem("admin", "POST", "/api/v1/links", {
      domainId: domain.id,
      name: "wave.names.example",
      host: "127.0.0.1",
      port: 5347,
      secret: "x",
      ...more,
    });
  assert.equal((await post({ name: "wave.elsewhere.example" })).code, "link.name_outside");
  assert.equal((await post({ name: "evilnames.example" })).code, "link.name_outside");
  assert.equal((await post({ name: "wave_.names.example" })).code, "name.invalid");
  const badHost = await post({ host: "https://xmpp.example.net/" });
  assert.deepEqual(
    [badHost.code, badHost.params?.["suggestion"]],
    ["link.host_invalid", "xmpp.example.net"],
  );
  assert.equal((await post({ domainId: randomUUID() })).code, "resource.not_found");
  assert.equal((await post({ secret: "" })).code, "request.invalid");
  assert.equal((await post({ port: 65_536 })).code, "request.invalid");
  const link = await makeLink(domain, { host: "[::1]" });
  assert.equal(link.host, "::1");
  assert.equal((await post({})).code, "resource.conflict");
  assert.equal((await request("admin", "DELETE", `/api/v1/links/${link.id}`)).statusCode, 204);
  await makeLink(domain);
});

test("a change of a domain names it in the audit log", async () => {
  const made = await request("admin", "POST", "/api/v1/domains", { domain: "named.example" });
  const { id } = made.json<{ id: string }>();
  await request("admin", "PATCH", `/api/v1/domains/${id}`, { label: "Ours" });
  const audit = await request("auditor", "GET", "/api/v1/audit?resource=domains&limit=1");
  const [entry] = audit.json<{ items: { before: unknown; after: unknown }[] }>().items;
  assert.deepEqual(entry?.before, { domain: "named.example", label: "" });
  assert.deepEqual(entry?.after, { domain: "named.example", label: "Ours" });
  await request("admin", "DELETE", `/api/v1/domains/${id}`);
});

test("deleting a domain takes its links along and says so in the audit log", async () => {
  const domain = await makeDomain("whole.example");
  await makeLink(domain);
  await request("admin", "DELETE", `/api/v1/domains/${domain.id}`);
  assert.equal((await listLinks(db, { domainIds: [domain.id] })).length, 0);
  const audit = await request("auditor", "GET", "/api/v1/audit?resource=domains&limit=1");
  const [entry] = audit.json<{
    items: { action: string; before: { links: { name: string }[] } }[];
  }>().items;
  assert.deepEqual([entry?.action, entry?.before.links[0]?.name], ["delete", "wave.whole.example"]);
});

test("POST links/:id/test attaches once and says how far it came", async () => {
  const host = await startComponentHost({
    secret: "t0ps3cret",
    onStanza(stanza, stream) {
      const { id, to, from } = stanza.attributes;
      stream.say(
        `<iq type='error' id='${id}' from='${to}' to='${from}'><error type='cancel'/></iq>`,
      );
    },
  });
  const domain = await makeDomain("tested.example");
  const link = await makeLink(domain, { host: host.host, port: host.port });
  const refused = await makeLink(await makeDomain("refused.example"), { port: 1 });
  const answer = await request("admin", "POST", `/api/v1/links/${refused.id}/test`);
  const outcome = answer.json<LinkTest>();
  assert.equal(outcome.isOk, false);
  assert.equal(
    outcome.steps.find((step) => step.status === "failed")?.message?.code,
    "link.refused",
  );
  const tested = (await request("admin", "POST", `/api/v1/links/${link.id}/test`)).json<LinkTest>();
  assert.equal(tested.steps.find((step) => step.name === "handshake")?.status, "ok");
  assert.equal(
    (await problem("admin", "POST", `/api/v1/links/${randomUUID()}/test`)).code,
    "resource.not_found",
  );
  assert.equal((await request("admin", "POST", `/api/v1/links/${link.id}/retry`)).statusCode, 204);
  assert.deepEqual(links.statuses(), []);
  await host.close();
});

test("connections: a page at a time, sorted, filtered, with what is stale marked", async () => {
  const domain = await makeDomain("live.example");
  const link = await makeLink(domain, { isEnabled: true });
  const leaseUntil = new Date(Date.now() + 60_000);
  const at = { nodeId: "n1", now: new Date(), leaseUntil };
  const state = {
    lastError: null,
    attempts: 0,
    nextAttemptAt: null,
    since: new Date(),
    nodeId: "n1",
    linkId: link.id,
  };
  await writeStates(db, [{ ...state, remoteDomain: "", state: "attached", leaseUntil }]);
  await addTraffic(
    db,
    Array.from({ length: 25 }, (_, index) => ({
      linkId: link.id,
      remoteDomain: `r${String(index).padStart(2, "0")}.example`,
      stanzasIn: index % 7,
      stanzasOut: 1,
      bytesIn: 1000 - index,
      bytesOut: 0,
      dropped: 0,
      lastActivityAt: new Date(),
    })),
    at,
  );
  const get = async (query: string) =>
    (await request("auditor", "GET", `/api/v1/connections?link=${link.id}&${query}`)).json<{
      items: Connection[];
      next: string | null;
      total: number;
    }>();
  for (const sort of [
    "urgency",
    "name",
    "-name",
    "state",
    "since",
    "-activity",
    "stanzas",
    "-stanzas",
    "bytes",
  ]) {
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const page = await get(
        `sort=${sort}&limit=10${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
      );
      assert.equal(page.total, 26);
      seen.push(...page.items.map((item) => item.id));
      cursor = page.next;
    }
    assert.equal(new Set(seen).size, 26, `${sort}: every row once`);
  }
  const [first] = (await get("sort=-bytes&kind=domain&limit=1")).items;
  assert.equal(first?.remoteDomain, "r00.example");
  assert.equal((await get("kind=link")).items[0]?.remoteDomain, null);
  assert.equal((await get("q=r07")).total, 1);
  assert.equal((await get("q=%25")).total, 0, "a percent sign is a percent sign");
  assert.equal((await get(`local=${link.name}&remote=r07.example`)).total, 1);
  assert.equal((await get("remote=07.example")).total, 0, "names are whole");
  assert.equal((await get("local=other.example&remote=r07.example")).total, 0);
  assert.equal(first.linkKind, "component");
  assert.equal((await get("state=attached")).total, 1);
  await writeStates(db, [{ ...state, remoteDomain: "r20.example", state: "failing", leaseUntil }]);
  const told = async () =>
    (await get("limit=2")).items.map((item) => [item.remoteDomain, item.state]);
  assert.deepEqual((await told())[0], ["r20.example", "failing"], "what fails comes first");
  await writeStates(db, [{ ...state, remoteDomain: "", state: "waiting", leaseUntil }]);
  assert.deepEqual(await told(), [
    [null, "waiting"],
    ["r00.example", "no_link"],
  ]);
  assert.equal((await get("state=no_link")).total, 25, "nothing flows over a link that is down");
  assert.equal((await get("state=active")).total, 0);
  await writeStates(db, [
    { ...state, remoteDomain: "", state: "attached", leaseUntil: new Date(0) },
  ]);
  const [gone] = (await get("state=gone")).items;
  assert.deepEqual([gone?.state, gone?.isStale], ["gone", true]);
  const shown = (await request("auditor", "GET", `/api/v1/links/${link.id}`)).json<Link>();
  assert.deepEqual([shown.state, shown.since], ["connecting", null]);
  for (const query of ["sort=nonsense", "cursor=nonsense", "limit=0", "kind=x"])
    assert.equal(
      (await problem("auditor", "GET", `/api/v1/connections?${query}`)).code,
      "request.invalid",
    );
});

test("a connection's history is newest first, in pages", async () => {
  const link = await makeLink(await makeDomain("history.example"));
  const state = {
    linkId: link.id,
    remoteDomain: "",
    nodeId: "n1",
    since: new Date(),
    leaseUntil: new Date(),
    lastError: null,
    attempts: 0,
    nextAttemptAt: null,
  };
  await writeStates(db, [{ ...state, state: "attached" }]);
  await insertEvents(
    db,
    Array.from({ length: 5 }, (_, index) => ({
      linkId: link.id,
      remoteDomain: "",
      nodeId: "n1",
      at: new Date(index),
      fromState: null,
      toState: `s${index}`,
      detail: null,
    })),
    new Date(),
  );
  const listed = await request("auditor", "GET", `/api/v1/connections?link=${link.id}`);
  const [connection] = listed.json<{ items: Connection[] }>().items;
  const url = `/api/v1/connections/${connection?.id}/history?limit=3`;
  const page = async (from: string) =>
    (await request("auditor", "GET", from)).json<{
      items: { toState: string }[];
      next: string | null;
      total: number;
    }>();
  const first = await page(url);
  assert.deepEqual(
    first.items.map((event) => event.toState),
    ["s4", "s3", "s2"],
  );
  const second = await page(`${url}&cursor=${first.next}`);
  assert.deepEqual(
    [second.items.map((event) => event.toState), second.next, second.total],
    [["s1", "s0"], null, 5],
  );
  assert.equal((await problem("auditor", "GET", `${url}&cursor=x`)).code, "request.invalid");
  assert.equal(
    (await problem("auditor", "GET", `/api/v1/connections/${randomUUID()}/history`)).code,
    "resource.not_found",
  );
});
