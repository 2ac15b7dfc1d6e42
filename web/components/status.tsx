import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconInfoCircle,
  type IconProps,
  IconLoader2,
} from "@tabler/icons-react";
import type { ComponentType, ReactNode } from "react";
import classes from "./status.module.css";

/** How good it is; the colours of each are `--wg-TONE-fg|bg|line` (running shares info's). */
export type Tone = "ok" | "warning" | "failed" | "info" | "idle" | "running";

export const TONE_ICON: Readonly<Record<Tone, ComponentType<IconProps>>> = {
  ok: IconCircleCheck,
  warning: IconAlertTriangle,
  failed: IconCircleX,
  info: IconInfoCircle,
  idle: IconCircleDashed,
  running: IconLoader2,
};

interface StatusProps {
  readonly tone: Tone;
  /** The word: never an icon or colour alone. */
  readonly children: ReactNode;
  readonly icon?: ComponentType<IconProps>;
  /** With a background, for headings and tables. */
  readonly isPill?: boolean;
  readonly size?: number;
}

/** A state as icon and word. */
export function Status({ tone, children, icon, isPill = false, size = 16 }: StatusProps) {
  const Icon = icon ?? TONE_ICON[tone];
  return (
    <span className={`${classes.status} ${classes[tone]} ${isPill ? classes.pill : ""}`}>
      <Icon size={size} stroke={2} aria-hidden="true" />
      <span>{children}</span>
    </span>
  );
}
