import type { InjectOptions } from "fastify";
import { pino } from "pino";
import { randomBytes } from "node:crypto";
import { buildApp } from "../app.ts";
import { parseServer } from "../config.ts";
import { primitives } from "../primitives.ts";
import { createCertificates } from "#certificates/certificates.ts";
import { datesFinding } from "#certificates/expiry.ts";
import { createServedProbe, type OwnXmpp } from "#certificates/served.ts";
import { readAnchors } from "#certificates/trust-anchors.ts";
import { createTrustStore } from "#certificates/trust.ts";
import { createXmppCertificates } from "#certificates/xmpp-credentials.ts";
import type { Role } from "#contract/people.ts";
import { hashPassword, hashSetupCode, newSecret } from "#http/credentials.ts";
import { createHttpsListener } from "#http/https-listener.ts";
import { createLinks, type Links } from "#links/links.ts";
import { openPolicy } from "#links/policy.ts";
import type { S2sServices } from "#links/s2s/engine.ts";
import { createMetrics } from "#http/metrics.ts";
import { carryOutAcceptance } from "#peers/acceptance.ts";
import { demandOf } from "#peers/demand.ts";
import { createPolicy } from "#peers/policy.ts";
import { createTraceJudge } from "#peers/trace-judge.ts";
import { createCertificateJudge } from "#certificates/judge.ts";
import type { AgreedWays } from "#resolver/agreed-ways.ts";
import type { StanzaCarrier } from "#resolver/carrier.ts";
import { createResolver } from "#resolver/resolver.ts";
import { createTraceLimits } from "#resolver/trace-limits.ts";
import { createChanges } from "#store/changes.ts";
import { hurryChecks } from "#store/watching.ts";
import { insertSession, insertToken, insertUser } from "#store/people.ts";
import { createNodeCalls } from "#store/node-calls.ts";
import { storeSetupCodeHash } from "#store/setup.ts";
import { createVault } from "#store/vault.ts";
import { after } from "node:test";
import { noAgreedWays } from "./agreed-ways.ts";
import { openTestStore } from "./database.ts";

export type Who = Role | "nobody";
export const SETUP_CODE = "TEST-CODE-0001";
export const PASSWORD = "correct horse battery";

/**
 * The whole HTTP side over a test database, with a person of each role signed in by cookie. Nothing
 * listens: requests are injected, as from loopback unless `remoteAddress` says otherwise; HTTPS does,
 * when `httpsHost` is given and a certificate active.
 */
