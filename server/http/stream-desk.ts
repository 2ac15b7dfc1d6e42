import { z } from "zod";
import {
  reachBack,
  type ReachBackAnswer,
  reachBackRequest,
  stream,
  streamDetail,
  type StreamDetail,
  type StreamListQuery,
  streamListQuery,
  type StreamPage,
  streamPair,
  type StreamQueue,
} from "#contract/streams.ts";
import type { Finding } from "#contract/traces.ts";
import type { Links } from "#links/links.ts";
import type { StreamView } from "#links/s2s/stream-view.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { findAuthentication } from "#store/authentications.ts";
import type { Database } from "#store/database.ts";
import type { NodeCalls } from "#store/node-calls.ts";
import { ANSWER_MS, askOthers } from "./any-node.ts";
import { joinParts, listHere, toStream } from "./stream-list.ts";

type Pair = { readonly local: Domain; readonly remote: Domain };

/** What can be asked of live streams, on whichever appliance they live. */
export interface StreamDesk {
  readonly list: (query: StreamListQuery) => Promise<StreamPage>;
  /** Null when no appliance that answers has it. */
  readonly find: (id: string) => Promise<StreamDetail | null>;
  readonly close: (id: string) => Promise<true | null>;
  /** Whether an appliance that answers federates the name now. */
  readonly isServed: (name: Domain) => Promise<boolean>;
  /** Null when none does. */
  readonly reconnect: (pair: Pair) => Promise<true | null>;
  readonly reachBack: (
    asked: Pair & { readonly seconds: number },
  ) => Promise<ReachBackAnswer | null>;
}

/** What appliances ask one another; the names in it are canonical already. */
const question = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("list"), query: streamListQuery }),
  z.object({ ask: z.literal("find"), id: z.string() }),
  z.object({ ask: z.literal("close"), id: z.string() }),
  z.object({ ask: z.literal("is_served"), name: z.string() }),
  streamPair.extend({ ask: z.literal("reconnect") }),
  reachBackRequest.extend({ ask: z.literal("reach_back") }),
]);
type Question = z.infer<typeof question>;
const streamPart = z.object({ items: z.array(stream), total: z.number().int() });

const topic = "streams";

