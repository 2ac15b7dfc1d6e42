import { readSettings } from "#store/settings.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import type { TrustSource } from "./trust.ts";

/** Keeps the trust store at the source that the setting `trustStore` names, on every appliance. */
export function createTrustSetting(deps: {
  db: Database;
  changes: Pick<Changes, "on">;
  trust: { readonly use: (source: TrustSource) => void };
  onError: (error: unknown) => void;
}) {
  let unsubscribe = () => {};
  // One after another: a slow answer must not undo a newer one.
  let turn: Promise<void> = Promise.resolve();
  const read = async () => deps.trust.use((await readSettings(deps.db)).trustStore);
  return {
    async start() {
      unsubscribe = deps.changes.on((resource) => {
        if (resource === "settings" || resource === "*") turn = turn.then(read).catch(deps.onError);
      });
      await read();
    },
    stop: () => unsubscribe(),
  };
}
