import { z } from "zod";
import { hostedInstances, type HostedInstances } from "#contract/links.ts";
import type { Links } from "#links/links.ts";
import type { NodeCalls } from "#store/node-calls.ts";
import { askOthers } from "./any-node.ts";

/** What can be asked of links by whichever appliance holds them. */
export interface LinkDesk {
  /** What is connected under a hosted name; null when no appliance that answers holds it. */
  readonly instances: (linkId: string) => Promise<HostedInstances | null>;
  readonly closeInstance: (linkId: string, instanceId: string) => Promise<true | null>;
  /** Ends the wait before the next attempt. */
  readonly retry: (linkId: string) => Promise<true | null>;
}

const question = z.discriminatedUnion("ask", [
  z.object({ ask: z.literal("instances"), id: z.string() }),
  z.object({ ask: z.literal("close_instance"), id: z.string(), instanceId: z.string() }),
  z.object({ ask: z.literal("retry"), id: z.string() }),
]);
type Question = z.infer<typeof question>;

const topic = "links";

export function createLinkDesk(deps: {
  readonly links: Pick<Links, "retry" | "hosted">;
  readonly nodes: Pick<NodeCalls, "others" | "ask" | "serve">;
}): LinkDesk {
  const { links, nodes } = deps;
  nodes.serve(topic, (asked) => Promise.resolve(answerHere(question.parse(asked))));

  /** Null: the link is not held here. */
  function answerHere(asked: Question): HostedInstances | true | null {
    const { hosted } = links;
    switch (asked.ask) {
      case "instances":
        return hosted?.isHeld(asked.id) === true ? hosted.instances(asked.id) : null;
      case "close_instance":
        return hosted?.closeInstance(asked.id, asked.instanceId) === true ? true : null;
      case "retry":
        return links.retry(asked.id) ? true : null;
    }
  }

  async function anyOf<T>(asked: Question, schema: z.ZodType<T>): Promise<T | null> {
    const here = answerHere(asked);
    return here === null ? askOthers(nodes, { topic, question: asked }, schema) : (here as T);
  }

  return {
    instances: (id) => anyOf({ ask: "instances", id }, hostedInstances),
    closeInstance: (id, instanceId) =>
      anyOf({ ask: "close_instance", id, instanceId }, z.literal(true)),
    retry: (id) => anyOf({ ask: "retry", id }, z.literal(true)),
  };
}
