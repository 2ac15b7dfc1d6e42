import { Counter, Gauge, type Registry } from "prom-client";
import type { Links } from "./links.ts";
import type { S2s } from "./s2s/engine.ts";

/** Links held by this appliance and what passed over them, for Prometheus. */
export function registerLinkMetrics(
  registry: Registry,
  links: Pick<Links, "statuses" | "totals"> & {
    readonly native: Pick<S2s, "standings" | "unproven"> | null;
    readonly x2x: { readonly unproven: () => number; readonly bombs: () => number } | null;
  },
): void {
  new Gauge({
    name: "wavegate_link_attached",
    help: "1 while the component link is attached, 0 while it is not; links held by this appliance.",
    labelNames: ["link"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, status } of links.statuses())
        this.labels(name).set(status.state === "attached" ? 1 : 0);
    },
  });
  new Gauge({
    name: "wavegate_link_failed_attempts",
    help: "Attempts to attach that failed in a row.",
    labelNames: ["link"],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, status } of links.statuses()) this.labels(name).set(status.attempts);
    },
  });
  const counted = (name: string, help: string, read: () => Record<"in" | "out", number>) =>
    new Counter({
      name,
      help,
      labelNames: ["direction"],
      registers: [registry],
      collect() {
        this.reset();
        for (const [direction, value] of Object.entries(read())) this.labels(direction).inc(value);
      },
    });
  counted("wavegate_stanzas_total", "Stanzas over all links.", () => {
    const { stanzasIn, stanzasOut } = links.totals();
    return { in: stanzasIn, out: stanzasOut };
  });
  counted("wavegate_stanza_bytes_total", "Bytes of stanzas over all links.", () => {
    const { bytesIn, bytesOut } = links.totals();
    return { in: bytesIn, out: bytesOut };
  });
  new Counter({
    name: "wavegate_stanzas_dropped_total",
    help: "Stanzas in that reached nobody: of strangers, unsolicited, too large.",
    registers: [registry],
    collect() {
      this.reset();
      this.inc(links.totals().dropped);
    },
  });
  new Gauge({
    name: "wavegate_streams",
    help: "Live server-to-server streams of this appliance, by who opened them (in: the peer) and state.",
    labelNames: ["direction", "state"],
    registers: [registry],
    collect() {
      this.reset();
      const counts = {
        in: { negotiating: 0, open: 0, closing: 0 },
        out: { negotiating: 0, open: 0, closing: 0 },
      };
      for (const { direction, state } of links.native?.standings() ?? [])
        counts[direction][state] += 1;
      for (const [direction, states] of Object.entries(counts))
        for (const [state, count] of Object.entries(states))
          this.labels(direction, state).set(count);
    },
  });
  new Counter({
    name: "wavegate_stanzas_unproven_total",
    help: "Stanzas written to a stream that broke before anything showed that they had arrived.",
    registers: [registry],
    collect() {
      this.reset();
      this.inc((links.native?.unproven() ?? 0) + (links.x2x?.unproven() ?? 0));
    },
  });
  new Counter({
    name: "wavegate_x2x_bombs_total",
    help: "Compressed X2X connections that were ended because of what they inflated to.",
    registers: [registry],
    collect() {
      this.reset();
      this.inc(links.x2x?.bombs() ?? 0);
    },
  });
}
