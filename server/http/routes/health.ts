import { sql } from "drizzle-orm";
import { isUnavailable } from "#store/availability.ts";
import type { Database } from "#store/database.ts";
import type { App } from "../app-types.ts";
import { HttpProblem } from "../problem.ts";

/** `/healthz`: the process lives. `/readyz`: it can serve; 503 with a problem when the database is away. */
export function healthRoutes(app: App, deps: { db: Database; software: string }): void {
  app.get(
    "/healthz",
    { config: { role: "public" }, logLevel: "silent", schema: { hide: true } },
    async () => ({ status: "ok", software: deps.software }),
  );
  app.get(
    "/readyz",
    { config: { role: "public" }, logLevel: "warn", schema: { hide: true } },
    async () => {
      try {
        await deps.db.execute(sql`select 1`);
      } catch (error) {
        if (isUnavailable(error))
          throw new HttpProblem("database.unavailable", { retryAfterSeconds: 5 });
        throw error;
      }
      return { status: "ready" };
    },
  );
}
