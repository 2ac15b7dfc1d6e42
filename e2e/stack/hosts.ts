import { execFileSync } from "node:child_process";
import { readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RunningProcess, startProcess } from "./processes.ts";
import { until } from "./wait.ts";

/** A machine of its own as far as the network goes: a network namespace, joined to ours by a cable. */
export interface Host {
  readonly address: string;
  /** Our end of the cable. */
  readonly gateway: string;
  /** What a command is put behind, to run there. */
  readonly enter: readonly string[];
  readonly stop: () => Promise<void>;
}

/**
 * Makes hosts that reach one another through this namespace, each on a /24 of its own in 10.73. To be called by a process that
 * `unshare --user --map-root-user --net` started: what it sets belongs to that namespace, and ends with it. Nobody
 * needs to be root for it. Connections between hosts have what loopback lacks: a port that rests after its use.
 */
export async function createHosts(folder: string, names: readonly string[]): Promise<Host[]> {
  ip("link", "set", "lo", "up");
  writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
  const hosts: Host[] = [];
  for (const [index, name] of names.entries())
    hosts.push(await createHost(folder, name, `10.73.${index + 1}`));
  return hosts;
}

async function createHost(folder: string, name: string, net: string): Promise<Host> {
  // A namespace lives as long as a process in it.
  const holder: RunningProcess = startProcess({
    name: `network of ${name}`,
    command: "unshare",
    args: ["--net", "sleep", "infinity"],
    logFile: join(folder, `${name}-network.log`),
  });
  const own = readlinkSync("/proc/self/ns/net");
  const path = `/proc/${holder.pid}/ns/net`;
  await until(`the network of ${name}`, 5_000, () =>
    readlinkSync(path) === own ? undefined : true,
  );
  const enter = ["nsenter", `--net=${path}`];
  const there = (...args: string[]) => run([...enter, "ip", ...args]);
  ip(
    "link",
    "add",
    `to-${name}`,
    "type",
    "veth",
    "peer",
    "name",
    "cable",
    "netns",
    `${holder.pid}`,
  );
  ip("address", "add", `${net}.1/24`, "dev", `to-${name}`);
  ip("link", "set", `to-${name}`, "up");
  there("link", "set", "lo", "up");
  there("address", "add", `${net}.2/24`, "dev", "cable");
  there("address", "add", `${net}.3/24`, "dev", "cable");
  there("link", "set", "cable", "up");
  there("route", "add", "default", "via", `${net}.1`);
  return { address: `${net}.2`, gateway: `${net}.1`, enter, stop: () => holder.kill() };
}

function ip(...args: string[]): void {
  run(["ip", ...args]);
}

function run([command = "", ...args]: readonly string[]): void {
  execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"], timeout: 5_000 });
}
