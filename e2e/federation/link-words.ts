import type { X2xState } from "#contract/x2x.ts";

/** Whether a link's page says this of the link itself, or of somebody who came and was not taken for its peer. */
export function isSaid(live: X2xState | null, code: string): boolean {
  const visits = live?.visitors.map(({ finding }) => finding) ?? [];
  return [live?.lastError, ...visits].some((finding) => finding?.code === code);
}
