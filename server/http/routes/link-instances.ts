import { z } from "zod";
import { hostedInstances } from "#contract/links.ts";
import type { Links } from "#links/links.ts";
import type { Database } from "#store/database.ts";
import { findLink } from "#store/links.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import type { LinkDesk } from "../link-desk.ts";
import { HttpProblem } from "../problem.ts";

const tags = ["links"];
const byId = z.object({ id: z.uuid() });
const byInstance = byId.extend({ instanceId: z.string().min(1).max(100) });

/** The components that are connected to one link, on whichever appliance holds it. */
export function linkInstanceRoutes(
  app: App,
  deps: { db: Database; links: Pick<Links, "hosted">; desk: LinkDesk },
): void {
  const { db, desk } = deps;
  const { hosted } = deps.links;

  app.get(
    "/api/v1/links/:id/instances",
    {
      config: { role: "auditor" },
      schema: { tags, params: byId, response: { 200: hostedInstances } },
    },
    async (request) => {
      await hostedLink(request.params.id);
      const { id } = request.params;
      const told = (await desk.instances(id)) ?? hosted?.instances(id);
      if (told === undefined) throw new HttpProblem("resource.not_found");
      return told;
    },
  );

  app.delete(
    "/api/v1/links/:id/instances/:instanceId",
    { config: { role: "admin" }, schema: { tags, params: byInstance } },
    async (request, reply) => {
      const { id, instanceId } = request.params;
      const name = await hostedLink(id);
      const told = await desk.instances(id);
      const instance = told?.items.find((one) => one.id === instanceId);
      if (instance === undefined) throw new HttpProblem("resource.not_found");
      await recordAudit(db, request, {
        action: "close_instance",
        resource: "links",
        resourceId: id,
        before: { name, address: instance.address },
      });
      await desk.closeInstance(id, instanceId);
      return reply.status(204).send();
    },
  );

  /** The name of the link; a problem unless it is a hosted one. */
  async function hostedLink(id: string): Promise<string> {
    const row = await findLink(db, id);
    if (row === null) throw new HttpProblem("resource.not_found");
    const { kind, name } = row.link;
    if (kind !== "hosted")
      throw new HttpProblem("link.not_of_kind", { params: { kind, field: "instances" } });
    return name;
  }
}
