import { z } from "zod";
import {
  localDomain,
  type LocalDomain,
  localDomainPage,
  localDomainPatch,
  localDomainRequest,
} from "#contract/domains.ts";
import { pingResult } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { parseDomain } from "#protocol/xmpp/address.ts";
import { listScripts } from "#protocol/xmpp/scripts.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import {
  deleteDomain,
  type DomainRow,
  findDomain,
  insertDomain,
  listDomains,
  updateDomain,
} from "#store/domains.ts";
import { type LinkWithState, listLinks } from "#store/links.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { hostName } from "../link-input.ts";
import { HttpProblem, problemOf } from "../problem.ts";
import { pageOf, smallListQuery } from "../small-list.ts";
import { toLink } from "./links.ts";

const byId = z.object({ id: z.uuid() });
const tags = ["domains"];

/** The domains that we serve. */
export function domainRoutes(
  app: App,
  deps: { db: Database; changes: Changes; primitives: Primitives; now: () => Date },
): void {
  const { db, changes, primitives, now } = deps;
  const show = (row: DomainRow, links: readonly LinkWithState[]) =>
    toDomain(row, links, primitives, now());

  app.get(
    "/api/v1/domains",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: smallListQuery, response: { 200: localDomainPage } },
    },
    async (request) => {
      const [rows, links] = await Promise.all([listDomains(db), listLinks(db)]);
      return pageOf(
        rows.map((row) => show(row, links)),
        request.query,
        {
          text: (item) => [item.domain, item.unicode, item.label],
          sort: {
            domain: (item) => item.domain,
            label: (item) => item.label.toLowerCase(),
            created: (item) => item.createdAt,
          },
        },
      );
    },
  );

  app.get(
    "/api/v1/domains/:id",
    { config: { role: "auditor" }, schema: { tags, params: byId, response: { 200: localDomain } } },
    async (request) => {
      const row = await findDomain(db, request.params.id);
      if (row === null) throw new HttpProblem("resource.not_found");
      return show(row, await listLinks(db, { domainIds: [row.id] }));
    },
  );

  app.post(
    "/api/v1/domains",
    {
      config: { role: "admin" },
      schema: { tags, body: localDomainRequest, response: { 201: localDomain } },
    },
    async (request, reply) => {
      const { domain, ...rest } = request.body;
      const values = { domain: parsed(domain, primitives), ...named(rest, primitives) };
      const created = await db.transaction(async (tx) => {
        const row = await insertDomain(tx, values);
        if (row === null)
          throw new HttpProblem("resource.conflict", { params: { domain: values.domain } });
        await recordAudit(tx, request, {
          action: "create",
          resource: "domains",
          resourceId: row.id,
          after: values,
        });
        await changes.emit(tx, "domains");
        return row;
      });
      return reply
        .status(201)
        .header("location", `/api/v1/domains/${created.id}`)
        .send(show(created, []));
    },
  );

  app.patch(
    "/api/v1/domains/:id",
    {
      config: { role: "admin" },
      schema: { tags, params: byId, body: localDomainPatch, response: { 200: localDomain } },
    },
    async (request) => {
      const values = defined(named(request.body, primitives));
      return db.transaction(async (tx) => {
        const before = await findDomain(tx, request.params.id);
        if (before === null) throw new HttpProblem("resource.not_found");
        const row = await updateDomain(tx, before.id, values);
        if (row === null) throw new HttpProblem("resource.not_found");
        const changed = Object.keys(values) as (keyof typeof values & keyof DomainRow)[];
        await recordAudit(tx, request, {
          action: "update",
          resource: "domains",
          resourceId: row.id,
          // The name on both sides: it says which domain, and is no change.
          before: {
            domain: before.domain,
            ...Object.fromEntries(changed.map((key) => [key, before[key]])),
          },
          after: { domain: before.domain, ...values },
        });
        await changes.emit(tx, "domains");
        return show(row, await listLinks(tx, { domainIds: [row.id] }));
      });
    },
  );

  app.delete(
    "/api/v1/domains/:id",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      await db.transaction(async (tx) => {
        const before = await findDomain(tx, request.params.id);
        if (before === null) throw new HttpProblem("resource.not_found");
        const links = await listLinks(tx, { domainIds: [before.id] });
        await deleteDomain(tx, before.id);
        await recordAudit(tx, request, {
          action: "delete",
          resource: "domains",
          resourceId: before.id,
          before: show(before, links),
        });
        for (const resource of ["domains", "links", "connections"])
          await changes.emit(tx, resource);
      });
      return reply.status(204).send();
    },
  );
}

function toDomain(
  row: DomainRow,
  links: readonly LinkWithState[],
  primitives: Primitives,
  now: Date,
): LocalDomain {
  const unicode = primitives.domainToUnicode(row.domain) || row.domain;
  const lastPing = pingResult.safeParse(row.lastPing);
  return {
    id: row.id,
    domain: row.domain,
    unicode,
    scripts: listScripts(unicode),
    label: row.label,
    advertisedHost: row.advertisedHost,
    advertisedPort: row.advertisedPort,
    advertisedAddresses: row.advertisedAddresses,
    insideHost: row.insideHost,
    insidePort: row.insidePort,
    pingTarget: row.pingTarget,
    lastPing: lastPing.success ? lastPing.data : null,
    recordsPublishedAt: row.recordsPublishedAt?.toISOString() ?? null,
    links: links.filter(({ link }) => link.domainId === row.id).map((link) => toLink(link, now)),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** Names within the request in canonical form; an empty one means none. */
function named<
  T extends {
    advertisedHost?: string | null | undefined;
    pingTarget?: string | null | undefined;
    insideHost?: string | null | undefined;
  },
>(body: T, primitives: Primitives): T {
  const { advertisedHost, pingTarget, insideHost } = body;
  const canonical = (
    text: string | null | undefined,
    read: (text: string, primitives: Primitives) => string = parsed,
  ) =>
    text === undefined ? undefined : text === null || text === "" ? null : read(text, primitives);
  return {
    ...body,
    ...defined({
      advertisedHost: canonical(advertisedHost),
      pingTarget: canonical(pingTarget),
      insideHost: canonical(insideHost, hostName),
    }),
  };
}

function parsed(text: string, primitives: Primitives): string {
  const outcome = parseDomain(text, primitives);
  if (!outcome.ok) throw problemOf(outcome.problem);
  return outcome.value.ascii;
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

function defined<T extends object>(values: T): Partial<Defined<T>> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<Defined<T>>;
}
