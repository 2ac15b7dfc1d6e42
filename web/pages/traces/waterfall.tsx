import type { StepStatus } from "#contract/traces.ts";
import { useTimeFormat } from "../../components/time.tsx";
import type { Bar, Gap, StepLane, Timeline } from "./timeline.ts";
import classes from "./waterfall.module.css";

const percent = (share: number) => `${(share * 100).toFixed(3)}%`;
const stepTop = 10;
const stepHeight = 9;
const rowTop = 25;
const rowSpacing = 6;
const rowHeight = 3;

/** Labels of the time axis that all lanes share. Hidden from assistive technology: rows say their times. */
export function Axis({ timeline }: { readonly timeline: Timeline }) {
  const time = useTimeFormat();
  return (
    <div className={classes.axis} aria-hidden="true">
      {timeline.ticks.map((tick) => {
        const share = tick / timeline.endMs;
        return (
          <span
            key={tick}
            style={{ left: percent(share) }}
            {...(share > 0.93 ? { "data-last": true } : {})}
          >
            {tick === 0 ? "0" : time.duration(tick)}
          </span>
        );
      })}
    </div>
  );
}

/** One step on the axis: its span, and beneath it the thin bars of its attempts. */
export function StepLaneChart({
  lane,
  timeline,
  status,
}: {
  readonly lane: StepLane;
  readonly timeline: Timeline;
  readonly status: StepStatus;
}) {
  const isUnused = status === "skipped" || status === "not_reached";
  return (
    <svg className={classes.lane} aria-hidden="true" focusable="false">
      <Grid timeline={timeline} />
      {isUnused && (
        <line className={classes.unused} x1="0" x2="100%" y1={stepTop + 5} y2={stepTop + 5} />
      )}
      {lane.bar !== null && <StepBar bar={lane.bar} />}
      {lane.gaps.map((gap) => (
        <GapLine key={gap.start} gap={gap} />
      ))}
      {lane.rows.map((row, index) =>
        row.map((bar) => (
          <g key={bar.id} className={classes[bar.status]}>
            <line
              className={classes.edge}
              x1={percent(bar.start)}
              x2={percent(bar.start)}
              y1={rowTop + index * rowSpacing}
              y2={rowTop + index * rowSpacing + rowHeight}
            />
            <rect
              className={`${bar.isWinner || bar.isRunning ? classes.bar : classes.loser} ${bar.isRunning ? classes.moving : ""}`}
              x={percent(bar.start)}
              width={percent(bar.width)}
              y={rowTop + index * rowSpacing}
              height={rowHeight}
              rx={1.5}
            />
          </g>
        )),
      )}
    </svg>
  );
}

/** One attempt on the same axis, with the phases of a connection inside its bar. */
export function AttemptChart({
  bar,
  timeline,
}: {
  readonly bar: Bar;
  readonly timeline: Timeline;
}) {
  return (
    <svg className={classes.lane} aria-hidden="true" focusable="false">
      <Grid timeline={timeline} />
      <g className={classes[bar.status]}>
        {bar.isInstant ? (
          <Diamond at={bar.start} y={14} />
        ) : (
          <>
            <line
              className={classes.edge}
              x1={percent(bar.start)}
              x2={percent(bar.start)}
              y1={10}
              y2={18}
            />
            <rect
              className={`${bar.isWinner || bar.isRunning ? classes.bar : classes.loser} ${bar.isRunning ? classes.moving : ""}`}
              x={percent(bar.start)}
              width={percent(bar.width)}
              y={10}
              height={8}
              rx={2}
            />
            {bar.phases.slice(1).map((phase) => (
              <line
                key={phase.name}
                className={classes.phase}
                x1={percent(phase.start)}
                x2={percent(phase.start)}
                y1={9}
                y2={19}
              />
            ))}
            {bar.status === "failed" && <EndMark bar={bar} y={7} height={14} />}
          </>
        )}
      </g>
    </svg>
  );
}

function Grid({ timeline }: { readonly timeline: Timeline }) {
  return timeline.ticks.map((tick) => {
    const x = percent(tick / timeline.endMs);
    return <line key={tick} className={classes.grid} x1={x} x2={x} y1="0" y2="100%" />;
  });
}

function StepBar({ bar }: { readonly bar: Bar }) {
  const x = percent(bar.start);
  return (
    <g className={classes[bar.status]}>
      {bar.isInstant ? (
        <Diamond at={bar.start} y={stepTop + stepHeight / 2} />
      ) : (
        <>
          <line className={classes.edge} x1={x} x2={x} y1={stepTop} y2={stepTop + stepHeight} />
          <rect
            className={`${bar.isRunning ? classes.soft : classes.bar} ${bar.isRunning ? classes.moving : ""}`}
            x={x}
            width={percent(bar.width)}
            y={stepTop}
            height={stepHeight}
            rx={2}
          />
          {bar.status === "failed" && <EndMark bar={bar} y={stepTop - 4} height={stepHeight + 8} />}
        </>
      )}
    </g>
  );
}

/** A failed bar ends at a wall. */
function EndMark({
  bar,
  y,
  height,
}: {
  readonly bar: Bar;
  readonly y: number;
  readonly height: number;
}) {
  const x = percent(bar.start + bar.width);
  return <line className={classes.end} x1={x} x2={x} y1={y} y2={y + height} />;
}

function Diamond({ at, y }: { readonly at: number; readonly y: number }) {
  return (
    <svg x={percent(at)} y={y} overflow="visible">
      <path className={classes.bar} d="M0 -6 L6 0 L0 6 L-6 0 Z" />
    </svg>
  );
}

/** Silence between two tries: dotted, with a tick where the next one begins. */
function GapLine({ gap }: { readonly gap: Gap }) {
  const end = percent(gap.start + gap.width);
  return (
    <>
      <line
        className={classes.gap}
        x1={percent(gap.start)}
        x2={end}
        y1={rowTop + 1.5}
        y2={rowTop + 1.5}
      />
      <line className={classes.gap} x1={end} x2={end} y1={rowTop - 3} y2={rowTop + 6} />
    </>
  );
}
