import type { Primitives } from "#protocol/primitives.ts";
import type { GeneralName } from "./general-names.ts";
import { covers, domainOf } from "./identity.ts";
import type { Certificate } from "./x509.ts";

/** The most comparisons of a name with a constraint per path: beyond it the path is refused. */
const maxComparisons = 250_000;

export interface ConstraintBudget {
  left: number;
}

export function constraintBudget(): ConstraintBudget {
  return { left: maxComparisons };
}

/**
 * The first name of `certificate` that `authority`'s name constraints do not allow, as text, or null
 * (RFC 5280 §4.2.1.10 and §6.1.4). Beyond the RFC, which leaves other names unconstrained, the domain
 * in an SRV-ID or XmppAddr obeys the constraints on DNS names: here it carries the same authority. A
 * constraint on a kind of name that is not understood refuses every name of that kind.
 */
export function violatesConstraints(
  authority: Certificate,
  certificate: Certificate,
  primitives: Primitives,
  budget: ConstraintBudget,
): string | null {
  const constraints = authority.nameConstraints;
  if (constraints === null) return null;
  for (const name of namesOf(certificate, primitives)) {
    const permitted = constraints.permitted.filter((one) => one.kind === name.kind);
    const excluded = constraints.excluded.filter((one) => one.kind === name.kind);
    budget.left -= permitted.length + excluded.length;
    if (budget.left < 0) return "more names than can be compared";
    const isAllowed =
      (permitted.length === 0 || permitted.some((base) => isWithin(name, base, false))) &&
      !excluded.some((base) => isWithin(name, base, true) || isWildcardOver(name, base));
    if (!isAllowed) return describe(name);
  }
  return null;
}

/** Every name that constraints are put to: alternative names, the subject, and its e-mail attributes. */
function namesOf(certificate: Certificate, primitives: Primitives): GeneralName[] {
  const names: GeneralName[] = [];
  if (certificate.subject.rdns.length > 0)
    names.push({ kind: "directory", value: certificate.subject });
  for (const email of certificate.subject.emails) names.push({ kind: "email", value: email });
  for (const name of certificate.names) {
    names.push(name);
    if (name.kind !== "srv" && name.kind !== "xmpp") continue;
    const domain = domainOf(name, primitives);
    if (domain !== null) names.push({ kind: "dns", value: domain });
  }
  return names;
}

/** `ifUnknown` is the answer where the kind cannot be compared: not permitted, and excluded. */
function isWithin(name: GeneralName, base: GeneralName, ifUnknown: boolean): boolean {
  if (name.kind === "dns" && base.kind === "dns") return isDnsWithin(name.value, base.value);
  if (name.kind === "email" && base.kind === "email") return isEmailWithin(name.value, base.value);
  if (name.kind === "uri" && base.kind === "uri")
    return isUriWithin(name.value, base.value, ifUnknown);
  if (name.kind === "ip" && base.kind === "ip")
    return isAddressWithin(name.value, base.value, ifUnknown);
  if (name.kind === "directory" && base.kind === "directory")
    return base.value.rdns.every((rdn, index) => rdn === name.value.rdns[index]);
  return ifUnknown;
}

/** `example.com` covers itself and what is below it; `.example.com`, as many write it, only what is below. */
function isDnsWithin(name: string, base: string): boolean {
  const host = name.toLowerCase();
  const wanted = base.toLowerCase();
  if (wanted === "") return true;
  if (wanted.startsWith(".")) return host.endsWith(wanted);
  return host === wanted || host.endsWith(`.${wanted}`);
}

/** `*.example.com` would stand for an excluded `private.example.com`. */
function isWildcardOver(name: GeneralName, base: GeneralName): boolean {
  return (
    name.kind === "dns" &&
    base.kind === "dns" &&
    name.value.startsWith("*.") &&
    covers(name.value, base.value.toLowerCase())
  );
}

function isEmailWithin(name: string, base: string): boolean {
  const at = name.lastIndexOf("@");
  const host = name.slice(at + 1).toLowerCase();
  const wantedAt = base.lastIndexOf("@");
  if (wantedAt !== -1)
    return (
      at !== -1 &&
      name.slice(0, at) === base.slice(0, wantedAt) &&
      host === base.slice(wantedAt + 1).toLowerCase()
    );
  const wanted = base.toLowerCase();
  return wanted.startsWith(".") ? host.endsWith(wanted) : host === wanted;
}

function isUriWithin(name: string, base: string, ifUnknown: boolean): boolean {
  if (!URL.canParse(name)) return ifUnknown;
  const host = new URL(name).hostname.toLowerCase();
  if (host === "") return ifUnknown;
  const wanted = base.toLowerCase();
  return wanted.startsWith(".") ? host.endsWith(wanted) : host === wanted;
}

/** `base` is an address and a mask of the same length. */
function isAddressWithin(address: Uint8Array, base: Uint8Array, ifUnknown: boolean): boolean {
  if (address.length !== 4 && address.length !== 16) return ifUnknown;
  if (base.length !== address.length * 2)
    return base.length === 8 || base.length === 32 ? false : ifUnknown;
  return address.every((octet, index) => {
    const mask = base[address.length + index] ?? 0xff;
    return (octet & mask) === ((base[index] ?? 0) & mask);
  });
}

function describe(name: GeneralName): string {
  if (name.kind === "directory") return name.value.text;
  if (name.kind === "ip") return Buffer.from(name.value).toString("hex");
  return name.value;
}
