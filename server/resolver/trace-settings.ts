import type { Settings } from "#contract/settings.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { readSettings } from "#store/settings.ts";

/** The settings as last read: read again whenever they change, on any appliance. */
export interface TraceSettings {
  readonly current: () => Settings;
  /** Reads them now, for a person who may just have changed them. */
  readonly read: () => Promise<Settings>;
  readonly start: () => Promise<void>;
  readonly stop: () => void;
}

export function createTraceSettings(deps: {
  readonly db: Database;
  readonly changes: Changes;
  readonly onError: (error: unknown) => void;
}): TraceSettings {
  let settings: Settings | null = null;
  let unsubscribe: (() => void) | null = null;
  const read = async (): Promise<Settings> => (settings = await readSettings(deps.db));
  return {
    current() {
      if (settings === null) throw new Error("settings were not read yet");
      return settings;
    },
    read,
    async start() {
      unsubscribe = deps.changes.on((resource) => {
        if (resource === "settings" || resource === "*") read().catch(deps.onError);
      });
      await read();
    },
    stop() {
      unsubscribe?.();
    },
  };
}
