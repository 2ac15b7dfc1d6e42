import { certificate as savedCertificate } from "#contract/certificates.ts";
import { localDomain } from "#contract/domains.ts";
import type { Settings } from "#contract/settings.ts";
import { type AddressBlock, claimBlock } from "./addresses.ts";
import { type Appliance, type ApplianceOptions, startAppliance } from "./appliance.ts";
import type { Client } from "./client.ts";
import { attachComponent, type Component, type ComponentOptions } from "./component.ts";
import { startEjabberd } from "./ejabberd.ts";
import { makeFolder } from "./folders.ts";
import { DNS_PORT, type Knot, startKnot } from "./knot.ts";
import { attachDomain, attachNatively, useForXmpp } from "./operations.ts";
import { type Authority, createAuthority, type LeafOptions } from "./openssl.ts";
import type { RunningProcess } from "./processes.ts";
import { type Postgres, startPostgres } from "./postgres.ts";
import {
  COMPONENT_PORT,
  S2S_PORT,
  startProsody,
  type XmppServer,
  type XmppServerOptions,
} from "./prosody.ts";

export const SECRET = "a-component-secret-of-the-tests";

/** One XMPP server to start: its domains share a certificate, by default a good one for all of its names. */
export interface ServerPlan extends Pick<
  XmppServerOptions,
  "s2sPort" | "isStrict" | "isQuiet" | "isSleepy" | "tls" | "dialback" | "directTlsPort" | "modules"
> {
  readonly domain: string;
  readonly components?: readonly string[];
  /** Components that the server does not list. */
  readonly hidden?: readonly string[];
  readonly discoItems?: readonly string[];
  readonly certificate?: Omit<LeafOptions, "names"> & { readonly names?: readonly string[] };
  /** When another server must know it before this one is there. */
  readonly address?: string;
}

/** An appliance that serves a domain through an XMPP server of its own. */
export interface Site {
  readonly domain: string;
  readonly wave: string;
  readonly server: XmppServer;
  readonly appliance: Appliance;
  readonly client: Client;
}

/** Everything that a scenario may start; all of it is stopped with the scope that started it. */
export interface World {
  readonly folder: string;
  readonly authority: Authority;
  /** The name server that everybody asks; a scenario sets the zones of its own names. */
  readonly dns: Knot;
  readonly address: () => string;
  readonly prosody: (plan: ServerPlan) => Promise<XmppServer>;
  readonly ejabberd: (
    plan: ServerPlan,
    addresses: Readonly<Record<string, string>>,
  ) => Promise<XmppServer>;
  readonly component: (server: XmppServer, options: ComponentTerms) => Promise<Component>;
  readonly appliance: (options?: Partial<ApplianceOptions>) => Promise<Appliance>;
  readonly postgres: (options: { isFast: boolean }) => Promise<Postgres>;
  /** An empty database of its own on the world's shared, fast PostgreSQL. */
  readonly database: () => Promise<string>;
  /** A domain with server, attached appliance and the records that are recommended. */
  readonly site: (domain: string, given?: SiteOptions) => Promise<Site>;
  /** A domain that an appliance federates by itself, with its wave. name, certificate and records. */
  readonly nativeSite: (domain: string, given?: NativeOptions) => Promise<NativeSite>;
  /** A part of the world that ends by itself. */
  readonly scope: () => World;
  /** The ends of all logs of what this scope started. */
  readonly logs: () => string;
  readonly end: () => Promise<void>;
}

/** An appliance that federates a domain without any other XMPP server. */
export interface NativeSite extends Omit<Site, "server"> {
  readonly domainId: string;
  /** Null when it was made without. */
  readonly certificateId: string | null;
}

export interface NativeOptions {
  /** Labels below the domain that have records and are in the certificate, too. */
  readonly labels?: readonly string[];
  /** By default a good one for the domain and its wave. name; null: none. */
  readonly certificate?: ServerPlan["certificate"] | null;
  readonly settings?: Partial<Settings>;
  readonly appliance?: Partial<ApplianceOptions>;
}

