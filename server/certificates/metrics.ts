import { Gauge, type Registry } from "prom-client";
import type { Certificates } from "./certificates.ts";

/**
 * `wavegate_certificate_not_after_seconds`, by certificate, use and, for XMPP, name. While the database is away
 * it has no values.
 */
export function registerCertificateMetrics(registry: Registry, certificates: Certificates): void {
  new Gauge({
    name: "wavegate_certificate_not_after_seconds",
    help: "End of each certificate in use, as Unix time.",
    labelNames: ["certificate", "use", "name"],
    registers: [registry],
    async collect() {
      this.reset();
      const ends = await certificates.ends().catch(() => []);
      for (const { label, use, notAfter } of ends) {
        const labels = { certificate: label, use: use.use };
        this.labels(use.name === null ? labels : { ...labels, name: use.name }).set(
          Math.floor(notAfter.getTime() / 1000),
        );
      }
    },
  });
}
