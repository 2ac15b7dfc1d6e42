import { z } from "zod";
import {
  acceptance,
  type Acceptance,
  type Authentication,
  authentication,
  authenticationList,
} from "#contract/peer-trust.ts";
import { type AuthenticationRow, listAuthentications } from "#store/authentications.ts";
import type { Changes } from "#store/changes.ts";
import type { Database, Queryable } from "#store/database.ts";
import { findPeer } from "#store/peers.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { HttpProblem } from "../problem.ts";

/** Carries out an admin's word within the transaction: see peers/acceptance.ts. */
export type CarryOutAcceptance = (
  tx: Queryable,
  wish: { peerId: string; acceptance: Acceptance; now: Date },
) => Promise<{ before: AuthenticationRow; after: AuthenticationRow } | null>;

const byId = z.object({ id: z.uuid() });
const tags = ["peers"];
const MAX_LISTED = 200;
const ACTIONS = {
  certificate: "accept_certificate",
  dismissal: "dismiss_certificate",
  weaker: "accept_weaker",
} as const;

/** How a peer's domains have authenticated, and what waits for an admin. */
export function authenticationRoutes(
  app: App,
  deps: { db: Database; changes: Changes; now: () => Date; accept: CarryOutAcceptance },
): void {
  const { db, changes, now } = deps;

  app.get(
    "/api/v1/peers/:id/authentications",
    {
      config: { role: "auditor" },
      schema: { tags, params: byId, response: { 200: authenticationList } },
    },
    async (request) => {
      const { id } = request.params;
      if ((await findPeer(db, id)) === null) throw new HttpProblem("resource.not_found");
      const rows = await listAuthentications(db, id, MAX_LISTED);
      return { items: rows.map(toAuthentication) };
    },
  );

  app.post(
    "/api/v1/peers/:id/acceptances",
    {
      config: { role: "admin" },
      schema: { tags, params: byId, body: acceptance, response: { 200: authentication } },
    },
    async (request) =>
      db.transaction(async (tx) => {
        const peerId = request.params.id;
        const wish = { peerId, acceptance: request.body, now: now() };
        const settled = await deps.accept(tx, wish);
        if (settled === null) throw new HttpProblem("acceptance.stale");
        await recordAudit(tx, request, {
          action: ACTIONS[request.body.kind],
          resource: "peers",
          resourceId: peerId,
          before: auditable(settled.before),
          after: auditable(settled.after),
        });
        await changes.emit(tx, `peers/${peerId}`);
        await changes.emit(tx, "incidents");
        return toAuthentication(settled.after);
      }),
  );
}

function auditable({ domain, inbound, outbound, certificates, held }: AuthenticationRow) {
  return {
    domain,
    inbound: inbound?.strongest ?? null,
    outbound: outbound?.strongest ?? null,
    certificates: certificates.map(({ fingerprint }) => fingerprint),
    held: held?.fingerprint ?? null,
  };
}

function toAuthentication({ peerId: _, ...row }: AuthenticationRow): Authentication {
  return row;
}
