import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import type { Logger } from "pino";
import { createCertificates } from "#certificates/certificates.ts";
import { registerCertificateMetrics } from "#certificates/metrics.ts";
import { datesFinding } from "#certificates/expiry.ts";
import { createCertificateJudge } from "#certificates/judge.ts";
import { createServedProbe, type OwnXmpp } from "#certificates/served.ts";
import { createTrustSetting } from "#certificates/trust-setting.ts";
import { readAnchors } from "#certificates/trust-anchors.ts";
import { createTrustStore } from "#certificates/trust.ts";
import { createXmppCertificates } from "#certificates/xmpp-credentials.ts";
import { hashSetupCode } from "#http/credentials.ts";
import { createHttpsListener } from "#http/https-listener.ts";
import { createMetrics } from "#http/metrics.ts";
import { createLinks } from "#links/links.ts";
import { registerLinkMetrics } from "#links/metrics.ts";
import { carryOutAcceptance } from "#peers/acceptance.ts";
import { createChecks } from "#peers/checks.ts";
import { createCheckMetrics } from "#peers/metrics.ts";
import { createOutsideProbe } from "#peers/outside-probe.ts";
import { createPinger } from "#peers/ping.ts";
import { demandOf } from "#peers/demand.ts";
import { createPolicy } from "#peers/policy.ts";
import { createPeerTrust } from "#peers/trust.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { createTraceJudge } from "#peers/trace-judge.ts";
import { type DnsServer, exchange } from "#resolver/dns-exchange.ts";
import { createTraceLimits } from "#resolver/trace-limits.ts";
import { createResolver, type Resolver } from "#resolver/resolver.ts";
import { createChanges } from "#store/changes.ts";
import { type Database, openStore } from "#store/database.ts";
import { migrateStore } from "#store/migrator.ts";
import { createNodeCalls } from "#store/node-calls.ts";
import { createHeartbeat, loadNodeId } from "#store/nodes.ts";
import { countUsers } from "#store/people.ts";
import { createHousekeeping } from "#store/housekeeping.ts";
import { sharedSecret } from "#store/secrets.ts";
import { storeSetupCodeHash } from "#store/setup.ts";
import { createVault, loadMasterKey, proveMasterKey } from "#store/vault.ts";
import { buildApp } from "./app.ts";
import { type Config, parseServer, readConfig } from "./config.ts";
import { createLogger } from "./log.ts";
import { primitives } from "./primitives.ts";

const DRAIN_MS = 10_000;

await main().catch((error: unknown) => {
  // Expected at start: a database that is away, a wrong key, a port in use. One sentence, no stack.
  const text = error instanceof Error ? describe(error) : String(error);
  process.stderr.write(`Wavegate cannot start: ${text}\n`);
  process.exit(1);
});

