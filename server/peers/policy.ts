import type { Changes } from "#store/changes.ts";
import type { Database } from "#store/database.ts";
import { listOwnNames, listPolicyPeers, type PolicyPeer } from "#store/peers.ts";
import { readSettings } from "#store/settings.ts";

/** How one domain may federate, and by which rule. */
export interface Decision {
  readonly allowed: boolean;
  /** `self`, `block:PEERID`, `trusted:PEERID`, `mode:open` or `mode:trusted_only`. */
  readonly rule: string;
  readonly peerId: string | null;
}

/** On what terms a domain is traced and checked: those of the most specific trusted peer. */
export interface Terms {
  readonly peerId: string;
  readonly domain: string;
  readonly expects: "xmpp" | "wave";
  readonly reading: "strict" | "overview";
  readonly tlsPolicy: "required" | "preferred" | "never";
  readonly minTls: "TLSv1.2" | "TLSv1.3";
  readonly allowsDialback: boolean;
  readonly pins: readonly string[];
  readonly authorityPem: string | null;
  readonly testModeUntil: Date | null;
  readonly certificateChange: "none" | "notify" | "hold";
  readonly overrideHost: string | null;
  readonly overridePort: number | null;
}

/** On what terms strangers federate, where they may: see contract/settings.ts. */
export interface StrangerTerms {
  readonly tlsPolicy: "required" | "preferred";
  readonly allowsDialback: boolean;
}

/** Everything that a decision depends on, at one moment. */
export interface PolicySnapshot {
  readonly mode: "open" | "trusted_only";
  readonly strangers: StrangerTerms;
  /** Canonical names that we serve: exact, since names below them may belong to somebody else. */
  readonly own: ReadonlySet<string>;
  /** Enabled peers by canonical domain. */
  readonly peers: ReadonlyMap<string, PolicyPeer>;
}

export interface Policy {
  /** Decides for a canonical domain, at once, from what was last read. */
  readonly decide: (domain: string) => Decision;
  readonly terms: (domain: string) => Terms | null;
  readonly strangers: () => StrangerTerms;
  /** Reads everything again; resolves when decisions follow it. */
  readonly refresh: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Domains of which the decision is remembered. */
const maxDecided = 4_096;

/** Reads peers, own names and the mode anew whenever they change, here or on another appliance. */
export function createPolicy(deps: {
  db: Database;
  changes: Changes;
  onError: (error: unknown) => void;
  retryMs?: number;
}): Policy {
  const retryMs = deps.retryMs ?? 1_000;
  let snapshot: PolicySnapshot = {
    mode: "trusted_only",
    strangers: { tlsPolicy: "required", allowsDialback: false },
    own: new Set(),
    peers: new Map(),
  };
  /** By the present snapshot: every stanza asks. */
  const decided = new Map<string, Decision>();
  let isStopped = false;
  let unsubscribe: (() => void) | null = null;
  let retry: NodeJS.Timeout | null = null;
  let wanted = 0;
  let done = 0;
  let reading: Promise<void> | null = null;

  async function read(): Promise<void> {
    // A change that arrives while rows are read may be missing from them: read once more.
    try {
      while (done < wanted && !isStopped) {
        const upTo = wanted;
        snapshot = await readSnapshot(deps.db);
        decided.clear();
        done = upTo;
      }
    } finally {
      reading = null;
    }
  }

  function refresh(): Promise<void> {
    wanted += 1;
    return (reading ??= read());
  }

  function refreshUntilDone(): void {
    refresh().catch((error: unknown) => {
      deps.onError(error);
      if (isStopped || retry !== null) return;
      retry = setTimeout(() => {
        retry = null;
        refreshUntilDone();
      }, retryMs);
      retry.unref();
    });
  }

  return {
    decide(domain) {
      const known = decided.get(domain);
      if (known !== undefined) return known;
      const decision = decide(snapshot, domain);
      if (decided.size >= maxDecided) decided.clear();
      decided.set(domain, decision);
      return decision;
    },
    terms: (domain) => findTerms(snapshot, domain),
    strangers: () => snapshot.strangers,
    refresh,
    async start() {
      unsubscribe = deps.changes.on((resource) => {
        if (/^(\*|peers|settings|(domains|links)(\/.*)?)$/.test(resource)) refreshUntilDone();
      });
      await refresh();
    },
    async stop() {
      isStopped = true;
      unsubscribe?.();
      if (retry !== null) clearTimeout(retry);
      await reading?.catch(() => undefined);
    },
  };
}

async function readSnapshot(db: Database): Promise<PolicySnapshot> {
  const { federationMode, strangerTlsPolicy, allowsStrangerDialback } = await readSettings(db);
  const own = await listOwnNames(db);
  const peers = await listPolicyPeers(db);
  return {
    mode: federationMode,
    strangers: { tlsPolicy: strangerTlsPolicy, allowsDialback: allowsStrangerDialback },
    own: new Set(own),
    peers: new Map(peers.map((peer) => [peer.domain, peer])),
  };
}

/**
 * Decides by the first rule that fits: ourselves, the block list (the most specific block is named),
 * a trusted peer, the mode. Looks at one name per label, however many peers there are.
 */
export function decide(snapshot: PolicySnapshot, domain: string): Decision {
  if (snapshot.own.has(domain)) return { allowed: true, rule: "self", peerId: null };
  let trusted: PolicyPeer | null = null;
  for (const peer of matching(snapshot, domain)) {
    if (peer.stance === "blocked")
      return { allowed: false, rule: `block:${peer.id}`, peerId: peer.id };
    trusted ??= peer;
  }
  if (trusted !== null) return { allowed: true, rule: `trusted:${trusted.id}`, peerId: trusted.id };
  return { allowed: snapshot.mode === "open", rule: `mode:${snapshot.mode}`, peerId: null };
}

/** The terms of the most specific trusted peer for `domain`; null for a stranger. */
export function findTerms(snapshot: PolicySnapshot, domain: string): Terms | null {
  for (const peer of matching(snapshot, domain)) {
    if (peer.stance !== "trusted") continue;
    // An override names the server of one domain, not of those below it.
    const isExact = peer.domain === domain;
    return {
      peerId: peer.id,
      domain: peer.domain,
      expects: peer.expects,
      reading: peer.reading,
      tlsPolicy: peer.tlsPolicy,
      minTls: peer.minTls,
      allowsDialback: allowsDialback(peer),
      pins: peer.pins,
      authorityPem: peer.authorityPem,
      testModeUntil: peer.testModeUntil,
      certificateChange: peer.certificateChange,
      overrideHost: isExact ? peer.overrideHost : null,
      overridePort: isExact ? peer.overridePort : null,
    };
  }
  return null;
}

/** Without TLS there is nothing else that could prove who a peer is. */
function allowsDialback(peer: Pick<PolicyPeer, "allowsDialback" | "tlsPolicy">): boolean {
  return peer.allowsDialback || peer.tlsPolicy === "never";
}

/** Peers that apply to `domain`, most specific first: itself, then its parents at each dot. */
function* matching(snapshot: PolicySnapshot, domain: string): Generator<PolicyPeer> {
  const exact = snapshot.peers.get(domain);
  if (exact !== undefined) yield exact;
  for (let dot = domain.indexOf("."); dot !== -1; dot = domain.indexOf(".", dot + 1)) {
    const parent = snapshot.peers.get(domain.slice(dot + 1));
    if (parent?.includeSubdomains === true) yield parent;
  }
}
