import { useEffect, useRef, useState } from "react";
import type { TapEndReason, TapLineTold } from "#contract/streams.ts";
import { addressOf } from "../../api/client.ts";
import { ApiProblem, readProblem } from "../../api/problem.ts";
import {
  addSaid,
  createEventParser,
  KEPT_LINES,
  noLines,
  type SentEvent,
  type TapLines,
} from "./tap-lines.ts";

type Said = TapLineTold | { readonly count: number };

export type TapState =
  | { readonly kind: "off" }
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly untilMs: number }
  | { readonly kind: "ended"; readonly reason: TapEndReason | "stopped" | "lost" }
  | { readonly kind: "refused"; readonly error: unknown };

/** What is said with a domain while it is looked at; ends with the page. */
export interface Tap {
  readonly state: TapState;
  readonly lines: TapLines;
  readonly isPaused: boolean;
  /** Lines that came during the pause. */
  readonly waiting: number;
  readonly start: (seconds: number) => void;
  readonly stop: () => void;
  readonly setPaused: (isPaused: boolean) => void;
}

/** Lines come up to fifty a second; the page is drawn anew four times. */
const DRAW_MS = 250;
/** One more than is kept: so it is told that there were more. */
const MAX_WAITING = KEPT_LINES + 1;

export function useTap(remote: string): Tap {
  const [state, setState] = useState<TapState>({ kind: "off" });
  const [lines, setLines] = useState<TapLines>(noLines);
  const [isPaused, setIsPaused] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const pending = useRef<Said[]>([]);
  const paused = useRef(false);
  const abort = useRef<AbortController | null>(null);

  useEffect(() => () => abort.current?.abort(), [remote]);
  const isOn = state.kind === "running";
  useEffect(() => {
    if (!isOn) return undefined;
    const timer = setInterval(draw, DRAW_MS);
    return () => clearInterval(timer);
  }, [isOn]);

  function draw(): void {
    if (paused.current) return setWaiting(pending.current.length);
    const said = pending.current;
    if (said.length === 0) return;
    pending.current = [];
    setLines((old) => addSaid(old, said));
  }

  function take({ name, data }: SentEvent, seconds: number): void {
    // The appliance speaks by the contract's schemas.
    if (name === "line" || name === "left_out") {
      pending.current.push(JSON.parse(data) as Said);
      if (pending.current.length > MAX_WAITING) pending.current.shift();
    } else if (name === "begin") {
      // By the browser's own clock, which may differ from the appliance's.
      setState({ kind: "running", untilMs: Date.now() + seconds * 1_000 });
    } else if (name === "end") {
      finish((JSON.parse(data) as { reason: TapEndReason }).reason);
    }
  }

  function finish(reason: TapEndReason | "stopped" | "lost"): void {
    paused.current = false;
    setIsPaused(false);
    draw();
    setState({ kind: "ended", reason });
  }

  async function run(seconds: number, controller: AbortController): Promise<void> {
    const { signal } = controller;
    let hasEnded = false;
    try {
      const response = await fetch(
        addressOf("GET /api/v1/streams/tap", { query: { remote, seconds } }),
        { credentials: "same-origin", headers: { accept: "text/event-stream" }, signal },
      );
      if (!response.ok) throw await readProblem(response);
      if (response.body === null) throw new ApiProblem("client.unexpected", response.status);
      const parse = createEventParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (const event of parse(value)) {
          hasEnded ||= event.name === "end";
          take(event, seconds);
        }
      }
      if (!hasEnded) finish("lost");
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiProblem) setState({ kind: "refused", error });
      else finish("lost");
    }
  }

  return {
    state,
    lines,
    isPaused,
    waiting,
    start(seconds) {
      abort.current?.abort();
      const controller = new AbortController();
      abort.current = controller;
      pending.current = [];
      setLines(noLines);
      setState({ kind: "starting" });
      void run(seconds, controller);
    },
    stop() {
      abort.current?.abort();
      finish("stopped");
    },
    setPaused(next) {
      paused.current = next;
      setIsPaused(next);
      setWaiting(0);
      draw();
    },
  };
}
