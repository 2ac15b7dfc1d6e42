import { agreedDrafts, agreedNotes, type Agreed } from "./agreed.ts";
import { note, type Note } from "./notes.ts";
import { resolutionDrafts, resolutionNotes } from "./resolution-drafts.ts";
import {
  goto,
  leaveOut,
  pathTo,
  put,
  wait,
  type AttemptDraft,
  type Outcome,
  type StepNumber,
  type Walk,
} from "./walk.ts";

// Steps 1 and 5 where the domain is reached by agreement (XEP-0361): no names, no addresses, no login.

/** Step 1: whether a ping across the link is answered. `local`: what was decided before anything was asked. */
export function crossLink(
  walk: Walk,
  agreed: Agreed,
  local: { readonly attempts: readonly AttemptDraft[]; readonly notes: readonly Note[] },
): Outcome {
  const { domain } = walk.begin;
  const attempts = [...agreedDrafts(1, agreed), ...local.attempts];
  const notes = [...agreedNotes(domain, agreed), ...local.notes];
  switch (agreed.state) {
    case "pending":
      if (showsFallBack(walk, agreed)) pathTo(walk, domain);
      put(walk, 1, "running", attempts, notes);
      return wait;
    case "waits":
    case "elsewhere":
      put(walk, 1, "warning", attempts, notes);
      return { kind: "halt", because: { code: `agreed.${agreed.state}`, step: 1 } };
    case "failed":
      put(walk, 1, "failed", attempts, notes);
      walk.xmpp = "failed";
      // A guess would be looked up: another way than the one that was agreed on.
      leaveOut(walk, "not_reached", 2, 12, "agreed.down", 1);
      return goto(13);
    case "answered":
      return crossed(walk, agreed, attempts, notes);
  }
}

/** The link works. Where a stream may take over, what DNS says of it is told, and decides nothing. */
function crossed(
  walk: Walk,
  agreed: Agreed,
  attempts: readonly AttemptDraft[],
  notes: readonly Note[],
): Outcome {
  const { domain } = walk.begin;
  const status = notes.some(({ code }) => code === "agreed.second") ? "warning" : "ok";
  leaveOut(walk, "skipped", 2, 4, "agreed.used", 1);
  if (!showsFallBack(walk, agreed)) {
    put(walk, 1, status, attempts, notes);
    return goto(5);
  }
  const { resolution } = pathTo(walk, domain);
  const shown = [...attempts, ...resolutionDrafts(walk, 1, resolution)];
  const heard = resolutionNotes(resolution).map((said): Note => ({ ...said, severity: "info" }));
  if (resolution.state === "pending") {
    put(walk, 1, "running", shown, [...notes, ...heard]);
    return wait;
  }
  const [first] = agreed.links;
  const none = note("agreed.no_fallback", { domain, link: first?.name ?? "" });
  const isNone = resolution.state === "none";
  const said = isNone ? [none, ...notes, ...heard] : [...notes, ...heard];
  put(walk, 1, isNone ? "warning" : status, shown, said);
  return goto(5);
}

function showsFallBack({ begin }: Walk, { fallsBack }: Agreed): boolean {
  return fallsBack && begin.agreed.showsFallBack;
}

/** How far a service is reached. */
export interface Reached {
  readonly state: "pending" | "ok" | "failed";
  readonly attempts: readonly AttemptDraft[];
  readonly notes: readonly Note[];
  readonly failure: Note | null;
}

/** How far a name that is reached by agreement is reached, for steps 7, 10 and 11. */
export function reachedByLink(step: StepNumber, name: string, agreed: Agreed): Reached {
  const attempts = agreedDrafts(step, agreed);
  const said = agreedNotes(name, agreed);
  if (agreed.state === "pending") return { state: "pending", attempts, notes: [], failure: null };
  if (agreed.state === "answered") return { state: "ok", attempts, notes: said, failure: null };
  return { state: "failed", attempts, notes: said, failure: said[0] ?? null };
}
