import type { Link, LinkKind, LinkState } from "#contract/links.ts";
import type { Tone } from "../../components/status.tsx";
import type { domainsText } from "../../text/domains.ts";

type Word = keyof typeof domainsText;

const TONE: Readonly<Record<LinkState, Tone>> = {
  attached: "ok",
  connecting: "running",
  waiting: "failed",
  held_elsewhere: "info",
  disabled: "idle",
};
const OFF = { disabled: "stateDisabled", held_elsewhere: "stateHeldElsewhere" } as const;
const WORD: Readonly<Record<LinkKind, Readonly<Record<LinkState, Word>>>> = {
  component: {
    ...OFF,
    attached: "stateAttached",
    connecting: "stateConnecting",
    waiting: "stateWaiting",
  },
  s2s: { ...OFF, attached: "stateOpen", connecting: "stateOpening", waiting: "stateNotOpen" },
  hosted: {
    ...OFF,
    attached: "stateConnected",
    connecting: "stateOpening",
    waiting: "stateNobody",
  },
};

/** Tone and word of a link's state: what "attached" means depends on its kind. */
export function linkState({
  kind,
  state,
  lastError,
}: Pick<Link, "kind" | "state"> & { readonly lastError?: Link["lastError"] }): {
  readonly tone: Tone;
  readonly word: Word;
} {
  // Whether a component is connected is another matter than the port for other servers.
  const isShut = state === "waiting" && lastError?.code === "s2s.listen_failed";
  return { tone: TONE[state], word: isShut ? "stateNotOpen" : WORD[kind][state] };
}
