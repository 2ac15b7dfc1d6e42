import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { App } from "./app-types.ts";

const LAG_SAMPLE_MS = 100;

/** The appliance's Prometheus registry; features add their own metrics to `registry`. */
export interface Metrics {
  readonly registry: Registry;
  readonly start: () => void;
  readonly stop: () => void;
}

export function createMetrics(software: string): Metrics {
  const registry = new Registry();
  new Gauge({
    name: "wavegate_info",
    help: "Constant 1, labelled with the version.",
    labelNames: ["version"],
    registers: [registry],
  })
    .labels(software)
    .set(1);
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory size in bytes.",
    registers: [registry],
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Total user and system CPU time spent in seconds.",
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  const lag = new Histogram({
    name: "wavegate_event_loop_lag_seconds",
    help: "How much later than asked a timer ran, sampled every 100 ms.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    registers: [registry],
  });
  let timer: NodeJS.Timeout | null = null;
  let last = 0;
  return {
    registry,
    start() {
      last = performance.now();
      timer = setInterval(() => {
        const now = performance.now();
        lag.observe(Math.max(0, now - last - LAG_SAMPLE_MS) / 1000);
        last = now;
      }, LAG_SAMPLE_MS);
      timer.unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
    },
  };
}

/** `/metrics`: open on loopback, else for an auditor's token: it names peers. */
export function metricsRoutes(app: App, metrics: Metrics): void {
  app.get(
    "/metrics",
    { config: { role: "auditor" }, schema: { hide: true }, logLevel: "warn" },
    async (_request, reply) =>
      reply
        .header("content-type", metrics.registry.contentType)
        .send(await metrics.registry.metrics()),
  );
}
