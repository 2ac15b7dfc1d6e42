import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, test } from "node:test";
import type { LocalDomain } from "#contract/domains.ts";
import type { HostedInstances, HostedSecret, Link, LinkCreated } from "#contract/links.ts";
import type { ProblemDetails } from "#contract/problems.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { listLocalAddresses } from "#store/links.ts";
import { absentPeers } from "#testing/absent-peers.ts";
import { openTestApp } from "#testing/app.ts";
import {
  componentHeader,
  connectRawComponent,
  type RawComponent,
  until,
} from "#testing/raw-component.ts";

after(() => links.stop());
const { request, store, links, logLines } = await openTestApp({ s2s: absentPeers });
const componentAddress = "127.0.34.20";
const componentPort = 15_347;
const settings = { s2sPort: null, s2sDirectTlsPort: null, componentAddress, componentPort };
const patched = await request("admin", "PATCH", "/api/v1/settings", settings);
assert.equal(patched.statusCode, 200, patched.body + logLines.join("\n"));
await links.start();

async function makeDomain(domain: string): Promise<LocalDomain> {
  const answer = await request("admin", "POST", "/api/v1/domains", { domain });
  assert.equal(answer.statusCode, 201, answer.body);
  return answer.json<LocalDomain>();
}

const post = (body: object) => request("admin", "POST", "/api/v1/links", body);
const roleOf = async (name: string) =>
  (await listLocalAddresses(store.db)).find((address) => address.name === name)?.role;
const read = async <T>(path: string) => (await request("auditor", "GET", path)).json<T>();

async function attach(name: string, secret: string): Promise<RawComponent> {
  const component = await connectRawComponent(componentAddress, componentPort);
  after(() => component.socket.destroy());
  await component.attach(name, secret);
  return component;
}

