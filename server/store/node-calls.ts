import { randomUUID } from "node:crypto";
import { and, eq, inArray, isNotNull, isNull, lt } from "drizzle-orm";
import type { Changes } from "./changes.ts";
import type { Database } from "./database.ts";
import { listLiveNodes, NODE_LEASE_MS } from "./nodes.ts";
import { nodeCalls } from "./schema.ts";

/** Questions to the other appliances on the database, for what only their memory holds. */
export interface NodeCalls {
  /** The others that live: their ids, and the names of their machines. */
  readonly others: () => Promise<{ readonly id: string; readonly host: string }[]>;
  /** Their answer, or null when none came in time. Never rejects for want of one. */
  readonly ask: (nodeId: string, asked: NodeQuestion, timeoutMs: number) => Promise<unknown>;
  /** Who answers questions about a topic here; what it throws is no answer. */
  readonly serve: (topic: string, answer: (question: unknown) => Promise<unknown>) => void;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export interface NodeQuestion {
  readonly topic: string;
  readonly question: unknown;
}

/** Changes of this kind are for appliances, not for browsers. */
export const isAboutCalls = (resource: string): boolean => resource.startsWith("node_calls/");

const KEEP_MS = 60_000;

/**
 * A question is a row, announced by NOTIFY; so is its answer. Whoever asked takes the row away; what a dead appliance
 * left is swept by the others.
 */
export function createNodeCalls(deps: {
  readonly db: Database;
  readonly changes: Changes;
  readonly nodeId: string;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}): NodeCalls {
  const { db, changes, nodeId, now, onError } = deps;
  const waiting = new Map<string, (answer: unknown) => void>();
  const answering = new Set<string>();
  const serving = new Map<string, (question: unknown) => Promise<unknown>>();
  let unsubscribe = () => {};
  let timer: NodeJS.Timeout | null = null;

  function follow(resource: string): void {
    if (resource !== `node_calls/${nodeId}` && resource !== "*") return;
    takeAnswers().catch(onError);
    takeQuestions().catch(onError);
  }

  async function takeAnswers(): Promise<void> {
    if (waiting.size === 0) return;
    const rows = await db
      .select()
      .from(nodeCalls)
      .where(and(inArray(nodeCalls.id, [...waiting.keys()]), isNotNull(nodeCalls.answer)));
    for (const { id, answer } of rows) waiting.get(id)?.(answer?.value ?? null);
  }

  async function takeQuestions(): Promise<void> {
    if (serving.size === 0) return;
    const rows = await db
      .select()
      .from(nodeCalls)
      .where(and(eq(nodeCalls.toNode, nodeId), isNull(nodeCalls.answer)));
    await Promise.all(rows.map(answer));
  }

  async function answer(row: typeof nodeCalls.$inferSelect): Promise<void> {
    const { topic, question } = row.question;
    const serve = serving.get(topic);
    if (serve === undefined || answering.has(row.id)) return;
    answering.add(row.id);
    try {
      const value = await serve(question);
      await db.update(nodeCalls).set({ answer: { value } }).where(eq(nodeCalls.id, row.id));
      await changes.emit(db, `node_calls/${row.fromNode}`);
    } catch (error) {
      onError(error);
    } finally {
      answering.delete(row.id);
    }
  }

  async function sweep(): Promise<void> {
    await db.delete(nodeCalls).where(lt(nodeCalls.at, new Date(now().getTime() - KEEP_MS)));
  }

  return {
    async others() {
      const nodes = await listLiveNodes(db, new Date(now().getTime() - NODE_LEASE_MS));
      return nodes.flatMap(({ id, host }) => (id === nodeId ? [] : [{ id, host }]));
    },
    async ask(toNode, { topic, question }, timeoutMs) {
      const id = randomUUID();
      const { promise, resolve } = Promise.withResolvers<unknown>();
      const timeout = setTimeout(() => resolve(null), timeoutMs);
      waiting.set(id, resolve);
      try {
        const row = { id, toNode, fromNode: nodeId, question: { topic, question }, at: now() };
        await db.insert(nodeCalls).values(row);
        await changes.emit(db, `node_calls/${toNode}`);
        return await promise;
      } finally {
        clearTimeout(timeout);
        waiting.delete(id);
        await db.delete(nodeCalls).where(eq(nodeCalls.id, id)).catch(onError);
      }
    },
    serve: (topic, answerer) => void serving.set(topic, answerer),
    async start() {
      unsubscribe = changes.on(follow);
      timer = setInterval(() => void sweep().catch(onError), KEEP_MS);
      timer.unref();
      await sweep();
    },
    async stop() {
      unsubscribe();
      if (timer !== null) clearInterval(timer);
      for (const resolve of waiting.values()) resolve(null);
      await Promise.resolve();
    },
  };
}
