import { useSyncExternalStore } from "react";
import { useIntl } from "react-intl";

interface TimeProps {
  /** ISO text or milliseconds. */
  readonly at: string | number;
  /** `relative`: "3 minutes ago", `elapsed`: "3 minutes", both kept current. `date`, `moment`, `clock`: absolute. */
  readonly style?: "relative" | "elapsed" | "date" | "moment" | "clock";
}

/** A point in time; the exact one with seconds and zone is in its title and `datetime`. */
export function Time({ at, style = "relative" }: TimeProps) {
  const format = useTimeFormat();
  const isLive = style === "relative" || style === "elapsed";
  const now = useNow(isLive ? at : null);
  const date = new Date(at);
  if (Number.isNaN(date.getTime())) return null;
  const text = isLive ? format[style](date, now) : format[style](date);
  return (
    <time dateTime={date.toISOString()} title={format.exact(date)} className="wg-nowrap">
      {text}
    </time>
  );
}

const UNITS = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** The same as plain text, for labels and sentences. */
export function useTimeFormat() {
  const intl = useIntl();
  const clock = {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  } as const;
  const day = { year: "numeric", month: "short", day: "numeric" } as const;
  return {
    relative(date: Date, now: number): string {
      const seconds = (date.getTime() - now) / 1000;
      for (const [unit, size] of UNITS)
        if (Math.abs(seconds) >= size)
          return intl.formatRelativeTime(Math.trunc(seconds / size), unit);
      return Math.abs(seconds) < 10
        ? intl.formatRelativeTime(0, "second", { numeric: "auto" })
        : intl.formatRelativeTime(Math.trunc(seconds), "second");
    },
    /** How long it has lasted, in its largest whole unit: behind a state "for 3 minutes" cannot be read as its end. */
    elapsed(date: Date, now: number): string {
      const seconds = Math.max(1, Math.trunc((now - date.getTime()) / 1000));
      const [unit, size] = UNITS.find((one) => seconds >= one[1]) ?? (["second", 1] as const);
      const style = { style: "unit", unit, unitDisplay: "long" } as const;
      return intl.formatNumber(Math.trunc(seconds / size), style);
    },
    date: (date: Date) => intl.formatDate(date, day),
    moment: (date: Date) =>
      intl.formatDate(date, { ...day, hour: "2-digit", minute: "2-digit", hourCycle: "h23" }),
    clock: (date: Date) => intl.formatDate(date, clock),
    exact: (date: Date) => intl.formatDate(date, { ...day, ...clock, timeZoneName: "short" }),
    /** 850 ms, 1.2 s, 42 s, 3 min 5 s, 5 h 12 min, 3 d 4 h. */
    duration(ms: number): string {
      if (ms < 1) return `${intl.formatNumber(ms, { maximumFractionDigits: 1 })} ms`;
      if (ms < 1000) return `${intl.formatNumber(Math.round(ms))} ms`;
      if (ms < 60_000)
        return `${intl.formatNumber(ms / 1000, { maximumFractionDigits: ms < 10_000 ? 1 : 0 })} s`;
      const seconds = Math.round(ms / 1000);
      if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
      const hours = Math.floor(seconds / 3600);
      if (hours < 48) return `${hours} h ${Math.floor((seconds % 3600) / 60)} min`;
      return `${Math.floor(hours / 24)} d ${hours % 24} h`;
    },
  };
}

/** The present, renewed every second for what is near `at`, else every half minute; fixed for null. */
export function useNow(at: string | number | null): number {
  const distance = at === null ? 0 : Math.abs(Date.now() - new Date(at).getTime());
  const stepMs = at === null ? 0 : distance < 90_000 ? 1000 : 30_000;
  return useSyncExternalStore(
    (listener) => {
      if (stepMs === 0) return () => undefined;
      const timer = setInterval(listener, stepMs);
      return () => clearInterval(timer);
    },
    () => (stepMs === 0 ? 0 : Math.floor(Date.now() / stepMs) * stepMs),
  );
}
