import { randomBytes } from "node:crypto";
import type { Finding, PingResult } from "#contract/traces.ts";
import type { LinkTest } from "#contract/links.ts";
import type { Settings } from "#contract/settings.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { findDomain, storeLastPing } from "#store/domains.ts";
import { type LinkRow, listAttachments, listLocalAddresses } from "#store/links.ts";
import {
  findLeaseHolder,
  listLiveNodes,
  NODE_LEASE_MS,
  releaseLease,
  renewLeases,
  takeLease,
} from "#store/nodes.ts";
import { readSettings } from "#store/settings.ts";
import type { Vault } from "#store/vault.ts";
import { type Attachment, configOf, keyOf, sealedOf, secretOf } from "./attachment.ts";
import { testAttachment } from "./attachment-test.ts";
import type { ComponentLimits } from "./component.ts";
import { createHostedLinks, type HostedLinks } from "./component-host/hosted-links.ts";
import { type ComponentLinkTimes, createComponentLink } from "./component-link.ts";
import { createFollower } from "./follower.ts";
import { linkFinding } from "./findings.ts";
import { leaseNameOf } from "./lease-name.ts";
import { createLedger } from "./ledger.ts";
import type { LinkStatus, ManagedLink } from "./link.ts";
import { hostedTerms, nativeTerms } from "./native-terms.ts";
import type { FederationPolicy } from "./policy.ts";
import { createRouter, type LocalAddress, type Router } from "./router.ts";
import type { S2s, S2sServices } from "./s2s/engine.ts";
import { createS2s } from "./s2s/s2s.ts";
import { createTrafficCounters, type Totals } from "./traffic.ts";
import { type AgreedLinks, createAgreedLinks, type X2xServices } from "./x2x/agreed-links.ts";

/** The links of this appliance: those whose lease it holds, and the router over them. */
export interface Links {
  /** Asked for a source, it prefers a name that reaches the domain by agreement. */
  readonly router: Router;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Attaches once, from address to disco of our own server; null when there is no such link. */
  readonly test: (linkId: string) => Promise<LinkTest | null>;
  /** Ends the wait before a link's next attempt; false when it is not held here. */
  readonly retry: (linkId: string) => boolean;
  /** Links held here, and all that passed over them: for metrics. */
  readonly statuses: () => readonly { readonly name: string; readonly status: LinkStatus }[];
  readonly totals: () => Readonly<Totals>;
  /** Live server-to-server streams of this appliance, for the dashboard; null without native links. */
  readonly native: Omit<
    S2s,
    | "attach"
    | "configure"
    | "recheck"
    | "stop"
    | "linkOf"
    | "fallBack"
    | "leave"
    | "loginCost"
    | "taps"
  > | null;
  /** What is connected to our hosted components; null without native links. */
  readonly hosted: Pick<HostedLinks, "isHeld" | "instances" | "closeInstance"> | null;
  /** Links by agreement (XEP-0361) that this appliance holds; null without native links. */
  readonly x2x: Pick<
    AgreedLinks,
    "hurry" | "statuses" | "unproven" | "bombs" | "linksOf" | "cross" | "namesFor"
  > | null;
}

export interface LinksDeps {
  readonly db: Database;
  readonly vault: Pick<Vault, "open">;
  readonly changes: Changes;
  readonly policy: FederationPolicy;
  readonly primitives: Primitives;
  readonly nodeId: string;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
  /** Pings a domain's ping target; called on every (re)attachment. */
  readonly ping?: (domain: string) => Promise<PingResult>;
  /** For names that we federate ourselves; without it there are none. */
  readonly s2s?: S2sServices & { readonly x2x?: X2xServices };
  readonly limits?: ComponentLimits;
  readonly times?: ComponentLinkTimes;
  readonly leaseMs?: number;
  readonly flushMs?: number;
}

interface Held {
  readonly link: ManagedLink;
  /** Changes when the link must be made anew. */
  readonly key: string;
  /** Its secret as it is stored, for the same question of a hosted component, whose streams outlive a new one. */
  readonly sealed: string;
  readonly domainId: string;
}

/**
 * Follows the database: attaches every enabled link whose lease is free, drops what was changed,
 * disabled or deleted, and hands a link over when this appliance can no longer say that it lives. As
 * long as no other appliance was seen, an outage of the database does not cost the links.
 */
