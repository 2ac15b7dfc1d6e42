import type { Primitives } from "../primitives.ts";

/**
 * Whether text that is mapped and in NFC belongs to the IdentifierClass of PRECIS (RFC 8264 §4.2):
 * letters, digits, marks and printable ASCII, no compatibility forms, no old Hangul jamo, the
 * exceptions of §9.6, contextual rules. Without its ASCII signs this is what a U-label may contain.
 */
export function isIdentifier(text: string, primitives: Primitives): boolean {
  return (
    identifier.test(text) &&
    !disallowed.test(text) &&
    text.normalize("NFKC") === text &&
    isEachInContext(text, primitives)
  );
}

/** FreeformClass (RFC 8264 §4.3), for text in NFC: as above, and symbols, punctuation and spaces. */
export function isFreeform(text: string, primitives: Primitives): boolean {
  return (
    !unassignedOrControl.test(text) && !disallowed.test(text) && isEachInContext(text, primitives)
  );
}

/** The Bidi Rule of RFC 5893 §2, which every text without right-to-left characters follows. */
export function followsBidiRule(text: string, primitives: Primitives): boolean {
  if (!rightToLeft.test(text)) return true;
  // The host's IDNA knows the classes. To the rule one ASCII sign is as good as the hyphen.
  return primitives.domainToAscii(text.replace(/[!-/:-@[-`{-~]/g, "-")) !== "";
}

const identifier =
  /^[!-~\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}\u06fd\u06fe\u0f0b\u3007\u00b7\u0375\u05f3\u05f4\u30fb\u200c\u200d]+$/u;
// RFC 8264 §9.6 (exceptions), §9.9 (old Hangul jamo), §9.13 (ignorable, but for the joiners).
const disallowed =
  /[\u0640\u07fa\u3031-\u3035\u303b\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7c6\ud7cb-\ud7fb]|\u302e|\u302f|(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/u;
const unassignedOrControl = /[\p{Cc}\p{Cn}\p{Cs}\u2028\u2029]/u;
const rightToLeft =
  /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** Characters that are right in some places only (RFC 5892 Appendix A). */
function isEachInContext(text: string, primitives: Primitives): boolean {
  if (!/[\u00b7-\uffff]/.test(text)) return true;
  if (/(?<!l)\u00b7|\u00b7(?!l)/.test(text)) return false;
  if (/\u0375(?!\p{Script=Greek})|(?<!\p{Script=Hebrew})[\u05f3\u05f4]/u.test(text)) return false;
  if (text.includes("\u30fb") && !/[\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Han}]/u.test(text))
    return false;
  if (/[\u0660-\u0669]/.test(text) && /[\u06f0-\u06f9]/.test(text)) return false;
  // Joining types are not to be had here; the host's IDNA judges the word with the joiner in it.
  const words = text.match(/[\p{L}\p{M}\u200c\u200d]*[\u200c\u200d][\p{L}\p{M}\u200c\u200d]*/gu);
  return (words ?? []).every((word) => primitives.domainToAscii(word) !== "");
}