export interface SiteOptions {
  /** By default a Prosody. */
  readonly server?: XmppServer;
  readonly appliance?: Partial<ApplianceOptions>;
  /** By default PostgreSQL, which is quicker to begin with than making the embedded database. */
  readonly engine?: "PostgreSQL" | "embedded";
}

export type ComponentTerms = Pick<
  ComponentOptions,
  "name" | "identities" | "features" | "onStanza"
>;

/** The records of `domain` and `wave.domain` on one server: rules 1 to 3 of the recommended configuration. */
export function recommendedRecords(server: { address: string; s2sPort: number }): string[] {
  return [
    `_xmpp-server._tcp IN SRV 10 0 ${server.s2sPort} xmpp`,
    `_xmpp-server._tcp.wave IN SRV 10 0 ${server.s2sPort} xmpp`,
    `xmpp IN A ${server.address}`,
  ];
}

/** The same over direct TLS alone (XEP-0368). */
export function recommendedDirectRecords(server: { address: string; port: number }): string[] {
  return [
    `_xmpps-server._tcp IN SRV 10 0 ${server.port} xmpp`,
    `_xmpps-server._tcp.wave IN SRV 10 0 ${server.port} xmpp`,
    `xmpp IN A ${server.address}`,
  ];
}

/** Makes the world: a temporary folder, a block of addresses, an authority and a name server. */
export async function createWorld(purpose: string): Promise<World> {
  const folder = makeFolder(purpose);
  const block = await claimBlock();
  const authority = await createAuthority(`${folder.path}/ca`);
  const dns = await startKnot({ folder: folder.path, address: block.next(), zones: {} });
  let postgres: Promise<Postgres> | undefined;
  let databases = 0;
  const database = async () => {
    postgres ??= startPostgres({ folder: folder.path, address: block.next(), isFast: true });
    databases += 1;
    const name = `wavegate_${databases}`;
    return await (await postgres).createDatabase(name);
  };
  const base = createScope({ folder: folder.path, block, authority, dns, database });
  return {
    ...base,
    end: async () => {
      await base.end();
      await (await postgres)?.stop();
      await dns.process.stop();
      await block.release();
      folder.remove();
    },
  };
}

interface Ground {
  readonly folder: string;
  readonly block: AddressBlock;
  readonly authority: Authority;
  readonly dns: Knot;
  readonly database: () => Promise<string>;
}

function createScope(ground: Ground): World {
  const { folder, block, authority, dns } = ground;
  const running: { readonly process?: () => RunningProcess; readonly end: () => Promise<void> }[] =
    [];
  const keep = <T extends { readonly process: RunningProcess; readonly stop: () => Promise<void> }>(
    started: T,
  ): T => {
    running.push({ process: () => started.process, end: () => started.stop() });
    return started;
  };
  const serverOptions = async (plan: ServerPlan): Promise<XmppServerOptions> => {
    const { domain, components = [], hidden = [], certificate = {}, discoItems, ...more } = plan;
    const names = certificate.names ?? [domain, ...components, ...hidden];
    const issued = await authority.issue({ signedBy: "intermediate", ...certificate, names });
    const component = (isListed: boolean) => (name: string) => ({
      name,
      secret: SECRET,
      certificate: issued,
      isListed,
    });
    return {
      folder,
      address: plan.address ?? block.next(),
      dns: { address: dns.address, port: DNS_PORT },
      rootFile: authority.rootFile,
      hosts: [
        {
          domain,
          certificate: issued,
          ...(discoItems === undefined ? {} : { discoItems }),
        },
      ],
      ...more,
      components: [...components.map(component(true)), ...hidden.map(component(false))],
    };
  };

  const world: World = {
    folder,
    authority,
    dns,
    address: () => block.next(),
    prosody: async (plan) => keep(await startProsody(await serverOptions(plan))),
    ejabberd: async (plan, addresses) =>
      keep(await startEjabberd({ ...(await serverOptions(plan)), addresses })),
    component: async (server, terms) => {
      const attached = await attachComponent({
        host: server.address,
        port: server.componentPort,
        secret: SECRET,
        ...terms,
      });
      running.push({ end: async () => attached.close() });
      return attached;
    },
    appliance: async (options = {}) =>
      keep(
        await startAppliance({
          folder,
          address: block.next(),
          dnsServers: [dns.server],
          rootFile: authority.rootFile,
          ...options,
        }),
      ),
    postgres: async ({ isFast }) =>
      keep(await startPostgres({ folder, address: block.next(), isFast })),
    database: ground.database,
    site: (domain, given = {}) => startSite(world, domain, given),
    nativeSite: (domain, given = {}) => startNativeSite(world, domain, given),
    scope: () => createScope(ground),
    logs: () =>
      running
        .flatMap(({ process }) => (process === undefined ? [] : [process()]))
        .map(({ name, logTail }) => `--- ${name}\n${logTail(60)}`)
        .join("\n"),
    end: async () => {
      for (const { end } of running.toReversed()) await end();
      running.length = 0;
    },
  };
  return world;
}

