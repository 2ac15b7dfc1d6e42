import { isIP } from "node:net";
import type { AuthoritySummary } from "#contract/peer-trust.ts";
import type { PeerPatch } from "#contract/peers.ts";
import { type ProblemCode, problems } from "#contract/problems.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { parseDomain } from "#protocol/xmpp/domain.ts";
import type { PeerRow } from "#store/peers.ts";
import { HttpProblem, problemOf } from "../problem.ts";

/** Reads the PEM of authorities as it was pasted: see certificates/trust-anchors.ts. */
export type ReadAnchors = (
  text: string,
) =>
  | { ok: true; value: { pem: string; authorities: readonly AuthoritySummary[] } }
  | { ok: false; problem: { code: ProblemCode } & Record<string, unknown> };

export interface TermsDeps {
  readonly primitives: Primitives;
  readonly readAnchors: ReadAnchors;
  readonly now: () => Date;
}

export const MAX_TEST_MODE_DAYS = 90;
const DAY_MS = 86_400_000;

type Wanted = Omit<PeerPatch, "consent" | "testModeConsent">;
type Consents = Pick<PeerPatch, "consent" | "testModeConsent">;

/**
 * What a request asks of a peer, in canonical form and as columns. Throws the problem where it cannot be, and
 * where what gives up protection was not agreed to by typing the domain. `before`: null for a new peer.
 */
export function settleTerms(
  wish: { domain: string; before: PeerRow | null; wanted: Wanted; consents: Consents },
  deps: TermsDeps,
) {
  const { domain, before, consents } = wish;
  const wanted = defined(wish.wanted);
  const { testModeUntil, pins, authorityPem, ...plain } = wanted;
  if (wanted.tlsPolicy === "never" && before?.tlsPolicy !== "never")
    demandConsent("peer.tls_consent", domain, "consent", consents.consent);
  return {
    ...plain,
    ...override({ overrideHost: null, overridePort: null, ...before, ...plain }),
    ...(pins === undefined ? {} : { pins: [...new Set(pins.map(canonicalPin))] }),
    ...(authorityPem === undefined ? {} : { authorityPem: anchors(authorityPem) }),
    ...(testModeUntil === undefined ? {} : { testModeUntil: testMode(testModeUntil) }),
  };

  /** RFC 6120 §13.9: giving up encryption or authentication is typed out, name by name. */
  function demandConsent(
    code: "peer.tls_consent" | "peer.test_mode_consent",
    domain: string,
    field: string,
    typed: string | undefined,
  ): void {
    const outcome = parseDomain(typed?.trim() ?? "", deps.primitives);
    if (!outcome.ok || outcome.value.ascii !== domain)
      throw new HttpProblem(code, {
        params: { domain },
        errors: [{ field: `body.${field}`, message: "must be the domain, typed again" }],
      });
  }

  /** The end as a date: beginning and prolonging need consent, ending early does not. */
  function testMode(wantedUntil: string | null): Date | null {
    if (wantedUntil === null) return null;
    const until = new Date(wantedUntil);
    const agreed = before?.testModeUntil?.getTime() ?? 0;
    if (until.getTime() === agreed) return until;
    const leftMs = until.getTime() - deps.now().getTime();
    if (leftMs <= 0 || leftMs > MAX_TEST_MODE_DAYS * DAY_MS)
      throw new HttpProblem("peer.test_mode_end", {
        params: { days: MAX_TEST_MODE_DAYS },
        errors: [{ field: "body.testModeUntil", message: "must lie within the next 90 days" }],
      });
    if (until.getTime() > agreed)
      demandConsent("peer.test_mode_consent", domain, "testModeConsent", consents.testModeConsent);
    return until;
  }

  function anchors(pasted: string | null): string | null {
    if (pasted === null || pasted.trim() === "") return null;
    if (pasted === before?.authorityPem) return pasted;
    const read = deps.readAnchors(pasted);
    if (read.ok) return read.value.pem;
    const { code, extra } = problemOf(read.problem);
    const { title } = problems[code];
    const message = extra.detail === undefined ? title : `${title} (${extra.detail})`;
    throw new HttpProblem(code, { ...extra, errors: [{ field: "body.authorityPem", message }] });
  }

  /** The host in canonical form; an empty one means none. */
  function override(terms: { overrideHost: string | null; overridePort: number | null }) {
    const bare = (terms.overrideHost ?? "").replace(/^\[(.*)\]$/, "$1");
    if (bare === "") {
      if (terms.overridePort !== null)
        throw new HttpProblem("peer.override_port", {
          errors: [{ field: "body.overrideHost", message: "is needed with a port" }],
        });
      return { overrideHost: null, overridePort: null };
    }
    const name = isIP(bare) === 0 ? parseDomain(bare, deps.primitives) : null;
    if (name?.ok === false)
      throw new HttpProblem("peer.override_host", {
        params: { ...name.problem },
        errors: [{ field: "body.overrideHost", message: "is neither a host name nor an address" }],
      });
    const overrideHost = name === null ? bare : name.value.ascii;
    return { overrideHost, overridePort: terms.overridePort };
  }
}

/** `AA:BB:...`, as certificates/x509.ts writes it. */
function canonicalPin(pin: string): string {
  return (pin.replaceAll(":", "").toUpperCase().match(/../g) ?? []).join(":");
}

function defined<T extends object>(values: T) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
