import { keyOf } from "./facts.ts";
import type { Note } from "./notes.ts";
import type { Resolution } from "./resolve.ts";
import { lookupDrafts, type AttemptDraft, type Walk } from "./walk.ts";

/** A whole resolution in one step: its SRV lookups, the order of what they name, and its addresses. */
export function resolutionDrafts(walk: Walk, step: number, resolution: Resolution): AttemptDraft[] {
  const works = resolution.hosts.flatMap((host) => host.lookups);
  const distinct = [...new Map(works.map((work) => [keyOf(work), work])).values()];
  const order: AttemptDraft[] =
    resolution.plan?.kind === "candidates"
      ? [{ kind: "order", key: `${step} order`, resolution }]
      : [];
  return [
    ...lookupDrafts(walk, step, resolution.services),
    ...order,
    ...lookupDrafts(walk, step, distinct),
  ];
}

export function resolutionNotes(resolution: Resolution): Note[] {
  return [...resolution.serviceNotes, ...resolution.hosts.flatMap((host) => [...host.notes])];
}
