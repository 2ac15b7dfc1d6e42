import type { Domain } from "#protocol/xmpp/address.ts";
import { isDialbackKey } from "#protocol/xmpp/dialback.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import type { ManagedLink, SendOutcome } from "#links/link.ts";
import { createPairs } from "#links/pairs.ts";
import type { Bounce, Proof } from "#links/router.ts";
import type { S2s, S2sDeps } from "./engine.ts";
import { createAdmission } from "./admission.ts";
import { createAuthority } from "./authority.ts";
import {
  acceptStream,
  type DialbackKey,
  type IncomingDeps,
  type IncomingStream,
} from "./incoming-stream.ts";
import { createIncomingTap } from "./incoming-tap.ts";
import { type S2sLimits, s2sLimits } from "./limits.ts";
import { s2sFinding } from "./findings.ts";
import { createDomainOf } from "./domain-of.ts";
import { type LoginCost, openAndLogIn } from "./login.ts";
import { createOutgoingStream, type OutgoingDeps, type OutgoingStream } from "./outgoing-stream.ts";
import { createRoute, type Route } from "./route.ts";
import { createOwnNames } from "./own-names.ts";
import { createProofs } from "./proofs.ts";
import { createReachBack } from "./reach-back.ts";
import { createShownCertificates } from "./shown-certificates.ts";
import { createTaps } from "./tap.ts";
import { createTraceLogin } from "./trace-login.ts";
import { createVerifications } from "./verifications.ts";
import { createDialSlots } from "./dial-slots.ts";
import { createWaysBack } from "./ways-back.ts";

const tickMs = 5_000;
/** Pairs of domains of which it is remembered what the last login took. */
const maxLoginCosts = 1_000;
const forgottenAtOnce = 100;

