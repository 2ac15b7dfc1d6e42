import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Trace } from "#contract/traces.ts";

/** Counts traces as they begin and end. */
export interface TraceMetrics {
  readonly started: () => void;
  readonly ended: (trace: Trace) => void;
}

export function registerTraceMetrics(registry: Registry): TraceMetrics {
  const registers = [registry];
  const running = new Gauge({
    name: "wavegate_traces_running",
    help: "Traces under way, those of checks included.",
    registers,
  });
  const total = new Counter({
    name: "wavegate_traces_total",
    help: "Traces that ended, by what began them and by their verdicts.",
    labelNames: ["trigger", "state", "xmpp", "wave"],
    registers,
  });
  const seconds = new Histogram({
    name: "wavegate_trace_seconds",
    help: "How long traces took.",
    labelNames: ["trigger"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  return {
    started: () => running.inc(),
    ended(trace) {
      running.dec();
      const { trigger, state } = trace;
      total.inc({ trigger, state, xmpp: trace.xmpp ?? "unknown", wave: trace.wave ?? "unknown" });
      seconds.observe({ trigger }, (trace.durationMs ?? 0) / 1_000);
    },
  };
}
