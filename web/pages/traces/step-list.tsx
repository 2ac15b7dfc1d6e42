import { Button } from "@mantine/core";
import {
  IconChevronRight,
  IconTable,
  IconTimeline,
  IconZoomIn,
  IconZoomOut,
} from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";
import type { Step, Trace } from "#contract/traces.ts";
import { useTimeFormat } from "../../components/time.tsx";
import { useAttemptWords } from "./attempt-words.tsx";
import { isOutside, tallyOf } from "./branches.ts";
import { StepBranches } from "./step-branches.tsx";
import classes from "./step-list.module.css";
import { StepStatusMark } from "./step-status.tsx";
import { TimingTable } from "./timing-table.tsx";
import { layOut, type Timeline, zoomFor } from "./timeline.ts";
import { Axis, StepLaneChart } from "./waterfall.tsx";
import { usePageText, type Words } from "./words.tsx";

interface StepListProps {
  readonly trace: Trace;
  readonly elapsedMs: number;
  readonly words: Words;
  /** The step whose evidence is open. */
  readonly open: number | null;
  readonly onOpen: (step: number | null) => void;
  readonly evidence: (step: Step) => ReactNode;
}

/**
 * The 13 steps with their bars on one shared time axis. Rows never move while a trace runs: their height
 * is fixed and attempts are folded. After it, what went wrong takes the lines that it needs. One tab stop; arrows move, Enter opens, Escape closes.
 */
export function StepList(props: StepListProps) {
  const { trace, elapsedMs, words, open, onOpen } = props;
  const t = usePageText();
  const time = useTimeFormat();
  const [isTable, setIsTable] = useState(false);
  const [isZoomed, setIsZoomed] = useState(false);
  const zoom = useMemo(() => zoomFor(trace), [trace]);
  const timeline = useMemo(
    () => layOut(trace, elapsedMs, isZoomed ? zoom : null),
    [trace, elapsedMs, isZoomed, zoom],
  );
  const rows = useRows(props);

  return (
    <section
      className={classes.panel}
      data-sheet={open !== null}
      data-ended={trace.state !== "running"}
      aria-labelledby="trace-steps"
    >
      <div className={classes.head}>
        <div className={classes.headTitle}>
          <h2 id="trace-steps">{t("steps")}</h2>
          <Button
            size="compact-xs"
            variant="subtle"
            leftSection={isTable ? <IconTimeline size={14} /> : <IconTable size={14} />}
            onClick={() => setIsTable(!isTable)}
          >
            {isTable ? t("showWaterfall") : t("showTable")}
          </Button>
          {!isTable && zoom !== null && (
            <Button
              size="compact-xs"
              variant="subtle"
              leftSection={isZoomed ? <IconZoomOut size={14} /> : <IconZoomIn size={14} />}
              onClick={() => setIsZoomed(!isZoomed)}
            >
              {isZoomed ? t("zoomOut") : t("zoomIn", { duration: time.duration(zoom) })}
            </Button>
          )}
          {!isTable && <span className={classes.hint}>{t("stepsHelp")}</span>}
        </div>
        {!isTable && (
          <div className={classes.axis}>
            <Axis timeline={timeline} />
          </div>
        )}
      </div>
      {isTable ? (
        <TimingTable trace={trace} words={words} />
      ) : (
        <ol className={classes.list} onKeyDown={rows.onKeyDown}>
          {trace.steps.map((step) => (
            <StepRow
              key={step.number}
              step={step}
              trace={trace}
              words={words}
              timeline={timeline}
              isCurrent={rows.current === step.number}
              isOpen={open === step.number}
              isUnfolded={rows.unfolded.has(step.number)}
              buttonRef={rows.refFor(step.number)}
              onToggle={() => {
                rows.setCurrent(step.number);
                onOpen(open === step.number ? null : step.number);
              }}
              onUnfold={() => rows.fold(step.number, !rows.unfolded.has(step.number))}
              onFocus={() => rows.setCurrent(step.number)}
              evidence={props.evidence}
            />
          ))}
        </ol>
      )}
    </section>
  );
}

