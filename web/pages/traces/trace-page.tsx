import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import type { Trace } from "#contract/traces.ts";
import { useLive } from "../../api/live-context.tsx";
import { query } from "../../api/query.ts";
import { PageHeader } from "../../components/page-header.tsx";
import { ProblemNotice } from "../../components/problem-notice.tsx";
import { PageLoading } from "../../shell/frame.tsx";
import { Evidence } from "./evidence.tsx";
import { FixCard } from "./fix-card.tsx";
import { PathLine } from "./path-line.tsx";
import { StepList } from "./step-list.tsx";
import { TraceHistory } from "./trace-history.tsx";
import { useActions, VerdictBar } from "./verdict-bar.tsx";
import { verdictOf } from "./verdict.ts";
import { usePageText, useWords, type Words } from "./words.tsx";

const route = getRouteApi("/signed-in/t/$id");
const FALLBACK_MS = 2_000;

/** One trace: the verdict, what to do, the way, and the evidence of each of the 13 steps. */
export function TracePage() {
  const t = usePageText();
  const { id } = route.useParams();
  const { state: live } = useLive();
  const { data, error, dataUpdatedAt } = useQuery({
    ...query("GET /api/v1/traces/:id", { params: { id } }),
    // Changes come by the live feed; while that is away a running trace is asked for.
    refetchInterval: ({ state }) =>
      state.data?.state === "running" && live.kind === "lost" ? FALLBACK_MS : false,
  });
  if (data === undefined)
    return error === null ? (
      <PageLoading />
    ) : (
      <>
        <PageHeader title={t("titleGone")} crumbs={[{ label: t("traces"), to: "/traces" }]} />
        <ProblemNotice error={error} />
      </>
    );
  return <TraceView key={data.id} trace={data} receivedAt={dataUpdatedAt} />;
}

function TraceView({ trace, receivedAt }: { readonly trace: Trace; readonly receivedAt: number }) {
  const t = usePageText();
  const words = useWords();
  const actions = useActions(trace);
  const { step: open, tab } = route.useSearch();
  const navigate = route.useNavigate();
  const elapsedMs = useElapsed(trace, receivedAt);
  useEffect(() => {
    document.title = `${t("title", { domain: trace.domain })} · Wavegate`;
  }, [t, trace.domain]);

  function openStep(step: number | null): void {
    const search = step === null ? {} : { step, ...(tab === undefined ? {} : { tab }) };
    void navigate({ search, replace: true, resetScroll: false });
  }
  /** From elsewhere on the page: opens the step, and brings its row into view and focus. */
  function showStep(step: number): void {
    openStep(step);
    requestAnimationFrame(() => {
      const button = document.querySelector<HTMLElement>(
        `[aria-describedby="step-${step}-result"]`,
      );
      button?.focus();
      button?.scrollIntoView({ block: "nearest" });
    });
  }

  return (
    <>
      <VerdictBar trace={trace} elapsedMs={elapsedMs} words={words} actions={actions} />
      <FixCard trace={trace} words={words} actions={actions} onOpen={showStep} />
      <PathLine trace={trace} onOpen={showStep} />
      <StepList
        trace={trace}
        elapsedMs={elapsedMs}
        words={words}
        open={open ?? null}
        onOpen={openStep}
        evidence={(step) => (
          <Evidence
            step={step}
            trace={trace}
            words={words}
            tab={tab ?? "result"}
            onTab={(next) =>
              void navigate({
                search: { step: step.number, tab: next },
                replace: true,
                resetScroll: false,
              })
            }
            onMove={showStep}
            onClose={() => {
              openStep(null);
              document
                .querySelector<HTMLElement>(`[aria-describedby="step-${step.number}-result"]`)
                ?.focus();
            }}
          />
        )}
      />
      {trace.state !== "running" && (
        <div style={{ marginTop: "var(--wg-gap)" }}>
          <TraceHistory trace={trace} />
        </div>
      )}
      <Announcer trace={trace} words={words} />
    </>
  );
}

const TICK_MS = 250;

/**
 * How long the trace has run. The browser's clock may be wrong, so what the trace itself says, plus the
 * time since it came, is the measure; the clock is used only while it agrees.
 */
function useElapsed(trace: Trace, receivedAt: number): number {
  const isRunning = trace.state === "running";
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  if (!isRunning) return trace.durationMs ?? 0;
  const offsets = trace.steps.flatMap(({ attempts }) =>
    attempts.map(({ offsetMs, durationMs }) => offsetMs + (durationMs ?? 0)),
  );
  const known = Math.max(0, ...offsets) + Math.max(0, now - receivedAt);
  const byClock = now - Date.parse(trace.startedAt);
  return byClock >= known && byClock < known + 30_000 ? byClock : known;
}

/** Says failures and the verdict to screen readers as they come; nothing else, and nothing of the past. */
function Announcer({ trace, words }: { readonly trace: Trace; readonly words: Words }) {
  const t = usePageText();
  const [said, setSaid] = useState("");
  const failed = trace.steps
    .filter(({ status }) => status === "failed")
    .map(({ number }) => number);
  const before = useRef({ failed, state: trace.state });
  useEffect(() => {
    const { current: last } = before;
    before.current = { failed, state: trace.state };
    if (last.state !== "running") return;
    if (trace.state !== "running") {
      setSaid(t("announceDone", { sentence: words.text(verdictOf(trace).sentence) }));
      return;
    }
    const step = trace.steps.find(
      ({ number, status }) => status === "failed" && !last.failed.includes(number),
    );
    if (step !== undefined)
      setSaid(
        t("announceFailed", {
          step: step.number,
          title: words.title(step.number, trace.domain),
          text: words.resultText(step, trace),
        }),
      );
  }, [trace, failed, words, t]);
  return (
    <div role="status" aria-live="polite" className="wg-visually-hidden">
      {said}
    </div>
  );
}
