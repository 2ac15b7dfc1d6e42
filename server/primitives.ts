import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { domainToASCII, domainToUnicode } from "node:url";
import type { Primitives } from "#protocol/primitives.ts";

/** The protocol's primitives as Node provides them. */
export const primitives: Primitives = {
  domainToAscii: domainToASCII,
  domainToUnicode,
  sha1Hex: (text) => createHash("sha1").update(text, "utf8").digest("hex"),
  sha256Hex: (text) => sha256(text).toString("hex"),
  hmacSha256Hex: (key, text) => createHmac("sha256", key).update(text, "utf8").digest("hex"),
  // Of their hashes, which are of one length whatever somebody guesses.
  isSameSecret: (one, other) => timingSafeEqual(sha256(one), sha256(other)),
};

function sha256(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
