/** Follows something that changes: one run at a time, and once more for what changed during a run. */
export interface Follower {
  readonly wake: () => void;
  /** No run begins any more; resolves when the last has ended. */
  readonly stop: () => Promise<void>;
  readonly settled: () => Promise<void>;
}

export function createFollower(
  follow: () => Promise<void>,
  onError: (error: unknown) => void,
): Follower {
  let isWanted = false;
  let isStopped = false;
  let working: Promise<void> | null = null;

  async function work(): Promise<void> {
    while (isWanted && !isStopped) {
      isWanted = false;
      await follow().catch(onError);
    }
  }

  function wake(): void {
    isWanted = true;
    working ??= work().finally(() => {
      working = null;
      if (isWanted && !isStopped) wake();
    });
  }

  const settled = async () => void (await working);
  return {
    wake,
    settled,
    async stop() {
      isStopped = true;
      await settled();
    },
  };
}
