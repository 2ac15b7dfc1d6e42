import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { localDomain } from "#contract/domains.ts";
import { type X2xAgreement, x2xLink, type X2xLink } from "#contract/x2x.ts";
import { type Appliance, startAppliance } from "../../stack/appliance.ts";
import type { Client } from "../../stack/client.ts";
import { createHosts, type Host } from "../../stack/hosts.ts";
import { attachNatively, runPing } from "../../stack/operations.ts";
import { tailOf } from "../../stack/processes.ts";
import { until } from "../../stack/wait.ts";
import { isSaid } from "../link-words.ts";

/*
 * Run by scenario.ts in a network namespace of its own: what two hosts on a network show that loopback does not, such as a
 * port that rests (TIME_WAIT) after its use.
 */

const X2X_PORT = 5_271;
const SHIP_PORT = 40_073;
const SEEN_MS = 15_000;
/** TIME_WAIT takes a minute; then the next attempt. */
const RESTED_MS = 80_000;

interface End {
  readonly domain: string;
  readonly host: Host;
  readonly appliance: Appliance;
  readonly client: Client;
}

const [folder = assert.fail("a folder, please"), ...databases] = process.argv.slice(2);
const hosts = await createHosts(folder, ["ship", "shore"]);
// With timestamps (RFC 7323) Linux gives a port that rests to whoever binds it; not every system does, nor every peer has them.
for (const { enter } of hosts) {
  const [command = "", ...args] = enter;
  execFileSync(command, [...args, "sh", "-c", "echo 0 > /proc/sys/net/ipv4/tcp_timestamps"]);
}
const appliances: Appliance[] = [];
try {
  const ends = await Promise.all(hosts.map((host, index) => begin(host, index)));
  const [ship = assert.fail(), shore = assert.fail()] = ends;
  await tell(ship, shore);
  console.log("all as agreed");
} catch (error) {
  console.error(error);
  for (const { process: one } of appliances) console.error(tailOf(one.logFile, 20));
  process.exitCode = 1;
} finally {
  await Promise.all(appliances.map((appliance) => appliance.stop()));
  await Promise.all(hosts.map((host) => host.stop()));
}

async function begin(host: Host, index: number): Promise<End> {
  const domain = `${index === 0 ? "ship" : "shore"}37.example`;
  const { address, enter } = host;
  // We stand for the operator's own proxy: from elsewhere it takes no passwords in clear.
  // No name server: nothing of this is asked of DNS, and what else is gets an answer at once.
  const env = { TRUSTED_PROXIES: host.gateway };
  const dnsServers = ["127.0.0.1:5399"];
  const appliance = await startAppliance({
    ...{ folder, address, enter, env, dnsServers },
    databaseUrl: databases[index] ?? assert.fail("a database for each, please"),
  });
  appliances.push(appliance);
  const client = await appliance.setUp();
  await client.send("PATCH", "/api/v1/settings", {
    ...{ allowPrivateTargets: true, s2sAddress: host.address },
  });
  const { id: domainId } = await client.read(localDomain, "POST", "/api/v1/domains", { domain });
  await attachNatively(client, { domainId, name: domain, role: "plain" });
  return { domain, host, appliance, client };
}

async function tell(ship: End, shore: End): Promise<void> {
  const agreed = agreementOf(ship, shore);
  const link = await createPair(ship, shore, agreed);

  // the same port for each connection, at once after the one before: nobody lets it rest.
  for (let round = 1; round <= 3; round++) {
    await ping(ship, shore);
    const [one = assert.fail()] = await link.shows(shore, ["by_them"]);
    assert.deepEqual([one.address, one.port], [ship.host.address, SHIP_PORT]);
    await link.idle();
    for (const end of [ship, shore]) assert.equal((await link.of(end)).live?.lastError, null);
  }

  // from another address, from another port.
  await link.patch(ship, { bindAddress: ship.host.address.replace(/2$/, "3") });
  await ping(ship, shore, "not sent, or lost");
  await link.says(shore, "x2x.source_address");
  await link.says(ship, "x2x.turned_away");
  await link.patch(ship, { bindAddress: null, agreement: withPort(agreed, SHIP_PORT + 1) });
  await ping(ship, shore, "not sent, or lost");
  await link.says(shore, "x2x.source_port");
  await link.patch(ship, { agreement: agreed });
  await ping(ship, shore);

  // Ship dies with its connection open: its port rests for a minute, which is said, and the link is back by itself.
  await link.agree({ ...agreed, idleSeconds: null });
  await ping(ship, shore);
  await ship.appliance.kill();
  await ship.appliance.start();
  const { lastError } = await link.says(ship, "x2x.source_failed");
  assert.equal(lastError?.params["errno"], "EADDRNOTAVAIL");
  await until("the link to be back", RESTED_MS, async () =>
    (await link.of(ship)).live?.state === "up" ? true : undefined,
  );
  await ping(shore, ship);
  const [again = assert.fail()] = await link.shows(shore, ["by_them"]);
  assert.equal(again.port, SHIP_PORT);

  // either side opens, each on a connection of its own.
  const either = eitherOpens(agreed, ship, shore);
  await link.agree({ ...either, connections: "own", idleSeconds: 10 });
  await ping(ship, shore);
  await ping(shore, ship);
  for (const end of [ship, shore]) await link.shows(end, ["by_them", "by_us"]);
  // either side, both at once; what each has opened, it uses, and the other side sees the same.
  await link.agree({ ...either, idleSeconds: 1 });
  for (let round = 1; round <= 5; round++) {
    await Promise.all([ping(ship, shore), ping(shore, ship)]);
    await link.idle();
  }
  // the first draft ends without a word, and nobody calls that a loss.
  await link.agree({ ...either, idleSeconds: 1, version: "0.0.1" });
  for (let round = 1; round <= 2; round++) {
    await ping(ship, shore);
    await ping(shore, ship);
    await link.idle();
  }
  for (const end of [ship, shore]) assert.equal((await link.of(end)).live?.lastError, null);

  // reverse DNS that nobody vouches for.
  await link.agree(byReverseDns(agreed));
  await ping(ship, shore, "not sent, or lost");
  await link.says(shore, "x2x.reverse_dns_insecure");
}

