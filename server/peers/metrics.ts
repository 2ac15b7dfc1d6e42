import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { incidentKinds } from "#contract/peers.ts";
import type { SampleKind } from "#store/checks.ts";
import type { Database } from "#store/database.ts";
import { countOpenIncidents } from "#store/incidents.ts";
import { countPeers, listPeerGauges } from "#store/peers.ts";

/** What checks report of themselves. */
export interface CheckMetrics {
  readonly started: (latenessSeconds: number, underWay: number) => void;
  readonly finished: (sample: SampleKind, durationSeconds: number) => void;
  readonly ended: (underWay: number) => void;
  readonly opened: (kind: string) => void;
  readonly paused: (isPaused: boolean) => void;
}

/** Registers the metrics of peers, checks and incidents; peers are read when somebody scrapes. */
export function createCheckMetrics(deps: { registry: Registry; db: Database }): CheckMetrics {
  const registers = [deps.registry];
  registerPeerGauges(registers, deps.db);
  const lateness = new Histogram({
    name: "wavegate_check_lateness_seconds",
    help: "How much later than due a peer's check began.",
    buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300],
    registers,
  });
  const duration = new Histogram({
    name: "wavegate_check_duration_seconds",
    help: "How long a peer's check took, trace and ping together.",
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const checks = new Counter({
    name: "wavegate_checks_total",
    help: "Finished checks of peers by what they found.",
    labelNames: ["result"],
    registers,
  });
  const incidents = new Counter({
    name: "wavegate_incidents_total",
    help: "Incidents that this appliance opened.",
    labelNames: ["kind"],
    registers,
  });
  const inProgress = new Gauge({
    name: "wavegate_checks_in_progress",
    help: "Checks of peers under way.",
    registers,
  });
  const isPaused = new Gauge({
    name: "wavegate_checks_paused",
    help: "1 while checks wait for the database.",
    registers,
  });
  for (const result of ["up", "degraded", "down", "unknown"]) checks.inc({ result }, 0);
  for (const kind of incidentKinds) incidents.inc({ kind }, 0);
  isPaused.set(0);
  return {
    started(latenessSeconds, underWay) {
      lateness.observe(Math.max(0, latenessSeconds));
      inProgress.set(underWay);
    },
    finished(result, durationSeconds) {
      checks.inc({ result });
      duration.observe(durationSeconds);
    },
    ended: (underWay) => inProgress.set(underWay),
    opened: (kind) => incidents.inc({ kind }),
    paused: (value) => isPaused.set(value ? 1 : 0),
  };
}

function registerPeerGauges(registers: Registry[], db: Database): void {
  new Gauge({
    name: "wavegate_peers",
    help: "Peers by state; blocked and disabled ones have no other state.",
    labelNames: ["state"],
    registers,
    async collect() {
      // A scrape must not fail because the database is away: the last figures go then.
      const counts = await countPeers(db).catch(() => null);
      if (counts === null) return this.reset();
      for (const [state, count] of Object.entries(counts)) this.set({ state }, count);
    },
  });
  new Gauge({
    name: "wavegate_incidents_open",
    help: "Open incidents.",
    labelNames: ["kind"],
    registers,
    async collect() {
      const counts = await countOpenIncidents(db).catch(() => null);
      if (counts === null) return this.reset();
      for (const kind of incidentKinds) this.set({ kind }, counts.get(kind) ?? 0);
    },
  });
  // Both gauges of one scrape are collected in the same turn: one query serves them.
  let reading: ReturnType<typeof listPeerGauges> | null = null;
  const read = () =>
    (reading ??= listPeerGauges(db)
      .catch(() => [])
      .finally(() => {
        reading = null;
      }));
  new Gauge({
    name: "wavegate_peer_up",
    help: "1 for a watched peer that is up or degraded, 0 when it is down; absent while unknown.",
    labelNames: ["peer"],
    registers,
    async collect() {
      const rows = await read();
      this.reset();
      for (const { domain, state } of rows)
        if (state !== "unknown") this.set({ peer: domain }, state === "down" ? 0 : 1);
    },
  });
  new Gauge({
    name: "wavegate_peer_certificate_not_after_seconds",
    help: "End of the certificate that a trusted peer showed last, as Unix time.",
    labelNames: ["peer"],
    registers,
    async collect() {
      const rows = await read();
      this.reset();
      for (const { domain, certificateNotAfter } of rows)
        if (certificateNotAfter !== null)
          this.set({ peer: domain }, certificateNotAfter.getTime() / 1_000);
    },
  });
}
