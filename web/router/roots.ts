import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { ApiProblem } from "../api/problem.ts";
import { query } from "../api/query.ts";
import { sessionQuery } from "../api/session.ts";
import { CrashFrame, NotFoundPage, RootFrame } from "../shell/frame.tsx";
import { Shell } from "../shell/shell.tsx";
import { text } from "./search.ts";

/** What loaders may use. */
export interface RouterContext {
  readonly queryClient: QueryClient;
}

/** Everything: outside it there is nothing. */
export const rootRoute = createRootRouteWithContext<RouterContext>()({
  component: RootFrame,
  errorComponent: CrashFrame,
  notFoundComponent: NotFoundPage,
});

/** Pages for nobody in particular: setup, sign-in, invitation, public status. */
export const openRoute = createRoute({ getParentRoute: () => rootRoute, id: "open" });

/** Pages of the dashboard: who is not signed in is led to setup or sign-in, and back afterwards. */
export const signedInRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "signed-in",
  component: Shell,
  errorComponent: CrashFrame,
  async beforeLoad({ context, location }) {
    try {
      await context.queryClient.ensureQueryData(sessionQuery);
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== "auth.required") throw error;
      const setup = await context.queryClient.fetchQuery(query("GET /api/v1/setup"));
      if (setup.isRequired) throw redirect({ to: "/setup" });
      throw redirect({
        to: "/login",
        search: location.href === "/" ? {} : { next: location.href },
      });
    }
  },
});

export const setupRoute = createRoute({
  getParentRoute: () => openRoute,
  path: "/setup",
  component: lazyRouteComponent(() => import("../pages/setup/setup-page.tsx"), "SetupPage"),
});

export const loginRoute = createRoute({
  getParentRoute: () => openRoute,
  path: "/login",
  // Only a path of our own: an address of another site must not be led to.
  validateSearch: (raw: Record<string, unknown>) =>
    text("next", raw["next"], /^\/(?![/\\])[\s\S]*$/),
  component: lazyRouteComponent(() => import("../pages/login/login-page.tsx"), "LoginPage"),
});

export const invitationRoute = createRoute({
  getParentRoute: () => openRoute,
  path: "/invitation",
  component: lazyRouteComponent(
    () => import("../pages/invitation/invitation-page.tsx"),
    "InvitationPage",
  ),
});
