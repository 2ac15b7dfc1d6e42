/** What protocol code cannot do by itself: handed in by the host, so that the rules stay pure. */
export interface Primitives {
  /**
   * UTS #46 non-transitional to ASCII, with CheckBidi and CheckJoiners; `""` when the name has no valid
   * form. Its length is not judged.
   */
  readonly domainToAscii: (name: string) => string;
  /** A-labels back to U-labels, for showing only. */
  readonly domainToUnicode: (name: string) => string;
  /** Lower-case hexadecimal SHA-1 of the UTF-8 form of `text` (XEP-0114 §3). */
  readonly sha1Hex: (text: string) => string;
  /** Lower-case hexadecimal SHA-256 of the UTF-8 form of `text`. */
  readonly sha256Hex: (text: string) => string;
  /** Lower-case hexadecimal HMAC-SHA256, key and text in their UTF-8 form (XEP-0185 §2). */
  readonly hmacSha256Hex: (key: string, text: string) => string;
  /** Whether two secrets are the same; how long it takes says nothing of where they differ. */
  readonly isSameSecret: (one: string, other: string) => boolean;
}
