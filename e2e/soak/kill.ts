import { setTimeout as delay } from "node:timers/promises";
import { localDomainPage } from "#contract/domains.ts";
import { type AuditEntry, auditPage } from "#contract/people.ts";
import { tracePage } from "#contract/traces.ts";
import type { Appliance } from "../stack/appliance.ts";
import type { Client } from "../stack/client.ts";
import { attachDomain } from "../stack/operations.ts";
import { until } from "../stack/wait.ts";
import { createWorld, SECRET, type World } from "../stack/world.ts";
import { createRandom, type Random } from "./random.ts";
import { startSilence } from "./silence.ts";
import { type AuditedChange, createWriters, type Writer } from "./writers.ts";

export interface KillPlan {
  readonly engine: "embedded" | "PostgreSQL";
  readonly kills: number;
  readonly seed: number;
}

export interface KillReport {
  readonly acknowledged: number;
  /** Changes whose answer the kill cut off: found made, and found not made. */
  readonly made: number;
  readonly dropped: number;
  /** From starting the process again to /readyz. */
  readonly slowestStartMs: number;
}

const OWN_DOMAIN = "soak.example";
const MOST_CHANGES_BEFORE_A_KILL = 40;
const MOST_MS_AFTER_A_CHANGE = 8;
/** One start in so many is killed before it is done, and PostgreSQL dies with the appliance. */
const KILLED_START_EVERY = 4;
const DATABASE_CRASH_EVERY = 5;
const LONGEST_START_MS = 1500;
const CHANGES_MS = 60_000;
const RECOVERED_MS = 20_000;

/** Kills the appliance again and again while its changes are acknowledged, and reads back what must be there. */
export async function runKills(plan: KillPlan): Promise<KillReport> {
  const random = createRandom(plan.seed);
  const world = await createWorld("kills");
  const silence = await startSilence(world.address());
  try {
    const postgres = plan.engine === "embedded" ? null : await world.postgres({ isFast: false });
    const databaseUrl = await postgres?.createDatabase("kills");
    const appliance = await world.appliance({
      dnsServers: [silence.server],
      ...(databaseUrl === undefined ? {} : { databaseUrl }),
    });
    const client = await appliance.setUp();
    await attachOwnDomain(world, client);
    const writers = createWriters(appliance.url);
    for (const writer of writers) await begin(writer, client);

    let lastAuditId = await assertAudited(client, [], 0);
    const total = { acknowledged: 0, made: 0, dropped: 0, slowestStartMs: 0 };
    for (let kill = 1; kill <= plan.kills; kill += 1) {
      const changes = await changeUntilKilled({ appliance, client, writers, random });
      if (postgres !== null && random.below(DATABASE_CRASH_EVERY) === 0) {
        // PostgreSQL's immediate shutdown: no checkpoint, recovery at its next start.
        postgres.process.signal("SIGQUIT");
        await postgres.process.ended;
        await postgres.start();
      }
      if (random.below(KILLED_START_EVERY) === 0)
        await appliance.startAndKill(random.below(LONGEST_START_MS));
      const startedAt = performance.now();
      await appliance.start();
      total.slowestStartMs = Math.max(total.slowestStartMs, performance.now() - startedAt);

      const found = await readBack(writers, client).catch((error: unknown) => {
        throw new Error(`after kill ${kill}`, { cause: error });
      });
      lastAuditId = await assertAudited(client, changes, lastAuditId);
      await assertRecovered(client);
      total.acknowledged += changes.length;
      total.made += found.made;
      total.dropped += found.dropped;
    }
    return total;
  } catch (error) {
    throw new Error(`seed ${plan.seed} on ${plan.engine}:\n${world.logs()}`, { cause: error });
  } finally {
    silence.close();
    await world.end();
  }
}

/** What is there before the first change counts as acknowledged. */
async function begin(writer: Writer, client: Client): Promise<void> {
  for (const [key, state] of await writer.readBack(client)) {
    writer.ledger.ask(key, state);
    writer.ledger.acknowledge(key);
  }
}

