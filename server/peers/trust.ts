import type { Direction, KnownCertificate, Proof } from "#contract/peer-trust.ts";
import type { Finding, PresentedCertificate } from "#contract/traces.ts";
import {
  type AuthenticationRow,
  lockAuthentication,
  writeAuthentication,
} from "#store/authentications.ts";
import type { Changes } from "#store/changes.ts";
import type { Database, Queryable } from "#store/database.ts";
import { closeIncidents, openIncidents } from "#store/incidents.ts";
import { lockPeer } from "#store/peers.ts";
import {
  type AuthenticationMemory,
  type AuthenticationNews,
  type Shown,
  type Verdict,
  weighAuthentication,
  type Weighed,
  type WeighingTerms,
} from "./authentication.ts";
import { finding } from "./health.ts";
import { proofOf } from "./proof.ts";
import type { Policy, Terms } from "./policy.ts";

/** On what terms streams with a domain are made, in either direction. */
export interface PeerTerms {
  readonly tls: "required" | "preferred" | "never";
  readonly minTls: "TLSv1.2" | "TLSv1.3";
  /**
   * Whether dialback may prove who the peer is where no certificate does: a key of theirs is taken, and a server
   * whose certificate is not authentic is sent to. How we prove ourselves to them is no matter of this.
   */
  readonly dialback: boolean;
  /** Dialled instead of what DNS says; without a port 5269. */
  readonly override: { readonly host: string; readonly port: number } | null;
}

/** What the certificate of one TLS session is worth. */
export interface Judged {
  readonly isAuthentic: boolean;
  readonly by: Proof | null;
  /** Judged by path and name, whatever the terms say. */
  readonly presented: PresentedCertificate;
  /** Why it is not authentic. */
  readonly finding: Finding | null;
  /** When a stream that rests on it ends (RFC 6120 §13.7.2.3): the path's dates, or the test mode's end; null: never. */
  readonly validUntil: Date | null;
}

/** The terms agreed with each peer, as streams need them, and the memory of how it has authenticated. */
export interface PeerTrust {
  /** At once, from memory; strangers have the settings' terms. */
  readonly termsFor: (domain: string) => PeerTerms;
  /** Judges the chain (DER as sent, leaf first) that `domain` showed, in either direction. Never rejects. */
  readonly judge: (input: { domain: string; chain: readonly Uint8Array[] }) => Promise<Judged>;
  /**
   * After an authentication that succeeded, and before any stanza: by certificate if `judged` is authentic, else
   * by dialback; null without TLS. Remembers it, and says whether it may stand. Never rejects.
   */
  readonly admit: (input: {
    domain: string;
    direction: Direction;
    judged: Judged | null;
  }) => Promise<Verdict>;
  readonly start: () => void;
  readonly stop: () => void;
}

export interface PeerTrustDeps {
  readonly db: Database;
  readonly changes: Changes;
  readonly policy: Pick<Policy, "terms" | "strangers">;
  /** See certificates/judge.ts. */
  readonly judge: (input: {
    readonly chain: readonly Uint8Array[];
    readonly reference: string;
    readonly now: Date;
    readonly authorityPem: string | null;
  }) => Promise<PresentedCertificate>;
  readonly now: () => Date;
  /** An incident was opened. */
  readonly onOpened: (kind: string) => void;
  readonly onError: (error: unknown) => void;
}

/** Domains of one peer that are remembered; a peer that names more is refused under the further ones. */
const MAX_DOMAINS = 1_000;
const MAX_CACHED = 20_000;
const MAX_NAME = 500;

interface Cached {
  readonly peerId: string;
  readonly memory: AuthenticationMemory;
  /** Nobody has changed it since it was read. */
  readonly isFresh: boolean;
}

/**
 * What repeats what is remembered is decided from memory; all else in the database, where several appliances
 * meet. While that is away, what is in memory decides, and what it does not know is no proof: something weak,
 * or a certificate under `hold`, has to wait.
 */
