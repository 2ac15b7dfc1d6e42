import type { X2xAgreement, X2xLink, X2xLinkRequest } from "#contract/x2x.ts";
import { isPort, looksLikeAddress } from "../domains/domain-draft.ts";

export type X2xSide = X2xAgreement["sides"][number];
export type Identity = NonNullable<X2xSide["opens"]>["knownBy"];

/** Strongest first, as XEP-0361 §4.2 has them. */
export const identities = [
  "certificate",
  "address_and_port",
  "address",
  "reverse_dns",
  "implicit",
] as const satisfies readonly Identity[];

/** One side as typed: several values in one field are apart by space, comma or line. */
export interface SideDraft {
  readonly domains: string;
  readonly host: string;
  readonly port: string;
  readonly knownBy: Identity;
  readonly addresses: string;
  readonly sourcePort: string;
  readonly hostName: string;
  readonly certificateBy: "names" | "pins";
  readonly pins: string;
}

/** A link as it stands in the wizard. */
export interface X2xDraft {
  readonly name: string;
  readonly ours: SideDraft;
  readonly theirs: SideDraft;
  readonly opener: "either" | "us" | "them";
  readonly version: X2xAgreement["version"];
  readonly security: X2xAgreement["security"];
  readonly compression: X2xAgreement["compression"];
  readonly connections: X2xAgreement["connections"];
  readonly onInvalid: X2xAgreement["onInvalid"];
  readonly maxStanzaBytes: string;
  readonly keepaliveSeconds: string;
  readonly idleSeconds: string;
  readonly language: string;
  readonly priority: string;
  readonly fallsBack: boolean;
  readonly bindAddress: string;
  readonly listenAddress: string;
  readonly consent: string;
}

/** What is ours alone of a link, and no part of the agreement. */
export type OwnTerms = Pick<X2xLink, "priority" | "fallsBack" | "bindAddress" | "listenAddress">;

const newSide: SideDraft = {
  domains: "",
  host: "",
  port: "5271",
  knownBy: "certificate",
  addresses: "",
  sourcePort: "",
  hostName: "",
  certificateBy: "names",
  pins: "",
};

export const newDraft: X2xDraft = {
  name: "",
  ours: newSide,
  theirs: newSide,
  opener: "either",
  version: "0.3",
  security: "mutual_tls",
  compression: "none",
  connections: "shared",
  onInvalid: "close",
  maxStanzaBytes: "262144",
  keepaliveSeconds: "",
  idleSeconds: "",
  language: "",
  priority: "10",
  fallsBack: false,
  bindAddress: "",
  listenAddress: "",
  consent: "",
};

/** The form for a link that there is. */
export function draftOf(link: { name: string; agreement: X2xAgreement } & OwnTerms): X2xDraft {
  const { agreement } = link;
  const [ours, theirs] = agreement.sides;
  return {
    name: link.name,
    ours: sideDraftOf(ours),
    theirs: sideDraftOf(theirs),
    opener: ours.opens === null ? "them" : theirs.opens === null ? "us" : "either",
    version: agreement.version,
    security: agreement.security,
    compression: agreement.compression,
    connections: agreement.connections,
    onInvalid: agreement.onInvalid,
    maxStanzaBytes: String(agreement.maxStanzaBytes),
    keepaliveSeconds: numberText(agreement.keepaliveSeconds),
    idleSeconds: numberText(agreement.idleSeconds),
    language: agreement.language ?? "",
    priority: String(link.priority),
    fallsBack: link.fallsBack,
    bindAddress: link.bindAddress ?? "",
    listenAddress: link.listenAddress ?? "",
    consent: "",
  };
}

function sideDraftOf({ domains, listens, opens, certificate }: X2xSide): SideDraft {
  return {
    domains: domains.join("\n"),
    host: listens?.host ?? "",
    port: numberText(listens?.port ?? 5271),
    knownBy: opens?.knownBy ?? "certificate",
    addresses: opens?.addresses.join("\n") ?? "",
    sourcePort: numberText(opens?.port ?? null),
    hostName: opens?.hostName ?? "",
    certificateBy: certificate?.by ?? "names",
    pins: certificate?.pins.join("\n") ?? "",
  };
}

/** The agreement that a draft without faults stands for. */
export function agreementOf(draft: X2xDraft): X2xAgreement {
  return {
    version: draft.version,
    security: draft.security,
    compression: draft.compression,
    connections: draft.connections,
    onInvalid: draft.onInvalid,
    maxStanzaBytes: Number(draft.maxStanzaBytes),
    keepaliveSeconds: orNumber(draft.keepaliveSeconds),
    idleSeconds: orNumber(draft.idleSeconds),
    language: orNone(draft.language),
    sides: [
      sideOf(draft, draft.ours, weOpen(draft), theyOpen(draft)),
      sideOf(draft, draft.theirs, theyOpen(draft), weOpen(draft)),
    ],
  };
}

