import type { KnownCertificate } from "#contract/peer-trust.ts";

export const MAX_PINS = 20;

/** What a pasted text holds: pins as the appliance writes them (`AA:BB:...`), or why there is none. */
export type PinsRead =
  | { readonly ok: true; readonly pins: readonly string[] }
  | { readonly ok: false; readonly reason: "none" | "sha1" | "certificate" };

const PINS =
  /(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])|(?<![A-Za-z0-9+/=])[0-9A-Fa-f]{64}(?![A-Za-z0-9+/=])|(?<![A-Za-z0-9+=])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/g;
const SHA1 =
  /(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){19}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])|(?<![0-9A-Za-z+/=])[0-9A-Fa-f]{40}(?![0-9A-Za-z+/=])/;

/**
 * Every SHA-256 in `text`, each once: `sha256 Fingerprint=AA:BB:...` and `SHA2-256(stdin)= aabb...` of openssl,
 * bare hexadecimal, `pin-sha256="..."`, `sha256//...` and bare base64.
 */
export function readPins(text: string): PinsRead {
  if (text.includes("-----BEGIN")) return { ok: false, reason: "certificate" };
  // `sha256/` before base64 would be taken for a part of it.
  const bare = text.replaceAll(/sha256\/{1,2}/gi, " ");
  const pins = [...new Set([...bare.matchAll(PINS)].map(([found]) => canonical(found)))];
  if (pins.length > 0) return { ok: true, pins };
  return { ok: false, reason: SHA1.test(text) ? "sha1" : "none" };
}

function canonical(found: string): string {
  const hex = found.endsWith("=") ? fromBase64(found) : found.replaceAll(":", "");
  return (hex.toUpperCase().match(/../g) ?? []).join(":");
}

function fromBase64(text: string): string {
  const bytes = atob(text);
  return Array.from(bytes, (byte) => byte.charCodeAt(0).toString(16).padStart(2, "0")).join("");
}

/** What a pin stands for among the certificates that a peer has shown, newest first. */
export function pinKind(
  pin: string,
  known: readonly Pick<KnownCertificate, "fingerprint" | "publicKey">[],
): "certificate" | "key" | "older" | "unseen" {
  const [newest] = known;
  if (newest?.fingerprint === pin) return "certificate";
  if (newest?.publicKey === pin) return "key";
  const isOlder = known.some((one) => one.fingerprint === pin || one.publicKey === pin);
  return isOlder ? "older" : "unseen";
}
