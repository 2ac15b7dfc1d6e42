import { useSuspenseQuery } from "@tanstack/react-query";
import type { Role, Session } from "#contract/people.ts";
import { query } from "./query.ts";

const RANK: Record<Role, number> = { auditor: 1, admin: 2, owner: 3 };

/** Who is signed in: 401 for nobody. */
export const sessionQuery = query("GET /api/v1/session");

/** Who is signed in; only below the signed-in layout. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether the person may do what this role may do. */
export function useMay(wanted: Role): boolean {
  return RANK[useSession().role] >= RANK[wanted];
}