async function becomes(id: string, state: Link["state"]): Promise<Link> {
  const deadline = performance.now() + 10_000;
  for (;;) {
    const link = await read<Link>(`/api/v1/links/${id}`);
    if (link.state === state) return link;
    assert(performance.now() < deadline, `still ${link.state}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("a native link needs a name only: the domain itself or one below it, with a role that can be changed", async () => {
  const domain = await makeDomain("native.example");
  const own = await post({ kind: "s2s", domainId: domain.id, name: "Native.example." });
  assert.equal(own.statusCode, 201, own.body);
  const made = own.json<LinkCreated>();
  assert.deepEqual(
    [made.kind, made.name, made.role, made.host, made.port, "secret" in made],
    ["s2s", "native.example", "wave", null, null, false],
  );
  await becomes(made.id, "attached");
  const below = await post({
    kind: "s2s",
    domainId: domain.id,
    name: "chat.native.example",
    role: "plain",
  });
  assert.equal(below.json<Link>().role, "plain");
  assert.equal(await roleOf("chat.native.example"), "plain");
  const id = below.json<Link>().id;
  const changed = await request("admin", "PATCH", `/api/v1/links/${id}`, { role: "wave" });
  assert.equal(changed.json<Link>().role, "wave");
  assert.equal(await roleOf("chat.native.example"), "wave");
  const moved = await request("admin", "PATCH", `/api/v1/links/${id}`, {
    host: "XMPP.native.example",
    port: 5299,
  });
  assert.deepEqual(
    [moved.json<Link>().host, moved.json<Link>().port],
    ["xmpp.native.example", 5299],
  );
  const back = await request("admin", "PATCH", `/api/v1/links/${id}`, { host: null });
  assert.equal(back.json<Link>().host, null);
  const outside = await post({ kind: "s2s", domainId: domain.id, name: "other.example" });
  assert.equal(outside.json<ProblemDetails>().code, "link.name_outside");
  const twice = await post({ kind: "hosted", domainId: domain.id, name: "native.example" });
  assert.equal(twice.json<ProblemDetails>().code, "resource.conflict");
});

test("a name may have ports of its own, that nothing else of the appliance has", async () => {
  const domain = await makeDomain("ports.example");
  const address = "127.0.34.21";
  const own = { address, port: 15_301, directTlsPort: 15_302, isAlsoShared: false };
  const first = await post({
    ...{ kind: "s2s", domainId: domain.id, name: "ports.example" },
    ownPorts: own,
  });
  assert.equal(first.statusCode, 201, first.body);
  assert.deepEqual(first.json<Link>().ownPorts, own);
  await becomes(first.json<Link>().id, "attached");
  const second = { kind: "s2s", domainId: domain.id, name: "two.ports.example" };
  const { id } = (await post(second)).json<Link>();
  const patch = (ownPorts: object | null) =>
    request("admin", "PATCH", `/api/v1/links/${id}`, { ownPorts });
  const clashes: [object, string, string][] = [
    [{ address, port: 15_302 }, "port", "the port with direct TLS of ports.example"],
    [{ address: "0.0.0.0", port: 15_303, directTlsPort: 15_301 }, "directTlsPort", "of ports.ex"],
    [{ address: "::", port: componentPort }, "port", "the port for components"],
    [{ address: "127.0.0.1", port: 8080 }, "port", "the dashboard’s port (PORT)"],
  ];
  for (const [ownPorts, field, word] of clashes) {
    const answer = await patch(ownPorts);
    const problem = answer.json<ProblemDetails>();
    assert.equal(problem.code, "listener.taken", answer.body);
    const [error] = problem.errors ?? [];
    assert.equal(error?.field, `body.ownPorts.${field}`);
    assert(error.message.includes(word), error.message);
  }
  const senseless = [
    { port: null },
    { port: null, directTlsPort: 15_310, isAlsoShared: false },
    { port: 15_310, directTlsPort: 15_310 },
    { port: 0 },
    { port: 15_310, address: "localhost" },
  ];
  for (const ownPorts of senseless)
    assert.equal((await patch(ownPorts)).json<ProblemDetails>().code, "request.invalid");
  const moved = await request("admin", "PATCH", "/api/v1/settings", {
    componentAddress: address,
    componentPort: 15_301,
  });
  assert.equal(moved.json<ProblemDetails>().errors?.[0]?.field, "body.componentPort");
  assert.match(moved.body, /STARTTLS of ports\.example/);
  assert.equal((await patch({ address: "127.0.34.22", port: 15_301 })).statusCode, 200);
  assert.equal((await patch(null)).json<Link>().ownPorts, null);
});

test("a port that cannot be opened is told with the name whose it is, and the others go on", async () => {
  const domain = await makeDomain("taken.example");
  const address = "127.0.34.23";
  const blocker = createServer().listen(15_301, address);
  await once(blocker, "listening");
  const own = { kind: "s2s", domainId: domain.id, name: "taken.example" };
  const ownPorts = { address, port: 15_301 };
  const { id } = (await post({ ...own, ownPorts })).json<Link>();
  const waiting = await becomes(id, "waiting");
  assert.equal(waiting.lastError?.code, "s2s.listen_failed");
  assert.deepEqual(waiting.lastError.params, { address, port: 15_301, errno: "EADDRINUSE" });
  blocker.close();
  await becomes(id, "attached");
  assert.equal((await read<Link>(`/api/v1/links/${id}`)).lastError, null);
});

test("what a kind does not have is refused, not ignored", async () => {
  const domain = await makeDomain("kinds.example");
  const s2s = (
    await post({ kind: "s2s", domainId: domain.id, name: "kinds.example" })
  ).json<Link>();
  const hosted = (
    await post({ kind: "hosted", domainId: domain.id, name: "irc.kinds.example" })
  ).json<Link>();
  const component = (
    await post({
      ...{ domainId: domain.id, name: "c.kinds.example", isEnabled: false },
      ...{ host: "127.0.0.1", port: 5347, secret: "a-secret-of-the-test" },
    })
  ).json<Link>();
  const refusals: [Link, string, string, object?][] = [
    [s2s, "PATCH", "", { security: "tls" }],
    [s2s, "PATCH", "", { secret: "x" }],
    [component, "PATCH", "", { ownPorts: { port: 15_309 } }],
    [hosted, "PATCH", "", { role: "wave" }],
    [hosted, "PATCH", "", { secret: "of-mine" }],
    [s2s, "POST", "/test"],
    [hosted, "POST", "/test"],
    [s2s, "POST", "/secret"],
    [s2s, "GET", "/instances"],
  ];
  for (const [link, method, path, body] of refusals) {
    const answer = await request("admin", method, `/api/v1/links/${link.id}${path}`, body);
    assert.equal(answer.statusCode, 422, `${method} ${link.kind}${path}`);
    assert.equal(answer.json<ProblemDetails>().code, "link.not_of_kind");
  }
  const unknown = await post({ kind: "x2x", domainId: domain.id, name: "kinds.example" });
  assert.equal(unknown.json<ProblemDetails>().code, "request.invalid");
  const missing = await post({ domainId: domain.id, name: "wave.kinds.example" });
  assert.deepEqual(
    missing.json<ProblemDetails>().errors?.map(({ field }) => field),
    ["body.host", "body.port", "body.secret"],
  );
});

test("a hosted component: a secret of 256 bits shown once, attached with it, seen, closed, rolled", async () => {
  const domain = await makeDomain("hosted.example");
  const answer = await post({ kind: "hosted", domainId: domain.id, name: "irc.hosted.example" });
  assert.equal(answer.statusCode, 201, answer.body);
  assert.equal(answer.headers["cache-control"], "no-store");
  const { id, secret = "", role } = answer.json<LinkCreated>();
  assert.match(secret, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(role, "hosted");
  await becomes(id, "waiting");

  const component = await attach("irc.hosted.example", secret);
  await becomes(id, "attached");
  const seen = await read<HostedInstances>(`/api/v1/links/${id}/instances`);
  assert.deepEqual(
    [seen.port.host, seen.port.port, seen.port.isOpen, seen.port.isTls, seen.items.length],
    [componentAddress, componentPort, true, false, 1],
  );
  const instance = `/api/v1/links/${id}/instances/${seen.items[0]?.id}`;
  assert.equal((await request("auditor", "DELETE", instance)).statusCode, 403);
  assert.equal((await request("admin", "DELETE", instance)).statusCode, 204);
  await until(() => component.heard().endsWith("</stream:stream>"));
  component.say("</stream:stream>");
  await becomes(id, "waiting");
  assert.equal((await request("admin", "DELETE", instance)).statusCode, 404);

  const again = await attach("irc.hosted.example", secret);
  await becomes(id, "attached");
  assert.equal((await request("auditor", "POST", `/api/v1/links/${id}/secret`)).statusCode, 403);
  const ours = "irc.hosted.example" as Domain;
  const theirs = "far.example" as Domain;
  assert.equal(links.native?.reconnect(ours, theirs), true);
  const rolled = await request("admin", "POST", `/api/v1/links/${id}/secret`);
  const next = rolled.json<HostedSecret>().secret;
  assert.notEqual(next, secret);
  await until(again.isClosed);
  await becomes(id, "waiting");
  await attach("irc.hosted.example", next);
  await becomes(id, "attached");
  assert.notEqual(links.native?.route(ours, theirs), null, "streams with others are as they were");

  const everything = [
    logLines.join("\n"),
    (await request("auditor", "GET", "/api/v1/audit")).body,
    (await request("auditor", "GET", `/api/v1/links/${id}`)).body,
    (await request("auditor", "GET", "/api/v1/domains")).body,
  ].join("\n");
  assert.ok(!everything.includes(secret) && !everything.includes(next), "a secret is told once");
  const audit = await read<{ items: { action: string }[] }>("/api/v1/audit?resource=links");
  const actions = audit.items.map(({ action }) => action);
  assert.ok(actions.includes("roll_secret") && actions.includes("close_instance"));
});

test("limits of hosted components are settings, and count at once", async () => {
  const domain = await makeDomain("limits.example");
  const name = "irc.limits.example";
  const made = await post({ kind: "hosted", domainId: domain.id, name });
  const { id, secret = "" } = made.json<LinkCreated>();
  await becomes(id, "waiting");
  await attach(name, secret);
  const limit = (body: object) => request("admin", "PATCH", "/api/v1/settings", body);
  assert.equal((await limit({ componentInstancesPerName: 0 })).statusCode, 400);
  assert.equal((await limit({ componentInstancesPerName: 1 })).statusCode, 200);
  // Each asks by its header, and leaves: what changed in the database is heard of a moment later.
  const isRefused = async () => {
    const asking = await connectRawComponent(componentAddress, componentPort);
    asking.say(componentHeader(name));
    await until(() => asking.streamId() !== null || asking.isClosed());
    asking.socket.destroy();
    return asking.heard().includes("<conflict ");
  };
  const deadline = performance.now() + 10_000;
  while (!(await isRefused())) assert(performance.now() < deadline, "the limit does not count");
  await limit({ componentInstancesPerName: 32 });
  while (await isRefused()) assert(performance.now() < deadline, "the limit still counts");
});

test("a stanza of one hosted component reaches another; one for a component that is away is answered", async () => {
  const domain = await makeDomain("pair.example");
  const made = async (name: string) =>
    (await post({ kind: "hosted", domainId: domain.id, name })).json<LinkCreated>();
  const [one, two] = [await made("one.pair.example"), await made("two.pair.example")];
  await becomes(one.id, "waiting");
  await becomes(two.id, "waiting");
  const first = await attach(one.name, one.secret ?? "");
  const second = await attach(two.name, two.secret ?? "");
  const say = (id: string, to: string) =>
    first.say(`<iq type='get' id='${id}' from='a@${one.name}' to='${to}'><x xmlns='urn:x'/></iq>`);
  const heard = (component: RawComponent, id: string) =>
    component.elements().find((stanza) => stanza.attributes["id"] === id);
  say("1", `b@${two.name}`);
  await until(() => heard(second, "1") !== undefined);
  second.say(`<iq type='result' id='1' from='b@${two.name}' to='a@${one.name}'/>`);
  await until(() => heard(first, "1")?.attributes["type"] === "result");
  say("2", "nobody@nowhere.example");
  await until(() => heard(first, "2")?.attributes["type"] === "error");
  assert.match(first.heard(), /from="nobody@nowhere\.example" to="a@one\.pair\.example"/);
  assert.match(first.heard(), /remote-server-not-found/);
});
