import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Peer, peer, peerPage, type PeerRequest } from "#contract/peers.ts";
import type { Client } from "../stack/client.ts";
import { until } from "../stack/wait.ts";
import { createWorld } from "../stack/world.ts";
import { type Benchmark, cpuSeconds, type Figure, forEachAtOnce } from "./benchmark.ts";
import { gatherCrowd } from "./crowd.ts";

const CHECK_LOAD = fileURLToPath(new URL("../../server/testing/check-load.ts", import.meta.url));
const FAST_IMPORTS = fileURLToPath(new URL("../../server/fast-imports.ts", import.meta.url));

interface Watch {
  readonly peers: number;
  readonly intervalSeconds: number;
  readonly intervals: number;
}

export const peers2000: Benchmark = {
  name: "peers-2000",
  about:
    "2 000 peers on a 60 s interval: the checks with simulated answers, alone in a process; then the whole " +
    "appliance, DNS, TLS and XMPP included, against simulated servers",
  run: async (scale) => {
    const isWhole = scale === "whole";
    const watch = { peers: 2000, intervalSeconds: 60, intervals: 3 };
    const few = { peers: 40, intervalSeconds: 4, intervals: 2 };
    return [
      ...(await withSimulatedAnswers("PostgreSQL", isWhole ? watch : few)),
      ...(await withSimulatedAnswers("embedded", isWhole ? watch : few)),
      // The API takes no shorter interval.
      ...(await withSimulatedServers(
        isWhole ? watch : { peers: 20, intervalSeconds: 15, intervals: 1 },
      )),
    ];
  },
};

const load = z.object({
  checks: z.number(),
  latestSeconds: z.number(),
  corePercent: z.number(),
  errors: z.number(),
});

async function withSimulatedAnswers(
  engine: "PostgreSQL" | "embedded",
  { peers, intervalSeconds, intervals }: Watch,
): Promise<Figure[]> {
  const world = await createWorld("bench");
  try {
    const args = ["--peers", String(peers), "--interval", String(intervalSeconds)];
    args.push("--seconds", String(intervals * intervalSeconds));
    if (engine === "PostgreSQL") {
      const postgres = await world.postgres({ isFast: false });
      args.push("--database", await postgres.createDatabase("bench"));
    }
    const found = load.parse(
      JSON.parse(await outputOf(["--import", FAST_IMPORTS, CHECK_LOAD, ...args])),
    );
    if (found.errors > 0 || found.checks < 0.8 * peers * intervals)
      throw new Error(`the checks did not run: ${JSON.stringify(found)}`);
    return [
      {
        name: `latest check, answers simulated, ${engine}`,
        value: found.latestSeconds,
        unit: "s late",
        goal: { atMost: intervalSeconds },
      },
      {
        name: `share of a core, answers simulated, ${engine}`,
        value: found.corePercent,
        unit: "%",
        goal: { atMost: 20 },
      },
    ];
  } finally {
    await world.end();
  }
}

async function outputOf(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...args], { stdio: ["ignore", "pipe", "inherit"] });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`check-load ended with ${String(code)}`);
  return Buffer.concat(chunks).toString("utf8");
}

async function withSimulatedServers(watch: Watch): Promise<Figure[]> {
  const { peers: count, intervalSeconds, intervals } = watch;
  const crowd = await gatherCrowd(count, { engine: "PostgreSQL" });
  try {
    const { client, appliance } = crowd;
    const intervalMs = intervalSeconds * 1000;
    // Added over one interval, as a night would have spread them.
    const from = performance.now();
    await forEachAtOnce([...crowd.domains.entries()], 8, async ([index, domain]) => {
      await delay(Math.max(0, from + (index / count) * intervalMs - performance.now()));
      const request: PeerRequest = {
        domain,
        expects: "wave",
        checkIntervalSeconds: intervalSeconds,
      };
      await client.read(peer, "POST", "/api/v1/peers", request);
    });
    await until("every peer's first check", 2 * intervalMs, async () => {
      const peers = await readPeers(client);
      return peers.every(({ health }) => health?.lastCheckAt != null) || undefined;
    });

    const before = { ms: performance.now(), cpu: cpuSeconds(appliance.process.pid) };
    await delay(intervals * intervalMs);
    const cpu = cpuSeconds(appliance.process.pid) - before.cpu;
    const seconds = (performance.now() - before.ms) / 1000;

    const now = Date.now();
    const peers = await readPeers(client);
    const latenesses = peers.map(({ health }) => {
      const since = now - Date.parse(health?.lastCheckAt ?? new Date(0).toISOString());
      return (since - intervalMs) / 1000;
    });
    return [
      {
        name: "latest check, servers simulated",
        value: Math.max(0, ...latenesses),
        unit: "s late",
        goal: { atMost: intervalSeconds },
      },
      {
        name: "peers not up, servers simulated",
        value: peers.filter(({ health }) => health?.state !== "up").length,
        unit: "",
        goal: { atMost: 0 },
      },
      {
        name: "share of a core, servers simulated",
        value: (cpu / seconds) * 100,
        unit: "%",
      },
      {
        name: "processor time of a check",
        value: (cpu / seconds / (count / intervalSeconds)) * 1000,
        unit: "ms",
      },
    ];
  } finally {
    await crowd.end();
  }
}

async function readPeers(client: Client): Promise<Peer[]> {
  const peers: Peer[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const path: string = `/api/v1/peers?limit=200${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await client.read(peerPage, "GET", path);
    peers.push(...page.items);
    cursor = page.next;
  }
  return peers;
}
