import assert from "node:assert/strict";
import { createCertificateJudge } from "#certificates/judge.ts";
import { createTrustStore } from "#certificates/trust.ts";
import { openPolicy } from "#links/policy.ts";
import { createRouter, type Router } from "#links/router.ts";
import { s2sLimits, type S2sLimits } from "#links/s2s/limits.ts";
import type { S2s } from "#links/s2s/engine.ts";
import { createS2s } from "#links/s2s/s2s.ts";
import type { PeerTerms } from "#links/s2s/trust.ts";
import { createTrafficCounters } from "#links/traffic.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { systemClock } from "#resolver/clock.ts";
import { createConnector, dialTimeouts } from "#resolver/connect.ts";
import { createDnsResolver, type DnsServer } from "#resolver/dns.ts";
import type { Logins } from "#resolver/login.ts";
import { createStreamOpener } from "#resolver/open-stream.ts";
import type { Credentials } from "#resolver/tls-contexts.ts";
import { primitives } from "../primitives.ts";

export interface NativeName {
  readonly carrier: Router;
  readonly logins: Logins;
  readonly s2s: S2s;
  readonly stop: () => Promise<void>;
}

/** One name that an appliance federates itself, over real sockets; nobody can reach it. */
export function startNativeName(options: {
  readonly name: string;
  readonly dns: readonly DnsServer[];
  readonly credentials: Credentials | null;
  /** PEM. */
  readonly trustedRoots: readonly string[];
  readonly terms?: Partial<PeerTerms>;
  readonly limits?: Partial<S2sLimits>;
}): NativeName {
  const name = options.name as Domain;
  const clock = systemClock;
  const now = () => new Date();
  const trust = createTrustStore({ source: "none", extra: options.trustedRoots });
  const judge = createCertificateJudge({ trust, primitives });
  const opener = createStreamOpener({
    dns: createDnsResolver({ servers: options.dns, clock }),
    connector: createConnector({ judge, clock, timeouts: () => dialTimeouts(30) }),
    clock,
    settings: () => ({ allowPrivateTargets: true, extraSrvPorts: [], s2sDialSeconds: 30 }),
    onFault: () => "fault-1",
  });
  const router = createRouter({
    nodeId: "node0001",
    primitives,
    policy: openPolicy,
    traffic: createTrafficCounters(),
    now,
    onReachability: () => {},
    onError: assert.ifError,
  });
  const { credentials } = options;
  const s2s = createS2s({
    opener,
    trust: {
      termsFor: () => ({
        ...{ tls: "required", minTls: "TLSv1.2", dialback: true, override: null },
        ...options.terms,
      }),
      async judge({ domain, chain }) {
        const presented = await judge.judge({ chain, reference: domain, now: now() });
        const isAuthentic = presented.trusted && presented.nameMatch !== null;
        const finding = isAuthentic ? null : (presented.findings[0] ?? null);
        const by = isAuthentic ? "pkix" : null;
        return { isAuthentic, by, presented, finding, validUntil: null };
      },
      admit: () => Promise.resolve({ ok: true }),
    },
    certificates: {
      credentials: () =>
        credentials === null ? null : { ...credentials, notAfter: new Date(Date.now() + 1e9) },
      serverOptions: () => null,
    },
    dialbackSecret: "secret",
    limits: { ...s2sLimits, ...options.limits },
    primitives,
    policy: openPolicy,
    now,
    random: () => 0,
    onStanza: router.receive,
    onRefused: router.receiveRefused,
    onBounce: router.bounce,
    onRoute: () => {},
    onRejected: () => {},
    onBug(error) {
      throw error;
    },
  });
  const link = s2s.attach({ id: "link-1", kind: "s2s", name, onStatus: () => {} });
  link.start();
  router.configure([link], [{ name, role: "wave", linkId: "link-1" }]);
  return { carrier: router, logins: { forName: s2s.loginFor }, s2s, stop: s2s.stop };
}
