import { isPort, looksLikeAddress } from "./domain-draft.ts";

/** Beside: one name leads to this appliance, the domain does not. Instead: the whole domain does. */
export type NativeWay = "beside" | "instead";

/** What stands in the form, as typed. */
export interface NativeDraft {
  readonly name: string;
  /** What others dial: the SRV records' target. */
  readonly host: string;
  readonly port: string;
  readonly addresses: string;
}

export interface NativeReading {
  readonly isNameMissing: boolean;
  readonly isHostMissing: boolean;
  readonly isPortValid: boolean;
  readonly badAddress: string | null;
  readonly addresses: readonly string[];
  /** Names that will be federated, canonical only as far as they were typed so. */
  readonly names: readonly string[];
  /** Zone lines of the records that others need; empty while the draft is not whole. */
  readonly zoneLines: readonly string[];
  readonly isReady: boolean;
}

/** Judges a draft, and writes the records for it: usually only one name points at the appliance. */
export function readNative(draft: NativeDraft, domain: string, way: NativeWay): NativeReading {
  const host = draft.host.trim();
  const names = way === "instead" ? [domain, `wave.${domain}`] : [draft.name.trim()];
  const addresses = draft.addresses.split(/[\s,;]+/).filter((one) => one !== "");
  const badAddress = addresses.find((one) => !looksLikeAddress(one)) ?? null;
  const isPortValid = isPort(draft.port);
  const isNameMissing = names.includes("");
  const isReady = !isNameMissing && host !== "" && isPortValid && badAddress === null;
  return {
    isNameMissing,
    isHostMissing: host === "",
    isPortValid,
    badAddress,
    addresses,
    names,
    zoneLines: isReady ? zoneLines(names, host, Number(draft.port), addresses) : [],
    isReady,
  };
}

function zoneLines(
  names: readonly string[],
  host: string,
  port: number,
  addresses: readonly string[],
): string[] {
  return [
    ...names.map((name) => `_xmpp-server._tcp.${name}. 3600 IN SRV 10 0 ${port} ${host}.`),
    ...addresses.map((one) => `${host}. 3600 IN ${one.includes(":") ? "AAAA" : "A"} ${one}`),
  ];
}
