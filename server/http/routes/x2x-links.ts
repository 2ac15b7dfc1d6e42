import { randomUUID } from "node:crypto";
import { z } from "zod";
import {
  type X2xAgreement,
  x2xAgreement,
  x2xCheck,
  x2xCheckRequest,
  type X2xLink,
  x2xLink,
  x2xLinkPage,
  x2xLinkPatch,
  x2xLinkQuery,
  x2xLinkRequest,
  x2xOffer,
  x2xState,
} from "#contract/x2x.ts";
import type { Links } from "#links/links.ts";
import { placeOf } from "#links/x2x/terms.ts";
import type { FederationPolicy } from "#links/policy.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { type Agreement, agreementFaults, fingerprintOf, flip } from "#protocol/x2x/agreement.ts";
import type { Changes } from "#store/changes.ts";
import type { Database, Queryable } from "#store/database.ts";
import { listLinks } from "#store/links.ts";
import { readSettings } from "#store/settings.ts";
import {
  deleteX2xLink,
  findX2xLink,
  findX2xLinkByName,
  insertX2xLink,
  listX2xLinks,
  lockX2xLinks,
  updateX2xLink,
  type X2xLinkRow,
  type X2xLinkWithState,
} from "#store/x2x.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { HttpProblem } from "../problem.ts";
import {
  agreedListeners,
  type OwnListener,
  ownListeners,
  refuseTaken,
  settingsListeners,
} from "../listeners.ts";
import { pageOf } from "../small-list.ts";
import {
  canonicalAgreement,
  clashesOf,
  ipAddress,
  type PlacedLink,
  refuseClash,
  refuseFaults,
} from "../x2x-input.ts";

const byId = z.object({ id: z.uuid() });
const tags = ["x2x-links"];

/** What these routes need of links and policy. */
export interface X2xServices {
  readonly links: Pick<Links, "native" | "x2x">;
  readonly policy: Pick<FederationPolicy, "decide">;
  readonly primitives: Primitives;
  readonly hasCertificate: (name: string) => boolean;
}

