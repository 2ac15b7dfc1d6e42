import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { findings as catalogue } from "#contract/findings.ts";
import type { OwnDial } from "#contract/self-tests.ts";
import { toFinding } from "#protocol/resolution/diagnosis.ts";
import { note, type Note } from "#protocol/resolution/notes.ts";
import type { Clock } from "./clock.ts";
import type { Connector } from "./connect.ts";

export interface OwnPlace {
  readonly host: string;
  readonly port: number;
  /** Where the host is; null: looked up. */
  readonly address: string | null;
  readonly security?: "starttls" | "direct_tls";
}

export interface OwnDialled {
  readonly dial: OwnDial;
  /** DER as our own server sent it, leaf first. */
  readonly chain: readonly Uint8Array[];
}

/** Dials a place of our own for `domain`, as another server would; what fails is ours to mend. */
export async function dialOwn(
  place: OwnPlace,
  domain: string,
  deps: { readonly connector: Connector; readonly clock: Clock },
): Promise<OwnDialled> {
  const { host, port } = place;
  const address = place.address ?? (await hostAddress(host));
  const base = { host, port, address, isReached: false, durationMs: null, message: null };
  if (address === null)
    return { dial: { ...base, message: own(note("addr.none", { host })) }, chain: [] };
  const startedAt = deps.clock.now();
  const { outcome, chain } = await deps.connector.dial(
    {
      kind: "dial",
      domain,
      address,
      family: isIP(address) === 6 ? 6 : 4,
      candidate: {
        ...{ host, port, priority: null, weight: null, draw: null },
        security: place.security ?? "starttls",
        origin: "override",
      },
    },
    { from: null, tls: "required", signal: new AbortController().signal, onProgress: () => {} },
  );
  const durationMs = Math.round((deps.clock.now() - startedAt) * 1_000) / 1_000;
  const message = outcome.kind === "failed" ? own(outcome.note) : null;
  return {
    dial: { ...base, isReached: outcome.kind === "connected", durationMs, message },
    chain,
  };
}

/** A name inside is looked up as this machine does, its hosts file included. */
async function hostAddress(host: string): Promise<string | null> {
  if (isIP(host) !== 0) return host;
  const found = await lookup(host).catch(() => null);
  return found?.address ?? null;
}

function own(said: Note) {
  return toFinding({ ...said, owner: "us" }, catalogue);
}
