import {
  boolean,
  children,
  content,
  DerError,
  expectTag,
  namedBits,
  oid,
  readOnly,
  smallInteger,
  TAG,
  type DerElement,
} from "./der.ts";
import { parseGeneralName, parseGeneralNames, type GeneralName } from "./general-names.ts";

/** The extensions that count here, parsed (RFC 5280 §4.2). */
export interface Extensions {
  readonly names: readonly GeneralName[];
  readonly basicConstraints: { readonly isCa: boolean; readonly pathLength: number | null } | null;
  readonly keyUsage: { readonly canSignCertificates: boolean } | null;
  /** `serverAuth`, `clientAuth`, ... or dotted; null when there is no such extension: any use. */
  readonly extendedKeyUsage: readonly string[] | null;
  readonly nameConstraints: {
    readonly permitted: readonly GeneralName[];
    readonly excluded: readonly GeneralName[];
  } | null;
  readonly subjectKeyId: string | null;
  readonly authorityKeyId: string | null;
  /** Where the issuer's certificate can be fetched, as it says itself (RFC 5280 §4.2.2.1). */
  readonly issuerUrls: readonly string[];
  /** Critical ones that are not understood: the certificate must not be accepted (RFC 5280 §4.2). */
  readonly unknownCritical: readonly string[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const purposes: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
  "2.5.29.37.0": "any",
};

const readers: Readonly<Record<string, (value: DerElement, into: Mutable<Extensions>) => void>> = {
  "2.5.29.17": (value, into) => {
    into.names = parseGeneralNames(expectTag(value, TAG.sequence, "subject alternative names"));
  },
  "2.5.29.19": (value, into) => {
    const fields = children(expectTag(value, TAG.sequence, "basic constraints"), 2);
    const hasFlag = fields[0]?.tag === TAG.boolean;
    const length = fields[hasFlag ? 1 : 0];
    into.basicConstraints = {
      isCa: hasFlag && boolean(fields[0]),
      pathLength: length === undefined ? null : smallInteger(length),
    };
  },
  "2.5.29.15": (value, into) => {
    into.keyUsage = { canSignCertificates: namedBits(value)[5] === true };
  },
  "2.5.29.37": (value, into) => {
    into.extendedKeyUsage = children(expectTag(value, TAG.sequence, "key purposes"))
      .map(oid)
      .map((id) => purposes[id] ?? id);
  },
  "2.5.29.30": (value, into) => {
    const subtrees = children(expectTag(value, TAG.sequence, "name constraints"), 2);
    into.nameConstraints = {
      permitted: parseSubtrees(subtrees.find((one) => one.tag === 0xa0)),
      excluded: parseSubtrees(subtrees.find((one) => one.tag === 0xa1)),
    };
  },
  "2.5.29.14": (value, into) => {
    into.subjectKeyId = hex(expectTag(value, TAG.octetString, "subject key identifier"));
  },
  "2.5.29.35": (value, into) => {
    const keyId = children(expectTag(value, TAG.sequence, "authority key identifier"), 3)[0];
    into.authorityKeyId = keyId?.tag === 0x80 ? hex(keyId) : null;
  },
  "1.3.6.1.5.5.7.1.1": (value, into) => {
    const found: string[] = [];
    for (const access of children(expectTag(value, TAG.sequence, "authority access"), 16)) {
      const [method, location] = children(expectTag(access, TAG.sequence, "access"), 2);
      if (location === undefined || oid(method) !== "1.3.6.1.5.5.7.48.2") continue;
      const name = parseGeneralName(location);
      if (name.kind === "uri") found.push(name.value);
    }
    into.issuerUrls = found;
  },
};

/**
 * May be critical without a say in the matter here: certificate policies and the policy mappings
 * restrict nothing as long as no policy is asked for, and inhibitAnyPolicy only such a question.
 * policyConstraints is not among them: it can demand a policy.
 */
const harmlessWhenCritical = new Set(["2.5.29.32", "2.5.29.33", "2.5.29.54", "2.5.29.31"]);

/** `list` is the Extensions sequence; one extension twice is refused (RFC 5280 §4.2). */
export function parseExtensions(list: DerElement | undefined): Extensions {
  const unknownCritical: string[] = [];
  const parsed: Mutable<Extensions> = {
    names: [],
    basicConstraints: null,
    keyUsage: null,
    extendedKeyUsage: null,
    nameConstraints: null,
    subjectKeyId: null,
    authorityKeyId: null,
    issuerUrls: [],
    unknownCritical,
  };
  if (list === undefined) return parsed;
  const seen = new Set<string>();
  for (const extension of children(expectTag(list, TAG.sequence, "extensions"))) {
    const fields = children(expectTag(extension, TAG.sequence, "extension"), 3);
    const id = oid(fields[0]);
    if (seen.has(id)) throw new DerError(`extension ${id} twice`);
    seen.add(id);
    const hasFlag = fields[1]?.tag === TAG.boolean;
    const isCritical = hasFlag && boolean(fields[1]);
    const value = expectTag(fields[hasFlag ? 2 : 1], TAG.octetString, "extension value");
    const read = readers[id];
    if (read !== undefined) read(readOnly(content(value)), parsed);
    else if (isCritical && !harmlessWhenCritical.has(id)) unknownCritical.push(id);
  }
  return parsed;
}

/** RFC 5280 §4.2.1.10: minimum is always 0 and maximum absent. */
function parseSubtrees(list: DerElement | undefined): GeneralName[] {
  if (list === undefined) return [];
  return children(list, 1000).map((subtree) => {
    const [base, ...range] = children(expectTag(subtree, TAG.sequence, "subtree"), 3);
    if (base === undefined || range.length > 0) throw new DerError("subtree with a range");
    return parseGeneralName(base);
  });
}

function hex(element: DerElement): string {
  return Buffer.from(content(element)).toString("hex");
}
