import type { TraceWord } from "../../text/traces.ts";

/** A message of `traceWords` with its values, made by pure code and worded on the page. */
export interface Phrase {
  readonly key: TraceWord;
  readonly values: Readonly<Record<string, string | number>>;
}

export function phrase(key: TraceWord, values: Phrase["values"] = {}): Phrase {
  return { key, values };
}