/** Agreements with peers (XEP-0361): kept, checked, and given to the peer as its half. Nothing in them is secret. */
export function x2xLinkRoutes(
  app: App,
  deps: X2xServices & {
    ownWeb: readonly OwnListener[];
    db: Database;
    changes: Changes;
    now: () => Date;
  },
): void {
  const { db, changes, now, primitives } = deps;
  const show = (row: X2xLinkWithState) => toX2xLink(row, now(), primitives);

  app.get(
    "/api/v1/x2x-links",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: x2xLinkQuery, response: { 200: x2xLinkPage } },
    },
    async (request) =>
      pageOf((await listX2xLinks(db)).map(show), request.query, {
        text: (item) => [item.name, ...item.agreement.sides.flatMap(({ domains }) => domains)],
        sort: {
          name: (item) => item.name,
          priority: (item) => item.priority,
          state: (item) => item.live?.state ?? "",
        },
      }),
  );

  app.get(
    "/api/v1/x2x-links/:id",
    { config: { role: "auditor" }, schema: { tags, params: byId, response: { 200: x2xLink } } },
    async (request) => show(found(await findX2xLink(db, request.params.id))),
  );

  app.post(
    "/api/v1/x2x-links",
    {
      config: { role: "admin" },
      schema: { tags, body: x2xLinkRequest, response: { 201: x2xLink } },
    },
    async (request, reply) => {
      const { consent, bindAddress, listenAddress, ...rest } = request.body;
      const agreement = accepted(rest.agreement);
      const id = randomUUID();
      const created = await db.transaction(async (tx) => {
        await lockX2xLinks(tx);
        const others = await placed(tx);
        const row = await insertX2xLink(tx, {
          ...rest,
          id,
          agreement,
          ...ownAddresses({ bindAddress, listenAddress }),
          consent: consentFor(agreement, rest.name, consent, actorOf(request).name),
        });
        if (row === null)
          throw new HttpProblem("resource.conflict", { params: { name: rest.name } });
        refuseClash(row, others);
        await refuseOwnPort(tx, row);
        const shown = show({ link: row, live: null });
        await recordAudit(tx, request, {
          action: "create",
          resource: "x2x-links",
          resourceId: id,
          after: shown,
        });
        await announce(tx);
        return shown;
      });
      return reply.status(201).header("location", `/api/v1/x2x-links/${id}`).send(created);
    },
  );

  app.patch(
    "/api/v1/x2x-links/:id",
    {
      config: { role: "admin" },
      schema: { tags, params: byId, body: x2xLinkPatch, response: { 200: x2xLink } },
    },
    async (request) => {
      const { id } = request.params;
      const { consent, agreement: given, bindAddress, listenAddress, ...rest } = request.body;
      return db.transaction(async (tx) => {
        await lockX2xLinks(tx);
        const before = found(await findX2xLink(tx, id));
        const agreement = given === undefined ? before.link.agreement : accepted(given);
        const isSame =
          fingerprintOf(agreement, primitives) === fingerprintOf(before.link.agreement, primitives);
        const name = rest.name ?? before.link.name;
        const named = await findX2xLinkByName(tx, name);
        if (named !== null && named.id !== id)
          throw new HttpProblem("resource.conflict", { params: { name } });
        const row = found(
          await updateX2xLink(tx, id, {
            ...definedOf(rest),
            ...ownAddresses({ bindAddress, listenAddress }),
            agreement,
            consent: isSame
              ? before.link.consent
              : consentFor(agreement, name, consent, actorOf(request).name),
          }),
        );
        refuseClash(row, await placed(tx));
        // What is not touched may stay: it shows at the link, and can still be renamed or switched off.
        const { link: old } = before;
        if (!old.isEnabled || placeOf(old) !== placeOf(row)) await refuseOwnPort(tx, row);
        const shown = show({ link: row, live: before.live });
        await recordAudit(tx, request, {
          action: "update",
          resource: "x2x-links",
          resourceId: id,
          before: show(before),
          after: shown,
        });
        await announce(tx);
        return shown;
      });
    },
  );

  app.delete(
    "/api/v1/x2x-links/:id",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      await db.transaction(async (tx) => {
        const before = found(await findX2xLink(tx, request.params.id));
        await deleteX2xLink(tx, before.link.id);
        await recordAudit(tx, request, {
          action: "delete",
          resource: "x2x-links",
          resourceId: before.link.id,
          before: show(before),
        });
        await announce(tx);
      });
      return reply.status(204).send();
    },
  );

  app.post(
    "/api/v1/x2x-links/:id/reconnections",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      const { link } = found(await findX2xLink(db, request.params.id));
      if (deps.links.x2x?.hurry(link.id) !== true) throw new HttpProblem("x2x.not_here");
      await recordAudit(db, request, {
        action: "reconnect",
        resource: "x2x-links",
        resourceId: link.id,
      });
      return reply.status(204).send();
    },
  );

  app.get(
    "/api/v1/x2x-links/:id/offer",
    { config: { role: "auditor" }, schema: { tags, params: byId, response: { 200: x2xOffer } } },
    async (request) => {
      const { link } = found(await findX2xLink(db, request.params.id));
      const agreement = flip(x2xAgreement.parse(link.agreement));
      const fingerprint = fingerprintOf(agreement, primitives);
      return {
        x2xAgreement: 1 as const,
        name: link.name,
        agreement: mutable(agreement),
        fingerprint,
      };
    },
  );

  app.post(
    "/api/v1/x2x-links/checks",
    {
      config: { role: "admin" },
      schema: { tags, body: x2xCheckRequest, response: { 200: x2xCheck } },
    },
    async (request) => {
      const { id, isEnabled, ...given } = request.body;
      const agreement = canonicalAgreement(given.agreement, primitives);
      const { listenAddress = null } = ownAddresses({
        bindAddress: null,
        listenAddress: given.listenAddress,
      });
      const wanted = { id, isEnabled, agreement, listenAddress };
      const [ours, theirs] = agreement.sides;
      return {
        agreement: mutable(agreement),
        fingerprint: fingerprintOf(agreement, primitives),
        faults: [
          ...agreementFaults(agreement).map((fault) => ({ ...fault, link: null })),
          ...clashesOf(wanted, await placed(db)),
        ],
        notOurs: ours.domains.filter(
          (name) => deps.links.native?.isServed(name as Domain) !== true,
        ),
        notAllowed: theirs.domains.filter((name) => !deps.policy.decide(name as Domain).allowed),
        withoutCertificate: ours.domains.filter((name) => !deps.hasCertificate(name)),
      };
    },
  );

  function accepted(given: X2xAgreement): X2xAgreement {
    const agreement = canonicalAgreement(given, primitives);
    refuseFaults(agreement);
    return mutable(agreement);
  }

  function consentFor(
    agreement: Agreement,
    name: string,
    typed: string | undefined,
    by: string,
  ): { by: string; at: string } | null {
    const isOpen = agreement.sides.some(({ opens }) => opens?.knownBy === "implicit");
    if (agreement.security === "mutual_tls" && !isOpen) return null;
    if (typed?.trim() !== name) throw new HttpProblem("x2x.consent", { params: { name } });
    return { by, at: now().toISOString() };
  }

  async function placed(tx: Queryable): Promise<PlacedLink[]> {
    return (await listX2xLinks(tx)).map(({ link }) => link);
  }

  /** A port that something else of this appliance listens at, or is to, is refused: a link could have it first at the next start. */
  async function refuseOwnPort(tx: Queryable, row: X2xLinkRow): Promise<void> {
    const settings = await readSettings(tx);
    const names = (await listLinks(tx)).map(({ link }) => link);
    refuseTaken(agreedListeners(row, "agreement.sides.0.listens.port"), [
      ...deps.ownWeb,
      ...settingsListeners(settings),
      ...names.flatMap((one) => ownListeners(one, settings)),
    ]);
  }

  async function announce(tx: Queryable): Promise<void> {
    for (const resource of ["x2x-terms", "x2x-links"]) await changes.emit(tx, resource);
  }
}

