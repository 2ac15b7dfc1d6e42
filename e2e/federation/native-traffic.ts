import assert from "node:assert/strict";
import { type PeerRequest, peer } from "#contract/peers.ts";
import { type Stream, streamPage } from "#contract/streams.ts";
import type { Client } from "../stack/client.ts";
import { type Component, query } from "../stack/component.ts";
import { runPing } from "../stack/operations.ts";
import type { XmppServer } from "../stack/prosody.ts";
import { until } from "../stack/wait.ts";
import type { NativeSite, ServerPlan, World } from "../stack/world.ts";

const ANSWER_MS = 20_000;
const LOGGED_MS = 5_000;
const LISTED_MS = 5_000;

/** A real server beside the appliance, with a component of its own that can ask and answers pings. */
export interface Neighbour {
  readonly domain: string;
  /** The component's name, `wave.DOMAIN`. */
  readonly name: string;
  readonly server: XmppServer;
  readonly component: Component;
}

/** Starts a server with a component, and publishes both; `records` instead of the recommended ones. */
export async function startNeighbour(
  world: World,
  plan: ServerPlan & {
    readonly kind: "prosody" | "ejabberd";
    /** Where ejabberd finds other hosts: it asks DNS for SRV only. */
    readonly addresses?: Readonly<Record<string, string>>;
    readonly records?: (server: XmppServer) => readonly string[];
  },
): Promise<Neighbour> {
  const { kind, addresses = {}, records = usualRecords, ...more } = plan;
  const { domain } = plan;
  const name = `wave.${domain}`;
  const whole: ServerPlan = { ...more, components: [name] };
  const server = await (kind === "prosody"
    ? world.prosody(whole)
    : world.ejabberd(whole, addresses));
  await world.dns.setZone(domain, [...records(server), `xmpp IN A ${server.address}`]);
  const component = await world.component(server, { name, identities: ["component/generic"] });
  return { domain, name, server, component };
}

function usualRecords(server: XmppServer): string[] {
  return ["_xmpp-server._tcp", "_xmpp-server._tcp.wave"].map(
    (owner) => `${owner} IN SRV 10 0 ${server.s2sPort} xmpp`,
  );
}

/** A ping each way, and both are answered: ours to the server itself, theirs from the component. */
export async function pingBothWays(native: NativeSite, neighbour: Neighbour): Promise<void> {
  const pong = await runPing(native.client, neighbour.domain);
  assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
  await pingNative(native, neighbour);
}

/** A ping of the neighbour's component, answered by the appliance. */
export async function pingNative(native: NativeSite, neighbour: Neighbour): Promise<void> {
  const answer = await neighbour.component.query(native.domain, query.ping, ANSWER_MS);
  assert.equal(answer.attributes["type"], "result", JSON.stringify(answer));
  assert.equal(answer.attributes["from"], native.domain);
}

/** The appliance's own view of its open stream with a domain: RFC 7590 §3.6. */
export async function streamWith(
  native: NativeSite,
  remote: string,
  direction: "in" | "out",
): Promise<Stream> {
  const path = `/api/v1/streams?remote=${remote}&direction=${direction}&state=open`;
  return await until(`a stream ${direction} with ${remote}`, LISTED_MS, async () => {
    const { items } = await native.client.read(streamPage, "GET", path);
    return items[0];
  });
}

/** Agrees on terms with a domain and what is below it. */
export async function agree(
  client: Client,
  request: PeerRequest & { readonly domain: string },
): Promise<string> {
  const terms: PeerRequest = { includeSubdomains: true, ...request };
  return (await client.read(peer, "POST", "/api/v1/peers", terms)).id;
}

/** Waits until the server has logged a line like this: its own word on what happened. */
export async function untilLogged(server: XmppServer, pattern: RegExp): Promise<void> {
  await until(`${pattern} in the server's log`, LOGGED_MS, () =>
    pattern.test(server.log()) ? true : undefined,
  );
}
