import type { Database } from "#store/database.ts";
import { readSettings } from "#store/settings.ts";

/** Whether anybody far outside answers us now; false also when nobody is set to be asked. */
export type AskOutside = () => Promise<boolean>;

const TIMEOUT_MS = 3_000;

/** Asks the resolvers outside that the settings name (any answer will do); never throws. */
export function createOutsideProbe<Server>(deps: {
  db: Database;
  parseServer: (text: string) => Server | null;
  /** Sends one DNS question; whether anything came back. */
  ask: (server: Server, timeoutMs: number) => Promise<boolean>;
}): AskOutside {
  return async () => {
    try {
      const { outsideResolvers } = await readSettings(deps.db);
      const servers = outsideResolvers.flatMap((text) => deps.parseServer(text) ?? []);
      return await Promise.any(
        servers.map(async (server) => {
          if (await deps.ask(server, TIMEOUT_MS)) return true;
          throw new Error("no answer");
        }),
      );
    } catch {
      return false;
    }
  };
}
