import type { ProblemCode } from "#contract/problems.ts";
import { pingRequest, pingResult, type PingResult } from "#contract/traces.ts";
import type { Result } from "#protocol/result.ts";
import type { Changes } from "#store/changes.ts";
import type { Queryable } from "#store/database.ts";
import { storeTargetPing } from "#store/domains.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { problemOf } from "../problem.ts";

/** What this route needs of the resolver: see resolver/ping.ts. */
export interface PingServices {
  readonly ping: (request: {
    domain: string;
    requestedBy: string;
  }) => Promise<Result<PingResult, { code: ProblemCode } & Record<string, unknown>>>;
}

/** `POST /api/v1/pings`: resolves a domain, pings it both ways, answers when all is known. */
export function pingRoutes(
  app: App,
  deps: { readonly pings: PingServices; readonly db: Queryable; readonly changes: Changes },
): void {
  const { db, changes } = deps;
  app.post(
    "/api/v1/pings",
    {
      config: { role: "admin" },
      schema: { tags: ["traces"], body: pingRequest, response: { 200: pingResult } },
    },
    async (request) => {
      const requestedBy = actorOf(request).name;
      const outcome = await deps.pings.ping({ domain: request.body.domain, requestedBy });
      if (!outcome.ok) throw problemOf(outcome.problem);
      if ((await storeTargetPing(db, outcome.value)) > 0) await changes.emit(db, "domains");
      return outcome.value;
    },
  );
}