/** The composition root: environment, database, services, listen; stops in order on a signal. */
async function main(): Promise<void> {
  const config = readConfig(process.env);
  const logger = createLogger(config.logLevel);
  const software = readVersion();
  const now = () => new Date();
  const nodeId = loadNodeId(config.dataDirectory);

  const store = await openStore({
    url: config.databaseUrl,
    dataDirectory: config.dataDirectory,
    onIdleError: (error) => {
      logger.warn({ err: error, code: "database.unavailable" }, "idle connection lost");
    },
  });
  await migrateStore(store);
  const vault = createVault(loadMasterKey(config.masterKeyFile));
  await proveMasterKey(store.db, vault);

  const onError = (error: unknown) => logger.warn({ err: error }, "background work failed");
  const changes = createChanges(store, onError);
  const metrics = createMetrics(software);
  const trust = createTrustStore({ source: "bundled" });
  const judge = createCertificateJudge({ trust, primitives });
  const policy = createPolicy({ db: store.db, changes, onError });
  const xmppCertificates = createXmppCertificates({ db: store.db, vault, changes, onError });
  const checkMetrics = createCheckMetrics({ registry: metrics.registry, db: store.db });
  const peerTrust = createPeerTrust({
    db: store.db,
    changes,
    policy,
    judge: judge.judge,
    now,
    onOpened: checkMetrics.opened,
    onError,
  });
  const links = createLinks({
    db: store.db,
    vault,
    changes,
    policy,
    primitives,
    nodeId,
    now,
    onError,
    s2s: {
      // Made later: it carries its questions over these links.
      opener: { open: (request) => resolver.opener.open(request) },
      trust: peerTrust,
      certificates: xmppCertificates,
      dialbackSecret: await sharedSecret(store.db, vault, "dialback"),
      x2x: {
        addressesOf: (host) => resolver.hostNames.addressesOf(host),
        reverse: (address) => resolver.hostNames.reverse(address),
      },
    },
    ping: async (domain) => {
      const outcome = await resolver.pings.ping({ domain, requestedBy: null });
      if (!outcome.ok) throw new Error(`ping target ${domain}: ${outcome.problem.code}`);
      return outcome.value;
    },
  });
  const resolver = await createResolver({
    db: store.db,
    changes,
    policy,
    carrier: links.router,
    agreed: {
      linksOf: (from) => links.x2x?.linksOf(from) ?? [],
      cross: (from, to, options) =>
        links.x2x?.cross(from, to, options) ?? Promise.reject(new Error("no link is agreed")),
    },
    logins: { forName: (name) => links.native?.loginFor(name) ?? null },
    judge: createTraceJudge({ policy, judge: judge.judge }),
    primitives,
    nodeId,
    software,
    registry: metrics.registry,
    dnsServers: config.dnsServers,
    parseServer,
    onError: (error, context) => logger.warn({ err: error, context }, "resolution failed"),
  });
  const checks = createChecks({
    db: store.db,
    changes,
    nodeId,
    now,
    random: Math.random,
    tracer: resolver.traces,
    ping: createPinger(links.router),
    askOutside: createOutsideProbe({ db: store.db, parseServer, ask: isAnswering }),
    judgeDates: datesFinding,
    metrics: checkMetrics,
    onError: (error, context) => logger.warn({ err: error, context }, "checks failed"),
  });
  const nodes = createNodeCalls({ db: store.db, changes, nodeId, now, onError });
  const services = [
    changes,
    nodes,
    createTrustSetting({ db: store.db, changes, trust, onError }),
    createHeartbeat({ db: store.db, nodeId, software, host: hostname(), now, onError }),
    createHousekeeping({ db: store.db, now, onError }),
    metrics,
    policy,
    peerTrust,
    xmppCertificates,
    resolver,
  ];
  for (const service of services) await service.start();

  const { publicUrl } = config;
  const certificates = createCertificates({
    db: store.db,
    vault,
    trust,
    primitives,
    publicUrl,
    now,
  });
  registerCertificateMetrics(metrics.registry, certificates);
  registerLinkMetrics(metrics.registry, links);
  const https = createHttpsListener({
    port: config.httpsPort,
    host: config.host,
    keyPair: certificates.httpsKeyPair,
    onChange: changes.on,
    logger,
  });

  const app = await buildApp({
    config,
    store,
    changes,
    logger,
    metrics,
    certificates: {
      certificates,
      https,
      served: createServedProbe({
        host: config.host,
        https: https.state,
        publicUrl,
        xmpp: {
          places: (name) => links.native?.places(name as Domain) ?? [],
          dial: (place, name) => dialForLeaf(resolver, place, name),
        },
      }),
      xmpp: xmppCertificates,
    },
    links: {
      links,
      vault,
      primitives,
      nodeId,
      nodes,
      reachBackLimits: createTraceLimits(5, 10_000),
      hasCertificate: (name) => xmppCertificates.credentials(name) !== null,
    },
    resolver,
    peers: {
      policy,
      demand: (domain, memory) => demandOf(domain, { policy, memory, now: now() }),
      readAnchors,
      accept: carryOutAcceptance,
      carrier: links.router,
      checks,
      judgeDates: datesFinding,
    },
    software,
    webDirectory: fileURLToPath(new URL("../web/dist", import.meta.url)),
    now,
  });
  const setupCode = await prepareSetup(store.db, nodeId, config);
  const address = await app.listen({ host: config.host, port: config.port });
  await https.start((request, response) => app.routing(request, response));
  // After the dashboard: a link that would listen on its port could not be mended otherwise.
  for (const service of [links, checks]) {
    await service.start();
    services.push(service);
  }
  announce(config.publicUrl ?? address, setupCode);
  stopOnSignal(logger, async () => {
    // Both together: live event streams end with the app, and hold HTTPS connections until then.
    await Promise.all([https.stop(), app.close()]);
    for (const service of services.toReversed()) await service.stop();
    await store.close();
  });
}

/** What a port of ours shows to who asks for `name`. */
async function dialForLeaf(
  resolver: Pick<Resolver, "dialOwn">,
  { address, port, security }: Parameters<OwnXmpp["dial"]>[0],
  name: string,
): ReturnType<OwnXmpp["dial"]> {
  const kind = security === "direct" ? "direct_tls" : "starttls";
  const place = { host: address, port, address, security: kind } as const;
  const { dial, chain } = await resolver.dialOwn(place, name);
  return chain[0] ?? { reason: dial.message?.code ?? "none" };
}

/** Whether a resolver answers at all; what it says of the root does not matter. */
async function isAnswering(server: DnsServer, timeoutMs: number): Promise<boolean> {
  const question = { name: ".", type: "A" } as const;
  const { kind } = await exchange(server, question, timeoutMs, AbortSignal.timeout(timeoutMs));
  return kind === "answer" || kind === "malformed";
}

/** The first-run code, while there is nobody who could sign in. */
async function prepareSetup(db: Database, nodeId: string, config: Config): Promise<string | null> {
  if ((await countUsers(db)) > 0) return null;
  const code = config.setupCode ?? newSetupCode();
  await storeSetupCodeHash(db, nodeId, hashSetupCode(code));
  return code;
}

/** Twelve characters without look-alikes, in groups: 60 bits. */
function newSetupCode(): string {
  const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  const characters = [...randomBytes(12)].map((byte) => alphabet[byte % 32]);
  return [0, 4, 8].map((start) => characters.slice(start, start + 4).join("")).join("-");
}

function stopOnSignal(logger: Logger, stop: () => Promise<void>): void {
  let isStopping = false;
  const handle = (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, "stopping");
    setTimeout(() => {
      logger.error({ afterMs: DRAIN_MS }, "did not stop in time");
      process.exit(1);
    }, DRAIN_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, "stopping failed");
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", handle);
  process.on("SIGINT", handle);
}

function announce(url: string, setupCode: string | null): void {
  process.stdout.write(`\nWavegate is at ${url}\n`);
  if (setupCode !== null)
    process.stdout.write(`Setup code: ${setupCode}  (asked once, for the first account)\n`);
  process.stdout.write("\n");
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `: ${describe(error.cause)}` : "";
  // Node's aggregate of several refused addresses has no message of its own.
  const text = error.message === "" && "code" in error ? String(error.code) : error.message;
  return text + cause;
}
