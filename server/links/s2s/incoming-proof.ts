import { createHash, randomBytes } from "node:crypto";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import type {
  ReceivingEffect,
  ReceivingInput,
  ReceivingState,
  ReceivingTerms,
} from "#protocol/xmpp/receiving-state.ts";
import type { StreamErrorCondition } from "#protocol/xmpp/stream-error.ts";
import { dialbackRefused } from "./findings.ts";
import type { IncomingDeps } from "./incoming-stream.ts";
import type { Judged } from "./trust.ts";

/** Who the peer of one incoming stream is, and whether that is enough: certificates, dialback, terms. */
export interface IncomingProof {
  /** TLS is there: what the peer showed (DER, leaf first), and when our own certificate ends. */
  readonly secured: (chain: readonly Uint8Array[], ownNotAfter: Date | null) => void;
  /** The answer to a header: what is granted, or why nothing is. Never rejects. */
  readonly greet: (asked: ReceivingEffect & { kind: "greet" }) => Promise<ReceivingInput>;
  /** Whether a dialback key proves its domain. Never rejects. */
  readonly verify: (asked: ReceivingEffect & { kind: "verify" }) => Promise<DialbackOutcome>;
  /** Whether all that was proved still is enough, by today's terms. */
  readonly isStillEnough: () => Promise<boolean>;
  readonly judged: () => Judged | null;
  /** When the certificates end that this stream was made with (RFC 6120 §13.7.2.3). */
  readonly validUntil: () => Date | null;
  /** SHA-256 of the leaf that was shown. */
  readonly fingerprint: () => string | null;
}

export function createIncomingProof(
  deps: Pick<
    IncomingDeps,
    "limits" | "trust" | "isServed" | "refusal" | "tls" | "verify" | "onRejected"
  >,
  stream: {
    readonly address: string;
    readonly state: () => ReceivingState;
    readonly tlsVersion: () => string | null;
  },
): IncomingProof {
  const { limits, trust } = deps;
  let chain: readonly Uint8Array[] = [];
  let judged: Judged | null = null;
  let validUntil: Date | null = null;

  async function decide(asked: ReceivingEffect & { kind: "greet" }): Promise<ReceivingInput> {
    const { to: local, from: remote, isSecured } = asked;
    const refuse = (condition: StreamErrorCondition, text: string | null): ReceivingInput => ({
      kind: "refused",
      condition,
      text,
      from: local !== null && deps.isServed(local) ? local : null,
    });
    if (local === null || !deps.isServed(local)) return refuse("host-unknown", null);
    if (asked.header.from !== null && remote === null) return refuse("improper-addressing", null);
    const why = remote === null ? null : deps.refusal(remote);
    if (why !== null) return refuse("policy-violation", why);
    const terms = trust.termsFor(remote ?? "");
    const grant = (more: Partial<ReceivingTerms>): ReceivingInput => ({
      kind: "greeted",
      terms: {
        streamId: randomBytes(16).toString("hex"),
        from: local,
        startTls: "none",
        external: false,
        dialback: false,
        bidi: true,
        streamManagement: true,
        limits: {
          maxBytes: limits.maxStanzaBytes,
          idleSeconds: Math.floor(limits.idleMs / 1_000),
        },
        ...more,
      },
    });
    if (!isSecured) {
      const hasTls = terms.tls !== "never" && deps.tls(local) !== null;
      if (hasTls) {
        const isRequired = terms.tls === "required";
        const startTls = isRequired ? "required" : "offered";
        return grant({ startTls, dialback: !isRequired && terms.dialback });
      }
      if (terms.tls === "required")
        return refuse(
          "policy-violation",
          "TLS is required here, and no certificate is set up for it.",
        );
      return grant({ dialback: terms.dialback });
    }
    if (terms.minTls === "TLSv1.3" && stream.tlsVersion() !== "TLSv1.3")
      return refuse("policy-violation", "TLS 1.3 is required here.");
    if (remote === null || chain.length === 0) return grant({ dialback: terms.dialback });
    judged = await trust.judge({ domain: remote, chain, direction: "in" });
    validUntil = earlier(validUntil, judged.validUntil);
    const external = judged.isAuthentic && (await isAdmitted(remote, local));
    if (!external && !terms.dialback) {
      if (judged.finding !== null) deps.onRejected(local, remote, judged.finding);
      const why = judged.finding?.code ?? "held";
      return refuse("not-authorized", `Certificate not accepted: ${why}.`);
    }
    return grant({ external, dialback: terms.dialback });
  }

  /** What the certificate of this TLS session is worth for one domain; null: none was shown. */
  async function judgedFor(domain: Domain): Promise<Judged | null> {
    if (chain.length === 0) return null;
    if (domain === stream.state().names.from && judged !== null) return judged;
    return trust.judge({ domain, chain, direction: "in" });
  }

  /** Whether this connection is as well protected as a domain's terms ask: before TLS anybody may claim any name. */
  function isProtectedFor(domain: Domain): boolean {
    const terms = trust.termsFor(domain);
    if (!stream.state().isSecured) return terms.tls !== "required";
    return terms.minTls !== "TLSv1.3" || stream.tlsVersion() === "TLSv1.3";
  }

  async function isAdmitted(domain: Domain, local: Domain): Promise<boolean> {
    const shown = await judgedFor(domain);
    const answer = await trust.admit({ domain, judged: shown, direction: "in" });
    if (!answer.ok) deps.onRejected(local, domain, answer.finding);
    return answer.ok;
  }

  async function verify(asked: ReceivingEffect & { kind: "verify" }): Promise<DialbackOutcome> {
    const { from, to, written, key, streamId: id } = asked;
    if (!deps.isServed(to)) return refusal("item-not-found");
    if (deps.refusal(from) !== null) return refusal("forbidden");
    const isAllowed = trust.termsFor(from).dialback && isProtectedFor(from);
    const outcome = isAllowed
      ? await deps.verify({ from, to, written, id, key, address: stream.address })
      : refusal("policy-violation");
    if (outcome.kind !== "valid") {
      deps.onRejected(to, from, dialbackRefused(from, to, outcome));
      return outcome;
    }
    return (await isAdmitted(from, to)) ? outcome : refusal("policy-violation");
  }

  async function isPairEnough(from: Domain, by: "external" | "dialback"): Promise<boolean> {
    const shown =
      chain.length === 0 ? null : await trust.judge({ domain: from, chain, direction: "in" });
    if (from === stream.state().names.from) judged = shown;
    if (!isProtectedFor(from)) return false;
    return shown?.isAuthentic === true || (by === "dialback" && trust.termsFor(from).dialback);
  }

  return {
    secured(shown, ownNotAfter) {
      chain = shown;
      validUntil = ownNotAfter;
    },
    greet: (asked) =>
      decide(asked).catch((): ReceivingInput => {
        return { kind: "refused", condition: "internal-server-error", text: null, from: null };
      }),
    verify: (asked) => verify(asked).catch(() => refusal("forbidden")),
    async isStillEnough() {
      for (const { from, by } of stream.state().authorized)
        if (!(await isPairEnough(from, by))) return false;
      return true;
    },
    judged: () => judged,
    validUntil: () => validUntil,
    fingerprint() {
      const leaf = chain[0];
      return leaf === undefined ? null : createHash("sha256").update(leaf).digest("hex");
    },
  };
}

function refusal(condition: "item-not-found" | "forbidden" | "policy-violation"): DialbackOutcome {
  return { kind: "error", condition, text: null };
}

/** The earlier of two ends; null is none. */
export function earlier(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}
