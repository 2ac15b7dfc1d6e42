import { randomBytes } from "node:crypto";
import type { Settings } from "#contract/settings.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { type ComponentHost, createComponentHost } from "./component-host/host.ts";
import type { LinkStatus, ManagedLink } from "./link.ts";
import type { FederationPolicy } from "./policy.ts";
import type { Router } from "./router.ts";
import type { ListenAddress } from "./s2s/listener.ts";
import type { RouteStatus } from "./s2s/route.ts";
import { createS2s, type S2s, type S2sServices } from "./s2s/s2s.ts";

/** What an appliance federates by itself: its own server-to-server streams, and the components that it hosts. */
export interface Native {
  readonly attach: (row: NativeRow) => ManagedLink;
  /** Ports and addresses, from the settings. */
  readonly listen: (settings: Settings) => Promise<void>;
  /** Gives a stanza to a hosted component. */
  readonly deliver: ComponentHost["deliver"];
  readonly s2s: S2s;
  readonly host: ComponentHost;
  readonly stop: () => Promise<void>;
}

export interface NativeRow {
  readonly id: string;
  readonly kind: "s2s" | "hosted";
  readonly name: Domain;
  /** Of a hosted component; null for `s2s`. */
  readonly secret: string | null;
  readonly onStatus: (status: LinkStatus) => void;
}

export interface NativeDeps extends S2sServices {
  readonly primitives: Primitives;
  readonly policy: FederationPolicy;
  /** Made before this, and asks it to deliver. */
  readonly router: () => Router;
  readonly now: () => Date;
  readonly onRoute: (linkId: string, remote: Domain, status: RouteStatus) => void;
  readonly onError: (error: unknown) => void;
}

interface Hosted {
  readonly row: NativeRow;
  readonly link: ManagedLink;
  readonly secret: string;
}

export function createNative(deps: NativeDeps): Native {
  const { now, primitives } = deps;
  const hosted = new Map<string, Hosted>();
  const s2s = createS2s({
    ...deps,
    random: Math.random,
    onStanza: (link, stanza, sizeBytes, proof) =>
      deps.router().receive(link, stanza, sizeBytes, proof),
    onRefused: (link, head, sizeBytes) => deps.router().receiveRefused(link, head, sizeBytes),
    onBounce: (link, stanza, why) => deps.router().bounce(link, stanza, why),
  });
  const host = createComponentHost({
    primitives,
    tls: () => deps.certificates.serverOptions({ security: "direct", name: null }),
    newId: () => randomBytes(16).toString("hex"),
    now,
    onStanza(linkId, _name, stanza, sizeBytes) {
      const link = hosted.get(linkId)?.link;
      if (link !== undefined) deps.router().submit(link, stanza, sizeBytes);
    },
    onRefused() {},
    onBounce: undelivered,
    onStatus(linkId) {
      const entry = hosted.get(linkId);
      if (entry !== undefined) tell(entry);
    },
    onBug: deps.onError,
  });

  /** A stanza for a component that did not come back: its sender is told. */
  function undelivered(
    name: Domain,
    stanza: XmlElement,
    condition: Parameters<Router["returnTo"]>[2],
  ): void {
    const entry = [...hosted.values()].find(({ row }) => row.name === name);
    if (entry !== undefined) deps.router().returnTo(entry.link, stanza, condition);
  }

  function tell(entry: Hosted): void {
    entry.row.onStatus(statusOf(entry));
  }

  /** Attached: our ports are open, and the component is there. */
  function statusOf({ row, link }: Hosted): LinkStatus {
    const native = link.status();
    const status = host.statuses().find(({ linkId }) => linkId === row.id);
    if (native.state !== "attached" || status === undefined) return native;
    const state = status.instances > 0 ? "attached" : "waiting";
    return { ...native, state, since: status.since, lastError: status.lastError };
  }

  function configure(): void {
    host.configure(
      [...hosted.values()].map(({ row, secret }) => ({
        linkId: row.id,
        name: row.name,
        secret,
      })),
    );
  }

  function attach(row: NativeRow): ManagedLink {
    const { id, kind, name, secret } = row;
    if (kind === "s2s" || secret === null)
      return s2s.attach({ id, kind, name, onStatus: row.onStatus });
    const inner = s2s.attach({
      id,
      kind,
      name,
      onStatus() {
        const entry = hosted.get(id);
        if (entry !== undefined) tell(entry);
      },
    });
    const link: ManagedLink = {
      ...inner,
      status() {
        const entry = hosted.get(id);
        return entry === undefined ? inner.status() : statusOf(entry);
      },
      start() {
        hosted.set(id, { row, link: inner, secret });
        configure();
        inner.start();
      },
      async stop() {
        hosted.delete(id);
        configure();
        await inner.stop();
      },
    };
    return link;
  }

  return {
    attach,
    deliver: host.deliver,
    s2s,
    host,
    async listen(settings) {
      const { s2sAddress: address, s2sPort, s2sDirectTlsPort } = settings;
      const places: ListenAddress[] = [];
      if (s2sPort !== null) places.push({ address, port: s2sPort, security: "starttls" });
      if (s2sDirectTlsPort !== null)
        places.push({ address, port: s2sDirectTlsPort, security: "direct" });
      const { componentAddress, componentPort } = settings;
      host.listenAt(
        componentPort === null ? null : { host: componentAddress, port: componentPort },
      );
      await s2s.listenAt(places);
    },
    async stop() {
      await host.stop();
      await s2s.stop();
    },
  };
}
