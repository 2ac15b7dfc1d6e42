import type { Client } from "../stack/client.ts";
import { addHosted, useForXmpp } from "../stack/operations.ts";
import { COMPONENT_PORT, S2S_PORT } from "../stack/prosody.ts";
import { SECRET, type World } from "../stack/world.ts";
import { inspectable } from "./inspector.ts";
import type { Place } from "./lean-component.ts";

export type Kind = "Wavegate" | "Prosody" | "ejabberd";

/** A server under measurement: it federates `domain`, and a component `load.domain` may attach to it. */
export interface Side {
  readonly kind: Kind;
  readonly domain: string;
  readonly address: string;
  readonly pid: number;
  readonly component: Place;
  /** Of one of ours. */
  readonly client?: Client;
  readonly domainId?: string;
}

export interface SidePlan {
  readonly kind: Kind;
  readonly domain: string;
  readonly address: string;
  /** Host names that ejabberd has to know: it asks DNS for SRV only. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly isInspectable?: boolean;
  readonly isSleepy?: boolean;
}

/** Starts a server of that kind as an operator would run it: warnings are logged, nothing else is special. */
export async function startSide(world: World, plan: SidePlan): Promise<Side> {
  return plan.kind === "Wavegate" ? await startOwn(world, plan) : await startTheirs(world, plan);
}

async function startOwn(world: World, plan: SidePlan): Promise<Side> {
  const { kind, domain, address, isInspectable = false } = plan;
  const env = { LOG_LEVEL: "warn", ...(isInspectable ? inspectable(address) : {}) };
  const site = await world.nativeSite(domain, {
    labels: ["load"],
    // As the others are configured: nobody is read slower than he can, nor given up on a slow line.
    settings: {
      ...{ s2sStanzasPerSecond: null, s2sKibPerSecond: null },
      ...{ s2sDialSeconds: 300, s2sNegotiationSeconds: 300 },
    },
    appliance: { address, env },
  });
  const name = `load.${domain}`;
  const { secret } = await addHosted(site.client, { domainId: site.domainId, name });
  if (site.certificateId !== null) await useForXmpp(site.client, site.certificateId, [name]);
  const component = { host: address, port: COMPONENT_PORT, name, secret };
  const { appliance, client, domainId } = site;
  return { kind, domain, address, pid: appliance.process.pid, component, client, domainId };
}

async function startTheirs(world: World, plan: SidePlan): Promise<Side> {
  const { kind, domain, address, hosts = {}, isSleepy = false } = plan;
  const name = `load.${domain}`;
  await world.dns.setZone(domain, [
    `_xmpp-server._tcp IN SRV 10 0 ${S2S_PORT} xmpp`,
    `_xmpp-server._tcp.load IN SRV 10 0 ${S2S_PORT} xmpp`,
    `xmpp IN A ${address}`,
  ]);
  const server = { domain, components: [name], isQuiet: true, isSleepy, address };
  const started =
    kind === "Prosody" ? await world.prosody(server) : await world.ejabberd(server, hosts);
  const component = { host: address, port: started.componentPort, name, secret: SECRET };
  return { kind, domain, address, pid: started.process.pid, component };
}
