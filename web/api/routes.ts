import type {
  Certificate,
  CertificateActivation,
  CertificatePreview,
  CertificateUpload,
  HttpsState,
  NameUse,
  ServedCertificate,
} from "#contract/certificates.ts";
import type { LocalDomain, LocalDomainRequest, localDomainPatch } from "#contract/domains.ts";
import type {
  HostedInstances,
  HostedSecret,
  Link,
  LinkCreated,
  LinkRequest,
  LinkTest,
  linkPatch,
} from "#contract/links.ts";
import type { ListQuery, Page } from "#contract/paging.ts";
import type {
  AuditEntry,
  Invitation,
  Role,
  Session,
  SessionEntry,
  Token,
  User,
} from "#contract/people.ts";
import type { SelfTest } from "#contract/self-tests.ts";
import type { Settings } from "#contract/settings.ts";
import type { z } from "zod";
import type { WatchRoutes } from "./watch-routes.ts";

/** Query of a list: every part optional. */
export type ListInput = Partial<Pick<ListQuery, "q" | "sort" | "cursor" | "limit">>;

interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** The routes that the dashboard calls, by method and path; types only, nothing of it reaches the browser. */
export interface Routes extends WatchRoutes {
  "GET /api/v1/setup": { response: { isRequired: boolean } };
  "POST /api/v1/setup": { body: Credentials & { code: string }; response: Session };

  "GET /api/v1/session": { response: Session };
  "POST /api/v1/session": { body: Credentials; response: Session };
  "DELETE /api/v1/session": { response: null };
  "PUT /api/v1/session/password": { body: { current: string; next: string }; response: null };
  "GET /api/v1/session/list": { response: SessionEntry[] };
  "DELETE /api/v1/session/list/:id": { response: null };
  "POST /api/v1/session/invitation": { body: Credentials & { token: string }; response: Session };

  "GET /api/v1/users": { response: { items: User[] } };
  "PATCH /api/v1/users/:id": { body: { role?: Role; isDisabled?: boolean }; response: User };
  "DELETE /api/v1/users/:id": { response: null };
  "GET /api/v1/users/invitations": { response: { items: Invitation[] } };
  "POST /api/v1/users/invitations": {
    body: { role: Role };
    response: Invitation & { link: string };
  };
  "DELETE /api/v1/users/invitations/:id": { response: null };

  "GET /api/v1/tokens": { response: { items: Token[] } };
  "POST /api/v1/tokens": {
    body: { name: string; role: Role; expiresInDays?: number };
    response: Token & { token: string };
  };
  "DELETE /api/v1/tokens/:id": { response: null };

  "GET /api/v1/audit": { query: ListInput & { resource?: string }; response: Page<AuditEntry> };

  "GET /api/v1/settings": { response: Settings };
  "PATCH /api/v1/settings": { body: Partial<Settings>; response: Settings };

  "GET /api/v1/domains": { response: { items: LocalDomain[] } };
  "POST /api/v1/domains": { body: LocalDomainRequest; response: LocalDomain };
  "GET /api/v1/domains/:id": { response: LocalDomain };
  "PATCH /api/v1/domains/:id": { body: z.input<typeof localDomainPatch>; response: LocalDomain };
  "DELETE /api/v1/domains/:id": { response: null };

  "POST /api/v1/links": { body: LinkRequest; response: LinkCreated };
  "PATCH /api/v1/links/:id": { body: z.input<typeof linkPatch>; response: Link };
  "DELETE /api/v1/links/:id": { response: null };
  "POST /api/v1/links/:id/test": { response: LinkTest };
  "POST /api/v1/links/:id/retry": { response: null };
  "POST /api/v1/links/:id/secret": { response: HostedSecret };
  "GET /api/v1/links/:id/instances": { response: HostedInstances };
  "DELETE /api/v1/links/:id/instances/:instanceId": { response: null };

  "POST /api/v1/self-tests": { body: { domainId: string; name?: string }; response: SelfTest };

  "GET /api/v1/certificates": {
    response: { items: Certificate[]; https: HttpsState; xmpp: (NameUse & { name: string })[] };
  };
  "GET /api/v1/certificates/:id": { response: Certificate };
  "POST /api/v1/certificates/preview": { body: CertificateUpload; response: CertificatePreview };
  "POST /api/v1/certificates": { body: CertificateUpload; response: Certificate };
  "PATCH /api/v1/certificates/:id": { body: { label: string }; response: Certificate };
  "DELETE /api/v1/certificates/:id": { response: null };
  "POST /api/v1/certificates/:id/activation": {
    body: { use: "https" } | { use: "xmpp"; names: string[] };
    response: CertificateActivation;
  };
  "GET /api/v1/certificates/:id/served": { response: { items: ServedCertificate[] } };
}

export type RouteName = keyof Routes;
