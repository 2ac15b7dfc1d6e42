import type { Acceptance } from "#contract/peer-trust.ts";
import {
  type AuthenticationRow,
  findAuthenticationLocked,
  writeAuthentication,
} from "#store/authentications.ts";
import type { Queryable } from "#store/database.ts";
import { closeIncidents } from "#store/incidents.ts";
import { lockPeer } from "#store/peers.ts";
import { acceptWeaker, settleHeld } from "./authentication.ts";

/**
 * Carries out an admin's word on what was refused, within the caller's transaction, and closes its incident.
 * Null when nothing of the kind is waiting, or when it is another certificate by now.
 */
export async function carryOutAcceptance(
  tx: Queryable,
  { peerId, acceptance, now }: { peerId: string; acceptance: Acceptance; now: Date },
): Promise<{ before: AuthenticationRow; after: AuthenticationRow } | null> {
  const { kind, domain } = acceptance;
  if ((await lockPeer(tx, peerId)) === null) return null;
  const before = await findAuthenticationLocked(tx, domain);
  if (before?.peerId !== peerId) return null;
  const memory =
    kind === "weaker"
      ? acceptWeaker(before, acceptance.direction, now)
      : settleHeld(before, acceptance.fingerprint, kind === "certificate");
  if (memory === null) return null;
  const after = { ...before, ...memory, certificates: [...memory.certificates] };
  await writeAuthentication(tx, after);
  const isStillRefused = after.inbound?.refusedAt != null || after.outbound?.refusedAt != null;
  if (kind !== "weaker")
    await closeIncidents(tx, [{ kind: "certificate_changed", subject: domain, at: now }]);
  else if (!isStillRefused)
    await closeIncidents(tx, [{ kind: "authentication_weaker", subject: domain, at: now }]);
  return { before, after };
}
