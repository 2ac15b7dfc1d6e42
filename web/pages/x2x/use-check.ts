import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import type { X2xCheck, X2xCheckRequest } from "#contract/x2x.ts";
import { send } from "../../api/client.ts";
import type { ApiProblem } from "../../api/problem.ts";

/** What the appliance says of an agreement before a link is made of it; null: nothing is asked. */
export function useCheck(body: X2xCheckRequest | null) {
  return useQuery(
    queryOptions<X2xCheck, ApiProblem>({
      queryKey: ["x2x-links", null, "POST /api/v1/x2x-links/checks", body],
      queryFn: ({ signal }) =>
        body === null
          ? Promise.reject(new Error("nothing to check"))
          : send("POST /api/v1/x2x-links/checks", { body }, signal),
      enabled: body !== null,
      placeholderData: keepPreviousData,
      retry: false,
    }),
  );
}
