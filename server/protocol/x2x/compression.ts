import { dictionaryId } from "./dictionary.ts";
import { type Foreign, headBytes, isZlibHead, judgeHead } from "./reader.ts";

/*
 * What both ends of a compressed connection hold each other to (docs/x2x-profile.md): how it begins, and how much may come
 * out of how little.
 */

/** Credit is counted in inflated bytes. */
export interface InflationLimits {
  /** Each byte on the wire is credit for so many inflated ones. */
  readonly ratio: number;
  /** Credit that there is at first, and at most. */
  readonly burstBytes: number;
  /** So many bytes in a row may inflate to nothing. */
  readonly emptyBytes: number;
}

export const inflationLimits: InflationLimits = {
  ratio: 100,
  burstBytes: 1024 * 1024,
  emptyBytes: 64 * 1024,
};

/**
 * The credit that is left when so many bytes of the wire have become so many: below 0 the receiver ends the connection.
 * However the same stream is cut into steps, the receiver's credit is never below the sender's by more than its largest step,
 * so a sender that keeps that much in hand is never refused.
 */
export function creditAfter(
  credit: number,
  wireBytes: number,
  inflatedBytes: number,
  { ratio, burstBytes }: InflationLimits,
): number {
  return Math.min(burstBytes, credit + ratio * wireBytes) - inflatedBytes;
}

/** Why a compressed connection cannot go on, though it began as agreed. */
export type DeflateFault =
  /** Not the format, or its checksum is wrong. */
  | "data"
  /** Something follows the end of the compressed stream. */
  | "ended"
  /** It inflates to more than there is credit for. */
  | "ratio"
  /** It goes on and on, and inflates to nothing. */
  | "empty";

/**
 * What the first bytes of a connection are on which compression was agreed, as text of one character for each byte;
 * `undecided`: more of them will tell.
 */
export function judgeDeflateHead(head: string): "deflate" | "undecided" | Foreign {
  if (head.length === 1 && (head.charCodeAt(0) & 0x8f) === 8) return "undecided";
  if (isZlibHead(head)) return judgeDictionary(head);
  // A keepalive: only who does not compress sends it as it is.
  if (/^\s/.test(head)) return "uncompressed";
  const what = judgeHead(head);
  if (what !== null) return what;
  return head.length < headBytes ? "undecided" : "uncompressed";
}

/** RFC 1950 §2.2: the dictionary is named right behind the first two bytes, if there is one. */
function judgeDictionary(head: string): "deflate" | "undecided" | "other_dictionary" {
  const hasDictionary = (head.charCodeAt(1) & 0x20) !== 0;
  const expected = String.fromCharCode(
    ...[24, 16, 8, 0].map((shift) => (dictionaryId >>> shift) & 0xff),
  );
  const named = head.slice(2, 6);
  if (!hasDictionary || !expected.startsWith(named)) return "other_dictionary";
  return named.length < 4 ? "undecided" : "deflate";
}