/** Addresses of this machine, as the system writes them; what is not given stays as it is. */
function ownAddresses(given: {
  bindAddress: string | null | undefined;
  listenAddress: string | null | undefined;
}): { bindAddress?: string | null; listenAddress?: string | null } {
  const read = (text: string | null, field: string) =>
    text === null ? null : ipAddress(text, field);
  const { bindAddress, listenAddress } = given;
  return {
    ...(bindAddress === undefined ? {} : { bindAddress: read(bindAddress, "bindAddress") }),
    ...(listenAddress === undefined ? {} : { listenAddress: read(listenAddress, "listenAddress") }),
  };
}

function definedOf<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function toX2xLink(
  { link: row, live }: X2xLinkWithState,
  now: Date,
  primitives: Primitives,
): X2xLink {
  const isFresh = row.isEnabled && live !== null && live.leaseUntil > now;
  // An older appliance on the same database writes neither `compression` nor `inflated`.
  const agreement = x2xAgreement.parse(row.agreement);
  return {
    id: row.id,
    name: row.name,
    agreement,
    fingerprint: fingerprintOf(agreement, primitives),
    priority: row.priority,
    fallsBack: row.fallsBack,
    bindAddress: row.bindAddress,
    listenAddress: row.listenAddress,
    isEnabled: row.isEnabled,
    hasConsent: row.consent !== null,
    live: isFresh ? x2xState.parse(live.state) : null,
    nodeId: isFresh ? live.nodeId : null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** The same without `readonly`, as the contract has it. */
function mutable(agreement: Agreement): X2xAgreement {
  return structuredClone(agreement) as X2xAgreement;
}

function found<T>(value: T | null): T {
  if (value === null) throw new HttpProblem("resource.not_found");
  return value;
}
