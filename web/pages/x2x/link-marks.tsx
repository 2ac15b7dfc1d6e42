import type { X2xLink } from "#contract/x2x.ts";
import { Status, type Tone } from "../../components/status.tsx";
import { useText } from "../../text/use-text.tsx";
import { x2xText } from "../../text/x2x.ts";
import { type Badge, badgesOf } from "./draft.ts";
import classes from "./x2x.module.css";

type State = "off" | "waiting" | NonNullable<X2xLink["live"]>["state"];

const STATE_TONE = {
  off: "idle",
  waiting: "running",
  up: "ok",
  connecting: "running",
  idle: "info",
  failing: "failed",
} as const satisfies Record<State, Tone>;

/** How a link stands, in one word of ours. */
export function stateOf({ isEnabled, live }: Pick<X2xLink, "isEnabled" | "live">): State {
  if (!isEnabled) return "off";
  return live?.state ?? "waiting";
}

export function LinkState(props: {
  readonly link: Pick<X2xLink, "isEnabled" | "live">;
  readonly isPill?: boolean;
}) {
  const t = useText(x2xText);
  const state = stateOf(props.link);
  return (
    <Status tone={STATE_TONE[state]} isPill={props.isPill === true}>
      {t(`state.${state}`)}
    </Status>
  );
}

const BADGE_TONE = {
  plain: "failed",
  implicit: "failed",
  several: "warning",
} as const satisfies Record<Badge, Tone>;

/** What weakens a link, wherever it is named. */
export function Badges(props: { readonly link: X2xLink; readonly all: readonly X2xLink[] }) {
  const t = useText(x2xText);
  const badges = badgesOf(props.link, props.all);
  if (badges.length === 0) return null;
  return (
    <div className={classes.badges}>
      {badges.map((badge) => (
        <Status key={badge} tone={BADGE_TONE[badge]} isPill>
          {t(`badge.${badge}`)}
        </Status>
      ))}
    </div>
  );
}

/** What each badge means. */
export function BadgeMeanings(props: { readonly link: X2xLink; readonly all: readonly X2xLink[] }) {
  const t = useText(x2xText);
  const badges = badgesOf(props.link, props.all);
  if (badges.length === 0) return null;
  return (
    <ul className={classes.meanings}>
      {badges.map((badge) => (
        <li key={badge}>
          <Status tone={BADGE_TONE[badge]} isPill>
            {t(`badge.${badge}`)}
          </Status>{" "}
          {t(`badgeMeans.${badge}`)}
        </li>
      ))}
    </ul>
  );
}

const NAMED = 3;

/** "acme.example, wave.acme.example, chat.acme.example and two more". */
export function useNames(): (names: readonly string[]) => string {
  const t = useText(x2xText);
  return (names) =>
    t("andMore", {
      first: names.slice(0, NAMED).join(", "),
      count: Math.max(0, names.length - NAMED),
    });
}
