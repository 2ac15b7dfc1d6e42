import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import {
  hostedSecret,
  type Link,
  link,
  linkCreated,
  type LinkKind,
  linkPage,
  type LinkPatch,
  linkPatch,
  linkRequest,
  linkTest,
} from "#contract/links.ts";
import { secretContext } from "#links/attachment.ts";
import type { Links } from "#links/links.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { Changes } from "#store/changes.ts";
import type { Database, Queryable } from "#store/database.ts";
import { findDomain } from "#store/domains.ts";
import {
  deleteLink,
  findLink,
  insertLink,
  type LinkRow,
  type LinkValues,
  type LinkWithState,
  listLinks,
  updateLink,
  updateRole,
} from "#store/links.ts";
import type { NodeCalls } from "#store/node-calls.ts";
import { readSettings } from "#store/settings.ts";
import { listX2xLinks } from "#store/x2x.ts";
import type { Vault } from "#store/vault.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { consentFor, hostName, localName } from "../link-input.ts";
import { createLinkDesk } from "../link-desk.ts";
import {
  agreedListeners,
  type OwnListener,
  ownListeners,
  refuseTaken,
  settingsListeners,
} from "../listeners.ts";
import { HttpProblem } from "../problem.ts";
import { pageOf, smallListQuery } from "../small-list.ts";
import { linkInstanceRoutes } from "./link-instances.ts";

const byId = z.object({ id: z.uuid() });
const tags = ["links"];

/** What these routes need beside the database and its news. */
export interface LinkServices {
  readonly vault: Pick<Vault, "seal">;
  readonly primitives: Primitives;
  readonly links: Pick<Links, "test" | "retry" | "hosted">;
  /** The other appliances on the database. */
  readonly nodes: Pick<NodeCalls, "others" | "ask" | "serve">;
}

