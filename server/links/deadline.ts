/** The one timer of a protocol table: moved only when the table's deadline is another. */
export interface Deadline {
  /** `at`: as performance.now(); null: nothing is waited for. Cheap when it is the same as before. */
  readonly follow: (at: number | null) => void;
  readonly stop: () => void;
}

/** `onDue` is called once for each deadline that was followed to its end, never before it. */
export function createDeadline(onDue: () => void): Deadline {
  let timer: NodeJS.Timeout | null = null;
  let armedFor: number | null = null;

  function stop(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    armedFor = null;
  }

  return {
    follow(at) {
      if (at === armedFor) return;
      stop();
      if (at === null) return;
      armedFor = at;
      // A timer may come up to a millisecond early.
      const inMs = Math.max(1, Math.ceil(at - performance.now()) + 1);
      timer = setTimeout(() => {
        stop();
        onDue();
      }, inMs);
    },
    stop,
  };
}
