import { isIPv4 } from "node:net";
import type { OwnPorts } from "#contract/links.ts";
import type { Settings } from "#contract/settings.ts";
import { placeOf } from "#links/x2x/terms.ts";
import type { X2xLinkRow } from "#store/x2x.ts";
import { HttpProblem } from "./problem.ts";

/** A port of this appliance, or one that it is asked to open. */
export interface OwnListener {
  /** What the request calls it, with `body.`; empty for those that it does not name. */
  readonly field: string;
  readonly address: string;
  readonly port: number;
  /** What it is for, in words. */
  readonly purpose: string;
}

/** The dashboard's ports; one of 0 is any that is free. */
export function webListeners(config: {
  readonly host: string;
  readonly port: number;
  readonly httpsPort: number | null;
}): OwnListener[] {
  const address = config.host === "localhost" ? "127.0.0.1" : config.host;
  return [
    ...listener("", address, config.port, "the dashboard’s port (PORT)"),
    ...listener("", address, config.httpsPort, "the dashboard’s HTTPS port (HTTPS_PORT)"),
  ];
}

/** The ports that all names share. */
export function settingsListeners(settings: Settings): OwnListener[] {
  const { s2sAddress, s2sPort, s2sDirectTlsPort, componentAddress, componentPort } = settings;
  return [
    ...listener("body.s2sPort", s2sAddress, s2sPort, "the port with STARTTLS of all names"),
    ...listener(
      "body.s2sDirectTlsPort",
      s2sAddress,
      s2sDirectTlsPort,
      "the port with direct TLS of all names",
    ),
    ...listener("body.componentPort", componentAddress, componentPort, "the port for components"),
  ];
}

/** The ports of one name; `prefix` when the request is about them. */
export function ownListeners(
  link: { readonly name: string; readonly ownPorts: OwnPorts | null },
  { s2sAddress }: Pick<Settings, "s2sAddress">,
  prefix = "",
): OwnListener[] {
  const { name, ownPorts } = link;
  if (ownPorts === null) return [];
  const { port, directTlsPort } = ownPorts;
  const address = ownPorts.address ?? s2sAddress;
  return [
    ...listener(`${prefix}port`, address, port, `the port with STARTTLS of ${name}`),
    ...listener(
      `${prefix}directTlsPort`,
      address,
      directTlsPort,
      `the port with direct TLS of ${name}`,
    ),
  ];
}

/** Where the peer of a link without handshake connects; several such links may be there, which is judged by what tells them apart. */
export function agreedListeners(link: X2xLinkRow, field = ""): OwnListener[] {
  const { listens } = link.agreement.sides[0];
  if (!link.isEnabled || listens === null || placeOf(link) === null) return [];
  const purpose = `the port of the X2X link “${link.name}”`;
  return listener(field, link.listenAddress ?? "::", listens.port, purpose);
}

/** Throws `listener.taken` with the field and what has the port, if one of `wanted` cannot be beside the others. */
export function refuseTaken(wanted: readonly OwnListener[], others: readonly OwnListener[]): void {
  for (const one of wanted) {
    const other = others.find((it) => it.field !== one.field && isSame(one, it));
    if (other === undefined) continue;
    const { address, port, purpose } = other;
    throw new HttpProblem("listener.taken", {
      params: { address, port, purpose },
      errors: [{ field: one.field, message: `${address} port ${port} is ${purpose}` }],
    });
  }
}

function listener(
  field: string,
  address: string,
  port: number | null,
  purpose: string,
): OwnListener[] {
  return port === null || port === 0 ? [] : [{ field, address, port, purpose }];
}

/** Whether the system gives one of them only: `::` takes every address, `0.0.0.0` all of IPv4. */
function isSame(one: OwnListener, other: OwnListener): boolean {
  if (one.port !== other.port) return false;
  const addresses = [one.address, other.address];
  if (addresses[0] === addresses[1] || addresses.includes("::")) return true;
  return addresses.includes("0.0.0.0") && addresses.every((address) => isIPv4(address));
}
