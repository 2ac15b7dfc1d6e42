import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type KeyboardEvent, useRef, useState } from "react";
import type { Trace, TraceSummary } from "#contract/traces.ts";
import { query } from "../../api/query.ts";
import { Panel } from "../../components/panel.tsx";
import { TONE_ICON, type Tone } from "../../components/status.tsx";
import { useTimeFormat } from "../../components/time.tsx";
import { traceWords } from "../../text/traces.ts";
import { useText } from "../../text/use-text.tsx";
import classes from "./trace-history.module.css";
import { usePageText } from "./words.tsx";

const MOST = 50;

/** The last runs for the same domain, oldest first: one tab stop, arrows move, Enter opens. */
export function TraceHistory({ trace }: { readonly trace: Trace }) {
  const t = usePageText();
  const { data } = useQuery(
    query("GET /api/v1/traces", {
      query: { domain: trace.domain, sort: "-startedAt", limit: MOST },
    }),
  );
  const runs = (data?.items ?? []).toReversed();
  if (runs.length < 2) return null;
  return (
    <Panel
      title={t("historyTitle")}
      actions={
        <Link to="/traces" search={{ domain: trace.domain }}>
          {t("historyAll", { count: data?.total ?? runs.length })}
        </Link>
      }
    >
      <Runs runs={runs} currentId={trace.id} />
    </Panel>
  );
}

function Runs({
  runs,
  currentId,
}: {
  readonly runs: readonly TraceSummary[];
  readonly currentId: string;
}) {
  const t = usePageText();
  const describe = useRunWords();
  const ref = useRef<HTMLDivElement>(null);
  const [chosen, setChosen] = useState<number | null>(null);
  const own = runs.findIndex(({ id }) => id === currentId);
  const stop = Math.min(chosen ?? Math.max(0, own), runs.length - 1);
  const shown = runs[stop];

  function onKeyDown(event: KeyboardEvent): void {
    const targets: Readonly<Record<string, number>> = {
      ArrowLeft: stop - 1,
      ArrowRight: stop + 1,
      Home: 0,
      End: runs.length - 1,
    };
    const wanted = targets[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    const next = Math.min(runs.length - 1, Math.max(0, wanted));
    setChosen(next);
    ref.current?.querySelectorAll<HTMLElement>("a")[next]?.focus();
  }

  return (
    <>
      <div
        ref={ref}
        className={classes.strip}
        role="group"
        aria-label={t("historyHelp")}
        onKeyDown={onKeyDown}
      >
        {runs.map((run, index) => {
          const tone = toneOf(run);
          const Icon = TONE_ICON[tone];
          return (
            <Link
              key={run.id}
              to="/t/$id"
              params={{ id: run.id }}
              className={classes.run}
              data-tone={tone}
              aria-label={describe(run)}
              title={describe(run)}
              {...(run.id === currentId ? { "aria-current": "page" as const } : {})}
              tabIndex={index === stop ? 0 : -1}
              onFocus={() => setChosen(index)}
              onMouseEnter={() => setChosen(index)}
            >
              <Icon size={15} stroke={2} aria-hidden="true" />
            </Link>
          );
        })}
      </div>
      <p className={classes.chosen} aria-hidden="true">
        {shown === undefined ? "" : describe(shown)}
      </p>
    </>
  );
}

function toneOf({ state, xmpp }: TraceSummary): Tone {
  if (state === "running") return "running";
  if (xmpp === "reachable") return "ok";
  if (xmpp === "warning") return "warning";
  return xmpp === "unreachable" ? "failed" : "idle";
}

/** "Nov 20, 2026, 09:14: XMPP reachable, Wave found, 431 ms". */
function useRunWords(): (run: TraceSummary) => string {
  const t = usePageText();
  const words = useText(traceWords);
  const time = useTimeFormat();
  return (run) =>
    t("historyRun", {
      when: time.moment(new Date(run.startedAt)),
      xmpp: words(`xmpp.${run.xmpp ?? (run.state === "running" ? "pending" : "unknown")}`),
      wave: words(`wave.${run.wave ?? (run.state === "running" ? "pending" : "unknown")}`),
      took: run.durationMs === null ? "none" : time.duration(run.durationMs),
    });
}