/** How our domains are attached. Secrets come in, over a secure transport only, and never go out. */
export function linkRoutes(
  app: App,
  deps: LinkServices & {
    db: Database;
    changes: Changes;
    now: () => Date;
    ownWeb: readonly OwnListener[];
  },
): void {
  const { db, changes, now } = deps;
  const desk = createLinkDesk(deps);
  linkInstanceRoutes(app, { ...deps, desk });

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
      schema: { tags, body: linkRequest, response: { 201: linkCreated } },
    },
    async (request, reply) => {
      const { body } = request;
      const domain = found(await findDomain(db, body.domainId));
      const name = localName(body.name, domain.domain as Domain, deps.primitives);
      const id = randomUUID();
      const kind = body.kind ?? "component";
      const generated = kind === "hosted" ? newHostedSecret() : null;
      const settings = settingsOf(body, { id, generated, by: actorOf(request).name });
      const role = body.kind === "hosted" ? "hosted" : "role" in body ? body.role : "wave";
      const created = await db.transaction(async (tx) => {
        const { domainId, isEnabled } = body;
        const values = { id, kind, domainId, name, isEnabled, ...settings };
        await refuseClash(tx, { name, ownPorts: values.ownPorts ?? null });
        const row = await insertLink(tx, values, role);
        if (row === null) throw new HttpProblem("resource.conflict", { params: { name } });
        const shown = toLink({ link: row, role, live: null }, now());
        await recordAudit(tx, request, {
          action: "create",
          resource: "links",
          resourceId: id,
          after: kind === "s2s" ? shown : { ...shown, secret: "set" },
        });
        await announce(tx);
        return shown;
      });
      return reply
        .status(201)
        .header("location", `/api/v1/links/${id}`)
        .header("cache-control", "no-store")
        .send(generated === null ? created : { ...created, secret: generated });
    },
  );

  app.post(
    "/api/v1/links/:id/secret",
    {
      config: { role: "admin", takesSecret: true },
      schema: { tags, params: byId, response: { 200: hostedSecret } },
    },
    async (request, reply) => {
      const { id } = request.params;
      const secret = newHostedSecret();
      await db.transaction(async (tx) => {
        const before = ofKind(found(await findLink(tx, id)), "hosted");
        const secretSealed = deps.vault.seal(secret, secretContext(id));
        const row = found(await updateLink(tx, id, { secretSealed }));
        await recordAudit(tx, request, {
          action: "roll_secret",
          resource: "links",
          resourceId: id,
          after: { ...toLink({ ...before, link: row }, now()), secret: "set" },
        });
        await announce(tx);
      });
      return reply.header("cache-control", "no-store").send({ secret });
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
      const { body } = request;
      return db.transaction(async (tx) => {
        const before = found(await findLink(tx, id));
        const role = body.role ?? before.role;
        const values = changesOf(before.link, body, actorOf(request).name);
        if (body.ownPorts != null)
          await refuseClash(tx, { name: before.link.name, ownPorts: body.ownPorts });
        const row = found(await updateLink(tx, id, values));
        if (role !== before.role) await updateRole(tx, id, role);
        const shown = toLink({ link: row, role, live: before.live }, now());
        await recordAudit(tx, request, {
          action: "update",
          resource: "links",
          resourceId: id,
          before: toLink(before, now()),
          after: body.secret === undefined ? shown : { ...shown, secret: "set" },
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
    async (request) => {
      ofKind(found(await findLink(db, request.params.id)), "component");
      return found(await deps.links.test(request.params.id));
    },
  );

  app.post(
    "/api/v1/links/:id/retry",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      found(await findLink(db, request.params.id));
      await desk.retry(request.params.id);
      return reply.status(204).send();
    },
  );

  /** A port that something else of this appliance listens at, or is to, is refused. */
  async function refuseClash(
    tx: Queryable,
    { name, ownPorts }: Pick<LinkRow, "name" | "ownPorts">,
  ): Promise<void> {
    if (ownPorts === null) return;
    const settings = await readSettings(tx);
    const others = (await listLinks(tx)).map((one) => one.link).filter((one) => one.name !== name);
    const agreed = (await listX2xLinks(tx)).flatMap(({ link }) => agreedListeners(link));
    refuseTaken(ownListeners({ name, ownPorts }, settings, "body.ownPorts."), [
      ...deps.ownWeb,
      ...settingsListeners(settings),
      ...others.flatMap((one) => ownListeners(one, settings)),
      ...agreed,
    ]);
  }

  /** The columns that only links of this kind have. */
  function settingsOf(
    body: z.output<typeof linkRequest>,
    context: { id: string; generated: string | null; by: string },
  ): Partial<LinkValues> {
    const seal = (secret: string) => deps.vault.seal(secret, secretContext(context.id));
    if (body.kind === "s2s" || body.kind === "hosted") {
      const host = body.host === null ? null : hostName(body.host, deps.primitives);
      const { generated } = context;
      const place = { host, port: host === null ? null : body.port, ownPorts: body.ownPorts };
      return generated === null ? place : { ...place, secretSealed: seal(generated) };
    }
    const { port, security, secret, plainConsent } = body;
    const host = hostName(body.host, deps.primitives);
    const way = { host, security, typed: plainConsent };
    const consent = consentFor(way, context.by, now());
    return { host, port, security, secretSealed: seal(secret), plainConsent: consent };
  }

  function changesOf(before: LinkRow, body: LinkPatch, by: string): Partial<LinkValues> {
    const allowed = new Set<string>(patchable[before.kind]);
    const strange = Object.keys(body).find((field) => !allowed.has(field));
    if (strange !== undefined)
      throw new HttpProblem("link.not_of_kind", { params: { kind: before.kind, field: strange } });
    const { secret, plainConsent, isEnabled, port, ownPorts } = body;
    const security = body.security ?? before.security;
    const host = newHost(before, body);
    const isSameWay = host === before.host && security === before.security;
    const way = { host: host ?? "", security, typed: plainConsent };
    return {
      host,
      security,
      plainConsent:
        isSameWay || before.kind !== "component" ? before.plainConsent : consentFor(way, by, now()),
      ...(port === undefined ? {} : { port }),
      ...(ownPorts === undefined ? {} : { ownPorts }),
      ...(isEnabled === undefined ? {} : { isEnabled }),
      ...(secret === undefined
        ? {}
        : { secretSealed: deps.vault.seal(secret, secretContext(before.id)) }),
    };
  }

  function newHost(before: LinkRow, { host, port }: LinkPatch): string | null {
    // What we dial must have an address.
    if (before.kind === "component" && (host === null || port === null))
      throw new HttpProblem("link.not_of_kind", { params: { kind: before.kind, field: "host" } });
    if (host === undefined) return before.host;
    return host === null ? null : hostName(host, deps.primitives);
  }

  async function announce(tx: Parameters<Changes["emit"]>[0]): Promise<void> {
    for (const resource of ["links", "domains", "connections"]) await changes.emit(tx, resource);
  }
}

const patchable = {
  component: ["host", "port", "secret", "security", "plainConsent", "isEnabled"],
  s2s: ["host", "port", "ownPorts", "isEnabled", "role"],
  hosted: ["host", "port", "ownPorts", "isEnabled"],
} as const satisfies Record<LinkKind, readonly (keyof LinkPatch)[]>;

/** 256 bits, without characters that XML, a shell or a configuration file would have to quote. */
function newHostedSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** A link as the API shows it: what is configured, and what its holder last wrote of it. */
export function toLink({ link: row, role, live }: LinkWithState, now: Date): Link {
  const isFresh = live !== null && live.leaseUntil > now;
  return {
    id: row.id,
    kind: row.kind,
    domainId: row.domainId,
    name: row.name,
    role,
    host: row.host,
    port: row.port,
    ownPorts: row.ownPorts,
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

function ofKind(row: LinkWithState, kind: LinkKind): LinkWithState {
  if (row.link.kind === kind) return row;
  throw new HttpProblem("link.not_of_kind", { params: { kind: row.link.kind, field: null } });
}

function found<T>(value: T | null): T {
  if (value === null) throw new HttpProblem("resource.not_found");
  return value;
}