export function weOpen({ opener }: Pick<X2xDraft, "opener">): boolean {
  return opener !== "them";
}

export function theyOpen({ opener }: Pick<X2xDraft, "opener">): boolean {
  return opener !== "us";
}

/** A side that opens is known by something; one that is opened to listens; what does not apply is left out. */
function sideOf(draft: X2xDraft, side: SideDraft, opens: boolean, listens: boolean): X2xSide {
  const { knownBy } = side;
  return {
    domains: listOf(side.domains),
    listens: listens ? { host: side.host.trim(), port: Number(side.port) } : null,
    opens: opens
      ? {
          knownBy,
          addresses: listOf(side.addresses),
          port: knownBy === "address_and_port" ? orNumber(side.sourcePort) : null,
          hostName: knownBy === "reverse_dns" ? orNone(side.hostName) : null,
        }
      : null,
    certificate:
      draft.security === "plain"
        ? null
        : {
            by: side.certificateBy,
            pins: side.certificateBy === "pins" ? pinsOf(side.pins) : [],
          },
  };
}

export function ownTermsOf(draft: X2xDraft): OwnTerms {
  return {
    priority: Number(draft.priority),
    fallsBack: draft.fallsBack,
    bindAddress: weOpen(draft) ? orNone(draft.bindAddress) : null,
    listenAddress: theyOpen(draft) ? orNone(draft.listenAddress) : null,
  };
}

/** Whether the link's name has to be typed again (XEP-0361 §4.2.1, §5): no TLS, or anybody may come as one side. */
export function needsConsent({ security, sides }: X2xAgreement): boolean {
  return security === "plain" || sides.some(({ opens }) => opens?.knownBy === "implicit");
}

/** Whether stanzas may have to wait: who has something to say may not open, and the other side has closed. */
export function mayWait({ idleSeconds, sides }: Pick<X2xAgreement, "idleSeconds" | "sides">): {
  readonly ours: boolean;
  readonly theirs: boolean;
} {
  const [ours, theirs] = sides;
  return {
    ours: idleSeconds !== null && ours.opens === null,
    theirs: idleSeconds !== null && theirs.opens === null,
  };
}

export type DraftFault =
  | "missing"
  | "bad_port"
  | "bad_number"
  | "bad_address"
  | "bad_language"
  | "bad_pin"
  | "same_domain"
  | "needs_tls"
  | "needs_address"
  | "needs_both"
  | "consent";

/** By field, as in the agreement; own terms and `consent` by their names. */
export type Faults = Readonly<Record<string, DraftFault>>;

/** What can be seen to be wrong without asking the appliance, which judges the rest. */
export function faultsOf(draft: X2xDraft): Faults {
  const theirDomains = listOf(draft.theirs.domains);
  const isShared = listOf(draft.ours.domains).some((one) => theirDomains.includes(one));
  const faults: Record<string, DraftFault | false> = {
    name: draft.name.trim() === "" && "missing",
    "sides.0.domains": draft.ours.domains.trim() === "" && "missing",
    "sides.1.domains": theirDomains.length === 0 ? "missing" : isShared && "same_domain",
    ...listeningFaults("sides.0", draft.ours, theyOpen(draft)),
    ...listeningFaults("sides.1", draft.theirs, weOpen(draft)),
    ...(draft.security === "plain"
      ? {}
      : { ...pinFaults("sides.0", draft.ours), ...pinFaults("sides.1", draft.theirs) }),
    ...(weOpen(draft) ? openingFaults("sides.0", draft.ours, draft) : {}),
    ...(theyOpen(draft) ? openingFaults("sides.1", draft.theirs, draft) : {}),
    bindAddress: weOpen(draft) && addressFault(draft.bindAddress),
    listenAddress: theyOpen(draft) && addressFault(draft.listenAddress),
    connections: draft.connections === "own" && draft.opener !== "either" && "needs_both",
    maxStanzaBytes: !isWhole(draft.maxStanzaBytes, 10_000, 16_777_216) && "bad_number",
    keepaliveSeconds: numberFault(draft.keepaliveSeconds, 10, 86_400),
    idleSeconds: numberFault(draft.idleSeconds, 1, 604_800),
    language:
      draft.language.trim() !== "" &&
      !/^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i.test(draft.language.trim()) &&
      "bad_language",
    priority: !isWhole(draft.priority, 0, 1_000) && "bad_number",
    consent:
      needsConsent(agreementOf(draft)) && draft.consent.trim() !== draft.name.trim() && "consent",
  };
  return Object.fromEntries(
    Object.entries(faults).filter((one): one is [string, DraftFault] => one[1] !== false),
  );
}