async function startSite(world: World, domain: string, given: SiteOptions): Promise<Site> {
  const wave = `wave.${domain}`;
  const server = given.server ?? (await world.prosody({ domain, components: [wave] }));
  await world.dns.setZone(domain, recommendedRecords(server));
  const databaseUrl = given.engine === "embedded" ? undefined : await world.database();
  const appliance = await world.appliance({
    ...(databaseUrl === undefined ? {} : { databaseUrl }),
    ...given.appliance,
  });
  const client = await appliance.setUp();
  // Every address of the tests is a loopback one.
  await client.send("PATCH", "/api/v1/settings", { allowPrivateTargets: true });
  const link = { domain, name: wave, host: server.address, port: COMPONENT_PORT, secret: SECRET };
  await attachDomain(client, link);
  return { domain, wave, server, appliance, client };
}

async function startNativeSite(
  world: World,
  domain: string,
  given: NativeOptions,
): Promise<NativeSite> {
  const wave = `wave.${domain}`;
  const databaseUrl = await world.database();
  const appliance = await world.appliance({ databaseUrl, ...given.appliance });
  const { labels = [] } = given;
  if (world.dns.serves(domain))
    throw new Error(`${domain} is taken: a scenario has names of its own`);
  await world.dns.setZone(domain, [
    ...recommendedRecords({ address: appliance.address, s2sPort: S2S_PORT }),
    ...labels.map((label) => `_xmpp-server._tcp.${label} IN SRV 10 0 ${S2S_PORT} xmpp`),
  ]);
  const client = await appliance.setUp();
  await client.send("PATCH", "/api/v1/settings", {
    allowPrivateTargets: true,
    s2sAddress: appliance.address,
    componentAddress: appliance.address,
    ...given.settings,
  });
  const { id: domainId } = await client.read(localDomain, "POST", "/api/v1/domains", { domain });
  await attachNatively(client, { domainId, name: domain, role: "plain" });
  await attachNatively(client, { domainId, name: wave });
  let certificateId: string | null = null;
  if (given.certificate !== null) {
    const own = [domain, wave, ...labels.map((label) => `${label}.${domain}`)];
    const { names = own, ...leaf } = given.certificate ?? {};
    const issued = await world.authority.issue({ signedBy: "intermediate", ...leaf, names });
    const saved = await client.read(savedCertificate, "POST", "/api/v1/certificates", {
      files: [{ name: "chain.pem", text: issued.chain + issued.key }],
    });
    certificateId = saved.id;
    await useForXmpp(client, certificateId, [domain, wave]);
  }
  return { domain, wave, domainId, certificateId, appliance, client };
}