export async function openTestApp(
  options: {
    isSetUp?: boolean;
    trustedProxies?: string[];
    httpsHost?: string;
    publicUrl?: string;
    /** PEM of the roots that certificates may end in. */
    trustedRoots?: string[];
    /** Who is asked about names; by default nobody answers. */
    dnsServers?: { address: string; port: number }[];
    /** For links that federate by themselves; without it there are none. */
    s2s?: S2sServices;
    /** What carries disco and pings; by default our links, of which none is attached. */
    carrier?: StanzaCarrier;
    /** By default nothing is agreed with anybody. */
    agreed?: AgreedWays;
    /** Stands for native links. */
    native?: Links["native"];
    ownXmpp?: OwnXmpp;
  } = {},
) {
  // Hooks run in the order of their registration: the app ends before its database.
  after(() => end());
  let end = async (): Promise<void> => {};
  const store = await openTestStore();
  const logLines: string[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => void logLines.push(line) });
  const changes = createChanges(store, (error) => {
    throw error;
  });
  await changes.start();
  const clock = { now: new Date() };
  const routes: { method: string; url: string; role: Role | "public" }[] = [];
  const publicUrl = options.publicUrl ?? null;
  const host = options.httpsHost ?? "127.0.0.1";
  const vault = createVault(randomBytes(32));
  const certificates = createCertificates({
    db: store.db,
    vault,
    trust: createTrustStore({ source: "none", extra: options.trustedRoots ?? [] }),
    primitives,
    publicUrl,
    now: () => clock.now,
  });
  const https = createHttpsListener({
    port: options.httpsHost === undefined ? null : 0,
    host,
    keyPair: certificates.httpsKeyPair,
    onChange: changes.on,
    logger,
  });
  const xmppCertificates = createXmppCertificates({
    db: store.db,
    vault,
    changes,
    onError: (error) => void logLines.push(String(error)),
  });
  await xmppCertificates.start();
  /** Not started: a test that wants links attached starts it. */
  const links = createLinks({
    db: store.db,
    vault,
    changes,
    policy: openPolicy,
    primitives,
    nodeId: "testnode",
    now: () => new Date(),
    onError: (error) => void logLines.push(String(error)),
    ...(options.s2s === undefined ? {} : { s2s: options.s2s }),
  });
  const nodes = createNodeCalls({
    ...{ db: store.db, changes, nodeId: "testnode", now: () => new Date() },
    onError: (error) => void logLines.push(String(error)),
  });
  await nodes.start();
  const policy = createPolicy({
    db: store.db,
    changes,
    onError: (error) => void logLines.push(String(error)),
  });
  await policy.start();
  const metrics = createMetrics("test");
  const judge = createCertificateJudge({
    trust: createTrustStore({ source: "none", extra: options.trustedRoots ?? [] }),
    primitives,
  });
  const resolver = await createResolver({
    db: store.db,
    changes,
    policy,
    carrier: options.carrier ?? links.router,
    agreed: options.agreed ?? noAgreedWays,
    logins: { forName: () => null },
    judge: createTraceJudge({ policy, judge: judge.judge }),
    primitives,
    nodeId: "testnode",
    software: "test",
    registry: metrics.registry,
    parseServer,
    dnsServers: options.dnsServers ?? [{ address: "127.0.0.1", port: 9 }],
    onError: (error) => void logLines.push(String(error)),
    timeouts: { tcpMs: 5_000, phaseMs: 5_000, wholeMs: 20_000 },
  });
  await resolver.start();
  const app = await buildApp({
    config: {
      ...{ host, port: 8080, httpsPort: null },
      trustedProxies: options.trustedProxies ?? [],
      publicUrl,
    },
    store,
    changes,
    logger,
    metrics,
    certificates: {
      certificates,
      https,
      served: createServedProbe({
        ...{ host, https: https.state, publicUrl },
        xmpp: options.ownXmpp ?? {
          places: () => [],
          dial: () => Promise.reject(new Error("none")),
        },
      }),
      xmpp: xmppCertificates,
    },
    links: {
      links: { ...links, native: options.native ?? links.native },
      vault,
      primitives,
      nodeId: "testnode",
      nodes,
      reachBackLimits: createTraceLimits(5, 10_000),
      hasCertificate: (name) => xmppCertificates.credentials(name) !== null,
    },
    resolver,
    peers: {
      policy,
      demand: (domain, memory) => demandOf(domain, { policy, memory, now: clock.now }),
      readAnchors,
      accept: carryOutAcceptance,
      carrier: links.router,
      checks: { checkNow: (peerId) => hurryChecks(store.db, [peerId], clock.now) },
      judgeDates: datesFinding,
    },
    drainMs: 200,
    software: "test",
    webDirectory: "/nonexistent",
    now: () => clock.now,
    onRoute: (route) => routes.push(route),
  });
  await app.ready();
  await https.start((request, response) => app.routing(request, response));
  end = async () => {
    await Promise.all([https.stop(), app.close()]);
    await links.stop();
    await resolver.stop();
    await policy.stop();
    await nodes.stop();
    xmppCertificates.stop();
    await changes.stop();
  };
  await storeSetupCodeHash(store.db, "testnode", hashSetupCode(SETUP_CODE));

  const cookies = new Map<Who, string>();
  const ids = new Map<Who, string>();
  if (options.isSetUp !== false) {
    const passwordHash = await hashPassword(PASSWORD);
    for (const role of ["owner", "admin", "auditor"] as const) {
      const user = await insertUser(store.db, { name: role, role, passwordHash });
      if (user === null) throw new Error("the test user exists");
      const { secret, hash } = newSecret("wgs");
      await insertSession(store.db, {
        tokenHash: hash,
        userId: user.id,
        expiresAt: new Date(clock.now.getTime() + 3600_000),
        address: "127.0.0.1",
        userAgent: "test",
      });
      cookies.set(role, `wavegate_session=${secret}`);
      ids.set(role, user.id);
    }
  }

  /** One injected request as `who`; a body is sent as JSON. */
  function request(
    who: Who,
    method: string,
    url: string,
    body?: unknown,
    extra: InjectOptions = {},
  ) {
    const cookie = cookies.get(who);
    return app.inject({
      method: method as NonNullable<InjectOptions["method"]>,
      url,
      ...(body === undefined ? {} : { payload: body as object }),
      ...extra,
      headers: { ...(cookie === undefined ? {} : { cookie }), ...extra.headers },
    });
  }

  /** A bearer token of that role, as a script would use it. */
  async function token(role: Role): Promise<string> {
    const { secret, hash } = newSecret("wgt");
    const ownerId = ids.get(role);
    if (ownerId === undefined) throw new Error("nobody is there who could have a token");
    await insertToken(store.db, {
      name: "test",
      role,
      tokenHash: hash,
      ownerId,
      createdBy: "test",
      expiresAt: null,
    });
    return secret;
  }

  return {
    app,
    store,
    changes,
    links,
    vault,
    certificates,
    xmppCertificates,
    https,
    clock,
    routes,
    logLines,
    request,
    token,
    ids,
  };
}
