import { useQuery } from "@tanstack/react-query";
import type { X2xLink } from "#contract/x2x.ts";
import { query } from "../../api/query.ts";
import { useHostOf } from "../streams/nodes.tsx";

/** All links, for what is said of one beside the others; there are few. */
export function useX2xLinks(): readonly X2xLink[] {
  return useQuery(query("GET /api/v1/x2x-links")).data?.items ?? [];
}

/** What people call the appliance that holds a link; null while there is one only. */
export function useHolder(): ((nodeId: string) => string) | null {
  const { data } = useQuery(query("GET /api/v1/streams", { query: { limit: 1 } }));
  return useHostOf(data);
}

/** Of the connections that are open now: bytes, what they were before compression, the newest proof of life and its round trip. */
export function trafficOf({ live }: Pick<X2xLink, "live">): {
  readonly bytes: number;
  /** Null: they are not compressed. */
  readonly inflatedBytes: number | null;
  readonly provenAt: string | null;
  readonly roundTripMs: number | null;
} {
  const connections = live?.connections ?? [];
  const [newest] = connections
    .filter(({ provenAt }) => provenAt !== null)
    .toSorted((one, other) => ((one.provenAt ?? "") < (other.provenAt ?? "") ? 1 : -1));
  const inflated = connections.flatMap((one) => (one.inflated === null ? [] : [one.inflated]));
  return {
    inflatedBytes:
      inflated.length === 0
        ? null
        : inflated.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0),
    bytes: connections.reduce((sum, { bytesIn, bytesOut }) => sum + bytesIn + bytesOut, 0),
    provenAt: newest?.provenAt ?? null,
    roundTripMs: newest?.roundTripMs ?? null,
  };
}
