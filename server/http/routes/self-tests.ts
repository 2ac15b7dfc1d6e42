import { selfTest, selfTestRequest, type SelfTest } from "#contract/self-tests.ts";
import type { App } from "../app-types.ts";
import { HttpProblem } from "../problem.ts";

/** What this route needs of the resolver: see resolver/self-test.ts. */
export interface SelfTestServices {
  readonly test: (domainId: string, name?: string) => Promise<SelfTest | null>;
}

/** `POST /api/v1/self-tests`: what the world needs to find one of our domains, and whether it does. */
export function selfTestRoutes(app: App, deps: { selfTests: SelfTestServices }): void {
  app.post(
    "/api/v1/self-tests",
    {
      config: { role: "admin" },
      schema: { tags: ["domains"], body: selfTestRequest, response: { 200: selfTest } },
    },
    async (request) => {
      const { domainId, name } = request.body;
      const result = await deps.selfTests.test(domainId, name);
      if (result === null) throw new HttpProblem("resource.not_found");
      return result;
    },
  );
}
