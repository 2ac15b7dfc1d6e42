import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import { createMetrics } from "#http/metrics.ts";
import { createChanges } from "#store/changes.ts";
import { openStore } from "#store/database.ts";
import { migrateStore } from "#store/migrator.ts";
import { countUsers } from "#store/people.ts";
import { createVault, loadMasterKey, proveMasterKey } from "#store/vault.ts";
import { buildApp } from "./app.ts";
import { readConfig } from "./config.ts";

const DRAIN_MS = 10_000;
const REDACTED = [
  "req.headers.authorization",
  "req.headers.cookie",
  'res.headers["set-cookie"]',
  "*.password",
  "*.secret",
  "*.passphrase",
  "*.privateKey",
];

await main();

/** The composition root: environment, database, services, listen; stops in order on a signal. */
async function main(): Promise<void> {
  const config = readConfigOrExit();
  const logger = pino({ level: config.logLevel, redact: { paths: REDACTED, censor: "•••" } });
  const software = readVersion();

  const store = await openStore({
    url: config.databaseUrl,
    dataDirectory: config.dataDirectory,
    onIdleError: (error) => logger.warn({ err: error, code: "database.unavailable" }, "idle connection lost"),
  });
  await migrateStore(store);
  const vault = createVault(loadMasterKey(config.masterKeyFile));
  await proveMasterKey(store.db, vault);

  const changes = createChanges(store, (error) => logger.warn({ err: error }, "change feed"));
  await changes.start();
  const metrics = createMetrics(software);
  metrics.start();

  const isSetUp = (await countUsers(store.db)) > 0;
  let setupCode = isSetUp ? null : (config.setupCode ?? newSetupCode());
  const app = await buildApp({
    config,
    store,
    changes,
    logger,
    metrics,
    software,
    webDirectory: fileURLToPath(new URL("../web/dist", import.meta.url)),
    now: () => new Date(),
    setupCodeHash: () => (setupCode === null ? null : hashCode(setupCode)),
    onSetupDone: () => {
      setupCode = null;
    },
  });
  const address = await app.listen({ host: config.host, port: config.port });
  announce(config.publicUrl ?? address, setupCode);

  let isStopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, "stopping");
    setTimeout(() => process.exit(1), DRAIN_MS).unref();
    await app.close();
    metrics.stop();
    await changes.stop();
    await store.close();
    process.exit(0);
  };
  process.on("SIGTERM", () => void stop("SIGTERM"));
  process.on("SIGINT", () => void stop("SIGINT"));
}

function readConfigOrExit() {
  try {
    return readConfig(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  }
}

function readVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const parsed = JSON.parse(text) as { version: string };
  return parsed.version;
}

/** Twelve characters without look-alikes, in groups: 60 bits. */
function newSetupCode(): string {
  const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  const characters = [...randomBytes(12)].map((byte) => alphabet[byte % 32]);
  return [0, 4, 8].map((start) => characters.slice(start, start + 4).join("")).join("-");
}

function hashCode(code: string): Uint8Array {
  return createHash("sha256").update(code.trim().toUpperCase()).digest();
}

function announce(url: string, setupCode: string | null): void {
  process.stdout.write(`\nWavegate is at ${url}\n`);
  if (setupCode !== null)
    process.stdout.write(`Setup code: ${setupCode}  (asked once, for the first account)\n`);
  process.stdout.write("\n");
}
