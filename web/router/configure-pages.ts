import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { signedInRoute } from "./roots.ts";
import { listSearch, oneOf, text } from "./search.ts";

// Pages of domains, certificates, settings, people, tokens, audit and one's own account.

const welcomeRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/welcome",
  component: lazyRouteComponent(() => import("../pages/welcome/welcome-page.tsx"), "WelcomePage"),
});

const domainsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/domains",
  component: lazyRouteComponent(() => import("../pages/domains/domains-page.tsx"), "DomainsPage"),
});

const newDomainRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/domains/new",
  validateSearch: (raw: Record<string, unknown>) => ({
    ...text("domain", raw["domain"], /^[0-9a-f-]{36}$/),
    ...text("link", raw["link"], /^[0-9a-f-]{36}$/),
    ...oneOf("way", raw["way"], ["component", "beside", "instead"]),
  }),
  component: lazyRouteComponent(
    () => import("../pages/domains/new-domain-page.tsx"),
    "NewDomainPage",
  ),
});

const domainRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/domains/$id",
  component: lazyRouteComponent(() => import("../pages/domains/domain-page.tsx"), "DomainPage"),
});

const certificatesRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/certificates",
  component: lazyRouteComponent(
    () => import("../pages/certificates/certificates-page.tsx"),
    "CertificatesPage",
  ),
});

const newCertificateRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/certificates/new",
  component: lazyRouteComponent(
    () => import("../pages/certificates/new-certificate-page.tsx"),
    "NewCertificatePage",
  ),
});

const certificateRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/certificates/$id",
  component: lazyRouteComponent(
    () => import("../pages/certificates/certificate-page.tsx"),
    "CertificatePage",
  ),
});

const settingsRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/settings",
  component: lazyRouteComponent(
    () => import("../pages/settings/settings-page.tsx"),
    "SettingsPage",
  ),
});

const usersRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/users",
  component: lazyRouteComponent(() => import("../pages/users/users-page.tsx"), "UsersPage"),
});

const tokensRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/tokens",
  component: lazyRouteComponent(() => import("../pages/tokens/tokens-page.tsx"), "TokensPage"),
});

export const auditRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/audit",
  validateSearch: (raw: Record<string, unknown>) => ({
    ...listSearch(raw),
    ...text("resource", raw["resource"], /^[a-z0-9_-]{1,40}$/),
  }),
  component: lazyRouteComponent(() => import("../pages/audit/audit-page.tsx"), "AuditPage"),
});

const accountRoute = createRoute({
  getParentRoute: () => signedInRoute,
  path: "/account",
  component: lazyRouteComponent(() => import("../pages/account/account-page.tsx"), "AccountPage"),
});

export const configurePages = [
  welcomeRoute,
  domainsRoute,
  newDomainRoute,
  domainRoute,
  certificatesRoute,
  newCertificateRoute,
  certificateRoute,
  settingsRoute,
  usersRoute,
  tokensRoute,
  auditRoute,
  accountRoute,
] as const;
