import { QueryClient } from "@tanstack/react-query";
import { type ApiCode, ApiProblem } from "./problem.ts";

/** The cache of everything read; live changes refetch, so that age alone does not. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (failures, error) =>
          error instanceof ApiProblem &&
          (error.status === 0 || error.status >= 500) &&
          failures < 2,
      },
    },
  });
}

/** Calls back when any read or write failed with this code; returns what ends it. */
export function onProblem(client: QueryClient, code: ApiCode, listener: () => void): () => void {
  const hear = (event: { type: string; action?: { type: string; error?: unknown } }) => {
    const error = event.type === "updated" && event.action?.type === "error" && event.action.error;
    if (error instanceof ApiProblem && error.code === code) listener();
  };
  const endQueries = client.getQueryCache().subscribe(hear);
  const endMutations = client.getMutationCache().subscribe(hear);
  return () => {
    endQueries();
    endMutations();
  };
}