export function createStreamDesk(deps: {
  readonly db: Database;
  readonly native: () => Links["native"];
  readonly nodeId: string;
  readonly nodes: Pick<NodeCalls, "others" | "ask" | "serve">;
  readonly now: () => Date;
}): StreamDesk {
  const { db, nodeId, nodes, now } = deps;
  nodes.serve(topic, (asked) => answerHere(question.parse(asked)));

  /** What this appliance itself says; null: it has nothing of the sort. */
  async function answerHere(asked: Question): Promise<unknown> {
    const engine = deps.native();
    switch (asked.ask) {
      case "list":
        return listHere(engine?.streams() ?? [], asked.query, nodeId);
      case "find":
        return findHere(asked.id);
      case "close":
        return engine?.closeStream(asked.id) === true ? true : null;
      case "is_served":
        return engine?.isServed(asked.name as Domain) === true ? true : null;
      case "reconnect":
        return engine?.reconnect(asked.local as Domain, asked.remote as Domain) === true
          ? true
          : null;
      case "reach_back":
        return reachBackHere(asked);
    }
  }

  async function findHere(id: string): Promise<StreamDetail | null> {
    const engine = deps.native();
    const view = engine?.streams().find((one) => one.id === id);
    if (engine == null || view === undefined) return null;
    const { local, remote } = view;
    const route =
      local === null || remote === null ? null : engine.route(local as Domain, remote as Domain);
    return {
      ...toStream(view, nodeId),
      certificate: view.presented,
      memory: await memoryOf(db, view),
      queue: route === null ? null : toQueue(route),
    };
  }

  async function reachBackHere(asked: {
    readonly local: string;
    readonly remote: string;
    readonly seconds: number;
  }): Promise<ReachBackAnswer | null> {
    const engine = deps.native();
    const { local, remote, seconds } = asked;
    if (engine?.isServed(local as Domain) !== true) return null;
    const at = now().toISOString();
    const answer = await engine.reachBack(local as Domain, remote as Domain, seconds * 1_000);
    return toReachBack(answer, { local, remote, nodeId, at, waitedSeconds: seconds });
  }

  /** This appliance's answer, else the first that another one has. */
  async function anyOf<T>(
    asked: Question,
    schema: z.ZodType<T>,
    timeoutMs = ANSWER_MS,
  ): Promise<T | null> {
    const here = await answerHere(asked);
    if (here !== null) return here as T;
    return askOthers(nodes, { topic, question: asked }, schema, timeoutMs);
  }

  return {
    async list(query) {
      const here = listHere(deps.native()?.streams() ?? [], query, nodeId);
      const asked: Question = { ask: "list", query };
      const others = await Promise.all(
        (await nodes.others()).map(async ({ id, host }) => ({
          ...{ id, host },
          part:
            streamPart.safeParse(await nodes.ask(id, { topic, question: asked }, ANSWER_MS)).data ??
            null,
        })),
      );
      const parts = [here, ...others.flatMap(({ part }) => part ?? [])];
      return {
        ...joinParts(parts, query),
        nodeId,
        others: others.map(({ id, host, part }) => ({ id, host, isAnswering: part !== null })),
      };
    },
    find: (id) => anyOf({ ask: "find", id }, streamDetail),
    close: (id) => anyOf({ ask: "close", id }, z.literal(true)),
    isServed: async (name) => (await anyOf({ ask: "is_served", name }, z.literal(true))) === true,
    reconnect: (pair) => anyOf({ ask: "reconnect", ...pair }, z.literal(true)),
    reachBack: (asked) =>
      anyOf({ ask: "reach_back", ...asked }, reachBack, asked.seconds * 1_000 + ANSWER_MS),
  };
}

type Native = NonNullable<Links["native"]>;

function toQueue(route: NonNullable<ReturnType<Native["route"]>>): StreamQueue {
  return {
    state: route.state,
    stanzas: route.queuedStanzas,
    bytes: route.queuedBytes,
    attempts: route.attempts,
    nextAttemptAt: route.nextAttemptAt?.toISOString() ?? null,
    lastError: route.lastError,
  };
}

/** The certificates that the stream's peer has shown before, and this one among them. */
async function memoryOf(db: Database, view: StreamView): Promise<StreamDetail["memory"]> {
  if (view.remote === null) return null;
  const row = await findAuthentication(db, view.remote);
  if (row === null) return null;
  const leaf = view.presented?.chain[0]?.fingerprintSha256;
  const place = row.certificates.findIndex(({ fingerprint }) => fingerprint === leaf);
  if (place < 0) return { firstSeenAt: null, previous: row.certificates[0] ?? null };
  return {
    firstSeenAt: row.certificates[place]?.seenAt ?? null,
    previous: row.certificates[place + 1] ?? null,
  };
}

function toReachBack(
  answer: Awaited<ReturnType<Native["reachBack"]>>,
  asked: Pick<ReachBackAnswer, "local" | "remote" | "nodeId" | "at" | "waitedSeconds">,
): ReachBackAnswer {
  if ("code" in answer) return { ...asked, ...nothingCame, outcome: "unasked", finding: answer };
  if (answer.stream === null) return { ...asked, ...nothingCame, outcome: "none" };
  return {
    ...asked,
    outcome: "came",
    stream: toStream(answer.stream, asked.nodeId),
    wasOpen: answer.wasOpen,
    afterMs: answer.afterMs,
    finding: null,
  };
}

const nothingCame = {
  stream: null,
  wasOpen: false,
  afterMs: null,
  finding: null as Finding | null,
} as const;
