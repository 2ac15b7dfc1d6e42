import { type Settings, settings, settingsPatch } from "#contract/settings.ts";
import type { Changes } from "#store/changes.ts";
import type { Database, Queryable } from "#store/database.ts";
import { listLinks } from "#store/links.ts";
import { readSettings, writeSettings } from "#store/settings.ts";
import { listX2xLinks } from "#store/x2x.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import {
  agreedListeners,
  type OwnListener,
  ownListeners,
  refuseTaken,
  settingsListeners,
} from "../listeners.ts";
import { HttpProblem } from "../problem.ts";

/** The settings that are not for booting. */
export function settingsRoutes(
  app: App,
  deps: {
    db: Database;
    changes: Changes;
    isResolver: (text: string) => boolean;
    ownWeb: readonly OwnListener[];
  },
): void {
  const { db, changes } = deps;

  app.get(
    "/api/v1/settings",
    { config: { role: "auditor" }, schema: { tags: ["settings"], response: { 200: settings } } },
    async () => readSettings(db),
  );

  app.patch(
    "/api/v1/settings",
    {
      config: { role: "admin" },
      schema: { tags: ["settings"], body: settingsPatch, response: { 200: settings } },
    },
    async (request) => {
      const bad = request.body.outsideResolvers?.find((entry) => !deps.isResolver(entry));
      if (bad !== undefined)
        throw new HttpProblem("request.invalid", {
          errors: [{ field: "body.outsideResolvers", message: `"${bad}" is not address:port` }],
        });
      return db.transaction(async (tx) => {
        const before = await readSettings(tx);
        await refuseClash(tx, before, request.body as Partial<Settings>);
        await writeSettings(tx, changes, request.body as Partial<typeof before>);
        const after = await readSettings(tx);
        await recordAudit(tx, request, { action: "update", resource: "settings", before, after });
        return after;
      });
    },
  );

  /** Ports that are not being changed may be as they are: what they clash with shows at the link. */
  async function refuseClash(tx: Queryable, before: Settings, patch: Partial<Settings>) {
    const settings = { ...before, ...patch };
    const shared = settingsListeners(settings);
    const isMoved = ({ field }: OwnListener) =>
      field.slice(5) in patch ||
      (field === "body.componentPort" ? "componentAddress" : "s2sAddress") in patch;
    const links = await listLinks(tx);
    const own = links.flatMap(({ link }) => ownListeners(link, settings));
    const agreed = (await listX2xLinks(tx)).flatMap(({ link }) => agreedListeners(link));
    refuseTaken(shared.filter(isMoved), [...deps.ownWeb, ...shared, ...own, ...agreed]);
    if (!("s2sAddress" in patch)) return;
    // Those of single names that have no address of their own move with it.
    const moved = links.filter(({ link }) => link.ownPorts?.address === null);
    const asked = moved.flatMap(({ link }) => ownListeners(link, settings));
    const wanted = asked.map((one) => ({ ...one, field: "body.s2sAddress" }));
    refuseTaken(wanted, [...deps.ownWeb, ...shared, ...agreed]);
  }
}
