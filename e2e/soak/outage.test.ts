import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { z } from "zod";
import { settings } from "#contract/settings.ts";
import { session, tokenCreated } from "#contract/people.ts";
import type { Link } from "#contract/links.ts";
import { tracePage } from "#contract/traces.ts";
import { type Appliance, OWNER } from "../stack/appliance.ts";
import type { Client } from "../stack/client.ts";
import { type LiveEvents, openEvents } from "../stack/live-events.ts";
import { attachDomain, waitForLink } from "../stack/operations.ts";
import type { Postgres } from "../stack/postgres.ts";
import { until, within } from "../stack/wait.ts";
import { createWorld, SECRET, type World } from "../stack/world.ts";
import { type Silence, startSilence } from "./silence.ts";

const PEER = "peer.example";
/** "Within seconds": a probe's own patience and the time that it takes to notice. */
const NOTICED_MS = 6_000;
const RECOVERED_MS = 10_000;
/** A trace gives up on a silent name server long before. */
const ENDED_MS = 60_000;
/** No request may hang longer than this, whatever the database does. */
const LONGEST_ANSWER_MS = 20_000;
const WORKERS = 16;

describe("PostgreSQL goes away under a running appliance", () => {
  let world: World;
  let silence: Silence;
  let postgres: Postgres;
  let appliance: Appliance;
  let owner: Client;
  let link: Link;
  let token: string;
  let cookie: string;

  before(async () => {
    world = await createWorld("outage");
    postgres = await world.postgres({ isFast: false });
    const databaseUrl = await postgres.createDatabase("wavegate");
    silence = await startSilence(world.address());
    appliance = await world.appliance({ databaseUrl, dnsServers: [silence.server] });
    owner = await appliance.setUp();
    ({ token } = await owner.read(tokenCreated, "POST", "/api/v1/tokens", {
      name: "outage",
      role: "owner",
    }));
    cookie = await signIn(appliance.url);
    link = await busyWithPeers(world, owner);
  });
  after(async () => {
    silence.close();
    await world.end();
  });

  const outages = [
    {
      title: "it is stopped and started",
      begin: () => postgres.stop(),
      end: () => postgres.start(),
    },
    {
      title: "it is killed and started",
      begin: async () => {
        const backends = childrenOf(postgres.process.pid);
        await postgres.process.kill();
        // Backends see their postmaster's death; until the last is gone its memory cannot be taken over.
        await until("the backends' end", 10_000, () => !backends.some(isAlive) || undefined);
      },
      end: () => postgres.start(),
    },
    {
      title: "it stands still and goes on: connections stay open and say nothing",
      begin: () => signalAll(postgres.process.pid, "SIGSTOP"),
      end: () => signalAll(postgres.process.pid, "SIGCONT"),
    },
  ];
  for (const { title, begin, end } of outages) {
    test(`${title}: /readyz says so, requests get the problem, all recovers by itself`, async () => {
      const { pid } = appliance.process;
      const events = await openEvents(appliance.url, token);
      const load = startLoad(owner);
      try {
        for (const name of ["one", "two", "three"])
          await owner.send("POST", "/api/v1/traces", { domain: `${name}.slow.example` });
        await until("the load to run", 10_000, () => load.answers.length > WORKERS || undefined);
        await begin();
        try {
          await assertNoticed(appliance);
          await load.untilRefused(WORKERS);
        } finally {
          await end();
        }
        await until("/readyz to be 200", RECOVERED_MS, async () =>
          (await appliance.anonymous.request("GET", "/readyz")).status === 200 ? true : undefined,
        );
      } finally {
        await load.stop();
      }
      assertAnswers(load);
      await assertWhole(appliance, owner, events);
      assert.equal(appliance.process.pid, pid);
      await waitForLink(owner, link.domainId, link.id, "attached");
      await until("the traces that it was in the middle of to end", ENDED_MS, async () => {
        const path = "/api/v1/traces?state=running";
        return (await owner.read(tracePage, "GET", path)).total === 0 || undefined;
      });
      const again = await fetch(new URL("/api/v1/session", appliance.url), { headers: { cookie } });
      assert.equal(session.parse(await again.json()).name, OWNER.name, "the session is still good");
      events.close();
    });
  }
});

/** A component link, and a peer that is checked as often as can be: work in the background that needs the database. */
async function busyWithPeers(world: World, client: Client): Promise<Link> {
  const domain = "outage.example";
  const name = `wave.${domain}`;
  const server = await world.prosody({ domain, components: [name] });
  const peer = { domain: PEER, checkIntervalSeconds: 15 };
  await client.send("POST", "/api/v1/peers", peer);
  const at = { host: server.address, port: server.componentPort };
  return await attachDomain(client, { domain, name, secret: SECRET, ...at });
}

