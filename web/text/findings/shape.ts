/**
 * The words for one finding, as ICU messages over the finding's own parameters plus `owner`.
 * `<c>…</c>` marks a name, address or value that is shown as code. A parameter that is null arrives
 * as the word `none`, a list as one text joined by commas.
 */
export interface FindingText {
  /** One sentence: what happened, to which name, on whose side. */
  readonly headline: string;
  /** What that means for federation. */
  readonly meaning: string;
  /** What to do, in this order. Empty where nothing needs doing. */
  readonly fixes: readonly string[];
  /** A DNS record or line of configuration to copy, without markup. */
  readonly copy?: string;
  /** Where it is written: `RFC 6120 §3.2.1`, `XEP-0030 §3`, `WAVE §…`. */
  readonly reference?: string;
}

export type FindingTexts = Readonly<Record<string, FindingText>>;
