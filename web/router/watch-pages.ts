import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "./roots.ts";

// Pages of overview, traces, peers, connections and status.

export const overviewRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/",
  component: lazyRouteComponent(
    () => import("../pages/overview/overview-page.tsx"),
    "OverviewPage",
  ),
});

/** Pages of the signed-in dashboard. */
export const watchPages = [overviewRoute] as const;
/** Pages for everybody. */
export const watchOpenPages = [] as const;