/** All writers at work at once; SIGKILL at a random moment. Returns the audited changes that were acknowledged. */
async function changeUntilKilled(run: {
  appliance: Appliance;
  client: Client;
  writers: readonly Writer[];
  random: Random;
}): Promise<AuditedChange[]> {
  const { appliance, client, writers, random } = run;
  const wanted = 1 + random.below(MOST_CHANGES_BEFORE_A_KILL);
  const extraMs = random.below(MOST_MS_AFTER_A_CHANGE);
  const changes: AuditedChange[] = [];
  let acknowledged = 0;
  let isKilled = false;
  let failure: unknown;
  const work = async (writer: Writer) => {
    // A stream of its own: how the writers interleave does not change what each one does.
    const own = createRandom(random.below(2 ** 32));
    while (!isKilled) {
      try {
        const change = await writer.step(client, own);
        acknowledged += 1;
        if (change !== null) changes.push(change);
      } catch (error) {
        // After the kill no answer is expected; before it, every one.
        if (!isKilled) failure = new Error(writer.name, { cause: error });
        return;
      }
    }
  };
  const working = writers.map(work);
  try {
    await until(`${wanted} changes`, CHANGES_MS, () => {
      if (failure !== undefined) return true;
      return acknowledged >= wanted || undefined;
    });
    await delay(extraMs);
  } finally {
    isKilled = true;
    await appliance.kill();
    await Promise.all(working);
  }
  if (failure !== undefined) throw failure;
  return changes;
}

async function readBack(writers: readonly Writer[], client: Client) {
  const violations: string[] = [];
  let made = 0;
  let dropped = 0;
  for (const { name, ledger, readBack: read } of writers) {
    const found = ledger.reconcile(await read(client));
    violations.push(...found.violations.map((violation) => `${name} ${violation}`));
    made += found.made;
    dropped += found.dropped;
  }
  if (violations.length > 0) throw new Error(`changes were lost:\n${violations.join("\n")}`);
  return { made, dropped };
}

/** A change and its line in the audit log are one. Returns the id of the newest line. */
async function assertAudited(
  client: Client,
  changes: readonly AuditedChange[],
  lastId: number,
): Promise<number> {
  const lines: AuditEntry[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const path: string = `/api/v1/audit?limit=200${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const page: { items: AuditEntry[]; next: string | null } = await client.read(
      auditPage,
      "GET",
      path,
    );
    const fresh = page.items.filter(({ id }) => id > lastId);
    lines.push(...fresh);
    cursor = fresh.length < page.items.length ? null : page.next;
  }
  const found = countOf(lines);
  for (const [change, count] of countOf(changes)) {
    const logged = found.get(change) ?? 0;
    if (logged < count) throw new Error(`the audit log has ${logged} of ${count} of: ${change}`);
  }
  return Math.max(lastId, ...lines.map(({ id }) => id));
}

function countOf(changes: readonly AuditedChange[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { resource, action, resourceId } of changes) {
    const key = `${action} ${resource} ${resourceId ?? ""}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** No help by hand: what the dead process held is taken over, what it was doing is brought to an end. */
async function assertRecovered(client: Client): Promise<void> {
  await until("the component link to be attached again", RECOVERED_MS, async () => {
    const { items } = await client.read(localDomainPage, "GET", "/api/v1/domains");
    const own = items.find(({ domain }) => domain === OWN_DOMAIN)?.links[0];
    if (own?.state === "attached") return true;
    throw new Error(`it is ${own?.state}: ${JSON.stringify(own?.lastError)}`);
  });
  await until("the traces that it died in to be ended", RECOVERED_MS, async () => {
    const { items } = await client.read(tracePage, "GET", "/api/v1/traces?state=running");
    if (items.length === 0) return true;
    throw new Error(`${items.length} are still running`);
  });
}

async function attachOwnDomain(world: World, client: Client): Promise<void> {
  const name = `wave.${OWN_DOMAIN}`;
  const server = await world.prosody({ domain: OWN_DOMAIN, components: [name] });
  const at = { host: server.address, port: server.componentPort };
  await attachDomain(client, { domain: OWN_DOMAIN, name, secret: SECRET, ...at });
}
