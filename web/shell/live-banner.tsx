import { Button } from "@mantine/core";
import { useLive } from "../api/live-context.tsx";
import { Notice } from "../components/notice.tsx";
import { Time } from "../components/time.tsx";
import { shellText } from "../text/shell.ts";
import { useText } from "../text/use-text.tsx";

const WORDS = {
  connection: "lostConnection",
  database: "lostDatabase",
  unreachable: "lostUnreachable",
} as const;

/** Says that what is shown may be old, and why; nothing while all is well. Read out when it appears. */
export function LiveBanner() {
  const t = useText(shellText);
  const { state, setPaused } = useLive();
  return (
    <div role="status">
      {state.kind === "lost" && (
        <Notice tone={state.cause === "connection" ? "warning" : "failed"} isBanner>
          {t(WORDS[state.cause])}{" "}
          {t.rich("lostSince", { time: <Time at={state.since} style="clock" /> })}
        </Notice>
      )}
      {state.kind === "paused" && (
        <Notice
          tone="info"
          isBanner
          action={
            <Button size="compact-sm" variant="default" onClick={() => setPaused(false)}>
              {t("resumeLive")}
            </Button>
          }
        >
          {t("paused")}
        </Notice>
      )}
    </div>
  );
}