/** Within seconds /readyz says that the database is away, and the process lives. */
async function assertNoticed({ anonymous }: Appliance) {
  await until("/readyz to be 503", NOTICED_MS, async () => {
    const answer = await within(
      "the answer of /readyz",
      NOTICED_MS,
      anonymous.request("GET", "/readyz"),
    );
    if (answer.status === 200) return undefined;
    assertUnavailable(answer);
    return true;
  });
  assert.equal((await anonymous.request("GET", "/healthz")).status, 200);
}

/** Everything works as before: events arrive, many requests at once are answered, acknowledged settings are kept. */
async function assertWhole(appliance: Appliance, owner: Client, events: LiveEvents) {
  assert.ok(events.isOpen(), "the stream of live events outlives the database");
  const title = `after ${performance.now()}`;
  await until("live events to be heard again", RECOVERED_MS, async () => {
    const heard = events.changed.length;
    await owner.send("PATCH", "/api/v1/settings", { statusTitle: title });
    await events.heard("settings", 1000, heard);
    return true;
  });
  // Changes are announced in their order: behind this one nothing of an earlier attempt is still to come.
  const before = events.changed.length;
  await owner.send("POST", "/api/v1/tokens", { name: title, role: "auditor" });
  await events.heard("tokens", RECOVERED_MS, before);
  const heard = events.changed.length;
  await owner.send("PATCH", "/api/v1/settings", { statusTitle: `${title}!` });
  await events.heard("settings", 2000, heard);
  const echoes = events.changed.slice(heard).filter((resource) => resource === "settings");
  assert.equal(echoes.length, 1, "each change is announced once");

  const many = await Promise.all(
    Array.from({ length: 40 }, () => owner.read(settings, "GET", "/api/v1/settings")),
  );
  assert.ok(many.every(({ statusTitle }) => statusTitle === `${title}!`));
  assert.equal((await appliance.anonymous.request("GET", "/readyz")).status, 200);
}

interface TimedAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly durationMs: number;
}

/** Readers and writers that never stop asking, with every answer kept. */
function startLoad(client: Client) {
  const answers: TimedAnswer[] = [];
  const failures: unknown[] = [];
  let isStopped = false;
  const work = async (worker: number) => {
    for (let count = 0; !isStopped; count += 1) {
      const startedAt = performance.now();
      const asked =
        worker % 2 === 0
          ? client.request("GET", "/api/v1/users")
          : client.request("PATCH", "/api/v1/settings", { traceRetentionDays: 1 + (count % 300) });
      try {
        const { status, body } = await asked;
        answers.push({ status, body, durationMs: performance.now() - startedAt });
      } catch (error) {
        failures.push(error);
        return;
      }
    }
  };
  const workers = Array.from({ length: WORKERS }, (_, worker) => work(worker));
  const isRefused = ({ status }: TimedAnswer) => status === 503;
  return {
    answers,
    failures,
    untilRefused: async (count: number) => {
      await until(
        `${count} refused requests`,
        LONGEST_ANSWER_MS,
        () => answers.filter(isRefused).length >= count || undefined,
      );
    },
    stop: async () => {
      isStopped = true;
      await within("the load's end", LONGEST_ANSWER_MS, Promise.all(workers));
    },
  };
}

function assertAnswers({ answers, failures }: ReturnType<typeof startLoad>) {
  assert.deepEqual(failures, [], "no connection is dropped without an answer");
  for (const answer of answers) if (answer.status !== 200) assertUnavailable(answer);
  const longest = Math.max(...answers.map(({ durationMs }) => durationMs));
  assert.ok(longest < LONGEST_ANSWER_MS, `an answer took ${longest} ms`);
}

const problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.literal(503),
  code: z.literal("database.unavailable"),
  instance: z.string(),
});

/** A problem that says what is the matter, and nothing of the inside: no stack, no query, no address. */
function assertUnavailable({ status, body }: { status: number; body: unknown }) {
  assert.equal(status, 503, JSON.stringify(body));
  const parsed = problem.safeParse(body);
  assert.ok(parsed.success, `${parsed.error?.message} in ${JSON.stringify(body)}`);
}

async function signIn(url: string): Promise<string> {
  const response = await fetch(new URL("/api/v1/session", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(OWNER),
  });
  assert.equal(response.status, 201);
  return response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
}

async function signalAll(pid: number, signal: NodeJS.Signals): Promise<void> {
  // The postmaster first when stopping, so that it starts no more children.
  process.kill(pid, signal);
  for (const child of childrenOf(pid)) process.kill(child, signal);
  await Promise.resolve();
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
