import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type { Stream } from "#contract/streams.ts";
import { attachComponent, type Component } from "../../stack/component.ts";
import { addHosted, useForXmpp } from "../../stack/operations.ts";
import { COMPONENT_PORT } from "../../stack/prosody.ts";
import { until } from "../../stack/wait.ts";
import { type NativeSite, SECRET, type World } from "../../stack/world.ts";
import { startNeighbour, streamWith } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

const BURST = 20;
const BEYOND_MS = 1_000;
const READY_MS = 60_000;
/** What one ping leaves open (256), what is sent until its answer is here, and as much again under load. */
const WINDOW = 1_500;

export const scenario: Scenario = {
  title:
    "a Prosody without acknowledgements and an ejabberd, killed under one-way load: pings prove all but what was sent last, and what is lost is counted",
  run: async (world) => {
    const site = await world.nativeSite("sender34.example", { labels: ["bot"] });
    const bot = await startBot(site);
    let before = 0;
    for (const kind of ["prosody", "ejabberd"] as const)
      before = await prove(world, site, bot, kind, before);
    bot.component.close();
  },
};

interface Bot {
  readonly name: string;
  readonly component: Component;
  /** Ids of what came back. */
  readonly bounced: Set<string>;
}

async function startBot(site: NativeSite): Promise<Bot> {
  const name = `bot.${site.domain}`;
  const { secret } = await addHosted(site.client, { domainId: site.domainId, name });
  if (site.certificateId !== null) await useForXmpp(site.client, site.certificateId, [name]);
  const place = { host: site.appliance.address, port: COMPONENT_PORT, name, secret };
  const bounced = new Set<string>();
  const component = await until(`${name} to be attached`, READY_MS, () =>
    attachComponent({
      ...place,
      onStanza: ({ attributes: { type, id = "" } }) => void (type === "error" && bounced.add(id)),
    }),
  );
  return { name, component, bounced };
}

/** Returns what the appliance has counted as unproven by then. */
async function prove(
  world: World,
  site: NativeSite,
  bot: Bot,
  kind: "prosody" | "ejabberd",
  before: number,
): Promise<number> {
  const arrived = new Set<string>();
  const neighbour = await startNeighbour(world, {
    kind,
    domain: `${kind}34.example`,
    isStrict: false,
    addresses: { [`xmpp.${site.domain}`]: site.appliance.address },
  });
  // In place of the usual one: it notes what arrives, and answers pings.
  neighbour.component.close();
  const receiver = await until(`${neighbour.name} to be attached`, READY_MS, () =>
    attachComponent({
      host: neighbour.server.address,
      port: neighbour.server.componentPort,
      name: neighbour.name,
      secret: SECRET,
      identities: ["component/generic"],
      onStanza: ({ name, attributes: { id = "" } }) => void (name === "message" && arrived.add(id)),
    }),
  );
  let sent = 0;
  const send = () => {
    const id = `${kind} ${sent++}`;
    bot.component.send(
      `<message id='${id}' from='${bot.name}' to='${neighbour.name}'><body>x</body></message>`,
    );
  };
  send();
  await until("the first stanza", READY_MS, () => (arrived.size > 0 ? true : undefined));
  const stream = () => streamWith(site, neighbour.name, "out");
  assert.equal((await stream()).isAcknowledged, false);

  let killedAt = Number.POSITIVE_INFINITY;
  // Beyond the death; on a slow machine it takes long until as much was sent before.
  const load = async () => {
    const end = performance.now() + READY_MS;
    for (; performance.now() < Math.min(end, killedAt + BEYOND_MS); await delay(20))
      for (let n = 0; n < BURST; n++) send();
  };
  const loading = load();
  const proven = await until("a proof of life", READY_MS, async () => {
    const seen: Stream = await stream();
    return seen.provenAt !== null && seen.stanzasOut > WINDOW ? seen : undefined;
  });
  assert.ok(proven.unproven < WINDOW, `${proven.unproven} of ${proven.stanzasOut} unproven`);
  await neighbour.server.kill();
  killedAt = performance.now();
  await loading;
  receiver.close();
  await until("the outcome of what was sent last", READY_MS, async () => {
    const settled = bot.bounced.has(`${kind} ${sent - 1}`);
    return settled ? true : undefined;
  });
  const counted = (await unprovenOf(site)) - before;
  const ids = Array.from({ length: sent }, (_, number) => `${kind} ${number}`);
  const missing = ids.filter((id) => !arrived.has(id) && !bot.bounced.has(id)).length;
  const said = `${kind}: ${sent} sent, ${missing} missing, ${counted} counted as unproven`;
  assert.ok(missing <= counted, said);
  assert.ok(counted < WINDOW, said);
  return before + counted;
}

/** Of the whole appliance: written to a stream that broke before anything showed that they had arrived. */
async function unprovenOf(site: NativeSite): Promise<number> {
  const { body } = await site.client.request("GET", "/metrics");
  const found = /^wavegate_stanzas_unproven_total (\d+)$/m.exec(String(body));
  assert.ok(found, "the metric is there");
  return Number(found[1]);
}
