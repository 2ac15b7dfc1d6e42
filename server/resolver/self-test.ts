import { networkInterfaces } from "node:os";
import { findings as catalogue } from "#contract/findings.ts";
import type { OwnDial, RecordCard, SeenRecords, SelfTest } from "#contract/self-tests.ts";
import type { Finding, PresentedCertificate } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { toFinding } from "#protocol/resolution/diagnosis.ts";
import { classifyAddress, parseIpAddress } from "#protocol/resolution/ip-address.ts";
import { note } from "#protocol/resolution/notes.ts";
import type { Advertised } from "#protocol/resolution/own-records.ts";
import { parseSrvData } from "#protocol/resolution/srv.ts";
import { prefixDomain, parseDomain } from "#protocol/xmpp/address.ts";
import {
  type CertificateRow,
  listCertificates,
  listXmppCertificates,
} from "#store/certificates.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { findDomain, storeRecordsPublished, type DomainRow } from "#store/domains.ts";
import { type LinkRow, type LinkWithState, listLinks } from "#store/links.ts";
import { readSettings } from "#store/settings.ts";
import type { StanzaCarrier } from "./carrier.ts";
import type { Clock } from "./clock.ts";
import type { Connector } from "./connect.ts";
import { createDnsResolver, type DnsResolver, type DnsServer } from "./dns.ts";
import { dialOwn, type OwnDialled, type OwnPlace } from "./own-dial.ts";
import { discoverOwn } from "./own-discovery.ts";
import { buildCards } from "./record-cards.ts";
import type { TraceSettings } from "./trace-settings.ts";

export interface SelfTests {
  /** Tests one of our own domains, or one name of it that we federate; null when there is none of that id or name. */
  readonly test: (domainId: string, name?: string) => Promise<SelfTest | null>;
}

export interface SelfTestDeps {
  readonly db: Database;
  readonly changes: Pick<Changes, "emit">;
  readonly dns: DnsResolver;
  readonly connector: Connector;
  readonly carrier: StanzaCarrier;
  readonly primitives: Primitives;
  readonly settings: TraceSettings;
  readonly clock: Clock;
  /** Reads `address:port` of an outside resolver; null when it is none. */
  readonly parseServer: (text: string) => DnsServer | null;
  /** Addresses of this machine; default: its network interfaces'. */
  readonly ownAddresses?: () => readonly string[];
}

const outsideTimeoutMs = 4_000;

