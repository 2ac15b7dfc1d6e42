import { Status, type Tone } from "../../components/status.tsx";
import { connectionsText } from "../../text/watch.ts";
import { useText } from "../../text/use-text.tsx";

const TONE = {
  disabled: "idle",
  connecting: "running",
  attached: "ok",
  waiting: "failed",
  held_elsewhere: "info",
  active: "ok",
  idle: "idle",
  failing: "warning",
  rejected: "warning",
  no_link: "warning",
  gone: "warning",
  stopped: "idle",
} as const satisfies Readonly<Record<string, Tone>>;
type KnownState = keyof typeof TONE;

/** The state of a link or of a remote domain's traffic; an unknown one is shown as it came. */
export function ConnectionState({ state }: { readonly state: string }) {
  const t = useText(connectionsText);
  if (!isKnown(state)) return <Status tone="idle">{state}</Status>;
  return <Status tone={TONE[state]}>{t(`state.${state}`)}</Status>;
}

export function useStateWord(): (state: string) => string {
  const t = useText(connectionsText);
  return (state) => (isKnown(state) ? t(`state.${state}`) : state);
}

function isKnown(state: string): state is KnownState {
  return Object.hasOwn(TONE, state);
}
