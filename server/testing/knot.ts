import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDnsResolver, type DnsServer } from "#resolver/dns.ts";
import { systemClock } from "#resolver/clock.ts";

export interface TestKnot extends DnsServer {
  readonly stop: () => Promise<void>;
}

const port = 5354;

/** A real, authoritative Knot DNS server with these zones; null: configured, but without data. */
export async function startKnot(
  address: string,
  zones: Readonly<Record<string, readonly string[] | null>>,
): Promise<TestKnot> {
  const folder = mkdtempSync(join(tmpdir(), "knot-"));
  mkdirSync(join(folder, "db"));
  const soa = "@ 60 IN SOA ns hostmaster 1 3600 600 86400 60\n@ IN NS ns\nns IN A 127.0.0.1";
  for (const [zone, records] of Object.entries(zones))
    if (records !== null)
      writeFileSync(
        join(folder, `${zone}.zone`),
        `$ORIGIN ${zone}.\n$TTL 60\n${soa}\n${records.join("\n")}\n`,
      );
  const configuration = [
    `server:\n  rundir: "${folder}"\n  listen: ${address}@${port}`,
    `database:\n  storage: "${folder}/db"`,
    `log:\n  - target: stderr\n    any: error`,
    `template:\n  - id: default\n    storage: "${folder}"`,
    `zone:\n${Object.keys(zones)
      .map((zone) => `  - domain: ${zone}\n    file: "${zone}.zone"`)
      .join("\n")}`,
  ].join("\n");
  const file = join(folder, "knot.conf");
  writeFileSync(file, configuration);
  const child = spawn("/usr/sbin/knotd", ["-c", file], { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (bytes: Buffer) => (said += bytes.toString()));
  const stop = () => end(child, folder);
  try {
    await ready(child, { address, port }, Object.keys(zones)[0] ?? "example", () => said);
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, port, stop };
}

async function ready(child: ChildProcess, server: DnsServer, zone: string, said: () => string) {
  const dns = createDnsResolver({ servers: [server], clock: systemClock, timeoutMs: 250 });
  for (const until = performance.now() + 10_000; performance.now() < until;) {
    if (child.exitCode !== null) throw new Error(`knotd ended: ${said()}`);
    const [report] = await dns.ask({ name: `ns.${zone}`, type: "A" }, true);
    if (report?.outcome === "answer") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`knotd does not answer: ${said()}`);
}

async function end(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
    await gone;
    clearTimeout(timer);
  }
  rmSync(folder, { recursive: true, force: true });
}