/** Which row has the tab stop, which are unfolded, and what the keys do. */
function useRows({ trace, open, onOpen }: StepListProps) {
  const [chosen, setCurrent] = useState<number | null>(null);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const buttons = useRef(new Map<number, HTMLButtonElement>());
  const current = chosen ?? open ?? 1;

  function fold(step: number, isOpen: boolean): void {
    const next = new Set(unfolded);
    if (isOpen) next.add(step);
    else next.delete(step);
    setUnfolded(next);
  }

  function move(step: number): void {
    setCurrent(step);
    buttons.current.get(step)?.focus();
    // An open sheet follows the row, so that the evidence can be read step by step.
    if (open !== null) onOpen(step);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape" && open !== null) {
      onOpen(null);
      buttons.current.get(open)?.focus();
      event.preventDefault();
      return;
    }
    const [at] = [...buttons.current].find(([, button]) => button === event.target) ?? [null];
    if (at === null) return;
    const last = trace.steps.length;
    const keys: Readonly<Record<string, () => void>> = {
      ArrowDown: () => move(Math.min(last, at + 1)),
      ArrowUp: () => move(Math.max(1, at - 1)),
      Home: () => move(1),
      End: () => move(last),
      ArrowRight: () => fold(at, true),
      ArrowLeft: () => fold(at, false),
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  const refFor = (step: number) => (element: HTMLButtonElement | null) => {
    if (element === null) buttons.current.delete(step);
    else buttons.current.set(step, element);
  };
  return { current, setCurrent, unfolded, fold, onKeyDown, refFor };
}

interface StepRowProps {
  readonly step: Step;
  readonly trace: Trace;
  readonly words: Words;
  readonly timeline: Timeline;
  readonly isCurrent: boolean;
  readonly isOpen: boolean;
  readonly isUnfolded: boolean;
  readonly buttonRef: (element: HTMLButtonElement | null) => void;
  readonly onToggle: () => void;
  readonly onUnfold: () => void;
  readonly onFocus: () => void;
  readonly evidence: (step: Step) => ReactNode;
}

function StepRow(props: StepRowProps) {
  const { step, trace, words, timeline, isOpen, isUnfolded } = props;
  const time = useTimeFormat();
  const lane = timeline.lanes[step.number - 1];
  const tally = tallyOf(step.attempts);
  const id = `step-${step.number}`;
  return (
    <li
      className={classes.item}
      data-status={step.status}
      data-open={isOpen}
      {...(step.status === "running" ? { "aria-current": "step" as const } : {})}
    >
      {/* The whole row takes the click; the button inside it is what keyboards and readers use. */}
      <div
        className={classes.row}
        onClick={(event) => {
          const isControl = (event.target as Element).closest("a, button") !== null;
          if (!isControl && window.getSelection()?.isCollapsed !== false) props.onToggle();
        }}
      >
        <div className={classes.text}>
          <span className={classes.number} aria-hidden="true">
            {step.number}
          </span>
          <div style={{ minWidth: 0 }}>
            <h3 className={classes.title}>
              <button
                type="button"
                ref={props.buttonRef}
                tabIndex={props.isCurrent ? 0 : -1}
                aria-expanded={isOpen}
                aria-controls={isOpen ? `${id}-evidence` : undefined}
                aria-describedby={`${id}-result`}
                onFocus={props.onFocus}
                onClick={props.onToggle}
              >
                {words.title(step.number, trace.domain)}
              </button>
            </h3>
            <div
              className={classes.result}
              id={`${id}-result`}
              title={words.resultText(step, trace)}
            >
              {words.result(step, trace)}
            </div>
          </div>
          <div className={classes.side}>
            <StepStatusMark status={step.status} size={15} />
            <span style={{ display: "flex", gap: "0.5rem", alignItems: "center" }}>
              {tally.total > 1 && <FoldButton {...props} tally={`${tally.tried}`} />}
              {step.durationMs !== null && step.durationMs >= 0.5 && (
                <span className={classes.duration}>{time.duration(step.durationMs)}</span>
              )}
            </span>
          </div>
        </div>
        <div className={classes.lane}>
          {lane !== undefined && (
            <StepLaneChart lane={lane} timeline={timeline} status={step.status} />
          )}
        </div>
      </div>
      {isUnfolded && (
        <div id={`${id}-attempts`}>
          <StepBranches step={step} words={words} timeline={timeline} />
        </div>
      )}
      {isOpen && <div id={`${id}-evidence`}>{props.evidence(step)}</div>}
    </li>
  );
}

function FoldButton({
  step,
  words,
  isUnfolded,
  isCurrent,
  onUnfold,
  tally,
}: StepRowProps & { readonly tally: string }) {
  const t = usePageText();
  const said = useAttemptWords(words).tally(step.attempts);
  const isLookup = step.attempts.every((one) => !isOutside(one) || one.kind === "dns");
  const label = t(isUnfolded ? "attemptsHide" : "attemptsShow", { tally: said });
  return (
    <button
      type="button"
      className={classes.toggle}
      tabIndex={isCurrent ? 0 : -1}
      aria-expanded={isUnfolded}
      aria-controls={isUnfolded ? `step-${step.number}-attempts` : undefined}
      aria-label={label}
      title={label}
      onClick={onUnfold}
    >
      <IconChevronRight size={14} aria-hidden="true" />
      {t(isLookup ? "lookups" : "tries", { count: Number(tally) })}
    </button>
  );
}
