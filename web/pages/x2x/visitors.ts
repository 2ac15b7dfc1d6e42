import type { X2xState } from "#contract/x2x.ts";

/** Who came and was not taken for the other side; what the last error says already is not said twice. */
export function otherVisitors(
  live: Pick<X2xState, "lastError" | "visitors"> | null,
): X2xState["visitors"] {
  const said = JSON.stringify(live?.lastError?.params);
  return (live?.visitors ?? []).filter(
    ({ finding: { code, params } }) =>
      code !== live?.lastError?.code || JSON.stringify(params) !== said,
  );
}
