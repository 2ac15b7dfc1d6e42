import { IconFlask } from "@tabler/icons-react";
import type { Peer } from "#contract/peers.ts";
import { Status } from "../../components/status.tsx";
import { useNow, useTimeFormat } from "../../components/time.tsx";
import { peerTrustText } from "../../text/peer-trust.ts";
import { useText } from "../../text/use-text.tsx";
import { isTesting } from "./terms.ts";

/** That any certificate is taken for a peer's, and until when; nothing where it is not so. */
export function TestBadge({
  peer,
  isPill = false,
}: {
  readonly peer: Pick<Peer, "testModeUntil" | "stance">;
  readonly isPill?: boolean;
}) {
  const t = useText(peerTrustText);
  const time = useTimeFormat();
  const now = useNow(peer.testModeUntil) || Date.now();
  if (peer.stance !== "trusted" || !isTesting(peer, now)) return null;
  return (
    <Status tone="failed" icon={IconFlask} isPill={isPill} size={14}>
      {t("testUntil", { date: time.date(new Date(peer.testModeUntil)) })}
    </Status>
  );
}
