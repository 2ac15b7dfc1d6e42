import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import { isUnavailable } from "#store/availability.ts";
import type { Database } from "#store/database.ts";
import type { App } from "../app-types.ts";
import { HttpProblem } from "../problem.ts";

const PROBE_MS = 2_000;

/** `/healthz`: the process lives. `/readyz`: it can serve; 503 with a problem when the database is away. */
export function healthRoutes(app: App, deps: { db: Database; software: string }): void {
  app.get(
    "/healthz",
    { config: { role: "public", isAnonymous: true }, logLevel: "silent", schema: { hide: true } },
    async () => ({ status: "ok", software: deps.software }),
  );
  app.get(
    "/readyz",
    { config: { role: "public", isAnonymous: true }, logLevel: "warn", schema: { hide: true } },
    async () => {
      // Who probes is less patient than a statement's limit.
      const silence = delay(PROBE_MS, false, { ref: false });
      const answered = deps.db.execute(sql`select 1`).then(() => true, orAbsent);
      if (!(await Promise.race([answered, silence])))
        throw new HttpProblem("database.unavailable", { retryAfterSeconds: 5 });
      return { status: "ready" };
    },
  );
}

/** False for an absent database; anything else that is wrong with it is thrown. */
function orAbsent(error: unknown): boolean {
  if (isUnavailable(error)) return false;
  throw error;
}
