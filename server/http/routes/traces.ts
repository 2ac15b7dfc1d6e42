import { z } from "zod";
import {
  trace,
  traceListQuery,
  tracePage,
  tracePatch,
  traceRequest,
  traceSummary,
  type Trace,
  type TraceSummary,
} from "#contract/traces.ts";
import type { Result } from "#protocol/result.ts";
import type { ProblemCode } from "#contract/problems.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { readCursor } from "#store/keyset.ts";
import { deleteTrace, findTrace, listTraces, pinTrace, traceSort } from "#store/traces.ts";
import { actorOf } from "../access.ts";
import type { App } from "../app-types.ts";
import { recordAudit } from "../audit.ts";
import { HttpProblem, problemOf } from "../problem.ts";

/** What these routes need of the resolver: see resolver/traces.ts. */
export interface TraceServices {
  readonly begin: (request: {
    domain: string;
    reading: "strict" | "overview" | undefined;
    fresh: boolean | undefined;
    trigger: "person";
    requestedBy: string;
  }) => Promise<
    Result<{ id: string; isNew: boolean }, { code: ProblemCode } & Record<string, unknown>>
  >;
  readonly find: (id: string) => Promise<Trace | null>;
  readonly cancel: (id: string, by: string) => Promise<boolean>;
}

const byId = z.object({ id: z.uuid() });
const tags = ["traces"];
const begun = z.object({ id: z.uuid() });

/** Traces: begun here, followed live by events, kept, searched, pinned, removed. */
export function traceRoutes(
  app: App,
  deps: { traces: TraceServices; db: Database; changes: Changes },
): void {
  const { traces, db, changes } = deps;

  app.post(
    "/api/v1/traces",
    {
      config: { role: "admin" },
      schema: { tags, body: traceRequest, response: { 200: begun, 201: begun } },
    },
    async (request, reply) => {
      const { domain, reading, fresh } = request.body;
      const requestedBy = actorOf(request).name;
      const outcome = await traces.begin({
        ...{ domain, reading, fresh },
        trigger: "person",
        requestedBy,
      });
      if (!outcome.ok) throw problemOf(outcome.problem);
      const { id, isNew } = outcome.value;
      return reply
        .status(isNew ? 201 : 200)
        .header("location", `/api/v1/traces/${id}`)
        .send({ id });
    },
  );

  app.get(
    "/api/v1/traces",
    {
      config: { role: "auditor" },
      schema: { tags, querystring: traceListQuery, response: { 200: tracePage } },
    },
    async (request) => {
      const { q, domain, state, xmpp, wave, pinned, trigger, limit, cursor } = request.query;
      const sort = request.query.sort ?? "-startedAt";
      const key = traceSort(sort);
      if (key === null) throw badQuery("sort", "is none of startedAt, domain, duration");
      const after = cursor === undefined ? null : readCursor(cursor, sort, key);
      if (cursor !== undefined && after === null)
        throw badQuery("cursor", "belongs to no page of this list");
      const filter = {
        ...(q === undefined ? {} : { q }),
        ...(domain === undefined ? {} : { domain }),
        ...(state === undefined ? {} : { state }),
        ...(xmpp === undefined ? {} : { xmpp }),
        ...(wave === undefined ? {} : { wave }),
        ...(pinned === undefined ? {} : { isPinned: pinned }),
        ...(trigger === undefined ? {} : { trigger }),
      };
      return listTraces(db, filter, { sort, key, after, limit });
    },
  );

  app.get(
    "/api/v1/traces/:id",
    { config: { role: "auditor" }, schema: { tags, params: byId, response: { 200: trace } } },
    async (request) => {
      const found = await traces.find(request.params.id);
      if (found === null) throw new HttpProblem("resource.not_found");
      return found;
    },
  );

  app.patch(
    "/api/v1/traces/:id",
    {
      config: { role: "admin" },
      schema: { tags, params: byId, body: tracePatch, response: { 200: traceSummary } },
    },
    async (request) => {
      const { id } = request.params;
      const { isPinned } = request.body;
      return db.transaction(async (tx) => {
        const before = await findTrace(tx, id);
        if (before === null) throw new HttpProblem("resource.not_found");
        await pinTrace(tx, id, isPinned);
        await recordAudit(tx, request, {
          action: isPinned ? "pin" : "unpin",
          resource: "traces",
          resourceId: id,
          before: { isPinned: before.isPinned },
          after: { isPinned },
        });
        await changes.emit(tx, `traces/${id}`);
        return summaryOf({ ...before, isPinned });
      });
    },
  );

  app.delete(
    "/api/v1/traces/:id",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      const { id } = request.params;
      await traces.cancel(id, actorOf(request).name);
      await db.transaction(async (tx) => {
        const removed = await deleteTrace(tx, id);
        if (removed === null) throw new HttpProblem("resource.not_found");
        await recordAudit(tx, request, {
          action: "delete",
          resource: "traces",
          resourceId: id,
          before: removed,
        });
        await changes.emit(tx, "traces");
      });
      return reply.status(204).send();
    },
  );

  app.post(
    "/api/v1/traces/:id/cancel",
    { config: { role: "admin" }, schema: { tags, params: byId } },
    async (request, reply) => {
      const { id } = request.params;
      const isCancelled = await traces.cancel(id, actorOf(request).name);
      // Ended already: what was asked for is the case.
      if (!isCancelled && (await traces.find(id)) === null)
        throw new HttpProblem("resource.not_found");
      return reply.status(204).send();
    },
  );
}

function summaryOf(whole: Trace): TraceSummary {
  return traceSummary.parse(whole);
}

function badQuery(field: string, message: string): HttpProblem {
  return new HttpProblem("request.invalid", {
    errors: [{ field: `querystring.${field}`, message }],
  });
}
