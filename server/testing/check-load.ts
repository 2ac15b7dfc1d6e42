import { parseArgs } from "node:util";
import { sql } from "drizzle-orm";
import { Registry } from "prom-client";
import { datesFinding } from "#certificates/expiry.ts";
import { createChecks } from "#peers/checks.ts";
import { createCheckMetrics } from "#peers/metrics.ts";
import { createChanges } from "#store/changes.ts";
import { openStore, type Store } from "#store/database.ts";
import { migrateStore } from "#store/migrator.ts";
import { foundAt } from "./peer-traces.ts";
import { createSimulatedPeers } from "./simulated-peers.ts";

/** What watching many peers costs this process, their answers being simulated. */
export interface CheckLoad {
  readonly checks: number;
  /** The most that a check began after it was due. */
  readonly latestSeconds: number;
  /** User and system time of the whole process, engine included, per second, in percent. */
  readonly corePercent: number;
  readonly mostAtOnce: number;
  readonly errors: number;
}

/**
 * Watches `peers` peers on one interval for `seconds`: one in fifty refuses, one in a hundred says nothing
 * for ten seconds, the others answer after 50 to 350 ms. The first checks are spread over one interval.
 */
export async function runCheckLoad(load: {
  store: Store;
  peers: number;
  intervalSeconds: number;
  seconds: number;
}): Promise<CheckLoad> {
  const { store, intervalSeconds } = load;
  await migrateStore(store);
  await store.db.execute(sql`
    insert into peers (domain, stance, created_by, check_interval_seconds)
    select 'p' || i || '.example', 'trusted', 'load', ${intervalSeconds}
    from generate_series(1, ${load.peers}::int) as i`);
  await store.db.execute(sql`
    insert into peer_health (peer_id, next_check_at, last_check_at)
    select id, now() + random() * ${intervalSeconds} * interval '1 second', now() from peers`);
  const simulated = createSimulatedPeers((domain) => {
    const number = Number(domain.slice(1, domain.indexOf(".")));
    if (number % 100 === 7)
      return { afterMs: 10_000, network: "silent", findings: [foundAt(5, "tcp.timeout")] };
    if (number % 50 === 3)
      return { afterMs: 40, network: "refused", findings: [foundAt(5, "tcp.refused")] };
    return { afterMs: 50 + (number % 300) };
  });
  const registry = new Registry();
  const metrics = createCheckMetrics({ registry, db: store.db });
  let latestSeconds = 0;
  let errors = 0;
  const onError = () => {
    errors += 1;
  };
  const changes = createChanges(store, onError);
  const checks = createChecks({
    db: store.db,
    changes,
    nodeId: "load0001",
    now: () => new Date(),
    random: Math.random,
    tracer: simulated.tracer,
    ping: simulated.ping,
    askOutside: () => Promise.resolve(true),
    judgeDates: datesFinding,
    metrics: {
      ...metrics,
      started(lateness, underWay) {
        latestSeconds = Math.max(latestSeconds, lateness);
        metrics.started(lateness, underWay);
      },
    },
    onError,
  });
  await changes.start();
  await checks.start();
  const from = performance.now();
  const before = process.cpuUsage();
  await new Promise((resolve) => {
    setTimeout(resolve, load.seconds * 1_000);
  });
  const used = process.cpuUsage(before);
  const elapsedSeconds = (performance.now() - from) / 1_000;
  const finished = [...simulated.counts.values()].reduce((sum, count) => sum + count, 0);
  await checks.stop();
  await changes.stop();
  return {
    checks: finished,
    latestSeconds,
    corePercent: ((used.user + used.system) / 1e6 / elapsedSeconds) * 100,
    mostAtOnce: simulated.atOnce.most,
    errors,
  };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      peers: { type: "string", default: "2000" },
      interval: { type: "string", default: "60" },
      seconds: { type: "string", default: "120" },
      database: { type: "string" },
    },
  });
  const store = await openStore({
    url: values.database ?? null,
    dataDirectory: "memory://",
    onIdleError: (error) => process.stderr.write(`${error.message}\n`),
  });
  const load = await runCheckLoad({
    store,
    peers: Number(values.peers),
    intervalSeconds: Number(values.interval),
    seconds: Number(values.seconds),
  });
  process.stdout.write(`${JSON.stringify(load)}\n`);
  await store.close();
}
