import type { QueryClient } from "@tanstack/react-query";
import { createRouter } from "@tanstack/react-router";
import { CrashPage, PageLoading } from "../shell/frame.tsx";
import { configurePages } from "./configure-pages.ts";
import {
  invitationRoute,
  loginRoute,
  openRoute,
  rootRoute,
  setupRoute,
  signedInRoute,
} from "./roots.ts";
import { watchOpenPages, watchPages } from "./watch-pages.ts";

const routeTree = rootRoute.addChildren([
  openRoute.addChildren([setupRoute, loginRoute, invitationRoute, ...watchOpenPages]),
  signedInRoute.addChildren([...watchPages, ...configurePages]),
]);

/** The dashboard's addresses; pages are loaded when they are first wanted. */
export function createDashboardRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: PageLoading,
    defaultErrorComponent: CrashPage,
    defaultPendingMs: 200,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createDashboardRouter>;
  }
}
