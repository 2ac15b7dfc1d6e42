import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useIntl } from "react-intl";
import { type DayBar, groupDays, toneOf } from "./days.ts";
import { peersText } from "../text/peers.ts";
import { useText } from "../text/use-text.tsx";
import classes from "./day-strip.module.css";

interface DayStripProps {
  readonly days: readonly DayBar[];
  /** Whose days: part of the name that screen readers say. */
  readonly label: string;
  /** Without the line of text below it, for lists of many. */
  readonly isPlain?: boolean;
}

const minBarPx = 6;

/**
 * Days as bars: one tab stop, arrows, Home, End and Page keys move, each bar has its date and share as its
 * name. Height and a dark cap say what colour says. Bars join where the screen is too narrow for each day.
 */
export function DayStrip({ days, label, isPlain = false }: DayStripProps) {
  const t = useText(peersText);
  const describe = useDayWords();
  const { ref, width } = useWidth();
  const bars = groupDays(days, Math.max(10, Math.floor(width / minBarPx)));
  const [chosen, setChosen] = useState<number | null>(null);
  const current = Math.min(chosen ?? bars.length - 1, bars.length - 1);
  const shown = bars[current];

  function onKeyDown(event: KeyboardEvent<HTMLDivElement>): void {
    const next = targetOf(event.key, current, bars.length);
    if (next === null) return;
    event.preventDefault();
    setChosen(next);
    ref.current?.querySelector<HTMLElement>(`[data-index="${next}"]`)?.focus();
  }

  return (
    <div>
      <div
        ref={ref}
        className={classes.strip}
        role="group"
        aria-label={`${label}. ${t("stripLabel")}`}
        onKeyDown={onKeyDown}
        onMouseLeave={() => setChosen(null)}
      >
        {bars.map((bar, index) => (
          <div
            key={bar.from}
            className={`${classes.bar} ${classes[toneOf(bar)]}`}
            style={
              { "--share": `${Math.max(6, (bar.share ?? 0) * 100)}%` } as Record<string, string>
            }
            role="img"
            aria-label={describe(bar)}
            title={describe(bar)}
            data-index={index}
            data-chosen={chosen === index}
            tabIndex={index === current ? 0 : -1}
            onFocus={() => setChosen(index)}
            onClick={() => setChosen(index)}
            onMouseEnter={() => setChosen(index)}
          />
        ))}
      </div>
      {!isPlain && (
        <div className={classes.foot} aria-hidden="true">
          <span>{shown === undefined ? "" : describe(shown)}</span>
          <span>{t("stripLegend")}</span>
        </div>
      )}
    </div>
  );
}

function targetOf(key: string, at: number, count: number): number | null {
  const steps: Readonly<Record<string, number>> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    ArrowUp: -1,
    ArrowDown: 1,
    PageUp: -7,
    PageDown: 7,
  };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  return step === undefined ? null : Math.min(count - 1, Math.max(0, at + step));
}

/** "Aug 22, 2026: 75% reachable, one incident". */
export function useDayWords(): (bar: DayBar) => string {
  const t = useText(peersText);
  const intl = useIntl();
  return (bar) => {
    const format = (iso: string) =>
      intl.formatDate(`${iso}T12:00:00Z`, {
        year: "numeric",
        month: "short",
        day: "numeric",
        timeZone: "UTC",
      });
    const day = bar.from === bar.to ? format(bar.from) : `${format(bar.from)} – ${format(bar.to)}`;
    if (bar.share === null) return t("dayLine", { day, what: t("dayNothing") });
    const share = formatShare(intl, bar.share);
    const what = t(bar.isDegraded ? "dayDegraded" : "dayReached", {
      share,
      incidents: bar.incidents,
    });
    return t("dayLine", { day, what });
  };
}

/** Never "100 %" for what was not wholly good. */
export function formatShare(
  intl: Pick<ReturnType<typeof useIntl>, "formatNumber">,
  share: number,
): string {
  const shown = share < 1 && share > 0.9995 ? 0.9995 : share;
  return intl.formatNumber(shown, {
    style: "percent",
    maximumFractionDigits: shown > 0.99 && shown < 1 ? 2 : 1,
  });
}

function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(700);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 700));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
