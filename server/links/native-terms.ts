import type { Settings } from "#contract/settings.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { LinkRow } from "#store/links.ts";
import type { HostedLinks } from "./component-host/hosted-links.ts";
import type { S2sLimits } from "./s2s/limits.ts";
import type { ListenAddress } from "./s2s/listener.ts";
import type { Listening } from "./s2s/own-names.ts";

/** What the settings, and the links' own ports, say of our own server-to-server streams. */
export function nativeTerms(
  settings: Settings,
  rows: readonly LinkRow[],
): Listening & { readonly limits: Partial<S2sLimits> } {
  return { ...placesOf(settings, rows), limits: limitsOf(settings) };
}

/** And what they say of the components that connect to us. */
export function hostedTerms(settings: Settings): Parameters<HostedLinks["follow"]>[0] {
  const kib = (count: number) => count * 1024;
  return {
    address: settings.componentAddress,
    port: settings.componentPort,
    limits: {
      maxInstancesPerName: settings.componentInstancesPerName,
      maxWaiting: settings.componentWaiting,
      maxWaitingPerAddress: settings.componentWaitingPerAddress,
      maxAttemptsPerMinute: settings.componentAttemptsPerMinute,
      maxStanzaBytes: kib(settings.componentMaxStanzaKib),
      stanzasPerSecond: settings.componentStanzasPerSecond,
      bytesPerSecond:
        settings.componentKibPerSecond === null ? null : kib(settings.componentKibPerSecond),
      maxQueuedLength: kib(settings.componentQueueKib),
      absenceMs: settings.componentAbsenceSeconds * 1_000,
      maxParkedStanzas: settings.componentParkedStanzas,
      maxParkedLength: kib(settings.componentParkedKib),
    },
  };
}

function limitsOf(settings: Settings): Partial<S2sLimits> {
  return {
    maxStanzaBytes: settings.s2sMaxStanzaKib * 1024,
    stanzasPerSecond: settings.s2sStanzasPerSecond,
    bytesPerSecond: settings.s2sKibPerSecond === null ? null : settings.s2sKibPerSecond * 1024,
    maxInbound: settings.s2sMaxConnections,
    maxInboundPerAddress: settings.s2sConnectionsPerAddress,
    maxAttemptsPerMinute: settings.s2sAttemptsPerMinute,
    negotiationMs: settings.s2sNegotiationSeconds * 1_000,
    loginMs: settings.s2sDialSeconds * 1_000,
    idleMs: settings.s2sIdleMinutes * 60_000,
  };
}

/** The ports that names share, and those of single names. */
function placesOf(settings: Settings, rows: readonly LinkRow[]): Listening {
  const places: ListenAddress[] = [];
  const add = (
    only: Domain | null,
    address: string,
    ports: { readonly port: number | null; readonly directTlsPort: number | null },
  ) => {
    const { port, directTlsPort } = ports;
    if (port !== null) places.push({ address, port, security: "starttls", only });
    if (directTlsPort !== null)
      places.push({ address, port: directTlsPort, security: "direct", only });
  };
  const { s2sAddress, s2sPort, s2sDirectTlsPort } = settings;
  add(null, s2sAddress, { port: s2sPort, directTlsPort: s2sDirectTlsPort });
  const apart = new Set<Domain>();
  for (const { kind, name, ownPorts } of rows) {
    if (kind === "component" || ownPorts === null) continue;
    add(name as Domain, ownPorts.address ?? s2sAddress, ownPorts);
    if (!ownPorts.isAlsoShared) apart.add(name as Domain);
  }
  return { places, apart };
}
