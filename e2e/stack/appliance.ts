import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { tokenCreated } from "#contract/people.ts";
import { type Client, createClient } from "./client.ts";
import { startProcess, type RunningProcess } from "./processes.ts";

const SERVER = fileURLToPath(new URL("../../server/start.ts", import.meta.url));
const PORT = 8080;
const READY_TIMEOUT_MS = 60_000;

export const SETUP_CODE = "TEST-SETUP-CODE";
export const OWNER = { name: "owner", password: "correct horse battery staple" };

export interface ApplianceOptions {
  readonly folder: string;
  readonly address: string;
  /** None: the embedded database, in a folder of its own. */
  readonly databaseUrl?: string;
  /** `address:port` of the resolvers, the deciding one first. */
  readonly dnsServers?: readonly string[];
  /** PEM file of the authority to trust beside the public ones. */
  readonly rootFile?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The command that puts it on another host, see hosts.ts. */
  readonly enter?: readonly string[];
}

export interface Appliance {
  readonly url: string;
  readonly address: string;
  readonly process: RunningProcess;
  /** Nobody signed in. */
  readonly anonymous: Client;
  /** Makes the first owner and an owner's token; once per appliance. */
  readonly setUp: () => Promise<Client>;
  /** SIGTERM: drains and ends. */
  readonly stop: () => Promise<void>;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** The same appliance again, with its data. */
  readonly start: () => Promise<void>;
  /** Starts it and, `afterMs` later, ready or not, SIGKILLs it. */
  readonly startAndKill: (afterMs: number) => Promise<void>;
}

/** Starts `server/start.ts` as an operator would and waits until /readyz says that it serves. */
export async function startAppliance(options: ApplianceOptions): Promise<Appliance> {
  const { address } = options;
  const folder = join(options.folder, `appliance-${address}`);
  mkdirSync(folder, { recursive: true });
  const url = `http://${address}:${PORT}`;
  const anonymous = createClient(url, null);
  const env = {
    HOST: address,
    PORT: String(PORT),
    DATA_DIR: join(folder, "data"),
    SETUP_CODE,
    LOG_LEVEL: "debug",
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...(options.dnsServers === undefined ? {} : { DNS_SERVERS: options.dnsServers.join(",") }),
    ...(options.rootFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: options.rootFile }),
    ...options.env,
  };

  const [command, ...args] = [...(options.enter ?? []), process.execPath, SERVER];
  const launch = () =>
    startProcess({
      name: `appliance at ${address}`,
      command,
      args,
      cwd: folder,
      env,
      logFile: join(folder, "appliance.log"),
    });
  const start = async () => {
    const started = launch();
    await started.ready(READY_TIMEOUT_MS, async () => {
      const answer = await anonymous.request("GET", "/readyz");
      return answer.status === 200;
    });
    return started;
  };

  let current = await start();
  return {
    url,
    address,
    anonymous,
    get process() {
      return current;
    },
    setUp: () => setUp(anonymous, url),
    stop: () => current.stop(),
    kill: () => current.kill(),
    start: async () => {
      if (!current.isRunning()) current = await start();
    },
    startAndKill: async (afterMs) => {
      if (current.isRunning()) throw new Error("it is running already");
      current = launch();
      await delay(afterMs);
      await current.kill();
    },
  };
}

async function setUp(anonymous: Client, url: string): Promise<Client> {
  const answer = await anonymous.request("POST", "/api/v1/setup", { code: SETUP_CODE, ...OWNER });
  if (answer.status !== 201) {
    throw new Error(`setup was refused: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  const response = await fetch(new URL("/api/v1/tokens", url), {
    method: "POST",
    headers: { cookie, "content-type": "application/json" },
    body: JSON.stringify({ name: "tests", role: "owner" }),
  });
  if (response.status !== 201)
    throw new Error(`no token: ${response.status} ${await response.text()}`);
  const { token } = tokenCreated.parse(await response.json());
  return createClient(url, token);
}
