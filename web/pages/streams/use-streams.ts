import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useLive } from "../../api/live-context.tsx";
import { query } from "../../api/query.ts";
import type { WatchRoutes } from "../../api/watch-routes.ts";

type StreamsSearch = WatchRoutes["GET /api/v1/streams"]["query"];

/** Streams are in the memory of the appliance, and no event tells of each stanza: they are asked for. */
const ASK_MS = 3_000;
/** Walking over so many costs the appliance some fifty milliseconds each time. */
const MANY = 2_000;
const ASK_OF_MANY_MS = 10_000;

export function useStreams(search: { [K in keyof StreamsSearch]: StreamsSearch[K] | undefined }) {
  const interval = useInterval();
  return useQuery({
    ...query("GET /api/v1/streams", { query: search }),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      interval !== false && (state.data?.total ?? 0) > MANY ? ASK_OF_MANY_MS : interval,
  });
}

/** One stream; after its end what was last known stays, beside the error. */
export function useStream(id: string) {
  const interval = useInterval();
  return useQuery({
    ...query("GET /api/v1/streams/:id", { params: { id } }),
    retry: false,
    refetchInterval: ({ state }) => (state.error?.code === "resource.not_found" ? false : interval),
  });
}

function useInterval(): number | false {
  return useLive().state.kind === "paused" ? false : ASK_MS;
}
