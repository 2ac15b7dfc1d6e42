import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { openRoute, signedInRoute } from "./roots.ts";
import { listSearch, oneOf, text } from "./search.ts";

// Pages of overview, traces, peers, connections and status.

type Raw = Record<string, unknown>;
const domainPattern = /^[\s\S]{1,3071}$/;
const flag = ["true", "false"] as const;

export const overviewRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  component: lazyRouteComponent(
    () => import("../pages/overview/overview-page.tsx"),
    "OverviewPage",
  ),
});

const tracesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/traces",
  validateSearch: (raw: Raw) => ({
    ...listSearch(raw),
    ...text("domain", raw["domain"], domainPattern),
    ...oneOf("xmpp", raw["xmpp"], ["reachable", "warning", "unreachable", "unknown"]),
    ...oneOf("wave", raw["wave"], ["found", "guessed", "none", "unknown"]),
    ...oneOf("trigger", raw["trigger"], ["person", "check", "ping", "self_test"]),
    ...oneOf("pinned", String(raw["pinned"]), flag),
  }),
  component: lazyRouteComponent(() => import("../pages/traces/traces-page.tsx"), "TracesPage"),
});

/** A trace's permalink; the step whose evidence is open is part of it. */
const traceRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/t/$id",
  validateSearch: (raw: Raw): TraceSearch => {
    const step = Number(raw["step"]);
    return {
      ...(Number.isInteger(step) && step >= 1 && step <= 13 ? { step } : {}),
      ...oneOf("tab", raw["tab"], ["result", "records", "stanzas", "certificate", "raw"]),
    };
  },
  component: lazyRouteComponent(() => import("../pages/traces/trace-page.tsx"), "TracePage"),
});
export interface TraceSearch {
  readonly step?: number;
  readonly tab?: "result" | "records" | "stanzas" | "certificate" | "raw" | undefined;
}

const pingRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/ping",
  validateSearch: (raw: Raw) => text("domain", raw["domain"], domainPattern),
  component: lazyRouteComponent(() => import("../pages/traces/ping-page.tsx"), "PingPage"),
});

const peersRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/peers",
  validateSearch: (raw: Raw) => ({
    ...listSearch(raw),
    ...oneOf("stance", raw["stance"], ["trusted", "blocked"]),
    ...oneOf("state", raw["state"], ["up", "degraded", "down", "unknown"]),
    ...oneOf("expects", raw["expects"], ["xmpp", "wave"]),
    ...oneOf("enabled", String(raw["enabled"]), flag),
    ...text("decide", raw["decide"], domainPattern),
  }),
  component: lazyRouteComponent(() => import("../pages/peers/peers-page.tsx"), "PeersPage"),
});

const newPeerRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/peers/new",
  validateSearch: (raw: Raw) => ({
    ...text("domain", raw["domain"], domainPattern),
    ...oneOf("expects", raw["expects"], ["xmpp", "wave"]),
    ...oneOf("reading", raw["reading"], ["strict", "overview"]),
    ...oneOf("stance", raw["stance"], ["trusted", "blocked"]),
  }),
  component: lazyRouteComponent(() => import("../pages/peers/new-peer-page.tsx"), "NewPeerPage"),
});

const peerRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/peers/$id",
  validateSearch: (raw: Raw) => oneOf("tab", raw["tab"], ["health", "traces", "trust", "terms"]),
  component: lazyRouteComponent(() => import("../pages/peers/peer-page.tsx"), "PeerPage"),
});

const connectionsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections",
  validateSearch: (raw: Raw) => ({
    ...listSearch(raw),
    ...oneOf("kind", raw["kind"], ["link", "domain"]),
    ...text("state", raw["state"], /^[a-z_]{1,40}$/),
    ...text("history", raw["history"], /^[0-9a-f-]{36}$/),
  }),
  component: lazyRouteComponent(
    () => import("../pages/connections/connections-page.tsx"),
    "ConnectionsPage",
  ),
});

const names = /^[^\s/@]{1,3071}$/;
const streamsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/streams",
  validateSearch: (raw: Raw) => ({
    ...listSearch(raw),
    ...oneOf("direction", raw["direction"], ["in", "out"]),
    ...oneOf("state", raw["state"], ["negotiating", "open", "closing"]),
    ...text("local", raw["local"], names),
    ...text("remote", raw["remote"], names),
  }),
  component: lazyRouteComponent(() => import("../pages/streams/streams-page.tsx"), "StreamsPage"),
});

const streamRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/streams/$id",
  component: lazyRouteComponent(() => import("../pages/streams/stream-page.tsx"), "StreamPage"),
});

/** One name of ours and one remote domain. */
const pairRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/pair",
  // Not in the path, where the dots of a name would look like those of a file.
  validateSearch: (raw: Raw) => ({
    ...text("local", raw["local"], names),
    ...text("remote", raw["remote"], names),
  }),
  component: lazyRouteComponent(() => import("../pages/streams/pair-page.tsx"), "PairPage"),
});

/** Links by agreement (XEP-0361). */
const x2xRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/x2x",
  validateSearch: (raw: Raw) => listSearch(raw),
  component: lazyRouteComponent(() => import("../pages/x2x/x2x-page.tsx"), "X2xPage"),
});

const newX2xRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/x2x/new",
  validateSearch: (raw: Raw) =>
    oneOf("step", raw["step"], ["direction", "security", "identity", "habits", "review"]),
  component: lazyRouteComponent(() => import("../pages/x2x/new-x2x-page.tsx"), "NewX2xPage"),
});

const importX2xRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/x2x/import",
  component: lazyRouteComponent(() => import("../pages/x2x/import-x2x-page.tsx"), "ImportX2xPage"),
});

const x2xLinkRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/x2x/$id",
  component: lazyRouteComponent(() => import("../pages/x2x/x2x-link-page.tsx"), "X2xLinkPage"),
});

const editX2xRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/x2x/$id/edit",
  component: lazyRouteComponent(() => import("../pages/x2x/edit-x2x-page.tsx"), "EditX2xPage"),
});

const x2xHalfRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/connections/x2x/$id/half",
  validateSearch: (raw: Raw) => oneOf("why", raw["why"], ["made", "changed"]),
  component: lazyRouteComponent(() => import("../pages/x2x/half-page.tsx"), "HalfPage"),
});

const statusRoute = createRoute({
  getParentRoute: () => openRoute,
  path: "/status",
  component: lazyRouteComponent(() => import("../pages/status/status-page.tsx"), "StatusPage"),
});

/** Pages of the signed-in dashboard. */
export const watchPages = [
  overviewRoute,
  tracesRoute,
  traceRoute,
  pingRoute,
  peersRoute,
  newPeerRoute,
  peerRoute,
  connectionsRoute,
  streamsRoute,
  streamRoute,
  pairRoute,
  x2xRoute,
  newX2xRoute,
  importX2xRoute,
  x2xLinkRoute,
  editX2xRoute,
  x2xHalfRoute,
] as const;
/** Pages for everybody. */
export const watchOpenPages = [statusRoute] as const;
