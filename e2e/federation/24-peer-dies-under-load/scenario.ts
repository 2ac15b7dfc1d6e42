import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { attachComponent, type Component, type Node } from "../../stack/component.ts";
import { addHosted, useForXmpp } from "../../stack/operations.ts";
import type { RunningProcess } from "../../stack/processes.ts";
import { COMPONENT_PORT } from "../../stack/prosody.ts";
import { until } from "../../stack/wait.ts";
import { type NativeSite, SECRET, type World } from "../../stack/world.ts";
import type { Scenario } from "../scenario.ts";

const BURST = 20;
const PAUSE_MS = 1_000;
const BACK_MS = 60_000;

export const scenario: Scenario = {
  title:
    "a peer that is paused, killed and started again under load: each stanza arrives once and in order, or bounces, or is counted as unproven",
  run: async (world) => {
    const [from, to, ...prosodies] = await Promise.all([
      world.nativeSite("sender24.example", { labels: ["bot"] }),
      world.nativeSite("native24.example", { labels: ["bot"] }),
      prosodyOf(world, "plain24.example", []),
      prosodyOf(world, "smacks24.example", ["smacks"]),
    ]);
    const source = await startSource(from);
    const targets = [...prosodies, await nativeOf(to)];
    const tallies = await Promise.all(targets.map((target) => prove(source, target)));
    source.component.close();
    const missing = tallies.reduce((sum, tally) => sum + tally.missing, 0);
    const unproven = await unprovenOf(from);
    assert.ok(missing <= unproven, `${JSON.stringify(tallies)}, ${unproven} unproven`);
  },
};

/** What takes the load: something that can be killed, and a component behind it that notes what arrives. */
interface Target {
  readonly name: string;
  readonly acknowledges: boolean;
  readonly process: () => RunningProcess;
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly attach: (onStanza: (stanza: Node) => void) => Promise<Component>;
}

async function prosodyOf(world: World, domain: string, modules: string[]): Promise<Target> {
  const name = `wave.${domain}`;
  const server = await world.prosody({ domain, components: [name], modules });
  await world.dns.setZone(domain, [
    `_xmpp-server._tcp.wave IN SRV 10 0 ${server.s2sPort} xmpp`,
    `xmpp IN A ${server.address}`,
  ]);
  const place = { host: server.address, port: COMPONENT_PORT, name, secret: SECRET };
  return {
    name,
    acknowledges: modules.includes("smacks"),
    process: () => server.process,
    kill: server.kill,
    start: server.start,
    attach: (onStanza) => attachComponent({ ...place, onStanza }),
  };
}

async function nativeOf(site: NativeSite): Promise<Target> {
  const { name, attach } = await host(site);
  const { appliance } = site;
  return {
    name,
    acknowledges: true,
    process: () => appliance.process,
    kill: appliance.kill,
    start: appliance.start,
    attach,
  };
}

/** A hosted component that waits for its name to be served. */
async function host(site: NativeSite) {
  const name = `bot.${site.domain}`;
  const { secret } = await addHosted(site.client, { domainId: site.domainId, name });
  if (site.certificateId !== null) await useForXmpp(site.client, site.certificateId, [name]);
  const place = { host: site.appliance.address, port: COMPONENT_PORT, name, secret };
  const attach = (onStanza: (stanza: Node) => void) =>
    until(`${name} to be attached`, BACK_MS, () => attachComponent({ ...place, onStanza }));
  return { name, attach };
}

interface Source {
  readonly name: string;
  readonly component: Component;
  /** Ends the wait before the next attempt, as an operator would who knows that the peer is back. */
  readonly reconnect: (remote: string) => Promise<void>;
  /** What the appliance says of the way to a domain. */
  readonly whyNot: (remote: string) => Promise<string>;
  /** Ids of what came back. */
  readonly bounced: string[];
}

async function startSource(site: NativeSite): Promise<Source> {
  const bounced: string[] = [];
  const { name, attach } = await host(site);
  const component = await attach(({ attributes: { type, id = "" } }) => {
    if (type === "error") bounced.push(id);
  });
  const reconnect = (remote: string) =>
    site.client.send("POST", "/api/v1/streams/reconnections", { local: name, remote });
  const whyNot = async (remote: string) => {
    const path = `/api/v1/connections?kind=domain&q=${remote}`;
    return JSON.stringify((await site.client.request("GET", path)).body);
  };
  return { name, component, reconnect, whyNot, bounced };
}

async function prove(
  source: Source,
  target: Target,
): Promise<{ readonly name: string; readonly sent: number; readonly missing: number }> {
  const arrived: number[] = [];
  const note = ({ name, attributes: { id = "" } }: Node) => {
    // The appliance's own pings come by here, too.
    if (name === "message") arrived.push(Number(id.split(" ")[1]));
  };
  const bounced = () =>
    source.bounced
      .filter((id) => id.startsWith(`${target.name} `))
      .map((id) => Number(id.split(" ")[1]));
  let receiver = await target.attach(note);

  let sent = 0;
  const send = () => {
    const addresses = `from='${source.name}' to='${target.name}'`;
    source.component.send(
      `<message id='${target.name} ${sent}' ${addresses}><body>x</body></message>`,
    );
    sent += 1;
  };
  /** For so long at least, and until it has done what it is for. */
  const load = async (ms: number, isEnough = () => true) => {
    const begun = performance.now();
    const passed = () => performance.now() - begun;
    for (; passed() < ms || (!isEnough() && passed() < BACK_MS); await delay(20))
      for (let n = 0; n < BURST; n++) send();
  };
  const untilThrough = () => {
    const from = sent;
    return until(`${target.name} to take stanzas`, BACK_MS, async () => {
      send();
      await delay(50);
      if (arrived.some((number) => number >= from)) return true;
      throw new Error(await source.whyNot(target.name));
    });
  };

  await untilThrough();
  target.process().signal("SIGSTOP");
  await load(PAUSE_MS);
  target.process().signal("SIGCONT");
  await until(`all to arrive at ${target.name}`, BACK_MS, () =>
    arrived.length === sent ? true : undefined,
  );
  assert.deepEqual(bounced(), [], "a pause costs nothing");

  const loading = load(600, () => bounced().length > 0);
  await delay(200);
  await target.kill();
  await loading;
  await target.start();
  receiver.close();
  receiver = await target.attach(note);
  await source.reconnect(target.name);
  await untilThrough();
  assert.ok(bounced().length > 0, `${target.name} was dead for some of ${sent}`);
  // What was sent last has arrived, so all before it has had its outcome, but for bounces under way.
  await delay(500);
  receiver.close();

  const distinct = new Set(arrived);
  assert.deepEqual(
    arrived,
    [...distinct].toSorted((a, b) => a - b),
    "once, and in order",
  );
  assert.equal(bounced().length, new Set(bounced()).size, "each bounces once");
  const both = bounced().filter((number) => distinct.has(number));
  // Arrived, but its acknowledgement was lost with the stream: bounced rather than lost.
  if (!target.acknowledges) assert.deepEqual(both, []);
  const missing = sent - new Set([...arrived, ...bounced()]).size;
  if (target.acknowledges) assert.equal(missing, 0, `${target.name} of ${sent}`);
  return { name: target.name, sent, missing };
}

/** Of the whole appliance: written to a stream that broke before anything showed that they had arrived. */
async function unprovenOf(site: NativeSite): Promise<number> {
  const { body } = await site.client.request("GET", "/metrics");
  const found = /^wavegate_stanzas_unproven_total (\d+)$/m.exec(String(body));
  assert.ok(found, "the metric is there");
  return Number(found[1]);
}
