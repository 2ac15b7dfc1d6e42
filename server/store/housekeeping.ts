import type { Database } from "./database.ts";
import { deleteExpired } from "./people.ts";

const INTERVAL_MS = 3600_000;

/** Hourly removal of what is too old to matter: ended sessions, invitations, throttles. */
export function createHousekeeping(deps: {
  db: Database;
  now: () => Date;
  onError: (error: unknown) => void;
}) {
  let timer: NodeJS.Timeout | null = null;
  const sweep = () => void deleteExpired(deps.db, deps.now()).catch(deps.onError);
  return {
    async start() {
      timer = setInterval(sweep, INTERVAL_MS);
      timer.unref();
      await deleteExpired(deps.db, deps.now());
    },
    async stop() {
      if (timer !== null) clearInterval(timer);
      await Promise.resolve();
    },
  };
}
