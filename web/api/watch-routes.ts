import type { Connection, ConnectionEvent } from "#contract/connections.ts";
import type { Page } from "#contract/paging.ts";
import type { Acceptance, Authentication } from "#contract/peer-trust.ts";
import type {
  CheckSpan,
  Incident,
  Overview,
  Peer,
  PeerDecision,
  PeerPatch,
  PeerRequest,
  PublicStatus,
} from "#contract/peers.ts";
import type {
  ReachBackAnswer,
  StreamDetail,
  StreamPage,
  StreamPair,
  StreamState,
} from "#contract/streams.ts";
import type { PingResult, Reading, Trace, TraceSummary } from "#contract/traces.ts";
import type {
  X2xCheck,
  X2xCheckRequest,
  X2xLink,
  X2xLinkPatch,
  X2xLinkRequest,
  X2xOffer,
} from "#contract/x2x.ts";

interface List {
  readonly q?: string;
  readonly sort?: string;
  readonly cursor?: string;
  readonly limit?: number;
}

/** The routes of traces, peers, connections, X2X links, overview and status. */
export interface WatchRoutes {
  "GET /api/v1/overview": { response: Overview };

  "GET /api/v1/traces": {
    query: List & {
      domain?: string;
      state?: string;
      xmpp?: string;
      wave?: string;
      pinned?: boolean;
      trigger?: string;
    };
    response: Page<TraceSummary>;
  };
  "POST /api/v1/traces": {
    body: { domain: string; reading?: Reading; fresh?: boolean };
    response: { id: string };
  };
  "GET /api/v1/traces/:id": { response: Trace };
  "PATCH /api/v1/traces/:id": { body: { isPinned: boolean }; response: TraceSummary };
  "POST /api/v1/traces/:id/cancel": { response: null };
  "POST /api/v1/pings": { body: { domain: string }; response: PingResult };

  "GET /api/v1/peers": {
    query: List & { stance?: string; state?: string; expects?: string; enabled?: boolean };
    response: Page<Peer>;
  };
  "POST /api/v1/peers": { body: PeerRequest; response: Peer };
  "GET /api/v1/peers/:id": { response: Peer };
  "PATCH /api/v1/peers/:id": { body: PeerPatch; response: Peer };
  "DELETE /api/v1/peers/:id": { response: null };
  "GET /api/v1/peers/decision": { query: { domain: string }; response: PeerDecision };

  "GET /api/v1/peers/:id/authentications": { response: { items: Authentication[] } };
  "POST /api/v1/peers/:id/acceptances": { body: Acceptance; response: Authentication };

  "GET /api/v1/checks": {
    query: { peer: string; span?: "hour" | "day"; from?: string };
    response: { items: CheckSpan[] };
  };
  "POST /api/v1/checks": { body: { peerId: string }; response: unknown };
  "GET /api/v1/incidents": {
    query: List & { state?: "open" | "closed"; kind?: string; peer?: string };
    response: Page<Incident>;
  };
  "POST /api/v1/incidents/:id/acknowledge": { response: Incident };

  "GET /api/v1/connections": {
    query: List & {
      link?: string;
      kind?: "link" | "domain";
      state?: string;
      local?: string;
      remote?: string;
    };
    response: Page<Connection>;
  };
  "GET /api/v1/connections/:id/history": { query: List; response: Page<ConnectionEvent> };

  "GET /api/v1/streams": {
    query: List & {
      local?: string;
      remote?: string;
      direction?: "in" | "out";
      state?: StreamState;
    };
    response: StreamPage;
  };
  "GET /api/v1/streams/:id": { response: StreamDetail };
  "DELETE /api/v1/streams/:id": { response: null };
  "POST /api/v1/streams/reconnections": { body: StreamPair; response: null };
  "POST /api/v1/streams/reach-backs": {
    body: StreamPair & { seconds?: number };
    response: ReachBackAnswer;
  };

  "GET /api/v1/x2x-links": { query: List; response: Page<X2xLink> };
  "POST /api/v1/x2x-links": { body: X2xLinkRequest; response: X2xLink };
  "GET /api/v1/x2x-links/:id": { response: X2xLink };
  "PATCH /api/v1/x2x-links/:id": { body: X2xLinkPatch; response: X2xLink };
  "DELETE /api/v1/x2x-links/:id": { response: null };
  "GET /api/v1/x2x-links/:id/offer": { response: X2xOffer };
  "POST /api/v1/x2x-links/:id/reconnections": { response: null };
  "POST /api/v1/x2x-links/checks": { body: X2xCheckRequest; response: X2xCheck };

  "GET /api/v1/status": { response: PublicStatus };
}
