import { execFile } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startProcess, type RunningProcess } from "./processes.ts";

const execute = promisify(execFile);
const PORT = 5432;
const VERSIONS = "/usr/lib/postgresql";

export interface Postgres {
  /** Of the maintenance database; {@link createDatabase} gives one of its own. */
  readonly url: string;
  readonly process: RunningProcess;
  /** Makes an empty database and returns its URL. */
  readonly createDatabase: (name: string) => Promise<string>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export interface PostgresOptions {
  readonly folder: string;
  readonly address: string;
  /** True writes without waiting for the disk: for tests that never lose power. */
  readonly isFast: boolean;
}

/** A PostgreSQL cluster of its own in a temporary folder, run by a user that is not root. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { address } = options;
  const folder = join(options.folder, `postgres-${address}`);
  const data = join(folder, "data");
  mkdirSync(folder, { recursive: true });
  const user = process.getuid?.() === 0 ? "postgres" : undefined;
  if (user !== undefined) {
    const { stdout } = await execute("id", ["-u", user]);
    chownSync(folder, Number(stdout), -1);
  }
  const asUser = user === undefined ? [] : [`--reuid=${user}`, `--regid=${user}`, "--clear-groups"];
  const binaries = newestBinaries();
  await execute(
    "setpriv",
    [
      ...asUser,
      "--",
      join(binaries, "initdb"),
      "--pgdata",
      data,
      "--auth=trust",
      "--username=wavegate",
    ].concat(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]),
    { cwd: folder, timeout: 60_000 },
  );

  const settings = [
    `listen_addresses=${address}`,
    `port=${PORT}`,
    `unix_socket_directories=${folder}`,
  ].concat(options.isFast ? ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] : [], [
    "log_min_messages=warning",
    "shared_buffers=32MB",
    "max_connections=200",
  ]);
  const start = async () => {
    const started = startProcess({
      name: `PostgreSQL at ${address}`,
      command: join(binaries, "postgres"),
      args: ["-D", data, ...settings.flatMap((setting) => ["-c", setting])],
      cwd: folder,
      logFile: join(folder, "postgres.log"),
      // Fast shutdown: sessions are ended, not waited for.
      stopSignal: "SIGINT",
      ...(user === undefined ? {} : { user }),
    });
    await started.ready(60_000, async () => {
      await execute(join(binaries, "pg_isready"), ["-h", address, "-p", String(PORT), "-t", "1"]);
      return true;
    });
    return started;
  };

  let current = await start();
  const url = (name: string) => `postgres://wavegate@${address}:${PORT}/${name}`;
  return {
    url: url("postgres"),
    get process() {
      return current;
    },
    createDatabase: async (name) => {
      const connection = ["-h", address, "-p", String(PORT), "-U", "wavegate"];
      await execute(join(binaries, "createdb"), [...connection, name], { timeout: 20_000 });
      return url(name);
    },
    stop: () => current.stop(),
    start: async () => {
      if (!current.isRunning()) current = await start();
    },
  };
}

/** Debian keeps each version's programs in a folder of its own. */
export function newestBinaries(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).map(Number) : [];
  const newest = Math.max(0, ...versions.filter((version) => Number.isInteger(version)));
  if (newest < 15)
    throw new Error("PostgreSQL 15 or newer is not installed: apt-get install postgresql");
  return join(VERSIONS, String(newest), "bin");
}
