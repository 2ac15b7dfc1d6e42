import type { OwnPorts } from "#contract/links.ts";
import { isPort, looksLikeAddress } from "./domain-draft.ts";

/** What stands in the form, as typed. */
export interface OwnPortsDraft {
  readonly isOn: boolean;
  readonly address: string;
  readonly port: string;
  readonly directTlsPort: string;
  readonly isAlsoShared: boolean;
}

export interface OwnPortsReading {
  readonly isAddressBad: boolean;
  readonly isPortBad: boolean;
  readonly isDirectTlsPortBad: boolean;
  /** Undefined while something is missing or wrong; null: none. */
  readonly value: OwnPorts | null | undefined;
}

export function draftOf(saved: OwnPorts | null): OwnPortsDraft {
  return {
    isOn: saved !== null,
    address: saved?.address ?? "",
    port: String(saved?.port ?? ""),
    directTlsPort: String(saved?.directTlsPort ?? ""),
    isAlsoShared: saved?.isAlsoShared ?? true,
  };
}

/** Judges a draft; without the shared ports the name needs one with STARTTLS. */
export function readOwnPorts(draft: OwnPortsDraft): OwnPortsReading {
  const { isOn, address, port, directTlsPort, isAlsoShared } = draft;
  const isAddressBad = address.trim() !== "" && !looksLikeAddress(address.trim());
  const isMissing = port === "" && (!isAlsoShared || directTlsPort === "");
  const isPortBad = isMissing || (port !== "" && !isPort(port));
  const isDirectTlsPortBad =
    directTlsPort !== "" && (!isPort(directTlsPort) || directTlsPort === port);
  const isReady = !isAddressBad && !isPortBad && !isDirectTlsPortBad;
  const number = (text: string) => (text === "" ? null : Number(text));
  const value = {
    address: address.trim() === "" ? null : address.trim(),
    port: number(port),
    directTlsPort: number(directTlsPort),
    isAlsoShared,
  };
  return {
    ...{ isAddressBad, isPortBad, isDirectTlsPortBad },
    value: isOn ? (isReady ? value : undefined) : null,
  };
}