function agreementOf(ship: End, shore: End): X2xAgreement {
  return {
    ...{
      version: "0.3",
      security: "plain",
      connections: "shared",
      onInvalid: "close",
      compression: "none",
    },
    ...{ maxStanzaBytes: 65_536, keepaliveSeconds: null, idleSeconds: 3, language: null },
    sides: [
      {
        domains: [ship.domain],
        listens: null,
        opens: {
          ...{ knownBy: "address_and_port", addresses: [ship.host.address] },
          ...{ port: SHIP_PORT, hostName: null },
        },
        certificate: null,
      },
      {
        domains: [shore.domain],
        listens: { host: shore.host.address, port: X2X_PORT },
        ...{ opens: null, certificate: null },
      },
    ],
  };
}

function withPort(agreed: X2xAgreement, port: number): X2xAgreement {
  return changed(agreed, (opens) => ({ ...opens, port }));
}

function byReverseDns(agreed: X2xAgreement): X2xAgreement {
  return changed(agreed, () => ({
    ...{ knownBy: "reverse_dns", addresses: [], port: null, hostName: "ship37.example" },
  }));
}

type Opens = NonNullable<X2xAgreement["sides"][number]["opens"]>;
function changed(agreed: X2xAgreement, change: (opens: Opens) => Opens): X2xAgreement {
  const [ship, shore] = agreed.sides;
  const opens = change(ship.opens ?? assert.fail());
  return { ...agreed, sides: [{ ...ship, opens }, shore] };
}

/** Known by address alone: in the draft whoever closes lets its port rest. */
function eitherOpens(agreed: X2xAgreement, ship: End, shore: End): X2xAgreement {
  const side = ({ domain, host: { address } }: End) => ({
    domains: [domain],
    listens: { host: address, port: X2X_PORT },
    opens: { knownBy: "address" as const, addresses: [address], port: null, hostName: null },
    certificate: null,
  });
  return { ...agreed, sides: [side(ship), side(shore)] };
}

function flip(agreed: X2xAgreement): X2xAgreement {
  const [one, other] = agreed.sides;
  return { ...agreed, sides: [other, one] };
}

/** The link on both appliances. */
async function createPair(ship: End, shore: End, agreed: X2xAgreement) {
  const halfOf = (end: End, whole: X2xAgreement) => (end === ship ? whole : flip(whole));
  const ids = new Map<End, string>();
  for (const end of [ship, shore]) {
    const { id } = await end.client.read(x2xLink, "POST", "/api/v1/x2x-links", {
      ...{ name: "radio", consent: "radio", agreement: halfOf(end, agreed) },
    });
    ids.set(end, id);
  }
  const pathOf = (end: End) => `/api/v1/x2x-links/${ids.get(end) ?? assert.fail()}`;
  const of = (end: End): Promise<X2xLink> => end.client.read(x2xLink, "GET", pathOf(end));

  const pair = {
    of,
    /** One side alone: the other holds another agreement then. */
    async patch(end: End, more: { bindAddress?: string | null; agreement?: X2xAgreement }) {
      await end.client.send("PATCH", pathOf(end), { ...more, consent: "radio" });
      await pair.isSetUp(end);
    },
    async agree(next: X2xAgreement): Promise<void> {
      for (const end of [shore, ship]) await pair.patch(end, { agreement: halfOf(end, next) });
    },
    /** Written after the terms that it was asked for. */
    isSetUp: (end: End) =>
      until("the link to be set up", SEEN_MS, async () => {
        const { live, updatedAt } = await of(end);
        return live !== null && live.since >= updatedAt ? true : undefined;
      }),
    says: (end: End, code: string) =>
      until(`${end.domain} to say ${code}`, SEEN_MS, async () => {
        const { live } = await of(end);
        if (live !== null && isSaid(live, code)) return live;
        throw new Error(`it says ${JSON.stringify(live)}`);
      }),
    /** Waits until it is written that these connections are open. */
    shows: (end: End, opened: readonly string[]) =>
      until(`${end.domain} to show its connections`, SEEN_MS, async () => {
        const { live } = await of(end);
        const seen = live?.connections.map((one) => one.opened).toSorted() ?? [];
        assert.deepEqual(seen, opened);
        return live?.connections;
      }),
    async idle(): Promise<void> {
      for (const end of [ship, shore])
        await until(`${end.domain} to have closed`, SEEN_MS, async () =>
          (await of(end)).live?.connections.length === 0 ? true : undefined,
        );
    },
  };
  for (const end of [ship, shore]) await pair.isSetUp(end);
  return pair;
}

/** Over XMPP, from the domain of one to that of the other. */
async function ping(from: End, to: End, outcome: "answered" | "not sent, or lost" = "answered") {
  const { xmpp } = await runPing(from.client, to.domain);
  if (outcome === "answered") assert.equal(xmpp.status, "answered", JSON.stringify(xmpp));
  else assert.notEqual(xmpp.status, "answered", JSON.stringify(xmpp));
}
