import {
  queryOptions,
  type UseMutationResult,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { type CallArguments, type CallInput, type CallOutput, send } from "./client.ts";
import { isConcerned, type QueryKey } from "./keys.ts";
import type { ApiProblem } from "./problem.ts";
import type { RouteName } from "./routes.ts";

type ReadRoute = Extract<RouteName, `GET ${string}`>;

/** Query options of a reading route, for `useQuery` and loaders; live changes of its noun refetch it. */
export function query<R extends ReadRoute>(route: R, ...[input]: CallArguments<R>) {
  return queryOptions<CallOutput<R>, ApiProblem, CallOutput<R>, QueryKey>({
    queryKey: keyOf(route, input),
    queryFn: async ({ signal }) => send(route, input, signal),
  });
}

/**
 * A mutation by route. When it succeeds, everything shown of its noun, and of `changes`, is refetched:
 * the page is right even while the live connection is away.
 */
export function useCall<R extends RouteName>(
  route: R,
  options: { changes?: readonly string[]; onSuccess?: (output: CallOutput<R>) => void } = {},
): UseMutationResult<CallOutput<R>, ApiProblem, CallInput<R>> {
  const client = useQueryClient();
  return useMutation<CallOutput<R>, ApiProblem, CallInput<R>>({
    mutationFn: async (input) => send(route, input),
    async onSuccess(output) {
      options.onSuccess?.(output);
      const nouns = [nounOf(route), ...(options.changes ?? [])];
      await client.invalidateQueries({
        predicate: ({ queryKey }) => nouns.some((noun) => isConcerned(queryKey, noun)),
      });
    },
  });
}

function keyOf(route: string, input: unknown): QueryKey {
  const params = (input as { params?: Record<string, string> } | undefined)?.params;
  return [nounOf(route), params?.["id"] ?? null, route, input ?? null];
}

/** The plural noun of `METHOD /api/v1/NOUN/...`. */
function nounOf(route: string): string {
  return route.split("/")[3] ?? "";
}
