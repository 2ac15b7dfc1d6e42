import type { X2xAgreement, X2xOffer } from "#contract/x2x.ts";

/** More than any half has: 200 domains of the greatest length on each side stay below. */
export const MOST_BYTES = 2 * 1024 * 1024;

export type OfferRead =
  | { readonly ok: true; readonly offer: X2xOffer }
  | { readonly ok: false; readonly reason: "too_large" | "not_json" | "not_a_half" | "version" }
  /** A field of the agreement is not there, or has something else in it. */
  | { readonly ok: false; readonly reason: "field"; readonly field: string };

type Check = (value: unknown) => boolean;
type Shape = { readonly [name: string]: Check | Shape };

const isText: Check = (value) => typeof value === "string" && value.trim() !== "";
const isPort: Check = (value) => isWhole(value, 1, 65_535);
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && words.includes(value);

const agreementShape: Shape = {
  version: oneOf("0.3", "0.0.1"),
  security: oneOf("mutual_tls", "plain"),
  // Halves that are older than this field do without.
  compression: (value) => value === undefined || oneOf("none", "deflate")(value),
  connections: oneOf("shared", "own"),
  onInvalid: oneOf("close", "bounce"),
  maxStanzaBytes: (value) => isWhole(value, 10_000, 16_777_216),
  keepaliveSeconds: orNull((value) => isWhole(value, 10, 86_400)),
  idleSeconds: orNull((value) => isWhole(value, 1, 604_800)),
  language: orNull(isText),
};
const openingShape: Shape = {
  knownBy: oneOf("certificate", "address_and_port", "address", "reverse_dns", "implicit"),
  addresses: isTexts,
  port: orNull(isPort),
  hostName: orNull(isText),
};
const listeningShape: Shape = { host: isText, port: isPort };
const certificateShape: Shape = { by: oneOf("names", "pins"), pins: isTexts };

/**
 * Reads the half of an agreement that the other side has exported: its first side is ours. Whatever the text holds, what
 * comes out has the contract's shape and nothing else; the appliance judges the values.
 */
export function readOffer(text: string): OfferRead {
  if (text.length > MOST_BYTES) return { ok: false, reason: "too_large" };
  let value: unknown;
  try {
    // Some programs put a mark of the byte order before a file.
    value = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    return { ok: false, reason: "not_json" };
  }
  if (!isRecord(value) || !("x2xAgreement" in value)) return { ok: false, reason: "not_a_half" };
  if (value["x2xAgreement"] !== 1) return { ok: false, reason: "version" };
  const field = missingField(value);
  if (field !== null) return { ok: false, reason: "field", field };
  return { ok: true, offer: plainOffer(value as unknown as X2xOffer) };
}

/** The first field that is not as it should be; its path. */
function missingField(value: Record<string, unknown>): string | null {
  const { agreement } = value;
  if (!isText(value["name"]) || String(value["name"]).trim().length > 100) return "name";
  if (!isText(value["fingerprint"])) return "fingerprint";
  if (!isRecord(agreement)) return "agreement";
  const sides = agreement["sides"];
  const common = faultIn(agreement, agreementShape, "");
  if (common !== null) return common;
  if (!Array.isArray(sides) || sides.length !== 2) return "sides";
  for (const [index, side] of sides.entries()) {
    const fault = sideFault(side, `sides.${index}.`);
    if (fault !== null) return fault;
  }
  return null;
}

function sideFault(side: unknown, at: string): string | null {
  if (!isRecord(side)) return at.slice(0, -1);
  const { domains } = side;
  if (!isTexts(domains) || !Array.isArray(domains) || domains.length === 0) return `${at}domains`;
  for (const [name, shape] of [
    ["listens", listeningShape],
    ["opens", openingShape],
    ["certificate", certificateShape],
  ] as const) {
    const part = side[name];
    if (part === null) continue;
    if (!isRecord(part)) return `${at}${name}`;
    const fault = faultIn(part, shape, `${at}${name}.`);
    if (fault !== null) return fault;
  }
  return null;
}

function faultIn(value: Record<string, unknown>, shape: Shape, at: string): string | null {
  for (const [name, check] of Object.entries(shape))
    if (typeof check !== "function" || !check(value[name])) return `${at}${name}`;
  return null;
}

/** What is not of the contract is left behind. */
function plainOffer({ name, agreement, fingerprint }: X2xOffer): X2xOffer {
  const { version, security, connections, onInvalid, maxStanzaBytes } = agreement;
  const { compression = "none" } = agreement as Partial<X2xAgreement>;
  const { keepaliveSeconds, idleSeconds, language } = agreement;
  const [ours, theirs] = agreement.sides;
  return {
    x2xAgreement: 1,
    name: name.trim(),
    fingerprint: fingerprint.slice(0, 50),
    agreement: {
      ...{ version, security, compression, connections, onInvalid, maxStanzaBytes },
      ...{ keepaliveSeconds, idleSeconds, language },
      sides: [plainSide(ours), plainSide(theirs)],
    },
  };
}

function plainSide(side: X2xAgreement["sides"][number]): X2xAgreement["sides"][number] {
  const { domains, listens, opens, certificate } = side;
  return {
    domains: [...domains],
    listens: listens === null ? null : { host: listens.host, port: listens.port },
    opens:
      opens === null
        ? null
        : {
            knownBy: opens.knownBy,
            addresses: [...opens.addresses],
            port: opens.port,
            hostName: opens.hostName,
          },
    certificate: certificate === null ? null : { by: certificate.by, pins: [...certificate.pins] },
  };
}

/** Whether two fingerprints are the same, however their digits are grouped. */
export function isSameFingerprint(one: string, other: string): boolean {
  return one.replaceAll(/\D/g, "") === other.replaceAll(/\D/g, "");
}

function isWhole(value: unknown, from: number, to: number): boolean {
  return typeof value === "number" && Number.isInteger(value) && value >= from && value <= to;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
