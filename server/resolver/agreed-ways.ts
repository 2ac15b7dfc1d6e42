import type { AgreedLink, CrossReport } from "#protocol/resolution/evidence.ts";

/** What resolution needs of links by agreement (XEP-0361): which there are, and whether they work. */
export interface AgreedWays {
  /** Links that carry what the name `from` of ours sends; null: of any name of ours. */
  readonly linksOf: (from: string | null) => readonly AgreedLink[];
  /**
   * Sends a ping (XEP-0199) across the link that would carry a stanza, opening a connection where none is open; never
   * by a normal stream. Never rejects, and ends in time.
   */
  readonly cross: (
    from: string | null,
    to: string,
    options: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ) => Promise<CrossReport>;
}
