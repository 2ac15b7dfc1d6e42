import assert from "node:assert/strict";
import { after, test } from "node:test";
import { trace as traceSchema, type Trace } from "#contract/traces.ts";
import { createTraceSettings } from "#resolver/trace-settings.ts";
import { createTraceStore } from "#resolver/trace-store.ts";
import { systemClock } from "#resolver/clock.ts";
import { createConnector, dialTimeouts } from "#resolver/connect.ts";
import { createDnsResolver } from "#resolver/dns.ts";
import { createTraceRunner } from "#resolver/traces.ts";
import { primitives } from "../primitives.ts";
import { writeSettings } from "#store/settings.ts";
import { deleteOldTraces, findTrace, upsertTrace } from "#store/traces.ts";
import { noAgreedWays } from "#testing/agreed-ways.ts";
import { openTestApp } from "#testing/app.ts";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import { scriptedCarrier } from "#testing/scripted-carrier.ts";
import {
  address,
  authority,
  respond,
  startScriptedDns,
  type ScriptedQuery,
} from "#testing/scripted-dns.ts";
import { honest, startScriptedXmpp } from "#testing/scripted-xmpp.ts";

const lab = createCertificateLab();
const root = lab.issue({
  subject: "/CN=Root",
  issuer: null,
  extensions: ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign"],
});
const leaf = lab.issue({
  subject: "/CN=acme.example",
  issuer: root,
  extensions: ["subjectAltName = DNS:acme.example, DNS:wave.acme.example"],
});
const credentials = { key: leaf.keyPem, cert: leaf.pem };
const xmpp = await startScriptedXmpp("127.0.12.20", honest("acme.example", credentials), 5269);
const silent = await startScriptedXmpp("127.0.12.21", () => {}, 5269);
const dns = await startScriptedDns("127.0.12.22", (query: ScriptedQuery) => {
  const at = query.name.startsWith("slow.") ? silent.address : xmpp.address;
  if (query.type === "A" && /^(wave\.)?(acme|slow|d\d+)\./.test(query.name))
    return [respond(query, [address(query.name, at)])];
  return [
    respond(query, [], {
      rcode: query.type === "A" ? "NXDOMAIN" : "NOERROR",
      authorities: [authority("example")],
    }),
  ];
});
const carrier = scriptedCarrier({
  items: { "acme.example": ["muc.acme.example", "wave.acme.example"] },
  waves: ["wave.acme.example"],
});
const harness = await openTestApp({ dnsServers: [dns], carrier, trustedRoots: [root.pem] });
const { request, store, changes } = harness;
after(async () => {
  await xmpp.stop();
  await silent.stop();
  await dns.stop();
  lab.close();
});
await store.db.transaction((tx) => writeSettings(tx, changes, { allowPrivateTargets: true }));

