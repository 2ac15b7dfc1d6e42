import assert from "node:assert/strict";
import { streamPage } from "#contract/streams.ts";
import type { Trace } from "#contract/traces.ts";
import { type X2xAgreement, type X2xLink, x2xLink } from "#contract/x2x.ts";
import { type BreakableLine, startBreakableLine } from "../../stack/breakable-line.ts";
import { attachComponent } from "../../stack/component.ts";
import { addHosted, attemptsOf, runTrace, stepOf, useForXmpp } from "../../stack/operations.ts";
import { COMPONENT_PORT } from "../../stack/prosody.ts";
import { until } from "../../stack/wait.ts";
import type { NativeSite, World } from "../../stack/world.ts";
import type { Scenario } from "../scenario.ts";

const X2X_PORT = 5271;
const READY_MS = 30_000;
const EVERY_MS = 10;
/** A handshake takes some four thousand; fifty stanzas take ten thousand. */
const MANY_BYTES = 12_000;
const FEW_BYTES = 6_000;

export const scenario: Scenario = {
  title:
    "a link by agreement that is cut: a stream takes over and gives back, or a second link does, or stanzas bounce, as agreed; in order, and never twice",
  run: async (world) => {
    const [ship, shore] = await Promise.all([
      startSide(world, "ship36.example"),
      startSide(world, "shore36.example"),
    ]);
    const place = () => ({ address: world.address(), port: X2X_PORT });
    const [first, second] = [place(), place()];
    const target = { address: shore.site.appliance.address, port: X2X_PORT };
    const lines = await Promise.all([
      startBreakableLine(first, target),
      startBreakableLine(second, { ...target, port: X2X_PORT + 1 }),
    ]);
    const [line, other] = lines;
    assert.ok(line && other);
    try {
      const link = await agree(ship, shore, { name: "by cable", at: first, isBeside: true });
      await fallsBackAndReturns(ship, shore, line, link);
      await vanishes(ship, shore, line);
      await bounces(ship, shore, line, link);
      await agree(ship, shore, { name: "by radio", at: second, port: X2X_PORT + 1, priority: 20 });
      await failsOver(ship, shore, { line, other, link });
    } finally {
      stopLoads();
      for (const each of lines) await each.stop();
      for (const { close } of [ship, shore]) close();
    }
  },
};

/** A stream stands in while the link is cut. */
async function fallsBackAndReturns(
  ship: Side,
  shore: Side,
  line: BreakableLine,
  link: X2xLink,
): Promise<void> {
  const [load, back] = [startLoad(ship, shore), startLoad(shore, ship)];
  await load.untilArrived(50);
  await back.untilArrived(50);
  assert.equal(await streamsOf(ship, shore), 0, "the link carries it");
  await line.breakDown("refused");
  await until("a stream in its place", READY_MS, async () =>
    (await streamsOf(ship, shore)) > 0 ? true : undefined,
  );
  await load.untilArrived(100);
  await back.untilArrived(100);
  const meanwhile = await runTrace(ship.site.client, shore.name, { fresh: true });
  assert.equal(meanwhile.xmpp, "warning", said(meanwhile));
  assert.equal(meanwhile.headline?.code, "agreed.fallen_back", said(meanwhile));
  assert.ok(attemptsOf(stepOf(meanwhile, 5), "connect").length > 0, said(meanwhile));
  await line.mend();
  await until("the link's return, and the end of the stream", READY_MS, async () => {
    const { live } = await linkOf(ship, link);
    return live?.state === "up" && (await streamsOf(ship, shore)) === 0 ? true : undefined;
  });
  await load.untilArrived(50);
  await back.untilArrived(50);
  await load.end();
  await back.end();
  const { live } = await linkOf(ship, link);
  const setup = live?.connections[0]?.setup;
  const login = live?.streamLogin ?? null;
  assert.ok(setup !== undefined && login !== null, JSON.stringify(live));
  assert.equal(login.remote, shore.name);
  const bytes = (one: typeof setup) => one.bytesSent + one.bytesReceived;
  assert.ok(bytes(setup) > 1_000 && bytes(login) > bytes(setup), JSON.stringify(live));
  const after = await runTrace(ship.site.client, shore.name, { fresh: true });
  assert.equal(after.xmpp, "reachable", said(after));
  assert.ok(attemptsOf(stepOf(after, 1), "agreement")[0]?.winner, said(after));
  assert.deepEqual(attemptsOf(stepOf(after, 5), "connect"), []);
}

