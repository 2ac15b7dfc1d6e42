import { randomUUID } from "node:crypto";
import { isIP } from "node:net";
import { z } from "zod";
import { type Link, link, linkPage, linkPatch, linkRequest, linkTest } from "#contract/links.ts";
import { secretContext, type Links } from "#links/links.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, isSameOrSubdomain, parseDomain } from "#protocol/xmpp/address.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { findDomain } from "#store/domains.ts";
import {
  deleteLink,
  findLink,
  insertLink,
  type LinkWithState,
  listLinks,
  updateLink,
} from "#store/links.ts";
import type { Vault } from "#store/vault.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { HttpProblem, problemOf } from "../problem.ts";
import { pageOf, smallListQuery } from "../small-list.ts";

const byId = z.object({ id: z.uuid() });
const tags = ["links"];

/** What these routes need beside the database and its news. */
export interface LinkServices {
  readonly vault: Pick<Vault, "seal">;
  readonly primitives: Primitives;
  readonly links: Pick<Links, "test" | "retry">;
}

/** How our domains are attached. Secrets come in, over a secure transport only, and never go out. */
export function linkRoutes(
  app: App,
  deps: LinkServices & { db: Database; changes: Changes; now: () => Date },
): void {
  const { db, changes, now } = deps;

  app.get(
    "/api/v1/links",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: smallListQuery, response: { 200: linkPage } },
    },
    async (request) =>
      pageOf(
        (await listLinks(db)).map((row) => toLink(row, now())),
        request.query,
        {
          text: (item) => [item.name, item.host ?? item.kind, item.state],
          sort: {
            name: (item) => item.name,
            state: (item) => item.state,
            since: (item) => item.since ?? "",
          },
        },
      ),
  );

  app.get(
    "/api/v1/links/:id",
    { config: { role: "auditor" }, schema: { tags, params: byId, response: { 200: link } } },
    async (request) => toLink(found(await findLink(db, request.params.id)), now()),
  );

  app.post(
    "/api/v1/links",
    {
      config: { role: "admin", takesSecret: true },
      schema: { tags, body: linkRequest, response: { 201: link } },
    },
    async (request, reply) => {
      const { domainId, port, security, secret, plainConsent, isEnabled } = request.body;
      const domain = found(await findDomain(db, domainId));
      const name = componentName(request.body.name, domain.domain as Domain, deps.primitives);
      const host = hostName(request.body.host, deps.primitives);
      const id = randomUUID();
      const created = await db.transaction(async (tx) => {
        const row = await insertLink(
          tx,
          {
            id,
            kind: request.body.kind,
            domainId,
            name,
            ...(request.body.kind === "s2s"
              ? {}
              : {
                  host,
                  port,
                  security,
                  secretSealed: deps.vault.seal(secret, secretContext(id)),
                  plainConsent: consentFor(
                    { host, security, typed: plainConsent },
                    actorOf(request).name,
                    now(),
                  ),
                }),
            isEnabled,
          },
          "wave",
        );
        if (row === null) throw new HttpProblem("resource.conflict", { params: { name } });
        const shown = toLink({ link: row, live: null }, now());
        await recordAudit(tx, request, {
          action: "create",
          resource: "links",
          resourceId: id,
          after: { ...shown, secret },
        });
        await announce(tx);
        return shown;
      });
      return reply.status(201).header("location", `/api/v1/links/${id}`).send(created);
    },
  );

  app.patch(
    "/api/v1/links/:id",
    {
      config: { role: "admin", takesSecret: true },
      schema: { tags, params: byId, body: linkPatch, response: { 200: link } },
    },
    async (request) => {
      const { id } = request.params;
      const { secret, plainConsent, isEnabled, port } = request.body;
      return db.transaction(async (tx) => {
        const before = found(await findLink(tx, id));
        const security = request.body.security ?? before.link.security;
        const host =
          request.body.host === undefined
            ? before.link.host
            : hostName(request.body.host, deps.primitives);
        const isSameWay = host === before.link.host && security === before.link.security;
        const consent = isSameWay
          ? before.link.plainConsent
          : consentFor(
              { host: host ?? "", security, typed: plainConsent },
              actorOf(request).name,
              now(),
            );
        const row = await updateLink(tx, id, {
          host,
          security,
          plainConsent: consent,
          ...(port === undefined ? {} : { port }),
          ...(isEnabled === undefined ? {} : { isEnabled }),
          ...(secret === undefined
            ? {}
            : { secretSealed: deps.vault.seal(secret, secretContext(id)) }),
        });
        const shown = toLink({ link: found(row), live: before.live }, now());
        await recordAudit(tx, request, {
          action: "update",
          resource: "links",
          resourceId: id,
          before: toLink(before, now()),
          after: secret === undefined ? shown : { ...shown, secret },
        });
        await announce(tx);
        return shown;
      });
    },
  );

  app.delete(
    "/api/v1/links/:id",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      await db.transaction(async (tx) => {
        const before = found(await findLink(tx, request.params.id));
        await deleteLink(tx, before.link.id);
        await recordAudit(tx, request, {
          action: "delete",
          resource: "links",
          resourceId: before.link.id,
          before: toLink(before, now()),
        });
        await announce(tx);
      });
      return reply.status(204).send();
    },
  );

  app.post(
    "/api/v1/links/:id/test",
    { config: { role: "admin" }, schema: { tags, params: byId, response: { 200: linkTest } } },
    async (request) => found(await deps.links.test(request.params.id)),
  );

  app.post(
    "/api/v1/links/:id/retry",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      found(await findLink(db, request.params.id));
      deps.links.retry(request.params.id);
      return reply.status(204).send();
    },
  );

  async function announce(tx: Parameters<Changes["emit"]>[0]): Promise<void> {
    for (const resource of ["links", "domains", "connections"]) await changes.emit(tx, resource);
  }
}

