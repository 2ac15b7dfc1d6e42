/** An expected outcome: a value, or a problem with a stable `code`. Thrown errors are for bugs. */
export type Result<T, P extends { code: string }> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: P };

export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

export function fail<P extends { code: string }>(
  problem: P,
): { readonly ok: false; readonly problem: P } {
  return { ok: false, problem };
}