type Found = Record<string, DraftFault | false>;

function listeningFaults(at: string, side: SideDraft, listens: boolean): Found {
  if (!listens) return {};
  return {
    [`${at}.listens.host`]: side.host.trim() === "" && "missing",
    [`${at}.listens.port`]: !isPort(side.port) && "bad_port",
  };
}

function pinFaults(at: string, { certificateBy, pins }: SideDraft): Found {
  if (certificateBy === "names") return {};
  const read = pinsOf(pins);
  const isBad = read.length === 0 || read.some((pin) => !/^[0-9a-f]{64}$/.test(pin));
  return { [`${at}.certificate.pins`]: isBad && "bad_pin" };
}

function openingFaults(at: string, side: SideDraft, { security }: X2xDraft): Found {
  const { knownBy } = side;
  const addresses = listOf(side.addresses);
  const needsAddress = knownBy === "address" || knownBy === "address_and_port";
  return {
    [`${at}.opens.knownBy`]: knownBy === "certificate" && security === "plain" && "needs_tls",
    [`${at}.opens.addresses`]: addresses.some((one) => !looksLikeAddress(one))
      ? "bad_address"
      : needsAddress && addresses.length === 0 && "needs_address",
    [`${at}.opens.port`]: knownBy === "address_and_port" && !isPort(side.sourcePort) && "bad_port",
    [`${at}.opens.hostName`]: knownBy === "reverse_dns" && side.hostName.trim() === "" && "missing",
  };
}

export const steps = ["who", "direction", "security", "identity", "habits", "review"] as const;
export type Step = (typeof steps)[number];

/** The step on which a field stands. */
export function stepOf(field: string, { security }: Pick<X2xDraft, "security">): Step {
  if (field === "name" || /^sides\.\d\.domains/.test(field)) return "who";
  if (/^sides(\.\d\.listens.*)?$|^(bind|listen)Address$/.test(field)) return "direction";
  if (/^security$|^sides\.\d\.certificate/.test(field)) return "security";
  if (field === "consent") return security === "plain" ? "security" : "identity";
  return field.startsWith("sides.") ? "identity" : "habits";
}

/** What the appliance found, by our names of the fields: `agreement.sides.0.domains.2` is said at `sides.0.domains`. */
export function ownField(field: string): string {
  return field.replace(/^agreement\./, "").replace(/(domains|addresses|pins)\.\d+$/, "$1");
}

export function requestOf(draft: X2xDraft): X2xLinkRequest & { readonly agreement: X2xAgreement } {
  const agreement = agreementOf(draft);
  return {
    name: draft.name.trim(),
    agreement,
    ...ownTermsOf(draft),
    ...(needsConsent(agreement) ? { consent: draft.consent.trim() } : {}),
  };
}

/** Whether two links lead to the same peer, so that one is for fail-over only (XEP-0361 §4.4). */
export function sharesPair(one: X2xAgreement, other: X2xAgreement): boolean {
  return one.sides.every(({ domains }, index) =>
    domains.some((name) => other.sides[index]?.domains.includes(name)),
  );
}

export type Badge = "plain" | "implicit" | "several";

/** What stands beside a link wherever it is named. */
export function badgesOf(
  link: Pick<X2xLink, "id" | "agreement">,
  all: readonly Pick<X2xLink, "id" | "agreement">[],
): readonly Badge[] {
  const { security, sides } = link.agreement;
  const isSeveral = all.some(
    (other) => other.id !== link.id && sharesPair(link.agreement, other.agreement),
  );
  return [
    ...(security === "plain" ? (["plain"] as const) : []),
    ...(sides.some(({ opens }) => opens?.knownBy === "implicit") ? (["implicit"] as const) : []),
    ...(isSeveral ? (["several"] as const) : []),
  ];
}

export function listOf(text: string): string[] {
  return text.split(/[\s,;]+/).filter((one) => one !== "");
}

function pinsOf(text: string): string[] {
  return listOf(text).map((pin) => pin.replaceAll(":", "").toLowerCase());
}

function addressFault(text: string): DraftFault | false {
  return text.trim() !== "" && !looksLikeAddress(text.trim()) && "bad_address";
}

function numberFault(text: string, from: number, to: number): DraftFault | false {
  return text.trim() !== "" && !isWhole(text, from, to) && "bad_number";
}

function isWhole(text: string, from: number, to: number): boolean {
  return /^\d{1,9}$/.test(text.trim()) && Number(text) >= from && Number(text) <= to;
}

function orNumber(text: string): number | null {
  return text.trim() === "" ? null : Number(text);
}

function orNone(text: string): string | null {
  return text.trim() === "" ? null : text.trim();
}

function numberText(value: number | null): string {
  return value === null ? "" : String(value);
}
