import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import type { ProofDemand } from "#contract/peer-trust.ts";
import {
  type Peer,
  type PeerDecision,
  peer,
  peerDecision,
  peerListQuery,
  peerPage,
  peerPatch,
  peerRequest,
} from "#contract/peers.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { type DomainName, parseDomain } from "#protocol/xmpp/domain.ts";
import { listScripts } from "#protocol/xmpp/scripts.ts";
import { type AuthenticationRow, findAuthentication } from "#store/authentications.ts";
import type { Changes } from "#store/changes.ts";
import type { Database, Queryable } from "#store/database.ts";
import { closeIncidentsOf } from "#store/incidents.ts";
import { readCursor } from "#store/keyset.ts";
import {
  deletePeer,
  findPeer,
  findPeerByDomain,
  insertPeer,
  listOwnNames,
  listPeers,
  lockPeer,
  type PeerRow,
  peerSortKey,
  type PeerWithHealth,
  updatePeer,
} from "#store/peers.ts";
import { readSettings } from "#store/settings.ts";
import { pauseWatching, restartCheck, startWatching, stopWatching } from "#store/watching.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { HttpProblem, problemOf } from "../problem.ts";
import type { CarryOutAcceptance } from "./authentications.ts";
import { type ReadAnchors, settleTerms } from "./peer-terms.ts";

/** What the routes of peers need of policy, checks and links. */
export interface PeerServices {
  readonly policy: {
    readonly decide: (domain: string) => { allowed: boolean; rule: string; peerId: string | null };
    /** Resolves when stanzas are judged by what is stored now. */
    readonly refresh: () => Promise<void>;
  };
  /** How a domain must prove who it is, given what is remembered of it. */
  readonly demand: (domain: string, memory: AuthenticationRow | null) => ProofDemand;
  readonly readAnchors: ReadAnchors;
  readonly accept: CarryOutAcceptance;
  readonly checks: { readonly checkNow: (peerId: string) => Promise<boolean> };
  readonly carrier: {
    readonly sourceFor: (
      domain: string,
    ) => { ok: true; from: string; linkId: string } | { ok: false; code: string };
  };
}

const byId = z.object({ id: z.uuid() });
const tags = ["peers"];