export function createLinks(deps: LinksDeps): Links {
  const { db, changes, nodeId, now, onError, primitives } = deps;
  const leaseMs = deps.leaseMs ?? NODE_LEASE_MS;
  const traffic = createTrafficCounters();
  const ledger = createLedger({ ...deps, traffic, leaseMs });
  const router = createRouter({
    nodeId,
    primitives,
    policy: deps.policy,
    traffic,
    now,
    onReachability: ledger.reachabilityNoted,
    onError,
    host: (name, stanza) => hosted?.deliver(name, stanza) ?? "absent",
  });
  const s2s: S2s | null =
    deps.s2s === undefined
      ? null
      : createS2s({
          ...deps.s2s,
          primitives,
          policy: deps.policy,
          now,
          random: Math.random,
          onStanza: router.receive,
          onRefused: router.receiveRefused,
          onBounce: router.bounce,
          onRoute: ledger.routeChanged,
          onRejected: ledger.claimRejected,
          onBug: onError,
          agreed: (local, remote, stanza, xml) => x2x?.send(local, remote, stanza, xml) ?? "none",
        });
  const certificates = deps.s2s?.certificates;
  const hosted: HostedLinks | null =
    certificates === undefined
      ? null
      : createHostedLinks({
          primitives,
          router,
          tls: () => certificates.serverOptions({ security: "starttls", name: null }),
          newId: () => randomBytes(16).toString("base64url"),
          now,
          onBug: onError,
        });
  const x2x: AgreedLinks | null =
    deps.s2s?.x2x === undefined || s2s === null
      ? null
      : createAgreedLinks({
          ...deps.s2s,
          ...deps.s2s.x2x,
          ...{ db, changes, nodeId, leaseMs, primitives, router, now, onError },
          linkOf: s2s.linkOf,
          taps: s2s.taps,
          fallBack: s2s.fallBack,
          loginCost: s2s.loginCost,
          leaveStream: (local, remote) => s2s.leave(local as Domain, remote as Domain),
          onMoved: namesMoved,
        });
  const held = new Map<string, Held>();
  const testing = new Set<string>();
  let addresses: LocalAddress[] = [];
  let settingsNow: Settings | null = null;
  let rows: readonly LinkRow[] = [];
  let isAlone = true;
  let renewedAt = performance.now();
  let isStopped = false;
  let timer: NodeJS.Timeout | null = null;
  let rechecking: NodeJS.Timeout | null = null;
  let unsubscribe: () => void = () => {};

  const follower = createFollower(followDatabase, onError);

  async function followDatabase(): Promise<void> {
    const [attachments, local] = await Promise.all([listAttachments(db), listLocalAddresses(db)]);
    addresses = local.flatMap(({ name, role, linkId }) =>
      linkId === null ? [] : [{ name: name as Domain, role, linkId }],
    );
    const targets = new Map(attachments.map((one) => [one.link.id, one]));
    rows = attachments.map(({ link }) => link);
    await openPorts();
    for (const [id, entry] of [...held]) {
      const target = targets.get(id);
      const isElsewhere = target !== undefined && !mayServe(target);
      if (target === undefined || isElsewhere || keyOf(target) !== entry.key)
        await release(id, target === undefined || isElsewhere);
    }
    for (const [id, target] of targets) {
      followSecret(target);
      if (held.has(id) || testing.has(id) || isStopped) continue;
      if (target.link.kind !== "component" && s2s === null) continue;
      if (!mayServe(target)) continue;
      const expiresAt = new Date(now().getTime() + leaseMs);
      if (!(await takeLease(db, { name: leaseNameOf(id), nodeId, now: now(), expiresAt })))
        continue;
      await ledger.linkTaken(id);
      try {
        hold(target);
      } catch (error) {
        // A secret that does not open costs its own link, not the others.
        onError(error);
      }
    }
    publish();
  }

  /** A name that an X2X link speaks for is served where that link is. */
  function mayServe({ link }: { readonly link: Pick<LinkRow, "kind" | "name"> }): boolean {
    return link.kind === "component" || x2x === null || x2x.mayServe(link.name);
  }

  /** Also while the database, which the follower asks, is away. */
  function namesMoved(): void {
    for (const [id, entry] of [...held]) if (!mayServe(entry)) release(id, true).catch(onError);
    follower.wake();
  }

  /** A new secret of a hosted component is its own connections' matter, not that of streams with other servers. */
  function followSecret({ link: row }: Attachment): void {
    const entry = held.get(row.id);
    if (entry === undefined || row.kind !== "hosted" || entry.sealed === sealedOf(row)) return;
    held.set(row.id, { ...entry, sealed: sealedOf(row) });
    try {
      hosted?.useSecret(row.id, secretOf(row, deps.vault));
    } catch (error) {
      onError(error);
    }
  }

  function hold(target: Attachment): void {
    const { link: row, domainId } = target;
    const onStatus = (status: LinkStatus) => statusChanged(row.id, domainId, status);
    const link =
      row.kind === "component" ? dialLink(target, onStatus) : nativeLink(row, row.kind, onStatus);
    if (link === null) return;
    held.set(row.id, { link, key: keyOf(target), sealed: sealedOf(row), domainId });
    publish();
    link.start();
  }

  function dialLink(target: Attachment, onStatus: (status: LinkStatus) => void): ManagedLink {
    const link = createComponentLink({
      id: target.link.id,
      config: configOf(target, deps.vault),
      primitives,
      ...(deps.limits === undefined ? {} : { limits: deps.limits }),
      ...(deps.times === undefined ? {} : { times: deps.times }),
      now,
      random: Math.random,
      onStanza: (stanza, sizeBytes) => router.receive(link, stanza, sizeBytes),
      onRefused: (head, sizeBytes) => router.receiveRefused(link, head, sizeBytes),
      onBug: onError,
      onStatus,
    });
    return link;
  }

  function nativeLink(
    row: LinkRow,
    kind: "s2s" | "hosted",
    onStatus: (status: LinkStatus) => void,
  ): ManagedLink | null {
    if (s2s === null || hosted === null) return null;
    const { id, name } = row;
    if (kind === "s2s") return s2s.attach({ id, kind, name: name as Domain, onStatus });
    return hosted.attach(
      (onNative) => s2s.attach({ id, kind, name: name as Domain, onStatus: onNative }),
      secretOf(row, deps.vault),
      onStatus,
    );
  }

  async function followSettings(): Promise<void> {
    const settings = await readSettings(db);
    hosted?.follow(hostedTerms(settings));
    settingsNow = settings;
    await openPorts();
  }

  async function openPorts(): Promise<void> {
    if (settingsNow === null) return;
    await s2s?.configure(nativeTerms(settingsNow, rows));
  }

  /** After those who keep the terms have read them anew. */
  function recheckSoon(): void {
    if (rechecking !== null) return;
    rechecking = setTimeout(() => {
      rechecking = null;
      s2s?.recheck().catch(onError);
      x2x?.recheck();
    }, RECHECK_MS);
    rechecking.unref();
  }

  function statusChanged(linkId: string, domainId: string, status: LinkStatus): void {
    ledger.linkChanged(linkId, status);
    if (status.state === "attached") void pingTarget(domainId).catch(onError);
    else router.linkLost(linkId);
  }

  async function pingTarget(domainId: string): Promise<void> {
    const domain = await findDomain(db, domainId);
    if (deps.ping === undefined || domain === null || domain.pingTarget === null) return;
    const result = await deps.ping(domain.pingTarget);
    await storeLastPing(db, domainId, result);
    await changes.emit(db, "domains");
  }

  async function release(linkId: string, isGone: boolean): Promise<void> {
    const entry = held.get(linkId);
    if (entry === undefined) return;
    held.delete(linkId);
    publish();
    await entry.link.stop();
    if (!isGone) return;
    await releaseLease(db, leaseNameOf(linkId), nodeId);
    await ledger.linkReleased(linkId);
  }

  function publish(): void {
    router.configure(
      [...held.values()].map((entry) => entry.link),
      addresses,
    );
  }

  /** Renews what is held; what another appliance has taken meanwhile is dropped. */
  async function renew(): Promise<void> {
    const ids = [...held.keys(), ...testing];
    const expiresAt = new Date(now().getTime() + leaseMs);
    const kept = new Set(await renewLeases(db, { names: ids.map(leaseNameOf), nodeId, expiresAt }));
    const nodes = await listLiveNodes(db, new Date(now().getTime() - NODE_LEASE_MS));
    isAlone = nodes.every((node) => node.id === nodeId);
    renewedAt = performance.now();
    for (const id of ids) if (!kept.has(leaseNameOf(id)) && held.has(id)) await release(id, false);
    await ledger.renew([...held.keys()]);
  }

  async function pulse(): Promise<void> {
    try {
      await renew();
      follower.wake();
    } catch (error) {
      onError(error);
      // Unable to renew for a whole lease: another appliance may attach now, if there is one.
      if (!isAlone && performance.now() - renewedAt >= leaseMs)
        for (const id of [...held.keys()]) await release(id, false).catch(onError);
    }
    if (!isStopped) timer = setTimeout(() => void pulse(), leaseMs / 3);
  }

  /** A link that is not attached makes way for the test, and is kept again afterwards. */
  async function test(linkId: string): Promise<LinkTest | null> {
    const target = (await listAttachments(db, { anyState: true })).find(
      (one) => one.link.id === linkId,
    );
    if (target === undefined) return null;
    if (target.link.kind !== "component") return null;
    const config = configOf(target, deps.vault);
    const entry = held.get(linkId);
    const running =
      entry?.link.status().state === "attached" && entry.key === keyOf(target) ? entry.link : null;
    const how = { config, router, primitives, limits: deps.limits };
    if (running !== null) return testAttachment({ ...how, running });
    const expiresAt = new Date(now().getTime() + leaseMs);
    if (testing.has(linkId)) return busy(nodeId);
    testing.add(linkId);
    try {
      if (!(await takeLease(db, { name: leaseNameOf(linkId), nodeId, now: now(), expiresAt })))
        return busy((await findLeaseHolder(db, leaseNameOf(linkId))) ?? "");
      await release(linkId, false);
      return await testAttachment({ ...how, running: null });
    } finally {
      testing.delete(linkId);
      if (!target.link.isEnabled)
        await releaseLease(db, leaseNameOf(linkId), nodeId).catch(onError);
      follower.wake();
    }
  }

  /** Where several names could ask, one that the agreement is for: another one would take a stream. */
  function sourceFor(domain: string): ReturnType<Router["sourceFor"]> {
    const usual = router.sourceFor(domain);
    const agreed = x2x?.namesFor(domain) ?? [];
    if (!usual.ok || agreed.includes(usual.from)) return usual;
    for (const name of agreed) {
      const link = s2s?.linkOf(name as Domain) ?? null;
      if (link?.status().state === "attached") return { ok: true, from: name, linkId: link.id };
    }
    return usual;
  }

  return {
    router: { ...router, sourceFor },
    test,
    retry(linkId) {
      const entry = held.get(linkId);
      entry?.link.hurry();
      return entry !== undefined;
    },
    totals: traffic.totals,
    native: s2s,
    hosted,
    x2x,
    statuses: () =>
      [...held.values()].map(({ link }) => ({ name: link.name, status: link.status() })),
    async start() {
      await ledger.start();
      unsubscribe = changes.on((resource) => {
        if (/^(?:\*$|links|domains)/.test(resource)) follower.wake();
        if (/^(?:\*|settings)$/.test(resource)) followSettings().catch(onError);
        if (/^(?:\*|settings|peers)$/.test(resource)) recheckSoon();
      });
      await followSettings();
      // Before the names that they speak for, which would go by streams otherwise.
      await x2x?.start();
      follower.wake();
      timer = setTimeout(() => void pulse(), leaseMs / 3);
    },
    async stop() {
      isStopped = true;
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
      await follower.stop();
      await x2x?.stop();
      const ids = [...held.keys()];
      await Promise.all(ids.map((id) => release(id, false)));
      await hosted?.stop();
      await s2s?.stop();
      await ledger.stop();
      for (const id of ids) await releaseLease(db, leaseNameOf(id), nodeId).catch(onError);
    },
  };
}

const RECHECK_MS = 1_000;

function busy(holder: string): LinkTest {
  const message: Finding = linkFinding("link.held_elsewhere", { nodeId: holder });
  return {
    isOk: false,
    steps: [{ name: "resolve", status: "failed", durationMs: null, message }],
  };
}
