import { setTimeout as delay } from "node:timers/promises";
import { WAVE_IDENTITY } from "../stack/component.ts";
import { DNS_PORT } from "../stack/knot.ts";
import { assertFoundByDisco, runTrace } from "../stack/operations.ts";
import { S2S_PORT } from "../stack/prosody.ts";
import { startSlowTcp, startSlowUdp } from "../stack/slow-proxy.ts";
import { createWorld } from "../stack/world.ts";
import { type Benchmark, type Figure, median, repeat } from "./benchmark.ts";

const ONE_WAY_MS = 50;
/**
 * What has to wait for what before it: no order of work is quicker than these round trips one after the other. The
 * disco answers (items, then the item's SRV and address) take three, beside them.
 */
const CHAIN = [
  "SRV of the domain",
  "address of its target",
  "TCP handshake",
  "stream header",
  "STARTTLS",
  "TLS 1.3 handshake",
  "stream header over TLS",
];
/** The name server's answers live for one second; each run must ask again. */
const EXPIRED_MS = 1500;

export const trace: Benchmark = {
  name: "trace",
  about: `trace of a reachable domain, ${ONE_WAY_MS} ms one way on DNS and TCP, server-to-server streams open`,
  run: async (scale) => {
    const world = await createWorld("bench");
    const stops: (() => Promise<void>)[] = [];
    try {
      const slowDns = world.address();
      const dns = { address: world.dns.address, port: DNS_PORT };
      const proxy = { address: slowDns, port: DNS_PORT, target: dns, oneWayMs: ONE_WAY_MS };
      stops.push((await startSlowUdp(proxy)).stop);
      const home = await world.site("initech-corp.com", {
        appliance: { dnsServers: [`${slowDns}:${DNS_PORT}`] },
      });
      const { client } = home;

      const domain = "far.example";
      const wave = `wave.${domain}`;
      const server = await world.prosody({ domain, components: [wave] });
      await world.component(server, { name: wave, identities: [WAVE_IDENTITY] });
      // Every address of both domains is a slow one, so answers on the peer's own stream are late too.
      const slowly = async (target: string): Promise<string> => {
        const address = world.address();
        const at = { address: target, port: S2S_PORT };
        const options = { address, port: S2S_PORT, target: at, oneWayMs: ONE_WAY_MS };
        stops.push((await startSlowTcp(options)).stop);
        return address;
      };
      const far = await slowly(server.address);
      const near = await slowly(home.server.address);
      await world.dns.setZone(domain, zoneOf(far));
      await world.dns.setZone(home.domain, zoneOf(near));

      // The first trace opens the streams between the two servers.
      await runTrace(client, domain);
      const durations = await repeat(scale === "whole" ? 7 : 1, async () => {
        await delay(EXPIRED_MS);
        const found = await runTrace(client, domain);
        assertFoundByDisco(found, wave);
        return found.durationMs ?? Number.NaN;
      });
      const chainMs = CHAIN.length * 2 * ONE_WAY_MS;
      const goal = { atMost: chainMs * 1.2 };
      const figures: Figure[] = [
        { name: "longest chain of round trips", value: chainMs, unit: "ms" },
        { name: "trace", value: median(durations), unit: "ms", goal },
      ];
      return figures;
    } finally {
      for (const stop of stops) await stop();
      await world.end();
    }
  },
};

function zoneOf(address: string): string[] {
  return [
    "_xmpp-server._tcp IN SRV 10 0 5269 xmpp",
    "_xmpp-server._tcp.wave IN SRV 10 0 5269 waves",
    `xmpp IN A ${address}`,
    `waves IN A ${address}`,
  ];
}