/** Trusted and blocked peers, and what would happen to a domain. */
export function peerRoutes(
  app: App,
  deps: PeerServices & {
    db: Database;
    changes: Changes;
    primitives: Primitives;
    now: () => Date;
  },
): void {
  const { db, changes, primitives, now, policy } = deps;

  app.get(
    "/api/v1/peers",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: peerListQuery, response: { 200: peerPage } },
    },
    async (request) => {
      const { q, stance, state, expects, enabled, cursor, limit } = request.query;
      const sort = request.query.sort ?? "domain";
      const key = peerSortKey(sort);
      if (key === null)
        throw badQuery(
          "sort",
          "is none of domain, label, state, since, nextCheck, certificate, created",
        );
      const after = cursor === undefined ? null : readCursor(cursor, sort, key);
      if (cursor !== undefined && after === null)
        throw badQuery("cursor", "belongs to no page of this list");
      const page = await listPeers(db, {
        sort,
        key,
        after,
        limit,
        ...(q === undefined ? {} : { q }),
        ...(stance === undefined ? {} : { stance }),
        ...(state === undefined ? {} : { state }),
        ...(expects === undefined ? {} : { expects }),
        ...(enabled === undefined ? {} : { isEnabled: enabled }),
      });
      return { items: page.rows.map(shown), next: page.next, total: page.total };
    },
  );

  app.get(
    "/api/v1/peers/decision",
    {
      config: { role: "auditor" },
      schema: {
        tags,
        querystring: z.object({ domain: z.string().trim().min(1).max(3071) }),
        response: { 200: peerDecision },
      },
    },
    async (request) => {
      const { ascii } = parsed(request.query.domain);
      const decision = policy.decide(ascii);
      const found = decision.peerId === null ? null : await findPeer(db, decision.peerId);
      const isOther = decision.allowed && decision.rule !== "self";
      const proof = isOther ? deps.demand(ascii, await findAuthentication(db, ascii)) : null;
      const source = deps.carrier.sourceFor(ascii);
      return toDecision(ascii, { ...decision, proof }, found?.peer ?? null, source);
    },
  );

  app.get(
    "/api/v1/peers/:id",
    { config: { role: "auditor" }, schema: { tags, params: byId, response: { 200: peer } } },
    async (request) => {
      const found = await findPeer(db, request.params.id);
      if (found === null) throw new HttpProblem("resource.not_found");
      return shown(found);
    },
  );

  app.post(
    "/api/v1/peers",
    { config: { role: "admin" }, schema: { tags, body: peerRequest, response: { 201: peer } } },
    async (request, reply) => {
      const { domain: input, consent, testModeConsent, reading, ...wanted } = request.body;
      const name = parsed(input);
      const domain = name.ascii;
      if ((await listOwnNames(db)).includes(domain))
        throw new HttpProblem("peer.own_domain", { params: { domain } });
      const consents = { consent, testModeConsent };
      const values = {
        ...settleTerms({ domain, before: null, wanted, consents }, deps),
        stance: wanted.stance,
        domain,
        unicode: name.unicode,
        reading: reading ?? (await readSettings(db)).defaultReading,
        createdBy: actorOf(request).name,
        createdAt: now(),
        updatedAt: now(),
      };
      const created = await db.transaction(async (tx) => {
        const row = await insertPeer(tx, values);
        if (row === null) return null;
        if (isWatched(row)) await startWatching(tx, row, now());
        await recordAudit(tx, request, {
          action: isProlonged(null, row) ? "test_mode" : "create",
          resource: "peers",
          resourceId: row.id,
          after: auditable(row),
        });
        await changes.emit(tx, "peers");
        return findPeer(tx, row.id);
      });
      if (created === null) throw await conflict(domain);
      await decideByIt();
      return reply
        .status(201)
        .header("location", `/api/v1/peers/${created.peer.id}`)
        .send(shown(created));
    },
  );

  app.patch(
    "/api/v1/peers/:id",
    {
      config: { role: "admin" },
      schema: { tags, params: byId, body: peerPatch, response: { 200: peer } },
    },
    async (request) => {
      const { consent, testModeConsent, ...wanted } = request.body;
      const consents = { consent, testModeConsent };
      const changed = await db.transaction(async (tx) => {
        const before = await lockPeer(tx, request.params.id);
        if (before === null) throw new HttpProblem("resource.not_found");
        const values = settleTerms({ domain: before.domain, before, wanted, consents }, deps);
        const row = await updatePeer(tx, before.id, { ...values, updatedAt: now() });
        if (row === null) throw new HttpProblem("resource.not_found");
        await follow(tx, before, row);
        await recordAudit(tx, request, {
          action: isProlonged(before, row) ? "test_mode" : "update",
          resource: "peers",
          resourceId: row.id,
          before: auditable(before),
          after: auditable(row),
        });
        await changes.emit(tx, "peers");
        return findPeer(tx, row.id);
      });
      if (changed === null) throw new HttpProblem("resource.not_found");
      await decideByIt();
      return shown(changed);
    },
  );

  app.delete(
    "/api/v1/peers/:id",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      await db.transaction(async (tx) => {
        const before = await lockPeer(tx, request.params.id);
        if (before === null) throw new HttpProblem("resource.not_found");
        if ((await closeIncidentsOf(tx, before.id, now())) > 0) await changes.emit(tx, "incidents");
        await deletePeer(tx, before.id);
        await recordAudit(tx, request, {
          action: "delete",
          resource: "peers",
          resourceId: before.id,
          before: auditable(before),
        });
        await changes.emit(tx, "peers");
      });
      await decideByIt();
      return reply.status(204).send();
    },
  );

  /** Health follows what was changed: watched from now on, no longer, or on new terms. */
  async function follow(tx: Queryable, before: PeerRow, after: PeerRow): Promise<void> {
    if (isWatched(after)) {
      if (!isWatched(before)) await startWatching(tx, after, now());
      else if (TERMS_OF_CHECKS.some((term) => !isDeepStrictEqual(before[term], after[term])))
        await restartCheck(tx, after.id, now());
      return;
    }
    if (after.stance === "blocked") await stopWatching(tx, after.id);
    else await pauseWatching(tx, after.id, now());
    if ((await closeIncidentsOf(tx, after.id, now())) > 0) await changes.emit(tx, "incidents");
  }

  /** When the answer is out, stanzas are judged by the change. It is stored, so it does not fail by this. */
  async function decideByIt(): Promise<void> {
    await policy.refresh().catch(() => undefined);
  }

  function parsed(input: string): DomainName {
    const outcome = parseDomain(input, primitives);
    if (!outcome.ok) throw problemOf(outcome.problem);
    return outcome.value;
  }

  const shown = (found: PeerWithHealth) => toPeer(found, deps.readAnchors);

  async function conflict(domain: string): Promise<HttpProblem> {
    const existing = await findPeerByDomain(db, domain);
    const id = existing?.peer.id ?? null;
    return new HttpProblem("resource.conflict", { params: { domain, id } });
  }
}

