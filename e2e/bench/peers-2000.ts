import { setTimeout as delay } from "node:timers/promises";
import { type Peer, peer, peerPage, type PeerRequest } from "#contract/peers.ts";
import type { Client } from "../stack/client.ts";
import { until } from "../stack/wait.ts";
import { type Benchmark, cpuSeconds, forEachAtOnce } from "./benchmark.ts";
import { gatherCrowd } from "./crowd.ts";

export const peers2000: Benchmark = {
  name: "peers-2000",
  about: "2 000 peers checked every 60 s against simulated answers, on PostgreSQL",
  run: async (scale) => {
    const { count, intervalSeconds, intervals } =
      scale === "whole"
        ? { count: 2000, intervalSeconds: 60, intervals: 3 }
        : { count: 40, intervalSeconds: 15, intervals: 1 };
    const crowd = await gatherCrowd(count, { engine: "PostgreSQL" });
    try {
      const { client, appliance } = crowd;
      await forEachAtOnce(crowd.domains, 8, async (domain) => {
        const request: PeerRequest = {
          domain,
          expects: "wave",
          checkIntervalSeconds: intervalSeconds,
        };
        await client.read(peer, "POST", "/api/v1/peers", request);
      });
      const intervalMs = intervalSeconds * 1000;
      await until("every peer's first check", 3 * intervalMs, async () => {
        const peers = await readPeers(client);
        return peers.every(({ health }) => health?.lastCheckAt != null) || undefined;
      });

      const cpuBefore = cpuSeconds(appliance.process.pid);
      const from = performance.now();
      await delay(intervals * intervalMs);
      const cpu = cpuSeconds(appliance.process.pid) - cpuBefore;
      const seconds = (performance.now() - from) / 1000;

      const now = Date.now();
      const peers = await readPeers(client);
      const latenesses = peers.map(({ health }) => {
        const since = now - Date.parse(health?.lastCheckAt ?? new Date(0).toISOString());
        return (since - intervalMs) / 1000;
      });
      return [
        {
          name: "checks an interval late or more",
          value: latenesses.filter((late) => late >= intervalSeconds).length,
          unit: "",
          goal: { atMost: 0 },
        },
        { name: "latest check", value: Math.max(0, ...latenesses), unit: "s late" },
        {
          name: "peers not up",
          value: peers.filter(({ health }) => health?.state !== "up").length,
          unit: "",
          goal: { atMost: 0 },
        },
        {
          name: "share of a core",
          value: (cpu / seconds) * 100,
          unit: "%",
          goal: { atMost: 20 },
        },
      ];
    } finally {
      await crowd.end();
    }
  },
};

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
