/** Connections of one link to one peer: at most one that we opened, and one that the peer did. */
export interface Ways {
  readonly own: "none" | "connecting" | "open" | "closing";
  readonly theirs: "none" | "open" | "closing";
}

/** What both sides agreed on that decides which connection carries our stanzas. */
export interface WayTerms {
  readonly mayOpen: boolean;
  readonly connections: "shared" | "own";
}

/**
 * Which connection takes our next stanza (XEP-0361 §4.3). `open`: open one of ours first; `wait`: it has to wait, for one
 * that is on its way or for one that is being closed in order, since two connections keep no order between them.
 *
 * Whoever has a connection of its own, open or on its way, sends on it and reads both: so two that open at the same time end
 * with one connection for each direction, whichever order the news of them comes in.
 */
export function chooseWay(
  terms: WayTerms,
  { own, theirs }: Ways,
): "own" | "theirs" | "open" | "wait" {
  if (own === "open") return "own";
  if (own === "connecting" || own === "closing") return "wait";
  const maySendOnTheirs = terms.connections === "shared" || !terms.mayOpen;
  if (maySendOnTheirs && theirs === "open") return "theirs";
  if (maySendOnTheirs && theirs === "closing") return "wait";
  return terms.mayOpen ? "open" : "wait";
}
