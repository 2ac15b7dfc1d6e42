import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { createCertificateJudge } from "#certificates/judge.ts";
import { createStreamContext, streamTlsOptions } from "#certificates/stream-tls.ts";
import { createTrustStore } from "#certificates/trust.ts";
import type { Finding } from "#contract/traces.ts";
import type { ManagedLink } from "#links/link.ts";
import { type FederationPolicy, openPolicy } from "#links/policy.ts";
import type { Bounce, Proof } from "#links/router.ts";
import { s2sLimits, type S2sLimits } from "#links/s2s/limits.ts";
import type { RouteStatus } from "#links/s2s/route.ts";
import type { S2s } from "#links/s2s/engine.ts";
import { createS2s } from "#links/s2s/s2s.ts";
import type { Terms } from "#peers/policy.ts";
import { proofOf } from "#peers/proof.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { systemClock } from "#resolver/clock.ts";
import { createConnector, dialTimeouts } from "#resolver/connect.ts";
import { createDnsResolver } from "#resolver/dns.ts";
import { createStreamOpener } from "#resolver/open-stream.ts";
import { primitives } from "../primitives.ts";
import { termsWith } from "./peer-terms.ts";

export interface EngineOptions {
  /** Our names; null: no certificate for it, and no TLS to offer. */
  readonly names: ReadonlyMap<string, { readonly key: string; readonly cert: string } | null>;
  /** What is agreed with each domain; `overridePort` says where it listens on 127.0.0.1. */
  readonly terms: (domain: string) => Partial<Terms>;
  /** PEM of the authorities that count. */
  readonly roots: readonly string[];
  readonly port: number;
  readonly policy?: FederationPolicy;
  readonly limits?: Partial<S2sLimits>;
  /** When our certificates are said to end; in a day. */
  readonly ownNotAfter?: () => Date;
  readonly onStanza?: (name: string, stanza: XmlElement, proof: Proof) => void;
  readonly onRefused?: (name: string, head: XmlElement) => void;
  readonly onBounce?: (stanza: XmlElement, why: Bounce) => void;
  readonly onRejected?: (name: string, remote: string, finding: Finding) => void;
  readonly onBug?: (error: unknown) => void;
  readonly onRoute?: (name: string, remote: string, status: RouteStatus) => void;
}

export interface Engine {
  readonly s2s: S2s;
  readonly link: (name: string) => ManagedLink;
  readonly stop: () => Promise<void>;
}

/** Native links in one process, on real sockets, with the real opener and the real judge; DNS and the database are left out. */
export async function startEngine(options: EngineOptions): Promise<Engine> {
  const { names, port } = options;
  const terms = (domain: string) => termsWith({ domain, ...options.terms(domain) });
  const trustStore = createTrustStore({ source: "system", extra: options.roots });
  const { judge } = createCertificateJudge({ trust: trustStore, primitives });
  const clock = systemClock;
  const contexts = new Map(
    [...names].flatMap(([name, pair]) =>
      pair === null ? [] : [[name, createStreamContext(pair)]],
    ),
  );
  const s2s = createS2s({
    primitives,
    policy: options.policy ?? openPolicy,
    opener: createStreamOpener({
      dns: createDnsResolver({ servers: [], clock }),
      connector: createConnector({ judge: { judge }, clock, timeouts: () => dialTimeouts(30) }),
      clock,
      settings: () => ({ allowPrivateTargets: true, extraSrvPorts: [], s2sDialSeconds: 30 }),
      onFault: String,
    }),
    trust: {
      termsFor(domain) {
        const { tlsPolicy, minTls, allowsDialback, overridePort } = terms(domain);
        const override = overridePort === null ? null : { host: "127.0.0.1", port: overridePort };
        const dialback = allowsDialback || tlsPolicy === "never";
        return { tls: tlsPolicy, minTls, dialback, override };
      },
      async judge({ domain, chain }) {
        const now = new Date();
        const presented = await judge({ chain, reference: domain, now });
        return { ...proofOf(presented, terms(domain), now), presented };
      },
      admit: async () => ({ ok: true }),
    },
    certificates: {
      credentials(name) {
        const pair = names.get(name) ?? null;
        const notAfter = options.ownNotAfter?.() ?? new Date(Date.now() + 86_400_000);
        return pair === null ? null : { ...pair, notAfter };
      },
      serverOptions({ security, name }) {
        const context = contexts.get(name ?? "");
        if (context === undefined) return null;
        return streamTlsOptions(security, context, (sni) => contexts.get(sni) ?? context);
      },
    },
    dialbackSecret: `secret of ${port}`,
    limits: { ...s2sLimits, ...options.limits },
    now: () => new Date(),
    random: Math.random,
    onStanza: (link, stanza, _size, proof) => options.onStanza?.(link.name, stanza, proof),
    onRefused: (link, head) => options.onRefused?.(link.name, head),
    onBounce: (_link, stanza, why) => options.onBounce?.(stanza, why),
    onRejected: (linkId, remote, finding) => options.onRejected?.(linkId, remote, finding),
    onBug(error) {
      if (options.onBug === undefined) throw error;
      options.onBug(error);
    },
    onRoute: (linkId, remote, status) => options.onRoute?.(linkId, remote, status),
  });
  const links = new Map(
    [...names.keys()].map((name) => [
      name,
      s2s.attach({ id: name, kind: "s2s", name: name as Domain, onStatus: () => {} }),
    ]),
  );
  for (const link of links.values()) link.start();
  await s2s.configure({
    places: [{ address: "127.0.0.1", port, security: "starttls", only: null }],
    apart: new Set(),
    limits: {},
  });
  return {
    s2s,
    link(name) {
      const link = links.get(name);
      if (link === undefined) throw new Error(`no name ${name}`);
      return link;
    },
    stop: s2s.stop,
  };
}

/** A port of 127.0.0.1 that nobody listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