export function createSelfTests(deps: SelfTestDeps): SelfTests {
  const { db, clock, connector } = deps;

  /** `asked`: one name alone; null: the domain as a whole. */
  async function run(
    row: DomainRow,
    links: readonly LinkWithState[],
    asked: LinkRow | null,
  ): Promise<SelfTest> {
    const { domain } = row;
    const at = new Date(clock.now()).toISOString();
    await deps.settings.read();
    const discovery = await discoverOwn(domain, deps);
    const wanted = wantedFor(row, discovery.jid, links);
    const ours = asked ?? ownLink(row, links);
    const name = ours?.name ?? domain;
    const place = await insidePlace(row, links, ours);
    const outside = outsideResolver();
    const own = (deps.ownAddresses ?? publicAddresses)();
    const cardDeps = { inside: deps.dns, outside, own };
    const [cards, ofDomain, inside, stored] = await Promise.all([
      buildCards(wanted, cardDeps),
      // Who answers for the domain today is told, whoever keeps it.
      asked === null && wanted.isDomainElsewhere
        ? buildCards({ ...wanted, isDomainElsewhere: false, others: [] }, cardDeps)
        : null,
      dialAt(place, ours, name),
      listCertificates(db),
    ]);
    const certificates = await judgeOwn(
      inside,
      asked !== null || wanted.isDomainElsewhere ? [name] : [domain, wanted.waveName],
    );
    const served = servedOld(inside.dial, certificates, stored, name);
    await keepPublished(
      row,
      cards.every(
        ({ status, isAdvised }) => status === "ok" || (isAdvised && status === "missing"),
      ),
    );
    const advertised = wanted.others.find((one) => one.name === name) ?? wanted;
    const outsideDialled = await dialOutside(
      seenAddress(cards, advertised.host) ?? wanted.addresses[0] ?? null,
      { ...advertised, name },
      wanted,
    );
    const of = asked?.name ?? domain;
    const answering = await dialAnswering(ofDomain ?? cards, { of, wanted }, outsideDialled);
    const isHeard = cards.some(({ seen }) => seen.some(isOutsideAnswer));
    return {
      domainId: row.id,
      domain,
      name,
      at,
      discovery,
      rule: wanted.rule,
      waveName: wanted.waveName,
      outsideResolvers: [...outside.servers],
      cards,
      advertised: {
        host: advertised.host,
        port: advertised.port,
        addresses: [...wanted.addresses],
      },
      forward: forwardOf(row, advertised.port, place.port),
      firewallPort: place.port,
      inside: inside.dial,
      outside: outsideDialled.dial,
      answering: {
        ...answering.dial,
        // For another name another certificate may be shown, by whoever it is.
        isOurs: of === name ? isSameLeaf(answering.chain, inside.chain) : null,
      },
      certificates,
      findings: distinct([
        ...cards.flatMap(({ message }) => message ?? []),
        ...(inside.dial.message === null ? [] : [inside.dial.message]),
        ...certificates.flatMap((certificate) => certificate.findings),
        ...(served === null ? [] : [served]),
      ]),
      unknowable: isHeard ? ["hairpin"] : ["hairpin", "outside_resolvers"],
    };
  }

  function wantedFor(
    row: DomainRow,
    jid: string | null,
    links: readonly LinkWithState[],
  ): Advertised {
    const { domain } = row;
    const shared = { host: row.advertisedHost ?? domain, port: row.advertisedPort };
    const native = links.flatMap(({ link }) => (link.kind === "component" ? [] : [link]));
    const own = native.find(({ name }) => name === domain);
    const here = own === undefined ? { ...shared, directTlsPort: null } : placeOf(own, shared);
    const parsed = parseDomain(domain, deps.primitives);
    const guess = parsed.ok ? prefixDomain("wave", parsed.value.ascii, deps.primitives) : null;
    return {
      domain,
      waveName: jid ?? guess ?? domain,
      rule: jid === null ? 4 : jid === domain ? 2 : 3,
      ...here,
      addresses: row.advertisedAddresses,
      others: native
        .filter(({ name }) => name !== domain)
        .map((link) => ({ name: link.name, ...placeOf(link, shared) })),
      isDomainElsewhere: own === undefined && ownLink(row, links) !== null,
    };
  }

  function outsideResolver(): DnsResolver {
    const texts = deps.settings.current().outsideResolvers;
    const servers = texts.flatMap((text) => deps.parseServer(text) ?? []);
    return createDnsResolver({ servers, clock, timeoutMs: outsideTimeoutMs });
  }

  /** Where our own ports are, or the domain's server: as set, else the host that our component dials. */
  async function insidePlace(
    row: DomainRow,
    links: readonly LinkWithState[],
    ours: LinkRow | null,
  ): Promise<OwnPlace> {
    if (ours !== null) {
      const { s2sAddress, s2sPort } = await readSettings(db);
      const { ownPorts } = ours;
      const address = (ownPorts?.port == null ? null : ownPorts.address) ?? s2sAddress;
      const isAny = address === "::" || address === "0.0.0.0";
      const host = isAny ? "127.0.0.1" : address;
      return { host, port: ownPorts?.port ?? s2sPort ?? row.insidePort, address: null };
    }
    const dialled = links.find(({ link }) => link.kind === "component")?.link.host;
    const host = row.insideHost ?? dialled ?? "127.0.0.1";
    return { host, port: row.insidePort, address: null };
  }

  /** At our own ports want of a certificate is the cause of whatever else fails. */
  async function dialAt(place: OwnPlace, ours: LinkRow | null, name: string): Promise<OwnDialled> {
    const dialled = await dialOwn(place, name, deps);
    if (ours === null || dialled.dial.message === null) return dialled;
    const certified = await listXmppCertificates(db);
    if (certified.some((one) => one.name === name)) return dialled;
    const message: Finding = {
      ...{ code: "setup.no_certificate", params: { domain: name } },
      ...{ owner: "us", severity: "error" },
    };
    return { ...dialled, dial: { ...dialled.dial, message } };
  }

  /** Only a public address, or one that we advertise ourselves: see the dial policy. */
  async function dialOutside(
    address: string | null,
    { host, port, name }: { host: string; port: number; name: string },
    wanted: Advertised,
  ): Promise<OwnDialled> {
    const parsed = address === null ? null : parseIpAddress(address);
    const isAllowed =
      parsed !== null &&
      (classifyAddress(parsed) === "public" ||
        wanted.addresses.includes(parsed.text) ||
        deps.settings.current().allowPrivateTargets);
    if (parsed === null || !isAllowed) {
      const untried = { isReached: false, durationMs: null, message: null };
      return { dial: { host, port, address, ...untried }, chain: [] };
    }
    return dialOwn({ host, port, address: parsed.text }, name, deps);
  }

  /** Whoever others reach now, as DNS outside has it, not as it should have. */
  async function dialAnswering(
    cards: readonly RecordCard[],
    { of, wanted }: { readonly of: string; readonly wanted: Advertised },
    outside: OwnDialled,
  ): Promise<OwnDialled> {
    const name = `_xmpp-server._tcp.${of}`;
    const seen = cards.find((card) => card.name === name)?.seen.filter(isOutsideAnswer) ?? [];
    const targets = seen
      .flatMap(({ records }) => records.flatMap(({ data }) => parseSrvData(data) ?? []))
      .toSorted((a, b) => a.priority - b.priority);
    const { target: host, port } = targets[0] ?? { target: of, port: 5269 };
    const address = seenAddress(cards, host);
    const { dial } = outside;
    if (host === dial.host && port === dial.port && address === dial.address) return outside;
    return dialOutside(address, { host, port, name: of }, wanted);
  }

  async function judgeOwn(
    inside: OwnDialled,
    names: readonly string[],
  ): Promise<PresentedCertificate[]> {
    if (inside.chain.length === 0) return [];
    const now = new Date(clock.now());
    return Promise.all(
      [...new Set(names)].map((reference) =>
        connector.judge({ chain: inside.chain, reference, now, owner: "us" }),
      ),
    );
  }

  /** Whether the records are as they should be stays with the domain, for who cannot ask outside each time. */
  async function keepPublished(row: DomainRow, isPublished: boolean): Promise<void> {
    if (isPublished === (row.recordsPublishedAt !== null)) return;
    await storeRecordsPublished(db, row.id, isPublished ? new Date(clock.now()) : null);
    await deps.changes.emit(db, `domains/${row.id}`);
  }

  /**
   * The newest certificate that we hold for the domain is another than the port serves: a reload that was
   * forgotten, or a second one that is as good.
   */
  function servedOld(
    inside: OwnDial,
    certificates: readonly PresentedCertificate[],
    stored: readonly CertificateRow[],
    domain: string,
  ): Finding | null {
    const [shown] = certificates;
    const served = shown?.chain[0]?.fingerprintSha256;
    const now = clock.now();
    const ours = stored.find((row) => row.notAfter.getTime() > now && covers(row.names, domain));
    if (shown === undefined || served === undefined) return null;
    if (ours === undefined || ours.fingerprint === served) return null;
    const isAccepted =
      shown.trusted &&
      shown.nameMatch !== null &&
      shown.findings.every(({ severity }) => severity === "info");
    const place = `${inside.host}:${inside.port}`;
    const params = { domain, stored: ours.fingerprint, served, place };
    return toFinding(note(isAccepted ? "cert.served_other" : "cert.served_old", params), catalogue);
  }

  return {
    async test(domainId, name) {
      const row = await findDomain(db, domainId);
      if (row === null) return null;
      const links = await listLinks(db, { domainIds: [row.id] });
      if (name === undefined) return run(row, links, null);
      const asked = links.find(({ link }) => link.kind !== "component" && link.name === name);
      return asked === undefined ? null : run(row, links, asked.link);
    },
  };
}

