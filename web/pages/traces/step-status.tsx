import {
  IconAlertTriangle,
  IconArrowBackUp,
  IconBan,
  IconCircleCheck,
  IconCircleDashed,
  IconCircleX,
  IconLoader2,
  IconPlayerSkipForward,
  type IconProps,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { StepStatus } from "#contract/traces.ts";
import { Status, type Tone } from "../../components/status.tsx";
import { traceWords } from "../../text/traces.ts";
import { useText } from "../../text/use-text.tsx";

/** An icon of its own for each of the eight states: colour is never the only difference. */
export const STEP_ICON: Readonly<Record<StepStatus, ComponentType<IconProps>>> = {
  pending: IconCircleDashed,
  running: IconLoader2,
  ok: IconCircleCheck,
  warning: IconAlertTriangle,
  failed: IconCircleX,
  skipped: IconPlayerSkipForward,
  not_reached: IconBan,
  reused: IconArrowBackUp,
};

export const STEP_TONE: Readonly<Record<StepStatus, Tone>> = {
  pending: "idle",
  running: "running",
  ok: "ok",
  warning: "warning",
  failed: "failed",
  skipped: "idle",
  not_reached: "idle",
  reused: "info",
};

/** A step's or attempt's state as icon and word. */
export function StepStatusMark({
  status,
  size = 16,
  isPill = false,
}: {
  readonly status: StepStatus;
  readonly size?: number;
  readonly isPill?: boolean;
}) {
  const t = useText(traceWords);
  return (
    <Status tone={STEP_TONE[status]} icon={STEP_ICON[status]} size={size} isPill={isPill}>
      {t(`status.${status}`)}
    </Status>
  );
}
