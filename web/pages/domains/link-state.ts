import type { LinkState } from "#contract/links.ts";
import type { Tone } from "../../components/status.tsx";
import type { domainsText } from "../../text/domains.ts";

/** Tone and word of each state of a link. */
export const LINK_STATE: Readonly<
  Record<LinkState, { readonly tone: Tone; readonly word: keyof typeof domainsText }>
> = {
  attached: { tone: "ok", word: "stateAttached" },
  connecting: { tone: "running", word: "stateConnecting" },
  waiting: { tone: "failed", word: "stateWaiting" },
  held_elsewhere: { tone: "info", word: "stateHeldElsewhere" },
  disabled: { tone: "idle", word: "stateDisabled" },
};
