import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createWorld, type Site, type World } from "../stack/world.ts";
import type { Scenario, Shared } from "./scenario.ts";

/** As many as two cores bear; scenarios wait more than they work. */
const AT_ONCE = 3;
const only = process.env["SCENARIOS"] ?? "";
const folders = readdirSync(import.meta.dirname)
  .filter((name) => /^(hostile-)?\d\d-/.test(name) && name.startsWith(only))
  .toSorted();

describe("federation", { concurrency: AT_ONCE }, () => {
  let world: World;
  let home: Promise<Site> | undefined;
  const shared: Shared = {
    home: () => {
      home ??= world.site("initech-corp.com");
      return home;
    },
  };
  before(async () => {
    world = await createWorld("federation");
  });
  after(() => world.end());

  for (const folder of folders) {
    test(folder, async (t) => {
      const { scenario } = (await import(join(import.meta.dirname, folder, "scenario.ts"))) as {
        scenario: Scenario;
      };
      t.diagnostic(scenario.title);
      const own = world.scope();
      try {
        await scenario.run(own, shared);
      } catch (error) {
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        const homeLog = home === undefined ? "" : (await home).appliance.process.logTail(30);
        throw new Error(`${scenario.title}\n${reason}\n${own.logs()}\n--- home\n${homeLog}`, {
          cause: error,
        });
      } finally {
        await own.end();
      }
    });
  }
});
