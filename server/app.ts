import { randomUUID } from "node:crypto";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import swagger from "@fastify/swagger";
import Fastify, { type FastifyBaseLogger } from "fastify";
import {
  createJsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import type { Role } from "#contract/people.ts";
import type { Changes } from "#store/changes.ts";
import type { Store } from "#store/database.ts";
import { guardRoutes } from "#http/access.ts";
import type { App } from "#http/app-types.ts";
import { answerError, handleErrors } from "#http/errors.ts";
import { eventRoutes } from "#http/events.ts";
import { createIdentity } from "#http/identity.ts";
import { type Metrics, metricsRoutes } from "#http/metrics.ts";
import { auditRoutes } from "#http/routes/audit.ts";
import { authenticationRoutes } from "#http/routes/authentications.ts";
import { certificateRoutes, type CertificateServices } from "#http/routes/certificates.ts";
import { checkRoutes } from "#http/routes/checks.ts";
import { connectionRoutes } from "#http/routes/connections.ts";
import { domainRoutes } from "#http/routes/domains.ts";
import { healthRoutes } from "#http/routes/health.ts";
import { incidentRoutes } from "#http/routes/incidents.ts";
import { webListeners } from "#http/listeners.ts";
import { linkRoutes, type LinkServices } from "#http/routes/links.ts";
import { type JudgeOwnDates, overviewRoutes } from "#http/routes/overview.ts";
import { pingRoutes, type PingServices } from "#http/routes/pings.ts";
import { peerRoutes, type PeerServices } from "#http/routes/peers.ts";
import { selfTestRoutes, type SelfTestServices } from "#http/routes/self-tests.ts";
import { sessionRoutes } from "#http/routes/sessions.ts";
import { settingsRoutes } from "#http/routes/settings.ts";
import { setupRoutes } from "#http/routes/setup.ts";
import { statusRoutes } from "#http/routes/status.ts";
import { streamRoutes, type StreamServices } from "#http/routes/streams.ts";
import { tokenRoutes } from "#http/routes/tokens.ts";
import { traceRoutes, type TraceServices } from "#http/routes/traces.ts";
import { userRoutes } from "#http/routes/users.ts";
import { serveWeb } from "#http/web.ts";
import { x2xLinkRoutes, type X2xServices } from "#http/routes/x2x-links.ts";
import type { Config } from "./config.ts";
import { parseServer } from "./config.ts";

const BODY_LIMIT_BYTES = 256 * 1024;
/** At the end, requests get this long to be sent whole and answered. */
const DRAIN_MS = 5_000;

/** All that the HTTP side needs of the rest; `main.ts` and tests put it together. */
export interface AppDeps {
  readonly config: Pick<Config, "trustedProxies" | "publicUrl" | "host" | "port" | "httpsPort">;
  readonly store: Store;
  readonly changes: Changes;
  readonly logger: FastifyBaseLogger;
  readonly metrics: Metrics;
  readonly certificates: CertificateServices;
  readonly links: LinkServices &
    Pick<X2xServices, "links" | "hasCertificate"> &
    Pick<StreamServices, "links" | "nodeId" | "nodes" | "reachBackLimits">;
  readonly resolver: {
    readonly traces: TraceServices;
    readonly pings: PingServices;
    readonly selfTests: SelfTestServices;
  };
  readonly peers: PeerServices & { readonly judgeDates: JudgeOwnDates };
  readonly software: string;
  readonly webDirectory: string;
  readonly now: () => Date;
  readonly drainMs?: number;
  /** Told of every route, with the role that it declares. */
  readonly onRoute?: (route: { method: string; url: string; role: Role | "public" }) => void;
}

/** The Fastify instance with every route; it does not listen. */
export async function buildApp(deps: AppDeps): Promise<App> {
  const { store, changes, now } = deps;
  const { db } = store;
  const ownWeb = webListeners(deps.config);
  const app: App = Fastify({
    loggerInstance: deps.logger,
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: deps.config.trustedProxies.length > 0 ? [...deps.config.trustedProxies] : false,
    genReqId: () => randomUUID(),
    requestIdHeader: false,
    frameworkErrors: answerError,
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: "idle",
  }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  handleErrors(app);

  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
    },
    // Only HTTPS may promise HTTPS; browsers ignore it over plain HTTP anyway.
    strictTransportSecurity: { maxAge: 31_536_000, includeSubDomains: false },
    xFrameOptions: { action: "deny" },
  });
  await app.register(cookie);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Wavegate",
        version: deps.software,
        description: "The API of a Wavegate appliance.",
      },
      components: {
        securitySchemes: { token: { type: "http", scheme: "bearer" } },
      },
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
  });
  const identity = createIdentity({ db, now });
  guardRoutes(app, { authenticate: identity.authenticate, ...deps.config });
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const one of [method].flat())
      deps.onRoute?.({ method: one, url, role: config?.role ?? "public" });
  });
  app.addHook("onSend", async (request, reply) => {
    void reply.header("x-request-id", String(request.id));
    if (request.url.startsWith("/api/") && !reply.hasHeader("cache-control"))
      void reply.header("cache-control", "no-store");
    await Promise.resolve();
  });

  // A client that never finishes its request must not keep everything else from ending in order.
  app.addHook("preClose", async () => {
    setTimeout(() => app.server.closeAllConnections(), deps.drainMs ?? DRAIN_MS).unref();
    await Promise.resolve();
  });

  await app.register(async (scope) => {
    const api = scope.withTypeProvider<ZodTypeProvider>() as App;
    setupRoutes(api, { db, identity, changes });
    sessionRoutes(api, { db, changes, identity, now });
    userRoutes(api, { db, changes, now, publicUrl: deps.config.publicUrl });
    tokenRoutes(api, { db, changes, now });
    auditRoutes(api, { db });
    settingsRoutes(api, { db, changes, isResolver: (text) => parseServer(text) !== null, ownWeb });
    certificateRoutes(api, { ...deps.certificates, changes });
    domainRoutes(api, { db, changes, primitives: deps.links.primitives, now });
    linkRoutes(api, { ...deps.links, ownWeb, db, changes, now });
    connectionRoutes(api, { db, now });
    streamRoutes(api, {
      ...deps.links,
      ...{ db, changes, now, authenticate: identity.authenticate },
      policy: deps.peers.policy,
    });
    x2xLinkRoutes(api, {
      ownWeb,
      ...{ db, changes, now },
      ...{ links: deps.links.links, primitives: deps.links.primitives },
      policy: deps.peers.policy,
      hasCertificate: deps.links.hasCertificate,
    });
    traceRoutes(api, { ...deps.resolver, db, changes });
    pingRoutes(api, { ...deps.resolver, db, changes });
    selfTestRoutes(api, deps.resolver);
    peerRoutes(api, { ...deps.peers, db, changes, primitives: deps.links.primitives, now });
    authenticationRoutes(api, { ...deps.peers, db, changes, now });
    checkRoutes(api, { ...deps.peers, db, now });
    incidentRoutes(api, { db, changes, now });
    overviewRoutes(api, { ...deps.peers, store, now });
    statusRoutes(api, { db, now });
    eventRoutes(api, changes, identity.authenticate);
    healthRoutes(api, { db, software: deps.software });
    metricsRoutes(api, deps.metrics);
    api.get(
      "/api/v1/openapi.json",
      { config: { role: "public" }, schema: { hide: true } },
      async () => app.swagger(),
    );
    await Promise.resolve();
  });
  await serveWeb(app, deps.webDirectory);
  return app;
}
