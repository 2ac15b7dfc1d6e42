import { printable } from "#protocol/printable.ts";
import { children, DerError, expectTag, oid, string, TAG, whole, type DerElement } from "./der.ts";

/** A subject or issuer (RFC 5280 §4.1.2.4). */
export interface DistinguishedName {
  /** Most specific first, `CN=example.com, O=Example`: for people; control characters are escaped. */
  readonly text: string;
  /** One string per RDN in canonical form: equal names have equal lists (RFC 5280 §7.1, as far as case and spaces go). */
  readonly rdns: readonly string[];
  readonly key: string;
  /** The most specific common name: for people only, never an identity (RFC 9525 §2). */
  readonly commonName: string | null;
  readonly emails: readonly string[];
}

const labels: Readonly<Record<string, string>> = {
  "2.5.4.3": "CN",
  "2.5.4.5": "serialNumber",
  "2.5.4.6": "C",
  "2.5.4.7": "L",
  "2.5.4.8": "ST",
  "2.5.4.9": "street",
  "2.5.4.10": "O",
  "2.5.4.11": "OU",
  "2.5.4.97": "organizationIdentifier",
  "0.9.2342.19200300.100.1.25": "DC",
  "1.2.840.113549.1.9.1": "emailAddress",
};
const maxRdns = 32;

export function parseDistinguishedName(element: DerElement | undefined): DistinguishedName {
  const rdns = children(expectTag(element, TAG.sequence, "distinguished name"), maxRdns).map(
    parseRdn,
  );
  const attributes = rdns.flat();
  const canonical = rdns.map((rdn) => JSON.stringify(rdn.map((one) => one.canonical).toSorted()));
  return {
    text: rdns
      .toReversed()
      .map((rdn) => rdn.map((one) => `${one.label}=${printable(escapeValue(one.value))}`).join("+"))
      .join(", "),
    rdns: canonical,
    key: canonical.join(),
    commonName: attributes.findLast((one) => one.label === "CN")?.value ?? null,
    emails: attributes.filter((one) => one.label === "emailAddress").map((one) => one.value),
  };
}

/** RFC 4514 §2.4, so that an organisation called `x, CN=bank.example` does not read as two attributes. */
function escapeValue(value: string): string {
  return value.replace(/[",+;<>\\]/g, "\\$&");
}

function parseRdn(rdn: DerElement): { label: string; value: string; canonical: string }[] {
  const pairs = children(expectTag(rdn, TAG.set, "relative distinguished name"), 8);
  if (pairs.length === 0) throw new DerError("empty relative distinguished name");
  return pairs.map((pair) => {
    const [type, value] = children(expectTag(pair, TAG.sequence, "attribute"), 2);
    const id = oid(type);
    if (value === undefined) throw new DerError("attribute without a value");
    const text = attributeText(value);
    return {
      label: labels[id] ?? id,
      value: text,
      canonical: `${id}=${text.trim().replace(/\s+/g, " ").toLowerCase()}`,
    };
  });
}

/** Values that are no character string are shown, and compared, by their bytes. */
function attributeText(value: DerElement): string {
  try {
    return string(value);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    return `#${Buffer.from(whole(value)).toString("hex")}`;
  }
}
