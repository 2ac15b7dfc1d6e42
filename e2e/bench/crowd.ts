import type { Client } from "../stack/client.ts";
import { attachDomain } from "../stack/operations.ts";
import { COMPONENT_PORT, S2S_PORT } from "../stack/prosody.ts";
import type { Appliance, ApplianceOptions } from "../stack/appliance.ts";
import { createWorld, SECRET } from "../stack/world.ts";
import { inspectable } from "./inspector.ts";
import { simulateOwnServer, simulatePeers } from "./simulated.ts";

/** An appliance among many simulated peers, `p0.bench.example` and on; Knot serves their real records. */
export interface Crowd {
  readonly domains: readonly string[];
  readonly appliance: Appliance;
  readonly client: Client;
  readonly end: () => Promise<void>;
}

const ZONE = "bench.example";

export async function gatherCrowd(
  size: number,
  options: { readonly engine: "PostgreSQL" | "embedded" },
): Promise<Crowd> {
  const world = await createWorld("crowd");
  const stops: (() => Promise<void>)[] = [];
  const end = async () => {
    for (const stop of stops.toReversed()) await stop();
    await world.end();
  };
  try {
    const names = Array.from({ length: size }, (_, index) => `p${index}`);
    const peers = world.address();
    const certificate = await world.authority.issue({
      names: [ZONE, `*.${ZONE}`],
      signedBy: "intermediate",
    });
    stops.push((await simulatePeers({ address: peers, port: S2S_PORT, certificate })).stop);
    const own = world.address();
    stops.push((await simulateOwnServer({ address: own, port: COMPONENT_PORT })).stop);
    await world.dns.setZone(
      ZONE,
      names
        .flatMap((name) => [
          `_xmpp-server._tcp.${name} IN SRV 10 0 ${S2S_PORT} xmpp`,
          `_xmpp-server._tcp.wave-${name} IN SRV 10 0 ${S2S_PORT} xmpp`,
        ])
        .concat(`xmpp IN A ${peers}`),
    );

    const database: Partial<ApplianceOptions> =
      options.engine === "embedded"
        ? {}
        : { databaseUrl: await (await world.postgres({ isFast: false })).createDatabase("bench") };
    const address = world.address();
    const appliance = await world.appliance({
      ...database,
      address,
      env: { LOG_LEVEL: "warn", ...inspectable(address) },
    });
    const client = await appliance.setUp();
    await client.send("PATCH", "/api/v1/settings", { allowPrivateTargets: true });
    const domain = "initech-corp.com";
    const link = { name: `wave.${domain}`, host: own, port: COMPONENT_PORT, secret: SECRET };
    await attachDomain(client, { domain, ...link });
    return { domains: names.map((name) => `${name}.${ZONE}`), appliance, client, end };
  } catch (error) {
    await end();
    throw error;
  }
}
