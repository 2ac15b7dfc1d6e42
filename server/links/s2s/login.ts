import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { dialbackKey } from "#protocol/xmpp/dialback.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import type { OwnCertificates } from "./credentials.ts";
import { s2sFinding, slowDown } from "./findings.ts";
import { earlier } from "./incoming-proof.ts";
import type { S2sLimits } from "./limits.ts";
import type { OpenedStream, StreamOpener } from "./opener.ts";
import type { OutgoingStream } from "./outgoing-stream.ts";
import type { RouteFailure } from "./route.ts";
import type { Judged, PeerTrust } from "./trust.ts";

export interface LoginDeps {
  readonly opener: StreamOpener;
  readonly trust: PeerTrust;
  readonly certificates: OwnCertificates;
  readonly limits: S2sLimits;
  readonly primitives: Primitives;
  readonly secret: string;
  /** Told what it took to make a stream, once it may carry stanzas. */
  readonly onLoggedIn?: (pair: Pair, cost: LoginCost) => void;
  readonly open: (
    opened: OpenedStream,
    pair: { readonly local: Domain; readonly remote: Domain },
  ) => OutgoingStream;
}

interface Pair {
  readonly local: Domain;
  readonly remote: Domain;
}

/** From the question to DNS until stanzas may be sent. */
export interface LoginCost {
  readonly at: Date;
  readonly ms: number;
  /** As TCP carried them, TLS and all; without DNS. */
  readonly bytesSent: number;
  readonly bytesReceived: number;
}

interface LoginRequest extends Pair {
  readonly signal: AbortSignal;
  /** Without a way back (XEP-0288): the peer has to open a stream of its own. */
  readonly isOneWay?: boolean;
}

type Method = "external" | "dialback";

/**
 * From a pair of domains to a stream that may carry stanzas: opens it, judges whom it reached, proves who we are. The
 * peer is authentic by its certificate, or, where its terms allow it, by having been found through DNS (dialback's
 * own assumption). We prove ourselves by EXTERNAL where it is offered and we have a certificate, else by dialback.
 */
export async function openAndLogIn(
  request: LoginRequest,
  deps: LoginDeps,
): Promise<OutgoingStream | RouteFailure> {
  const { local, remote, signal } = request;
  const terms = deps.trust.termsFor(remote);
  const begun = performance.now();
  const opened = await deps.opener.open({
    from: local,
    to: remote,
    tls: terms.tls,
    minTls: terms.minTls,
    credentials: deps.certificates.credentials(local),
    override: terms.override,
    signal,
  });
  if (opened.kind === "failed") return { condition: opened.condition, finding: opened.finding };
  const outcome = await logInOn(opened, request, deps);
  if ("stream" in outcome) {
    const { bytesSent, bytesReceived } = opened.carried();
    const ms = Math.round(performance.now() - begun);
    deps.onLoggedIn?.({ local, remote }, { at: new Date(), ms, bytesSent, bytesReceived });
  }
  return "stream" in outcome ? outcome.stream : outcome;
}

/** The same on a stream that is open already; it is closed when the login fails. Never rejects. */
export async function logInOn(
  opened: OpenedStream,
  request: LoginRequest,
  deps: Omit<LoginDeps, "opener">,
): Promise<{ readonly stream: OutgoingStream; readonly by: Method } | RouteFailure> {
  const { signal } = request;
  const stream = deps.open(opened, request);
  const timer = setTimeout(() => stream.drop(), deps.limits.loginMs);
  const onAbort = () => stream.drop();
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  try {
    const proved = await prove(stream, request, request.isOneWay !== true, deps);
    if (typeof proved === "string") return { stream, by: proved };
    stream.close();
    return { condition: "remote-server-timeout", finding: proved };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** How we have proved who we are, or why not. */
async function prove(
  stream: OutgoingStream,
  pair: Pair,
  bidi: boolean,
  deps: Omit<LoginDeps, "opener">,
): Promise<Method | Finding> {
  const { remote } = pair;
  const before = await accept(stream, remote, deps);
  if ("code" in before) return before;
  const outcome = await logIn(stream, pair, bidi, deps);
  if (typeof outcome !== "string") return outcome;
  const accepted = stream.isOutdated() ? await accept(stream, remote, deps) : before;
  if ("code" in accepted) return accepted;
  const { judged, by } = accepted;
  const ownEnd = deps.certificates.credentials(pair.local)?.notAfter ?? null;
  const hasTls = stream.opened.chain.length > 0;
  const validUntil = earlier(hasTls ? ownEnd : null, judged?.validUntil ?? null);
  if (!stream.begin({ judged, by, validUntil }))
    return s2sFinding("s2s.lost", "network", { domain: remote, phase: "established" });
  return outcome;
}

/** Whom we have reached, by the terms of now, or why that is not enough. */
async function accept(
  stream: OutgoingStream,
  remote: Domain,
  deps: Omit<LoginDeps, "opener">,
): Promise<{ readonly judged: Judged | null; readonly by: "certificate" | "dialback" } | Finding> {
  const { chain } = stream.opened;
  const judged: Judged | null =
    chain.length === 0 ? null : await deps.trust.judge({ domain: remote, chain, direction: "out" });
  const by = judged?.isAuthentic === true ? "certificate" : "dialback";
  const isEnough = by === "certificate" || deps.trust.termsFor(remote).dialback;
  if (!isEnough || !stream.isProtected())
    return judged?.finding ?? s2sFinding("auth.peer_unproven", "peer", { domain: remote });
  const admitted = await deps.trust.admit({ domain: remote, judged, direction: "out" });
  return admitted.ok ? { judged, by } : admitted.finding;
}

async function logIn(
  stream: OutgoingStream,
  pair: Pair,
  bidi: boolean,
  deps: Omit<LoginDeps, "opener">,
): Promise<Method | Finding> {
  const { local, remote } = pair;
  const { state } = stream.opened;
  const hasCertificate = deps.certificates.credentials(local) !== null;
  const names = { domain: remote, from: local };
  const certificate = hasCertificate ? "shown" : "none";
  let failure = s2sFinding("auth.no_sasl", "us", { ...names, certificate });
  if (state.features.mechanisms.includes("EXTERNAL") && hasCertificate && state.isSecured) {
    const result = await stream.login({ method: "external", authzid: local, bidi });
    if (result.kind === "authenticated") return result.by;
    const { condition, text } =
      result.kind === "refused" ? result : { condition: "closed", text: null };
    failure =
      (result.kind === "ended" ? result.finding : null) ??
      s2sFinding("auth.external_rejected", "us", { ...names, condition, text: text ?? "" });
    if (result.kind === "ended") return failure;
  }
  const offersDialback =
    state.features.dialback || Object.values(state.header?.prefixes ?? {}).includes(ns.dialback);
  const streamId = state.header?.id ?? null;
  if (!offersDialback || streamId === null) return failure;
  const key = dialbackKey(deps.primitives, {
    secret: deps.secret,
    receiving: remote,
    originating: local,
    streamId,
  });
  const result = await stream.login({ method: "dialback", key, bidi });
  if (result.kind === "authenticated") return result.by;
  if (result.kind === "ended" && result.finding !== null) return result.finding;
  const reason = result.kind === "refused" ? result.condition : "closed";
  if (reason === "resource-constraint") return slowDown(remote, reason, null);
  return s2sFinding("auth.dialback_failed", "us", { ...names, reason });
}