async function begin(body: object): Promise<string> {
  const answer = await request("admin", "POST", "/api/v1/traces", body);
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json<{ id: string }>().id;
}
const finished = (id: string) => until(id, (trace) => trace.state !== "running");
async function until(id: string, isWanted: (trace: Trace) => boolean): Promise<Trace> {
  for (const end = performance.now() + 15_000; performance.now() < end;) {
    const answer = await request("auditor", "GET", `/api/v1/traces/${id}`);
    assert.equal(answer.statusCode, 200, answer.body);
    const found = answer.json<Trace>();
    if (isWanted(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the trace does not come so far");
}

test("POST /traces answers 201 with id and Location; the trace has 13 steps and both verdicts", async () => {
  const answer = await request("admin", "POST", "/api/v1/traces", { domain: "Acme.Example." });
  assert.equal(answer.statusCode, 201);
  const { id } = answer.json<{ id: string }>();
  assert.equal(answer.headers["location"], `/api/v1/traces/${id}`);
  const done = await finished(id);
  assert.doesNotThrow(() => traceSchema.parse(done));
  assert.equal(done.domain, "acme.example");
  assert.equal(done.state, "done");
  assert.equal(done.xmpp, "reachable", JSON.stringify(done.findings));
  assert.equal(done.wave, "found");
  assert.equal(done.jid, "wave.acme.example");
  assert.deepEqual(
    done.steps.map(({ number }) => number),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13],
  );
  assert.equal(done.steps[11]?.status, "ok");
  assert.equal(done.requestedBy, "admin");
  const dialled = done.steps[4]?.attempts.find((attempt) => attempt.kind === "connect");
  assert.ok(
    dialled?.winner && dialled.certificate?.trusted && dialled.certificate.nameMatch !== null,
  );
  assert.equal(
    done.steps[6]?.attempts.some((attempt) => attempt.kind === "reuse"),
    true,
  );
});

test("the same target under way is joined: 200 with its id", async () => {
  const id = await begin({ domain: "slow.example" });
  const again = await request("admin", "POST", "/api/v1/traces", { domain: "SLOW.example" });
  assert.deepEqual([again.statusCode, again.json<{ id: string }>().id], [200, id]);
  const other = await begin({ domain: "slow.example", reading: "strict" });
  assert.notEqual(other, id);
  for (const running of [id, other])
    await request("admin", "POST", `/api/v1/traces/${running}/cancel`);
});

test("cancel keeps what there is, and says who did it; browsers are told", async () => {
  const told: string[] = [];
  const unsubscribe = changes.on((resource) => told.push(resource));
  const id = await begin({ domain: "slow.example", fresh: true });
  const running = await until(id, (trace) => trace.steps[4]?.status === "running");
  assert.deepEqual([running.state, running.xmpp], ["running", null]);
  await request("admin", "PATCH", `/api/v1/traces/${id}`, { isPinned: true });
  const shown = await request("auditor", "GET", `/api/v1/traces/${id}`);
  assert.deepEqual([shown.json<Trace>().state, shown.json<Trace>().isPinned], ["running", true]);
  const cancelled = await request("admin", "POST", `/api/v1/traces/${id}/cancel`);
  assert.equal(cancelled.statusCode, 204);
  const done = await finished(id);
  unsubscribe();
  assert.deepEqual([done.state, done.cancelledBy], ["cancelled", "admin"]);
  assert.equal(done.steps[0]?.status, "ok");
  assert.equal(done.steps[4]?.because?.code, "trace.cancelled");
  assert.ok(told.includes(`traces/${id}`) && told.includes("traces"));
  assert.equal((await request("admin", "POST", `/api/v1/traces/${id}/cancel`)).statusCode, 204);
});

test("what is no domain is refused with the reason and a cleaned value", async () => {
  const url = await request("admin", "POST", "/api/v1/traces", { domain: "https://acmewave.com/" });
  assert.equal(url.statusCode, 422);
  assert.equal(url.json<{ code: string }>().code, "name.invalid");
  assert.equal(url.json<{ params: { suggestion: string } }>().params.suggestion, "acmewave.com");
  const ip = await request("admin", "POST", "/api/v1/traces", { domain: "192.0.2.1" });
  assert.equal(ip.json<{ code: string }>().code, "name.ip_literal");
  for (const body of [{}, { domain: 7 }, { domain: "" }, { domain: "a.example", reading: "x" }]) {
    const answer = await request("admin", "POST", "/api/v1/traces", body);
    assert.equal(answer.json<{ code: string }>().code, "request.invalid", JSON.stringify(body));
  }
});

test("a look-alike is traced, with its A-label and its scripts shown", async () => {
  const done = await finished(await begin({ domain: "асme.example" }));
  assert.match(done.domain, /^xn--/);
  const name = done.steps[0]?.attempts.find((attempt) => attempt.kind === "name");
  assert.deepEqual(name?.scripts, ["Cyrillic", "Latin"]);
  assert.ok(done.findings.some(({ code }) => code === "name.mixed_script"));
});

test("one domain is not hammered: 429 with Retry-After, others go on", async () => {
  let refused: Awaited<ReturnType<typeof request>> | null = null;
  for (let i = 0; i < 30 && refused === null; i += 1) {
    const answer = await request("admin", "POST", "/api/v1/traces", {
      domain: "d1.example",
      fresh: true,
    });
    if (answer.statusCode === 429) refused = answer;
    else await finished(answer.json<{ id: string }>().id);
  }
  assert.equal(refused?.json<{ code: string }>().code, "trace.rate_limited");
  assert.ok(Number(refused?.headers["retry-after"]) >= 1);
  await finished(await begin({ domain: "d2.example" }));
});

test("the list filters, searches, sorts and pages", async () => {
  const get = async (query: string) => {
    const answer = await request("auditor", "GET", `/api/v1/traces?${query}`);
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.json<{ items: Trace[]; next: string | null; total: number }>();
  };
  const all = await get("limit=200");
  assert.ok(all.total >= 5);
  assert.ok(all.items.every((item) => !("steps" in item)));
  const newest = all.items.map(({ startedAt }) => startedAt);
  assert.deepEqual(newest, newest.toSorted().toReversed());
  assert.ok((await get("q=cme.exam")).items.every(({ domain }) => domain.includes("cme.exam")));
  assert.ok((await get("q=wave.acme")).items.every(({ jid }) => jid === "wave.acme.example"));
  assert.ok((await get("state=cancelled")).items.every(({ state }) => state === "cancelled"));
  assert.ok((await get("xmpp=reachable&wave=found")).items.length >= 1);
  assert.equal((await get("q=100%25")).total, 0);
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: { items: Trace[]; next: string | null } = await get(
      `sort=domain&limit=3${cursor === null ? "" : `&cursor=${cursor}`}`,
    );
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.next;
  } while (cursor !== null);
  assert.equal(new Set(seen).size, all.total);
  for (const query of ["sort=secret", "cursor=xyz", "limit=0", "xmpp=maybe"]) {
    const answer = await request("auditor", "GET", `/api/v1/traces?${query}`);
    assert.equal(answer.json<{ code: string }>().code, "request.invalid", query);
  }
});

test("a pinned trace stays when old ones go; a deleted one is gone; both are audited", async () => {
  const old = await finished(await begin({ domain: "d3.example" }));
  const pinned = await finished(await begin({ domain: "d4.example" }));
  const pin = await request("admin", "PATCH", `/api/v1/traces/${pinned.id}`, { isPinned: true });
  assert.equal(pin.json<Trace>().isPinned, true);
  assert.equal((await finished(pinned.id)).isPinned, true);
  while ((await findTrace(store.db, old.id))?.state === "running")
    await new Promise((resolve) => setTimeout(resolve, 20));
  const removed = await deleteOldTraces(store.db, new Date(Date.now() + 1_000), 1_000);
  assert.ok(removed >= 1);
  assert.equal((await request("auditor", "GET", `/api/v1/traces/${old.id}`)).statusCode, 404);
  assert.equal((await request("auditor", "GET", `/api/v1/traces/${pinned.id}`)).statusCode, 200);
  assert.equal((await request("admin", "DELETE", `/api/v1/traces/${pinned.id}`)).statusCode, 204);
  assert.equal((await request("admin", "DELETE", `/api/v1/traces/${pinned.id}`)).statusCode, 404);
  const log = await request("admin", "GET", `/api/v1/audit?resource=traces`);
  const actions = log.json<{ items: { action: string }[] }>().items.map(({ action }) => action);
  assert.ok(actions.includes("pin") && actions.includes("delete"));
});

test("an auditor reads and begins nothing", async () => {
  assert.equal(
    (await request("auditor", "POST", "/api/v1/traces", { domain: "acme.example" })).statusCode,
    403,
  );
  assert.equal(
    (await request("auditor", "POST", "/api/v1/pings", { domain: "acme.example" })).statusCode,
    403,
  );
});

test("a ping resolves, sends both pings, and says that an answer proves both directions", async () => {
  const answer = await request("admin", "POST", "/api/v1/pings", { domain: "acme.example" });
  assert.equal(answer.statusCode, 200, answer.body);
  const result = answer.json<{
    wave: object;
    xmpp: object;
    provesBothDirections: boolean;
    traceId: string;
    message: null;
  }>();
  assert.deepEqual(result.wave, {
    status: "answered",
    to: "wave.acme.example",
    roundTripMs: 15,
    condition: null,
  });
  assert.deepEqual(result.xmpp, {
    status: "answered",
    to: "acme.example",
    roundTripMs: 12,
    condition: null,
  });
  assert.equal(result.provesBothDirections, true);
  assert.equal(result.message, null);
  assert.equal((await finished(result.traceId)).trigger, "ping");
});

test("a ping of an own domain is answered, and proves no direction between servers", async () => {
  const made = await request("admin", "POST", "/api/v1/domains", { domain: "acme.example" });
  assert.equal(made.statusCode, 201, made.body);
  await ruleBecomes("self");
  const answer = await request("admin", "POST", "/api/v1/pings", { domain: "acme.example" });
  const result = answer.json<{ xmpp: { status: string }; provesBothDirections: boolean }>();
  assert.deepEqual([result.xmpp.status, result.provesBothDirections], ["answered", false]);
  await request("admin", "DELETE", `/api/v1/domains/${made.json<{ id: string }>().id}`);
  await ruleBecomes("mode_open");
});

/** Until the policy has heard of a change. */
async function ruleBecomes(rule: string): Promise<void> {
  const url = "/api/v1/peers/decision?domain=acme.example";
  while ((await request("auditor", "GET", url)).json<{ rule: string }>().rule !== rule)
    await new Promise((resolve) => setTimeout(resolve, 5));
}

test("a ping to a domain's ping target is that domain's last ping, unless another one's link carried it", async () => {
  const made = await request("admin", "POST", "/api/v1/domains", {
    ...{ domain: "pinging.example", pingTarget: "acme.example" },
  });
  const url = `/api/v1/domains/${made.json<{ id: string }>().id}`;
  const lastPing = async () =>
    (await request("auditor", "GET", url)).json<{ lastPing: { at: string } | null }>().lastPing;
  const told = carrier.answers;
  await request("admin", "POST", "/api/v1/pings", { domain: "acme.example" });
  assert.equal(await lastPing(), null);
  carrier.answers = { noSource: "link.none" };
  const answer = await request("admin", "POST", "/api/v1/pings", { domain: "acme.example" });
  assert.equal((await lastPing())?.at, answer.json<{ at: string }>().at);
  carrier.answers = told;
  await request("admin", "DELETE", url);
});

test("a ping that nobody answers, that bounces, or that no link carries, says which", async () => {
  const ping = async () => {
    const answer = await request("admin", "POST", "/api/v1/pings", { domain: "acme.example" });
    return answer.json<{
      wave: { status: string };
      xmpp: { status: string; condition: string | null };
      provesBothDirections: boolean;
      message: { code: string };
    }>();
  };
  const told = carrier.answers;
  carrier.answers = { bounced: ["acme.example", "wave.acme.example"] };
  const bounced = await ping();
  assert.deepEqual(
    [bounced.xmpp.status, bounced.xmpp.condition, bounced.message.code],
    ["not_sent", "remote-server-timeout", "link.bounced"],
  );
  carrier.answers = { ...told, silent: ["acme.example", "wave.acme.example"] };
  const silence = await ping();
  assert.deepEqual([silence.xmpp.status, silence.provesBothDirections], ["timeout", false]);
  carrier.answers = { ...told, noPong: ["acme.example", "wave.acme.example"] };
  const mute = await ping();
  assert.deepEqual([mute.wave.status, mute.message.code], ["timeout", "ping.timeout"]);
  carrier.answers = { noSource: "link.none" };
  const none = await ping();
  assert.deepEqual([none.wave.status, none.message.code], ["not_sent", "link.none"]);
  carrier.answers = told;
});

test("an appliance that died left traces running: they are cancelled at the next start", async () => {
  const whole = await finished(await begin({ domain: "d5.example" }));
  const id = "00000000-0000-4000-8000-00000000dead";
  const left: Trace = {
    ...whole,
    id,
    state: "running",
    xmpp: null,
    wave: null,
    steps: whole.steps.map((step) => (step.number === 5 ? { ...step, status: "running" } : step)),
  };
  await upsertTrace(store.db, left, "deadnode");
  const onError = (error: unknown) => assert.fail(String(error));
  const settings = createTraceSettings({ db: store.db, changes, onError });
  await settings.start();
  const started = createTraceStore({
    db: store.db,
    changes,
    nodeId: "deadnode",
    clock: systemClock,
    settings,
    onError,
  });
  await started.start();
  await started.stop();
  settings.stop();
  const closed = (await request("auditor", "GET", `/api/v1/traces/${id}`)).json<Trace>();
  assert.deepEqual(
    [closed.state, closed.xmpp, closed.steps[4]?.status],
    ["cancelled", "unknown", "not_reached"],
  );
});

test("what an appliance left running that never comes back is closed by another, within minutes", async (t) => {
  const whole = await finished(await begin({ domain: "d61.example" }));
  const id = "00000000-0000-4000-8000-00000000fade";
  const startedAt = new Date(Date.now() - 11 * 60_000).toISOString();
  const onError = (error: unknown) => assert.fail(String(error));
  const settings = createTraceSettings({ db: store.db, changes, onError });
  await settings.start();
  t.mock.timers.enable({ apis: ["setInterval"] });
  const survivor = createTraceStore({
    ...{ db: store.db, changes, settings, onError },
    nodeId: "survivor",
    clock: systemClock,
  });
  await survivor.start();
  await upsertTrace(store.db, { ...whole, id, state: "running", startedAt }, "gonenode");
  const closed = Promise.withResolvers<void>();
  const forget = changes.on((resource) => {
    if (resource === `traces/${id}`) closed.resolve();
  });
  t.mock.timers.tick(61_000);
  await closed.promise;
  forget();
  t.mock.timers.reset();
  await survivor.stop();
  settings.stop();
  const { state } = (await request("auditor", "GET", `/api/v1/traces/${id}`)).json<Trace>();
  assert.equal(state, "cancelled");
});

test("a trace that another appliance runs is cancelled from here", async () => {
  const onError = (error: unknown) => assert.fail(String(error));
  const clock = systemClock;
  const settings = createTraceSettings({ db: store.db, changes, onError });
  await settings.start();
  const other = createTraceRunner({
    ...{ db: store.db, changes, settings, carrier, primitives, clock, onError },
    logins: { forName: () => null },
    agreed: noAgreedWays,
    policy: {
      decide: () => ({ allowed: true, rule: "mode:open" }),
      terms: () => null,
      strangers: () => ({ tlsPolicy: "required" as const }),
    },
    dns: createDnsResolver({ servers: [dns], clock }),
    connector: createConnector({
      judge: { judge: () => assert.fail("no chain") },
      clock,
      timeouts: () => dialTimeouts(30),
    }),
    nodeId: "othernode",
    software: "test",
    metrics: { started: () => {}, ended: () => {} },
  });
  await other.start();
  const begun = await other.begin({
    domain: "slow.example",
    trigger: "person",
    requestedBy: "bob",
  });
  assert.ok(begun.ok);
  const { id } = begun.value;
  assert.equal((await request("admin", "POST", `/api/v1/traces/${id}/cancel`)).statusCode, 204);
  const done = await finished(id);
  assert.deepEqual([done.state, done.cancelledBy], ["cancelled", "admin"]);
  await other.stop();
  settings.stop();
});

test("a trace saved twice is one trace", async () => {
  const whole = await finished(await begin({ domain: "d6.example" }));
  await upsertTrace(store.db, whole, "testnode");
  await upsertTrace(store.db, whole, "testnode");
  const listed = await request("auditor", "GET", "/api/v1/traces?domain=d6.example");
  assert.equal(listed.json<{ total: number }>().total, 1);
});

test("a trace that has ended stays so, when the write of its beginning comes late", async () => {
  const whole = await finished(await begin({ domain: "d7.example" }));
  await upsertTrace(store.db, { ...whole, state: "running", xmpp: null }, "testnode");
  const kept = (await request("auditor", "GET", `/api/v1/traces/${whole.id}`)).json<Trace>();
  assert.deepEqual(kept, whole);
});
