import { fail, ok, type Result } from "../result.ts";
import type { Primitives } from "../primitives.ts";
import { parseDomain, type Domain } from "./domain.ts";
import { followsBidiRule, isFreeform, isIdentifier } from "./precis.ts";

export {
  isSameOrSubdomain,
  parseDomain,
  prefixDomain,
  type Domain,
  type DomainName,
  type NameProblem,
  type NameReason,
} from "./domain.ts";

/** An XMPP address in canonical form (RFC 7622): equal addresses have equal parts. */
export interface Jid {
  readonly local: string | null;
  readonly domain: Domain;
  readonly resource: string | null;
}

export type JidProblem = {
  readonly code: "jid.malformed";
  readonly input: string;
  readonly part: "local" | "domain" | "resource";
  readonly reason: string;
};

/**
 * Parses an address of at most 3071 octets, each part 1..1023 octets (RFC 7622 §3.1-3.4).
 *
 * localpart: UsernameCaseMapped (RFC 8265 §3.3: width and case mapped, NFC, IdentifierClass, Bidi
 * Rule), without `"&'/:<>@`. resourcepart: OpaqueString (RFC 8265 §4.2: other spaces to U+0020, NFC,
 * FreeformClass). Properties are those of the engine's Unicode version. A domainpart that is an IP
 * literal is refused: it cannot federate here.
 */
export function parseJid(input: string, primitives: Primitives): Result<Jid, JidProblem> {
  const slash = input.indexOf("/");
  const bare = slash === -1 ? input : input.slice(0, slash);
  const at = bare.indexOf("@");
  const problem = (part: JidProblem["part"], reason: string) =>
    fail({ code: "jid.malformed", input: input.slice(0, 255), part, reason } as const);

  if (input.length > 3071) return problem("domain", "too_long");
  const domain = parseDomain(bare.slice(at + 1), primitives);
  if (!domain.ok) return problem("domain", domain.problem.reason);
  const local = at === -1 ? null : enforceLocalpart(bare.slice(0, at), primitives);
  if (local !== null && typeof local !== "string") return problem("local", local.reason);
  const resource = slash === -1 ? null : enforceResourcepart(input.slice(slash + 1), primitives);
  if (resource !== null && typeof resource !== "string")
    return problem("resource", resource.reason);
  return ok({ local, domain: domain.value.ascii, resource });
}

export function formatJid(jid: Jid): string {
  const local = jid.local === null ? "" : `${jid.local}@`;
  const resource = jid.resource === null ? "" : `/${jid.resource}`;
  return `${local}${jid.domain}${resource}`;
}

const maxOctets = 1023;
const plainLocal = /^[a-z0-9!#$%()*+,\-.;=?[\\\]^_`{|}~]+$/;
const plainResource = /^[ -~]+$/;
const forbiddenInLocal = /["&'/:<>@]/;

function enforceLocalpart(text: string, primitives: Primitives): string | { reason: string } {
  if (text === "") return { reason: "empty" };
  if (text.length <= maxOctets && plainLocal.test(text)) return text;
  const mapped = mapWidth(text).toLowerCase().normalize("NFC");
  if (forbiddenInLocal.test(mapped)) return { reason: "character" };
  if (octets(mapped) > maxOctets) return { reason: "too_long" };
  if (!isIdentifier(mapped, primitives)) return { reason: "character" };
  return followsBidiRule(mapped, primitives) ? mapped : { reason: "bidi" };
}

function enforceResourcepart(text: string, primitives: Primitives): string | { reason: string } {
  if (text === "") return { reason: "empty" };
  if (text.length <= maxOctets && plainResource.test(text)) return text;
  const mapped = text.replace(/\p{Zs}/gu, " ").normalize("NFC");
  if (octets(mapped) > maxOctets) return { reason: "too_long" };
  return isFreeform(mapped, primitives) ? mapped : { reason: "character" };
}

/** Fullwidth and halfwidth forms to their decomposition (RFC 8265 §3.3.1 rule 1). */
function mapWidth(text: string): string {
  return text.replace(/[\uff00-\uffef]/g, (character) => character.normalize("NFKC"));
}

function octets(text: string): number {
  return new TextEncoder().encode(text).length;
}