/** A link as the API shows it: what is configured, and what its holder last wrote of it. */
export function toLink({ link: row, live }: LinkWithState, now: Date): Link {
  const isFresh = live !== null && live.leaseUntil > now;
  return {
    id: row.id,
    kind: row.kind,
    domainId: row.domainId,
    name: row.name,
    host: row.host,
    port: row.port,
    security: row.security,
    hasPlainConsent: row.plainConsent !== null,
    isEnabled: row.isEnabled,
    state: stateOf(row.isEnabled, isFresh ? live.state : null),
    since: row.isEnabled && isFresh ? live.since.toISOString() : null,
    lastError: row.isEnabled ? (live?.lastError ?? null) : null,
    attempts: isFresh ? live.attempts : 0,
    nextAttemptAt: isFresh ? (live.nextAttemptAt?.toISOString() ?? null) : null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

function stateOf(isEnabled: boolean, live: string | null): Link["state"] {
  if (!isEnabled) return "disabled";
  if (live === "attached" || live === "waiting") return live;
  // Not written yet, being made anew, or its appliance is gone: somebody takes it up soon.
  return "connecting";
}

/** XEP-0114 §3: the name that we speak for; below the domain, so that its records can point to it. */
function componentName(text: string, domain: Domain, primitives: Primitives): Domain {
  const parsed = parseDomain(text, primitives);
  if (!parsed.ok) throw problemOf(parsed.problem);
  const name = parsed.value.ascii;
  if (!isSameOrSubdomain(name, domain))
    throw new HttpProblem("link.name_outside", { params: { name, domain } });
  return name;
}

/** A host in canonical form: an address or a name. */
export function hostName(text: string, primitives: Primitives): string {
  const bare = text.replace(/^\[(.*)\]$/, "$1");
  if (isIP(bare) !== 0) return bare;
  const parsed = parseDomain(text, primitives);
  if (parsed.ok) return parsed.value.ascii;
  const { suggestion } = parsed.problem;
  throw new HttpProblem("link.host_invalid", { params: { host: text.slice(0, 255), suggestion } });
}

/** The secret is a hash over a visible id: whoever listens can guess it at leisure (XEP-0114 §4). */
function consentFor(
  way: { host: string; security: "plain" | "tls"; typed: string | undefined },
  by: string,
  now: Date,
): { by: string; at: string } | null {
  if (way.security === "tls" || isLoopback(way.host)) return null;
  if (way.typed?.trim().toLowerCase() !== way.host)
    throw new HttpProblem("link.plain_consent", { params: { host: way.host } });
  return { by, at: now.toISOString() };
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

function found<T>(value: T | null): T {
  if (value === null) throw new HttpProblem("resource.not_found");
  return value;
}
