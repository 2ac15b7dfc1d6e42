import { execFile } from "node:child_process";
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { startProcess, type RunningProcess } from "./processes.ts";
import { until } from "./wait.ts";

const execute = promisify(execFile);

export const DNS_PORT = 5354;

export interface Knot {
  readonly address: string;
  /** As DNS_SERVERS wants it. */
  readonly server: string;
  readonly process: RunningProcess;
  /** Whether a zone was set, whatever is in it. */
  readonly serves: (zone: string) => boolean;
  /** Serves `records` (master-file lines relative to the zone) under `zone`, in place of what was there. */
  readonly setZone: (zone: string, records: readonly string[]) => Promise<void>;
  /** Configures the zone but gives it no data: every question under it is answered SERVFAIL. */
  readonly breakZone: (zone: string) => Promise<void>;
}

export interface KnotOptions {
  readonly folder: string;
  readonly address: string;
  readonly zones: Readonly<Record<string, readonly string[]>>;
}

/**
 * Starts a Knot DNS server that is authoritative for `zones` and for the root, so that any other name is NXDOMAIN.
 * Answers live for one second, so that a scenario can change them.
 */
export async function startKnot(options: KnotOptions): Promise<Knot> {
  const { address } = options;
  const folder = join(options.folder, `knot-${address}`);
  for (const part of ["zones", "db", "run"]) mkdirSync(join(folder, part), { recursive: true });
  const served = new Map<string, readonly string[] | null>(Object.entries(options.zones));
  served.set(".", []);
  let serial = 1;

  const configuration = join(folder, "knot.conf");
  const write = (zone: string) => {
    const records = served.get(zone);
    if (records) replaceFile(zoneFile(folder, zone), zoneText(zone, serial, records));
    replaceFile(configuration, configurationText(folder, address, [...served.keys()]));
  };
  for (const zone of served.keys()) write(zone);

  const process = startProcess({
    name: `knot at ${address}`,
    command: "/usr/sbin/knotd",
    args: ["-c", configuration],
    logFile: join(folder, "knot.log"),
  });
  const ask = (zone: string) => askSerial(address, zone);
  await process.ready(30_000, async () => {
    for (const zone of served.keys()) if ((await ask(zone)) !== "1") return false;
    return true;
  });

  return {
    address,
    server: `${address}:${DNS_PORT}`,
    process,
    serves: (zone) => served.has(zone),
    setZone: async (zone, records) => {
      serial += 1;
      served.set(zone, records);
      const wanted = String(serial);
      write(zone);
      await control(folder, "reload");
      await until(
        `zone ${zone} at ${address}`,
        5000,
        async () => (await ask(zone)) === wanted || undefined,
      );
    },
    breakZone: async (zone) => {
      served.set(zone, null);
      write(zone);
      await control(folder, "reload");
      await until(
        `zone ${zone} to fail at ${address}`,
        5000,
        async () => (await ask(zone)) === "SERVFAIL" || undefined,
      );
    },
  };
}

/** Whole or not at all: the server may be reading for somebody else's zone, and half a list of zones is a list, too. */
function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.next`, text);
  renameSync(`${path}.next`, path);
}

function configurationText(folder: string, address: string, zones: readonly string[]): string {
  return [
    "server:",
    `    listen: "${address}@${DNS_PORT}"`,
    `    rundir: "${join(folder, "run")}"`,
    "    udp-workers: 1",
    "    tcp-workers: 1",
    "    background-workers: 1",
    "control:",
    `    listen: "${join(folder, "run", "control")}"`,
    "log:",
    "  - target: stderr",
    "    any: info",
    "database:",
    `    storage: "${join(folder, "db")}"`,
    "template:",
    "  - id: default",
    `    storage: "${join(folder, "zones")}"`,
    "    journal-content: none",
    "    zonefile-load: whole",
    "zone:",
    ...zones.flatMap((zone) => [`  - domain: "${zone}"`, `    file: "${zoneFile(folder, zone)}"`]),
    "",
  ].join("\n");
}

function zoneFile(folder: string, zone: string): string {
  return join(folder, "zones", zone === "." ? "root.zone" : `${zone}.zone`);
}

function zoneText(zone: string, serial: number, records: readonly string[]): string {
  const origin = zone === "." ? "." : `${zone}.`;
  return [
    `$ORIGIN ${origin}`,
    "$TTL 1",
    `@ IN SOA ns.invalid. hostmaster.invalid. ${serial} 3600 600 86400 1`,
    "@ IN NS ns.invalid.",
    ...records,
    "",
  ].join("\n");
}

/** The zone's serial number as the server answers it, or the response code. */
async function askSerial(address: string, zone: string): Promise<string> {
  const { stdout } = await execute(
    "dig",
    [
      `@${address}`,
      "-p",
      String(DNS_PORT),
      "+norecurse",
      "+time=1",
      "+tries=1",
      "+noall",
      "+comments",
      "+answer",
    ].concat(["SOA", zone]),
    { timeout: 5000 },
  );
  const serial = /\sSOA\s+\S+\s+\S+\s+(\d+)/.exec(stdout)?.[1];
  return serial ?? /status: (\w+)/.exec(stdout)?.[1] ?? "no answer";
}

async function control(folder: string, command: string): Promise<void> {
  await execute("/usr/sbin/knotc", ["-s", join(folder, "run", "control"), command], {
    timeout: 5000,
  });
}
