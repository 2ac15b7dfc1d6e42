import assert from "node:assert/strict";
import { auditPage, token, tokenCreated } from "#contract/people.ts";
import { settings } from "#contract/settings.ts";
import { z } from "zod";
import type { Answer, Client } from "../stack/client.ts";

const tokenList = z.object({ items: z.array(token) });
const AUDIT_PAGES = 20;

/**
 * Makes changes over the API and remembers which were acknowledged. What was under way when the appliance died may
 * have happened or not; what was acknowledged must be there, with its line in the audit log.
 */
export interface Ledger {
  /** Makes changes, one after the other, until one gets no answer. */
  readonly work: (writer: number) => Promise<void>;
  /** Holds the appliance against what it acknowledged; returns how many changes were. */
  readonly verify: () => Promise<number>;
}

export function createLedger(client: Client, random: () => number): Ledger {
  const present = new Map<string, string>();
  const gone = new Set<string>();
  const doubtful = new Set<string>();
  /** Resource ids of acknowledged changes since the last look, to be found in the audit log. */
  let unseen: string[] = [];
  let titles: { acknowledged: string; possible: string | null } | null = null;
  let count = 0;
  let acknowledged = 0;

  const acknowledge = (resourceId: string) => {
    acknowledged += 1;
    unseen.push(resourceId);
  };
  const create = async () => {
    const name = `soak ${(count += 1)}`;
    doubtful.add(name);
    const answer = await client.request("POST", "/api/v1/tokens", { name, role: "auditor" });
    expectStatus(answer, 201);
    const { id } = tokenCreated.parse(answer.body);
    doubtful.delete(name);
    present.set(id, name);
    acknowledge(id);
  };
  const remove = async () => {
    const ids = [...present.keys()];
    const id = ids[Math.floor(random() * ids.length)];
    if (id === undefined) return await create();
    const name = present.get(id) ?? "";
    present.delete(id);
    doubtful.add(name);
    expectStatus(await client.request("DELETE", `/api/v1/tokens/${id}`), 204);
    doubtful.delete(name);
    gone.add(id);
    acknowledge(id);
  };
  const retitle = async () => {
    const statusTitle = `Status ${(count += 1)}`;
    titles = { acknowledged: titles?.acknowledged ?? "Federation status", possible: statusTitle };
    expectStatus(await client.request("PATCH", "/api/v1/settings", { statusTitle }), 200);
    titles = { acknowledged: statusTitle, possible: null };
    acknowledged += 1;
  };

  return {
    work: async (writer) => {
      for (;;) {
        const draw = random();
        try {
          // One writer alone changes the setting: two at once would leave the winner unknown.
          if (writer === 0 && draw < 0.3) await retitle();
          else if (draw < 0.6) await create();
          else await remove();
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          return;
        }
      }
    },
    verify: async () => {
      const { items } = await client.read(tokenList, "GET", "/api/v1/tokens");
      const found = new Map(items.map(({ id, name }) => [id, name]));
      for (const [id, name] of present) {
        assert.equal(found.get(id), name, `${name} was acknowledged and is lost`);
      }
      for (const id of gone) assert.ok(!found.has(id), `${id} was deleted and is back`);
      const known = new Set([...present.keys()]);
      for (const [id, name] of found) {
        if (known.has(id) || !name.startsWith("soak ")) continue;
        assert.ok(doubtful.has(name), `${name} is there, but nobody made it`);
        present.set(id, name);
      }
      doubtful.clear();
      const { statusTitle } = await client.read(settings, "GET", "/api/v1/settings");
      if (titles !== null) {
        const allowed = [titles.acknowledged, titles.possible];
        assert.ok(
          allowed.includes(statusTitle),
          `the title is "${statusTitle}", not one of ${allowed.join(", ")}`,
        );
        titles = { acknowledged: statusTitle, possible: null };
      }
      await findInAudit(client, unseen);
      unseen = [];
      gone.clear();
      return acknowledged;
    },
  };
}

async function findInAudit(client: Client, resourceIds: readonly string[]): Promise<void> {
  const missing = new Set(resourceIds);
  let path = "/api/v1/audit?limit=200&resource=tokens";
  for (let pages = 0; missing.size > 0 && pages < AUDIT_PAGES; pages += 1) {
    const { items, next } = await client.read(auditPage, "GET", path);
    for (const { resourceId } of items) missing.delete(resourceId ?? "");
    if (next === null) break;
    path = `/api/v1/audit?limit=200&resource=tokens&cursor=${encodeURIComponent(next)}`;
  }
  assert.deepEqual([...missing], [], "changes were acknowledged without a line in the audit log");
}

function expectStatus(answer: Answer, status: number): void {
  if (answer.status === status) return;
  // The database goes down under it: an honest refusal is no acknowledgement.
  if (answer.status === 503) throw new Error("the database is away");
  assert.equal(answer.status, status, JSON.stringify(answer.body));
}
