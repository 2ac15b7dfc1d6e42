import type { z } from "zod";
import type { NodeCalls, NodeQuestion } from "#store/node-calls.ts";

/** For what is in memory; a database that is slow to wake the other side counts in. */
export const ANSWER_MS = 3_000;

/** The first answer that another appliance has and that fits; null when none has any. */
export async function askOthers<T>(
  nodes: Pick<NodeCalls, "others" | "ask">,
  asked: NodeQuestion,
  schema: z.ZodType<T>,
  timeoutMs = ANSWER_MS,
): Promise<T | null> {
  const others = await nodes.others();
  const answers = others.map(async ({ id }) => {
    const answer = schema.safeParse(await nodes.ask(id, asked, timeoutMs));
    return answer.success ? answer.data : Promise.reject(new Error(`nothing at ${id}`));
  });
  return Promise.any(answers).catch(() => null);
}