/** Bytes vanish without a word: what is written meanwhile may be lost, is counted, and comes late for nothing. */
async function vanishes(ship: Side, shore: Side, line: BreakableLine): Promise<void> {
  const load = startLoad(ship, shore);
  await load.untilArrived(50);
  await line.breakDown("silent");
  await load.untilSent(100);
  await line.mend();
  await load.untilArrived(50);
  await load.end();
}

/** Nothing else is allowed: senders are told, and no stream is opened. */
async function bounces(ship: Side, shore: Side, line: BreakableLine, link: X2xLink): Promise<void> {
  const path = `/api/v1/x2x-links/${link.id}`;
  const before = (await linkOf(ship, link)).live?.connections[0]?.id;
  await ship.site.client.read(x2xLink, "PATCH", path, { fallsBack: false });
  await until("the link by its new terms", READY_MS, async () => {
    const [now, ...more] = (await linkOf(ship, link)).live?.connections ?? [];
    return now !== undefined && more.length === 0 && now.id !== before ? true : undefined;
  });
  const load = startLoad(ship, shore);
  await load.untilArrived(20);
  await line.breakDown("refused");
  await until("bounces", READY_MS, () => (load.bounced.size >= 20 ? true : undefined));
  const trace = await runTrace(ship.site.client, shore.name, { fresh: true });
  assert.equal(trace.xmpp, "unreachable", said(trace));
  assert.equal(trace.headline?.code, "x2x.refused", said(trace));
  assert.ok(trace.steps.every(({ attempts }) => attempts.every(({ kind }) => kind !== "dns")));
  assert.equal(await streamsOf(ship, shore), 0, "no stream is opened");
  await line.mend();
  await load.untilArrived(20);
  await load.end();
  assert.deepEqual([...new Set(load.conditions)], ["remote-server-timeout"]);
  assert.equal(await streamsOf(ship, shore), 0);
}

/** XEP-0361 §4.4: the second of two links carries it while the first is cut. */
async function failsOver(
  ship: Side,
  shore: Side,
  {
    line,
    other,
    link,
  }: { readonly line: BreakableLine; readonly other: BreakableLine; readonly link: X2xLink },
): Promise<void> {
  const load = startLoad(ship, shore);
  await load.untilArrived(20);
  await line.breakDown("refused");
  await untilCarried("the second link", other);
  await load.untilArrived(50);
  const meanwhile = await runTrace(ship.site.client, shore.name, { fresh: true });
  assert.equal(meanwhile.headline?.code, "agreed.second", said(meanwhile));
  await line.mend();
  await untilCarried("the first link again", line);
  const gone = other.carried();
  await load.untilArrived(50);
  await load.end();
  assert.ok(other.carried() - gone < FEW_BYTES, "the second link is not used any more");
  const after = await runTrace(ship.site.client, shore.name, { fresh: true });
  const winner = attemptsOf(stepOf(after, 1), "agreement").find((one) => one.winner);
  assert.equal(winner?.link.id, link.id, said(after));
  assert.equal(await streamsOf(ship, shore), 0);
}

/** More than what opening a connection takes. */
async function untilCarried(what: string, line: BreakableLine): Promise<void> {
  const before = line.carried();
  await until(what, READY_MS, () => (line.carried() - before > MANY_BYTES ? true : undefined));
}

interface Side {
  readonly site: NativeSite;
  /** Of its component. */
  readonly name: string;
  readonly send: (xml: string) => void;
  onArrival: (id: string) => void;
  onBounce: (id: string, condition: string) => void;
  readonly close: () => void;
}

async function startSide(world: World, domain: string): Promise<Side> {
  const site = await world.nativeSite(domain, { labels: ["load"] });
  const name = `load.${domain}`;
  const { secret } = await addHosted(site.client, { domainId: site.domainId, name });
  if (site.certificateId !== null) await useForXmpp(site.client, site.certificateId, [name]);
  const component = await until(`${name} to be attached`, READY_MS, () =>
    attachComponent({
      ...{ host: site.appliance.address, port: COMPONENT_PORT, name, secret },
      identities: ["component/generic"],
      onStanza: ({ name: kind, attributes: { id = "", type = "" }, children }) => {
        if (kind !== "message") return;
        const error = children.find((child) => child.name === "error");
        if (type === "error") side.onBounce(id, error?.children[0]?.name ?? "");
        else side.onArrival(id);
      },
    }),
  );
  const { send, close } = component;
  const side: Side = {
    ...{ site, name, send, close, onArrival: () => {}, onBounce: () => {} },
  };
  return side;
}

/** The loads that are under way. */
const loads = new Set<() => void>();

function stopLoads(): void {
  for (const stop of loads) stop();
  loads.clear();
}