export function createS2s(deps: S2sDeps): S2s {
  const { primitives, policy } = deps;
  const shown = createShownCertificates();
  const trust = shown.trust(deps.trust);
  /** One object for all streams: what is configured later counts for those that are open, too. */
  const limits: S2sLimits = { ...s2sLimits, ...deps.limits };
  const routes = createPairs<Route>();
  const inAll = { queuedBytes: 0 };
  const dials = createDialSlots(() => limits.maxDials);
  const incoming = new Set<IncomingStream>();
  /** Those whose peer has proved itself. */
  const authenticated = new Set<IncomingStream>();
  const outgoing = new Set<OutgoingStream>();
  const waysBack = createWaysBack<IncomingStream>();
  /** Who waits for the end of a stream of the peer's. */
  const leavers = new Map<IncomingStream, (() => void)[]>();
  const proofs = createProofs(primitives);
  const domainOf = createDomainOf(primitives);
  const admission = createAdmission(limits, {
    isOpen: () => names.count() > 0,
    authenticated: () => authenticated.size,
  });
  let unproven = 0;
  /** By `local remote`, the latest at the end. */
  const loginCosts = new Map<string, LoginCost>();
  const names = createOwnNames({
    tls: ({ security, only: name }) =>
      deps.certificates.serverOptions({ security, name, ignoresSni: name !== null }),
    admit: admission.admit,
    accept: (socket, { security, only }) =>
      incoming.add(acceptStream(socket, security, incomingDepsOf(only))),
    handshakeMs: () => limits.negotiationMs,
    now: deps.now,
  });
  const ticker = setInterval(tick, tickMs);
  ticker.unref();

  const taps = createTaps(deps.now);

  const verifications = createVerifications({
    maxAtOnce: limits.maxVerifications,
    ask: (key) => askAuthority(key),
  });

  /** XEP-0185 §2: a key shows that whoever made it has our secret, for these two names and that stream. */
  function isOurs({ from, to, id, key }: DialbackKey): boolean {
    const secret = deps.dialbackSecret;
    const parts = { secret, receiving: from, originating: to, streamId: id };
    return isDialbackKey(primitives, parts, key);
  }

  // ---- what comes in ----

  const incomingDeps: IncomingDeps = {
    limits,
    trust,
    primitives,
    tls: (name) => deps.certificates.serverOptions({ security: "starttls", name }),
    isServed: (name) => names.isServedAt(name, null),
    ownNotAfter: (name) =>
      (name === null ? null : deps.certificates.credentials(name)?.notAfter) ?? null,
    refusal: refusalOf,
    verify: verifications.verify,
    isOurKey: (key) => names.isServed(key.to) && isOurs(key),
    onStanza(stream, stanza, sizeBytes) {
      const link = linkFor(stanza);
      const remote = domainOf(stanza.attributes["from"]);
      if (link === null || remote === null || proofs.take(stanza)) return;
      const proof: Proof = {
        authentication: stream.authentication(remote),
        tls: stream.isSecured(),
        usedOneStream:
          waysBack.find(link.name, remote) === stream &&
          (routes.get(link.name, remote)?.stream() ?? null) === null,
      };
      guarded(() => deps.onStanza(link, stanza, sizeBytes, proof));
    },
    onRefused(_stream, head, sizeBytes) {
      const link = linkFor(head);
      if (link !== null) guarded(() => deps.onRefused(link, head, sizeBytes));
    },
    onAuthorized(stream, local, remote) {
      authenticated.add(stream);
      if (stream.isWayBack(local, remote)) waysBack.add(local, remote, stream);
      reachBack.arrived(local, remote, stream.view);
      // It is there: whatever failed before need not be waited out.
      routes.get(local, remote)?.hurry();
    },
    onEnded(stream, end) {
      incoming.delete(stream);
      authenticated.delete(stream);
      for (const resolve of leavers.get(stream) ?? []) resolve();
      leavers.delete(stream);
      for (const { local, remote } of stream.pairs()) waysBack.remove(local, remote, stream);
      unproven += end.unproven;
      for (const stanza of end.undelivered)
        bounce(stanza, { condition: "remote-server-timeout", text: null });
    },
    onRejected(local, remote, finding) {
      const link = names.link(local);
      if (link !== null) deps.onRejected(link.id, remote, finding);
    },
    shareChain: shown.chain,
    tap: createIncomingTap({ taps, primitives }),
    proofs,
    now: deps.now,
  };

  /** For the streams that come in by the ports of one name: nobody else is there, and nothing else is shown. */
  const depsOfNames = new Map<Domain, IncomingDeps>();
  function incomingDepsOf(only: Domain | null): IncomingDeps {
    if (only === null) return incomingDeps;
    const known = depsOfNames.get(only);
    if (known !== undefined) return known;
    const made: IncomingDeps = {
      ...incomingDeps,
      tls: () =>
        deps.certificates.serverOptions({ security: "starttls", name: only, ignoresSni: true }),
      isServed: (name) => names.isServedAt(name, only),
      ownNotAfter: () => incomingDeps.ownNotAfter(only),
    };
    depsOfNames.set(only, made);
    return made;
  }

  function refusalOf(remote: Domain): string | null {
    if (policy.decide(remote).allowed) return null;
    return "Only agreed peers federate here.";
  }

  function guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      deps.onBug(error);
    }
  }

  function linkFor(stanza: XmlElement): ManagedLink | null {
    const to = domainOf(stanza.attributes["to"]);
    return to === null ? null : names.link(to);
  }

  // ---- what goes out ----

  const outgoingDeps: OutgoingDeps = {
    limits,
    taps,
    proofs,
    primitives,
    trust,
    mayFederate: (remote) => policy.decide(remote).allowed,
    isOurKey: (key) => names.isServed(key.to) && isOurs(key),
    now: deps.now,
    onStanza(stream, stanza, sizeBytes) {
      const link = linkFor(stanza);
      if (link === null || proofs.take(stanza)) return;
      const tls = stream.opened.tls !== null;
      const authentication = stream.isCertified() ? "external" : "dialback";
      const proof: Proof = { authentication, tls, usedOneStream: true };
      guarded(() => deps.onStanza(link, stanza, sizeBytes, proof));
    },
    onRefused(_stream, head, sizeBytes) {
      const link = linkFor(head);
      if (link !== null) guarded(() => deps.onRefused(link, head, sizeBytes));
    },
    onEnded(stream, end) {
      outgoing.delete(stream);
      routes.get(stream.local, stream.remote)?.ended(stream, end);
    },
  };

  /** A name can be invented for each stanza, and each is remembered as one that cannot be reached. */
  function makeRoom(): void {
    if (routes.size < limits.maxRoutes) return;
    let left = forgottenAtOnce;
    for (const route of routes.values()) {
      if (left === 0) return;
      if (!route.isForgettable(Number.POSITIVE_INFINITY)) continue;
      routes.delete(route.local, route.remote);
      left--;
    }
  }

  function routeFor(local: Domain, remote: Domain): Route {
    const known = routes.get(local, remote);
    if (known !== undefined) return known;
    const link = names.link(local);
    makeRoom();
    const route = createRoute(
      { local, remote },
      {
        limits,
        inAll,
        now: deps.now,
        random: deps.random,
        async connect(signal) {
          const opened = await dials.run(() => openAndLogIn({ local, remote, signal }, loginDeps));
          const { allowed, rule } = policy.decide(remote);
          if (allowed || !("send" in opened)) return opened;
          // Blocked meanwhile: what waits is not for it any more.
          opened.close();
          const code = rule.startsWith("block") ? "policy.blocked" : "policy.not_trusted";
          const finding = s2sFinding(code, "us", { domain: remote, rule });
          return { condition: "not-allowed", finding };
        },
        onBounce: (stanza, condition, finding) =>
          bounce(stanza, { condition, text: finding?.code ?? null }),
        onStatus: (status) => link !== null && deps.onRoute(link.id, remote, status),
        onUnproven: (count) => (unproven += count),
      },
    );
    routes.set(local, remote, route);
    return route;
  }

  const loginDeps = {
    opener: deps.opener,
    trust,
    certificates: deps.certificates,
    limits,
    primitives,
    secret: deps.dialbackSecret,
    onLoggedIn({ local, remote }: { local: Domain; remote: Domain }, cost: LoginCost) {
      loginCosts.delete(`${local} ${remote}`);
      loginCosts.set(`${local} ${remote}`, cost);
      const [oldest] = loginCosts.keys();
      if (loginCosts.size > maxLoginCosts && oldest !== undefined) loginCosts.delete(oldest);
    },
    open: (
      opened: Parameters<typeof createOutgoingStream>[0],
      pair: { local: Domain; remote: Domain },
    ) => {
      const chain = shown.chain(opened.chain);
      const stream = createOutgoingStream({ ...opened, chain }, pair, outgoingDeps);
      outgoing.add(stream);
      return stream;
    },
  };

  const askAuthority = createAuthority({
    ...loginDeps,
    openStream: (local, remote) => routes.get(local, remote)?.stream() ?? null,
  });
  const reachBack = createReachBack({ ...loginDeps, proofs, incoming: () => incoming });

  function send(local: Domain, stanza: XmlElement): SendOutcome {
    const remote = domainOf(stanza.attributes["to"]);
    if (remote === null || !names.isServed(local)) return { kind: "down" };
    const xml = serialize(stanza, serializeOptions);
    let outcome = deps.agreed?.(local, remote, stanza, xml) ?? "none";
    if (outcome === "none") outcome = sendByStream(local, remote, { stanza, xml });
    if (outcome !== "sent") return { kind: outcome };
    return { kind: "sent", sizeBytes: Buffer.byteLength(xml), xml };
  }

  function sendByStream(
    local: Domain,
    remote: Domain,
    { stanza, xml }: { readonly stanza: XmlElement; readonly xml: string },
  ): "sent" | "full" {
    const route = routes.get(local, remote);
    const back = waysBack.find(local, remote);
    // A route that is open or has a queue goes first: what waits there was sent before.
    const outcome =
      route?.isBusy() !== true && back !== undefined ? back.send(remote, stanza, xml) : "down";
    return outcome === "down" ? (route ?? routeFor(local, remote)).send(stanza, xml) : outcome;
  }

  /** Where an agreed way does not work: by a stream, or back with an error. */
  function fallBack(stanza: XmlElement): void {
    const local = domainOf(stanza.attributes["from"]);
    const remote = domainOf(stanza.attributes["to"]);
    if (local === null || remote === null) return;
    const xml = serialize(stanza, serializeOptions);
    if (names.isServed(local) && sendByStream(local, remote, { stanza, xml }) === "sent") return;
    bounce(stanza, { condition: "resource-constraint", text: null });
  }

  /** Stanzas may have gone by a stream of ours, or back by one of the peer's (XEP-0288): both end in order. */
  function leave(local: Domain, remote: Domain): Promise<void> | null {
    const own = routes.get(local, remote)?.leave() ?? null;
    const back = waysBack.find(local, remote);
    if (back === undefined) return own;
    const end = new Promise<void>((resolve) => {
      leavers.set(back, [...(leavers.get(back) ?? []), resolve]);
    });
    back.close();
    return Promise.all([own, end]).then(() => {});
  }

  function bounce(stanza: XmlElement, why: Bounce): void {
    const from = domainOf(stanza.attributes["from"]);
    const link = from === null ? null : names.link(from);
    // Not from within the sender's call.
    if (link !== null) setImmediate(() => guarded(() => deps.onBounce(link, stanza, why)));
  }

  function tick(): void {
    const now = performance.now();
    for (const stream of incoming) stream.tick(now);
    for (const stream of outgoing) stream.tick(now);
    for (const route of routes.values())
      if (route.isForgettable(now)) routes.delete(route.local, route.remote);
  }

  return {
    attach({ id, kind, name, onStatus }) {
      const link: ManagedLink = {
        id,
        kind,
        name,
        neighbour: "native",
        isEncrypted: true,
        canProve: () => {
          const held = deps.certificates.credentials(name);
          return held !== null && held.notAfter.getTime() > Date.now();
        },
        status: () => names.status(name),
        send: (stanza) => send(name, stanza),
        start: () => names.add(link, onStatus),
        async stop() {
          const closed = names.remove([name]);
          for (const route of routes.values())
            if (route.local === name) {
              route.stop();
              routes.delete(route.local, route.remote);
            }
          for (const stream of incoming)
            if (stream.pairs().some(({ local }) => local === name)) stream.close();
          depsOfNames.delete(name);
          await closed;
        },
        hurry() {
          for (const route of routes.values()) if (route.local === name) route.hurry();
        },
      };
      return link;
    },
    async configure(terms) {
      Object.assign(limits, terms.limits);
      await names.listen(terms);
    },
    async recheck() {
      for (const stream of [...incoming, ...outgoing]) await stream.recheck();
      // What failed by the old terms need not be waited out.
      for (const route of routes.values()) route.hurry();
    },
    isServed: names.isServed,
    places: names.places,
    streams: () => [...incoming, ...outgoing].map((stream) => stream.view()),
    *standings() {
      for (const stream of incoming) yield { direction: "in", state: stream.standing() };
      for (const stream of outgoing) yield { direction: "out", state: stream.standing() };
    },
    closeStream(id) {
      const stream = [...incoming, ...outgoing].find((one) => one.id === id);
      stream?.close();
      return stream !== undefined;
    },
    tap: taps.open,
    taps,
    reachBack: reachBack.ask,
    loginFor(name) {
      const local = domainOf(name);
      if (local === null || !names.isServed(local)) return null;
      const adopt = (stream: OutgoingStream) => routeFor(local, stream.remote).adopt(stream);
      return createTraceLogin(local, { ...loginDeps, taps, adopt });
    },
    reconnect(local, remote) {
      if (!names.isServed(local)) return false;
      routeFor(local, remote).reconnect();
      return true;
    },
    linkOf: names.link,
    fallBack,
    leave,
    route: (local, remote) => routes.get(local, remote)?.status() ?? null,
    loginCost: (local, remote) => loginCosts.get(`${local} ${remote}`) ?? null,
    unproven: () => unproven,
    async stop() {
      clearInterval(ticker);
      const closed = names.remove(names.names());
      for (const route of routes.values()) route.stop();
      for (const stream of incoming) stream.close("system-shutdown");
      await closed;
      const deadline = performance.now() + limits.closeMs * 2;
      while (incoming.size + outgoing.size > 0 && performance.now() < deadline)
        await new Promise((resolve) => setTimeout(resolve, 20));
    },
  };
}

/** Stanzas go into streams whose header declares dialback, too, but never use its prefix. */
const serializeOptions = { contentNamespace: ns.server };