export function createPeerTrust(deps: PeerTrustDeps): PeerTrust {
  const { db, changes, policy } = deps;
  const cache = new Map<string, Cached>();
  let changesHeard = 0;
  let unsubscribe = () => {};

  function keep(domain: string, cached: Cached): void {
    cache.delete(domain);
    cache.set(domain, cached);
    const [oldest] = cache.keys();
    if (cache.size > MAX_CACHED && oldest !== undefined) cache.delete(oldest);
  }

  function onChange(resource: string): void {
    const [noun, peerId] = resource.split("/");
    if (noun !== "*" && noun !== "peers") return;
    changesHeard += 1;
    for (const [domain, cached] of cache)
      if (peerId === undefined || peerId === cached.peerId)
        cache.set(domain, { ...cached, isFresh: false });
  }

  async function admit(shown: Shown, terms: Terms): Promise<Verdict> {
    const at = { certificateChange: terms.certificateChange, now: deps.now() };
    const cached = cache.get(shown.domain);
    if (cached?.isFresh === true && cached.peerId === terms.peerId) {
      const weighed = weighAuthentication(cached.memory, shown, at);
      // A refusal is looked up anew: an admin may have had a word since.
      if (!weighed.isDue && weighed.verdict.ok) return weighed.verdict;
    }
    const heardBefore = changesHeard;
    try {
      const decided = await db.transaction(async (tx) => decide(tx, shown, terms, at));
      const { peerId } = terms;
      const isFresh = heardBefore === changesHeard;
      if (decided.memory !== null) keep(shown.domain, { peerId, memory: decided.memory, isFresh });
      return decided.verdict;
    } catch (error) {
      deps.onError(error);
      return decideAlone(cached?.memory ?? null, shown, at);
    }
  }

  async function decide(
    tx: Queryable,
    shown: Shown,
    { peerId, domain: peer }: Terms,
    at: WeighingTerms,
  ): Promise<{ verdict: Verdict; memory: AuthenticationMemory | null }> {
    const { domain } = shown;
    // In the order of results of checks, which write incidents too. A peer that was removed just now is none.
    if ((await lockPeer(tx, peerId)) === null)
      return { verdict: decideAlone(null, shown, at), memory: null };
    const row = await lockAuthentication(tx, { domain, peerId, limit: MAX_DOMAINS });
    if (row === null) {
      const limit = MAX_DOMAINS;
      const why = finding("trust.too_many", "peer", { domain, peer, limit });
      return { verdict: { ok: false, finding: why }, memory: null };
    }
    const weighed = weighAuthentication(row, shown, at);
    if (weighed.isDue || row.peerId !== peerId)
      await write(tx, { ...row, peerId }, weighed, at.now);
    return weighed;
  }

  async function write(
    tx: Queryable,
    row: AuthenticationRow,
    { memory, news, isChanged }: Weighed,
    now: Date,
  ): Promise<void> {
    const { domain, peerId } = row;
    const { inbound, outbound, held } = memory;
    const certificates = [...memory.certificates];
    await writeAuthentication(tx, { domain, peerId, inbound, outbound, certificates, held });
    for (const piece of news) await tell(tx, row, piece, now);
    if (isChanged) await changes.emit(tx, `peers/${peerId}`);
  }

  async function tell(
    tx: Queryable,
    { domain: subject, peerId }: AuthenticationRow,
    piece: AuthenticationNews,
    now: Date,
  ): Promise<void> {
    const kind = piece.incident;
    if (piece.kind === "closed") {
      if ((await closeIncidents(tx, [{ kind, subject, at: now }])) > 0)
        await changes.emit(tx, "incidents");
      return;
    }
    const { cause, isOver } = piece;
    const closedAt = isOver ? now : null;
    const opening = { kind, peerId, subject, openedAt: now, closedAt, cause, traceId: null };
    const opened = await openIncidents(tx, [opening]);
    if (opened.length > 0) deps.onOpened(kind);
    await changes.emit(tx, "incidents");
  }

  return {
    termsFor: (domain) => termsOf(policy, domain),

    async judge({ domain, chain }) {
      const terms = policy.terms(domain);
      const now = deps.now();
      const authorityPem = terms?.authorityPem ?? null;
      const presented = await deps
        .judge({ chain, reference: domain, now, authorityPem })
        .catch((error: unknown) => {
          // A bug of ours, found by whoever sent this: it proves nothing.
          deps.onError(error);
          return unjudged(domain);
        });
      return { ...proofOf(presented, terms, now), presented };
    },

    async admit({ domain, direction, judged }) {
      const terms = policy.terms(domain);
      // Of strangers nothing is remembered.
      if (terms === null) return { ok: true };
      // Nor is what is shown in test mode: it proves nothing.
      const isTesting = terms.testModeUntil !== null && terms.testModeUntil > deps.now();
      if (judged?.by === "test_mode" || (isTesting && judged?.isAuthentic === true))
        return { ok: true };
      const by = judged?.by ?? "dialback";
      return admit({ domain, direction, by, certificate: certificateOf(judged) }, terms);
    },

    start() {
      unsubscribe = changes.on(onChange);
    },
    stop: () => unsubscribe(),
  };
}

/** Without the database: what repeats what is known, and what proves itself where nothing has to be accepted. */
function decideAlone(
  memory: AuthenticationMemory | null,
  shown: Shown,
  at: WeighingTerms,
): Verdict {
  const isSelfProved = shown.by !== "dialback" && at.certificateChange !== "hold";
  if (memory === null && !isSelfProved) {
    const { domain } = shown;
    return { ok: false, finding: finding("trust.undecided", "us", { domain }) };
  }
  return weighAuthentication(memory, shown, at).verdict;
}

function termsOf(policy: Pick<Policy, "terms" | "strangers">, domain: string): PeerTerms {
  const terms = policy.terms(domain);
  if (terms === null) {
    const { tlsPolicy, allowsDialback } = policy.strangers();
    return { tls: tlsPolicy, minTls: "TLSv1.2", dialback: allowsDialback, override: null };
  }
  const { overrideHost: host, overridePort } = terms;
  return {
    tls: terms.tlsPolicy,
    minTls: terms.minTls,
    dialback: terms.allowsDialback,
    override: host === null ? null : { host, port: overridePort ?? 5269 },
  };
}

function unjudged(reference: string): PresentedCertificate {
  return { reference, chain: [], trusted: false, nameMatch: null, findings: [] };
}

function certificateOf(judged: Judged | null): Omit<KnownCertificate, "seenAt"> | null {
  const leaf = judged?.presented.chain[0];
  if (leaf === undefined) return null;
  const { subject, issuer, notBefore, notAfter } = leaf;
  return {
    fingerprint: leaf.fingerprintSha256,
    publicKey: leaf.publicKeySha256,
    // A stranger's text: a name may fill most of a certificate.
    subject: subject.slice(0, MAX_NAME),
    issuer: issuer.slice(0, MAX_NAME),
    notBefore,
    notAfter,
  };
}
