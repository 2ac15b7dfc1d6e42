import type { AgreedLink } from "#protocol/resolution/evidence.ts";
import type { Proven } from "./crossing.ts";
import type { X2xStatus } from "./link.ts";
import type { X2xTerms } from "./terms.ts";
import { mostTelling } from "./visitors.ts";

/** How a link that this appliance holds stands, for traces. */
export function agreedView(
  terms: X2xTerms,
  status: X2xStatus,
  crossed: Proven | null,
): Omit<AgreedLink, "certificate"> {
  let proven = crossed;
  for (const { provenAt: at, roundTripMs } of status.connections)
    if (at !== null && roundTripMs !== null && (proven === null || at > proven.at))
      proven = { at, roundTripMs };
  return {
    ...agreedBase(terms),
    state: status.state,
    provenAt: proven?.at.toISOString() ?? null,
    roundTripMs: proven?.roundTripMs ?? null,
    lastError: mostTelling(status),
    nextAttemptAt: status.nextAttemptAt?.toISOString() ?? null,
  };
}

/** A link that another appliance holds: what it sees is on the link's page. */
export function elsewhereView(terms: X2xTerms): AgreedLink {
  return {
    ...agreedBase(terms),
    state: "held_elsewhere",
    provenAt: null,
    roundTripMs: null,
    lastError: null,
    nextAttemptAt: null,
    certificate: null,
  };
}

function agreedBase({ id, name, agreement, priority, fallsBack }: X2xTerms) {
  return { id, name, domains: agreement.sides[1].domains, priority, fallsBack };
}
