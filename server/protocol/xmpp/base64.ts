const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Base64 with padding (RFC 4648 §4). */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second, third] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    text += sextet(bits >> 18) + sextet(bits >> 12);
    text += second === undefined ? "=" : sextet(bits >> 6);
    text += third === undefined ? "=" : sextet(bits);
  }
  return text;
}

/**
 * The bytes, or null for anything but the one spelling that these bytes have: characters outside of
 * the alphabet, line breaks, `=` elsewhere than at the end, wrong length, padding bits that are not
 * zero (RFC 6120 §13.9.1, RFC 4648 §3.3-3.5).
 */
export function decodeBase64(text: string): Uint8Array | null {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return null;
  const digits = text.replace(/=+$/, "");
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const digit of digits) {
    bits = ((bits << 6) | alphabet.indexOf(digit)) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = (bits >> held) & 0xff;
  }
  return (bits & ((1 << held) - 1)) === 0 ? bytes : null;
}

function sextet(bits: number): string {
  return alphabet.charAt(bits & 0x3f);
}