/** Numbered messages from `ship` to `shore` at a steady pace, and what became of each. */
function startLoad(ship: Side, shore: Side) {
  const arrived: number[] = [];
  const bounced = new Set<number>();
  const conditions: string[] = [];
  let sent = 0;
  shore.onArrival = (id) => arrived.push(Number(id));
  ship.onBounce = (id, condition) => {
    assert.ok(!bounced.has(Number(id)), `${id} came back twice`);
    bounced.add(Number(id));
    conditions.push(condition);
  };
  const timer = setInterval(() => {
    ship.send(
      `<message id='${sent++}' from='${ship.name}' to='${shore.name}'><body>x</body></message>`,
    );
  }, EVERY_MS);
  loads.add(() => clearInterval(timer));
  return {
    bounced,
    conditions,
    async untilArrived(more: number) {
      const count = arrived.length + more;
      await until(`${more} more`, READY_MS, () => (arrived.length >= count ? true : undefined));
    },
    async untilSent(more: number) {
      const count = sent + more;
      await until(`${more} more to be sent`, READY_MS, () => (sent >= count ? true : undefined));
    },
    /** Each has arrived once, in order, or come back; what broke with a connection is counted and bounded. */
    async end() {
      clearInterval(timer);
      await until("the last one", READY_MS, () =>
        arrived.at(-1) === sent - 1 || bounced.has(sent - 1) ? true : undefined,
      );
      assert.deepEqual(
        arrived,
        arrived.toSorted((a, b) => a - b),
        `in order: ${arrived.filter((id, at) => id < (arrived[at - 1] ?? -1)).join(" ")} came late of ${sent}`,
      );
      assert.equal(new Set(arrived).size, arrived.length, "once");
      assert.deepEqual(
        arrived.filter((id) => bounced.has(id)),
        [],
        "never both",
      );
      const missing = sent - arrived.length - bounced.size;
      const counted = await unprovenOf(ship.site);
      assert.ok(missing <= counted, `${sent} sent, ${missing} missing, ${counted} counted`);
    },
  };
}

async function unprovenOf(site: NativeSite): Promise<number> {
  const { body } = await site.client.request("GET", "/metrics");
  return Number(/^wavegate_stanzas_unproven_total (\d+)$/m.exec(String(body))?.[1] ?? Number.NaN);
}

async function streamsOf(ship: Side, shore: Side): Promise<number> {
  const path = `/api/v1/streams?remote=${shore.name}&direction=out&state=open`;
  const { items } = await ship.site.client.read(streamPage, "GET", path);
  return items.length;
}

/** The ship connects, over the line; the shore takes it. */
async function agree(
  ship: Side,
  shore: Side,
  plan: {
    readonly name: string;
    readonly at: { readonly address: string; readonly port: number };
    readonly port?: number;
    readonly priority?: number;
    /** A stream may stand in. */
    readonly isBeside?: boolean;
  },
): Promise<X2xLink> {
  const { name, at, port = X2X_PORT, priority = 10, isBeside = false } = plan;
  const certificate = { by: "names" as const, pins: [] };
  const opens = { knownBy: "certificate" as const, addresses: [], port: null, hostName: null };
  const agreement: X2xAgreement = {
    ...{
      version: "0.3",
      security: "mutual_tls",
      compression: "none",
      connections: "shared",
      onInvalid: "close",
    },
    ...{ maxStanzaBytes: 65_536, keepaliveSeconds: null, idleSeconds: null, language: null },
    sides: [
      { domains: [ship.name, ship.site.domain], listens: null, opens, certificate },
      {
        domains: [shore.name, shore.site.domain],
        listens: { host: at.address, port: at.port },
        opens: null,
        certificate,
      },
    ],
  };
  const [ours, theirs] = agreement.sides;
  const terms = { name, priority, fallsBack: isBeside };
  await shore.site.client.read(x2xLink, "POST", "/api/v1/x2x-links", {
    ...terms,
    // It listens behind the line, whose far end is the agreed place.
    agreement: { ...agreement, sides: [{ ...theirs, listens: { host: at.address, port } }, ours] },
    listenAddress: shore.site.appliance.address,
  });
  const made = await ship.site.client.read(x2xLink, "POST", "/api/v1/x2x-links", {
    ...terms,
    agreement,
  });
  await until(`“${name}” to be up`, READY_MS, async () =>
    (await linkOf(ship, made)).live?.connections.length === 1 ? true : undefined,
  );
  return made;
}

async function linkOf(ship: Side, { id }: X2xLink): Promise<X2xLink> {
  return await ship.site.client.read(x2xLink, "GET", `/api/v1/x2x-links/${id}`);
}

function said({ findings, steps }: Trace): string {
  return JSON.stringify({ findings, steps: steps.map(({ status }) => status) });
}
