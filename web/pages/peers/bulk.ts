/** What became of one of several calls. */
export interface BulkOutcome<T> {
  readonly item: T;
  readonly error: unknown;
}

/** Runs one call per item, a few at once; a failure of one does not stop the others. */
export async function runBulk<T>(
  items: readonly T[],
  run: (item: T) => Promise<unknown>,
  onProgress: (done: number) => void = () => undefined,
  atOnce = 4,
): Promise<BulkOutcome<T>[]> {
  const outcomes: BulkOutcome<T>[] = [];
  let next = 0;
  async function work(): Promise<void> {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index] as T;
      const error = await run(item).then(
        () => null,
        (reason: unknown) => reason,
      );
      outcomes[index] = { item, error };
      onProgress(outcomes.filter((outcome) => outcome !== undefined).length);
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work));
  return outcomes;
}

/** The domains in a pasted text: one a line, or separated by commas; each once, comments left out. */
export function readDomains(text: string): string[] {
  const lines = text.split(/[\r\n,;]+/).map((line) => line.replace(/#.*$/, "").trim());
  return [...new Set(lines.filter((line) => line !== ""))];
}
