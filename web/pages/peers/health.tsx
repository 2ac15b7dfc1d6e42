import type { HealthState, Peer } from "#contract/peers.ts";
import { Status, type Tone } from "../../components/status.tsx";
import { peersText } from "../../text/peers.ts";
import { useText } from "../../text/use-text.tsx";

export const HEALTH_TONE: Readonly<Record<HealthState, Tone>> = {
  up: "ok",
  degraded: "warning",
  down: "failed",
  unknown: "idle",
};

/** A peer's state as icon and word; blocked and switched off ones have no health. */
export function PeerState({
  peer,
  isPill = false,
}: {
  readonly peer: Pick<Peer, "stance" | "isEnabled" | "health">;
  readonly isPill?: boolean;
}) {
  const t = useText(peersText);
  if (!peer.isEnabled)
    return (
      <Status tone="idle" isPill={isPill}>
        {t("state.paused")}
      </Status>
    );
  if (peer.stance === "blocked")
    return (
      <Status tone="info" isPill={isPill}>
        {t("stance.blocked")}
      </Status>
    );
  const state = peer.health?.state ?? "unknown";
  return (
    <Status tone={HEALTH_TONE[state]} isPill={isPill}>
      {t(`state.${state}`)}
    </Status>
  );
}