const TERMS_OF_CHECKS = [
  "expects",
  "reading",
  "overrideHost",
  "overridePort",
  "tlsPolicy",
  "minTls",
  "authorityPem",
  "pins",
  "testModeUntil",
  "checkIntervalSeconds",
  "failuresUntilDown",
] as const;

function isWatched(row: PeerRow): boolean {
  return row.stance === "trusted" && row.isEnabled;
}

/** Test mode was begun, or made to last longer. */
function isProlonged(before: PeerRow | null, after: PeerRow): boolean {
  return (after.testModeUntil?.getTime() ?? 0) > (before?.testModeUntil?.getTime() ?? 0);
}

function auditable({ id: _, createdAt, updatedAt, createdBy, ...terms }: PeerRow) {
  return terms;
}

function badQuery(field: string, message: string): HttpProblem {
  return new HttpProblem("request.invalid", {
    errors: [{ field: `querystring.${field}`, message }],
  });
}

/** A peer as the API shows it. */
function toPeer({ peer: row, health }: PeerWithHealth, readAnchors: ReadAnchors): Peer {
  const unicode = row.unicode === "" ? row.domain : row.unicode;
  const anchors = row.authorityPem === null ? null : readAnchors(row.authorityPem);
  return {
    ...row,
    unicode,
    // Without TLS nothing else could prove who it is.
    allowsDialback: row.allowsDialback || row.tlsPolicy === "never",
    testModeUntil: row.testModeUntil?.toISOString() ?? null,
    authorities: anchors?.ok === true ? [...anchors.value.authorities] : [],
    scripts: listScripts(unicode),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    health:
      health === null || row.stance === "blocked"
        ? null
        : {
            state: health.state,
            since: health.since.toISOString(),
            failuresInRow: health.failuresInRow,
            badInRow: health.badInRow,
            cause: health.cause,
            lastCheckAt: health.lastCheckAt?.toISOString() ?? null,
            lastGoodAt: health.lastGoodAt?.toISOString() ?? null,
            nextCheckAt: health.nextCheckAt?.toISOString() ?? null,
            lastTraceId: health.lastTraceId,
            lastGoodTraceId: health.lastGoodTraceId,
            discoverMs: health.discoverMs,
            pingMs: health.pingMs,
            certificateNotBefore: health.certificateNotBefore?.toISOString() ?? null,
            certificateNotAfter: health.certificateNotAfter?.toISOString() ?? null,
            certificateFingerprint: health.certificateFingerprint,
            waveJid: health.waveJid,
          },
  };
}

function toDecision(
  domain: string,
  decision: { allowed: boolean; rule: string; proof: ProofDemand | null },
  row: PeerRow | null,
  source: { ok: true; from: string; linkId: string } | { ok: false; code: string },
): PeerDecision {
  const { allowed, proof } = decision;
  return {
    domain,
    isAllowed: allowed,
    rule: ruleOf(decision.rule),
    peer:
      row === null
        ? null
        : { id: row.id, domain: row.domain, includeSubdomains: row.includeSubdomains },
    outbound: allowed ? "sent" : "not-allowed",
    inboundIq: allowed ? "answered" : "forbidden",
    inboundOther: allowed ? "handled" : "dropped",
    proof,
    carrier: source.ok ? { from: source.from, linkId: source.linkId } : { code: source.code },
  };
}

function ruleOf(rule: string): PeerDecision["rule"] {
  if (rule === "self") return "self";
  if (rule === "mode:open") return "mode_open";
  if (rule === "mode:trusted_only") return "mode_trusted_only";
  return rule.startsWith("block:") ? "block" : "trusted";
}
