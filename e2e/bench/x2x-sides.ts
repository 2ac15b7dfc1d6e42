import { type X2xAgreement, x2xLink } from "#contract/x2x.ts";
import type { Client } from "../stack/client.ts";
import { until } from "../stack/wait.ts";
import type { Side } from "./sides.ts";

export const X2X_PORT = 5271;

const READY_MS = 15_000;

export interface LinkPlan {
  readonly security: X2xAgreement["security"];
  readonly compression?: X2xAgreement["compression"];
  /** Where the far side is reached; what listens there leads to its port 5271. */
  readonly address: string;
  /** Names of either side beside its component's. */
  readonly more?: readonly [readonly string[], readonly string[]];
}

/** Agrees on a link that the near side opens and that carries both directions; gives what ends it on both. */
export async function linkSides(
  near: Side,
  far: Side,
  plan: LinkPlan,
): Promise<() => Promise<void>> {
  const clients = [clientOf(near), clientOf(far)] as const;
  const agreement = agreementOf(near, far, plan);
  const [ours, theirs] = agreement.sides;
  const link = { name: "bench", consent: "bench" };
  const made = await Promise.all([
    clients[0].read(x2xLink, "POST", "/api/v1/x2x-links", { ...link, agreement }),
    clients[1].read(x2xLink, "POST", "/api/v1/x2x-links", {
      ...link,
      agreement: { ...agreement, sides: [theirs, ours] },
      listenAddress: far.address,
    }),
  ]);
  const ids = made.map(({ id }) => id);
  await Promise.all(
    clients.map((client, side) =>
      until("the link to be taken up", READY_MS, async () => {
        const path = `/api/v1/x2x-links/${ids[side]}`;
        return (await client.read(x2xLink, "GET", path)).live ?? undefined;
      }),
    ),
  );
  return async () => {
    for (const [side, client] of clients.entries())
      await client.send("DELETE", `/api/v1/x2x-links/${ids[side]}`);
  };
}

function clientOf({ client }: Side): Client {
  if (client === undefined) throw new Error("X2X is between two of ours");
  return client;
}

function agreementOf(near: Side, far: Side, plan: LinkPlan): X2xAgreement {
  const { security, compression = "none", address, more } = plan;
  const isPlain = security === "plain";
  const certificate = isPlain ? null : { by: "names" as const, pins: [] };
  return {
    version: "0.3",
    security,
    compression,
    connections: "shared",
    onInvalid: "close",
    maxStanzaBytes: 65_536,
    keepaliveSeconds: null,
    idleSeconds: 600,
    language: null,
    sides: [
      {
        domains: [near.component.name, ...(more?.[0] ?? [])],
        listens: null,
        opens: {
          knownBy: isPlain ? "implicit" : "certificate",
          ...{ addresses: [], port: null, hostName: null },
        },
        certificate,
      },
      {
        domains: [far.component.name, ...(more?.[1] ?? [])],
        listens: { host: address, port: X2X_PORT },
        opens: null,
        certificate,
      },
    ],
  };
}