/**
 * The link whose name is dialled on our own ports: the domain's, if we federate it ourselves, or the first beside a
 * server that keeps the domain without us; null: our component's server has them.
 */
function ownLink({ domain }: DomainRow, links: readonly LinkWithState[]): LinkRow | null {
  const native = links.flatMap(({ link }) => (link.kind === "component" ? [] : [link]));
  const own = native.find(({ name }) => name === domain);
  if (own !== undefined) return own;
  return native.length === links.length ? (native[0] ?? null) : null;
}

/** What others should dial for a name of our own: as set for it, else its own port, else as for the domain. */
function placeOf(
  { host, port, ownPorts }: LinkRow,
  shared: { readonly host: string; readonly port: number },
): { readonly host: string; readonly port: number; readonly directTlsPort: number | null } {
  const usual = host === null ? shared.port : 5269;
  return {
    host: host ?? shared.host,
    port: (host === null ? null : port) ?? ownPorts?.port ?? usual,
    directTlsPort: ownPorts?.directTlsPort ?? null,
  };
}

/** Where the outside is led to. */
function seenAddress(cards: readonly RecordCard[], host: string): string | null {
  const target = cards.find(({ kind, name }) => kind === "address" && name === host);
  const seen = (target?.seen ?? []).filter(({ isOutside }) => isOutside);
  const found = seen.flatMap(({ type, records }) => records.filter((one) => one.type === type));
  return found[0]?.data ?? null;
}

/** The Wave documents' NAT example: what comes to the advertised port goes to the server inside. */
function forwardOf(
  { insideHost }: DomainRow,
  outsidePort: number,
  insidePort: number,
): SelfTest["forward"] {
  if (insideHost === null && insidePort === outsidePort) return null;
  return { outsidePort, insideHost: insideHost ?? "127.0.0.1", insidePort };
}

/** Null: at least one of them shows none. */
function isSameLeaf(one: readonly Uint8Array[], other: readonly Uint8Array[]): boolean | null {
  const [leaf, otherLeaf] = [one[0], other[0]];
  return leaf === undefined || otherLeaf === undefined
    ? null
    : Buffer.compare(leaf, otherLeaf) === 0;
}

function isOutsideAnswer({ isOutside, outcome }: SeenRecords): boolean {
  return isOutside && outcome !== "timeout" && outcome !== "unreachable";
}

/** Exact, or by a wildcard of one label. */
function covers(names: readonly string[], domain: string): boolean {
  const parent = domain.slice(domain.indexOf("."));
  return names.some((name) => name === domain || name === `*${parent}`);
}

function publicAddresses(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.flatMap(({ address }) => {
    const parsed = parseIpAddress(address);
    return parsed !== null && classifyAddress(parsed) === "public" ? [parsed.text] : [];
  });
}

function distinct(found: readonly Finding[]): Finding[] {
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}
