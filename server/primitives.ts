import { createHash } from "node:crypto";
import { domainToASCII, domainToUnicode } from "node:url";
import type { Primitives } from "#protocol/primitives.ts";

/** The protocol's primitives as Node provides them. */
export const primitives: Primitives = {
  domainToAscii: domainToASCII,
  domainToUnicode,
  sha1Hex: (text) => createHash("sha1").update(text, "utf8").digest("hex"),
};
