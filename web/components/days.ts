import type { CheckSpan } from "#contract/peers.ts";

/** One bar of an uptime strip: a day, or several days where there is no room for each. */
export interface DayBar {
  /** ISO date of the first day, and of the last. */
  readonly from: string;
  readonly to: string;
  /** Share of checks that reached the peer, 0 to 1; null where nothing was measured. */
  readonly share: number | null;
  readonly isDegraded: boolean;
  readonly incidents: number;
}

export type DayTone = "ok" | "warning" | "failed" | "none";

const dayMs = 86_400_000;

/** The last `count` days up to today, from what was measured; days without measurement have no share. */
export function daysFrom(
  spans: readonly CheckSpan[],
  openings: readonly string[],
  today: number,
  count = 90,
): DayBar[] {
  const byDay = new Map(spans.map((span) => [span.startsAt.slice(0, 10), span]));
  const first = Math.floor(today / dayMs) - (count - 1);
  return Array.from({ length: count }, (_, index) => {
    const day = new Date((first + index) * dayMs).toISOString().slice(0, 10);
    const span = byDay.get(day);
    const good = (span?.up ?? 0) + (span?.degraded ?? 0);
    const all = good + (span?.down ?? 0);
    return {
      from: day,
      to: day,
      share: all === 0 ? null : good / all,
      isDegraded: (span?.degraded ?? 0) > 0,
      incidents: openings.filter((at) => at.slice(0, 10) === day).length,
    };
  });
}

/** Joins neighbouring days until at most `max` bars are left; newest days keep their right edge. */
export function groupDays(days: readonly DayBar[], max: number): DayBar[] {
  const size = Math.ceil(days.length / Math.max(1, max));
  if (size <= 1) return [...days];
  const offset = (size - (days.length % size)) % size;
  const groups = new Map<number, DayBar[]>();
  for (const [index, day] of days.entries()) {
    const group = Math.floor((index + offset) / size);
    groups.set(group, [...(groups.get(group) ?? []), day]);
  }
  return [...groups.values()].map(join);
}

function join(days: readonly DayBar[]): DayBar {
  const shares = days.flatMap(({ share }) => (share === null ? [] : [share]));
  return {
    from: days[0]?.from ?? "",
    to: days.at(-1)?.to ?? "",
    share:
      shares.length === 0 ? null : shares.reduce((sum, share) => sum + share, 0) / shares.length,
    isDegraded: days.some(({ isDegraded }) => isDegraded),
    incidents: days.reduce((sum, { incidents }) => sum + incidents, 0),
  };
}

/** A day is good only if every check was. */
export function toneOf({ share, isDegraded }: Pick<DayBar, "share" | "isDegraded">): DayTone {
  if (share === null) return "none";
  if (share >= 1) return isDegraded ? "warning" : "ok";
  return share >= 0.95 ? "warning" : "failed";
}

/** The share over all measured days; null when nothing was measured. */
export function overallShare(days: readonly DayBar[]): number | null {
  return days.length === 0 ? null : join(days).share;
}
