import { noFacts, type Facts } from "./facts.ts";
import type { Effect, Progress } from "./progress.ts";
import type { Begin } from "./walk.ts";

export type Input =
  | { readonly kind: "begin"; readonly begin: Begin }
  | Progress
  | { readonly kind: "woke" }
  | { readonly kind: "cancel"; readonly by: string };

export type Lifecycle = "new" | "running" | "ended";

export interface DiscoverState {
  readonly lifecycle: Lifecycle;
  readonly begin: Begin | null;
  readonly startedAt: number;
  readonly facts: Facts;
  /** When the ordered walk first came to a step, and when it left it. */
  readonly reachedAt: Readonly<Record<number, number>>;
  readonly leftAt: Readonly<Record<number, number>>;
  /** `5.2` for the key of the second attempt that step 5 had; given once, never changed. */
  readonly attemptIds: Readonly<Record<string, string>>;
  /** When the steps had come to an end; the trace may stay open to compare resolvers. */
  readonly concludedAt: number | null;
  readonly endedAt: number | null;
  readonly cutShort:
    | { readonly kind: "cancelled"; readonly by: string }
    | { readonly kind: "deadline" }
    | null;
}

export interface Transition {
  readonly state: DiscoverState;
  readonly effects: readonly Effect[];
}

export function newDiscovery(): DiscoverState {
  return {
    lifecycle: "new",
    begin: null,
    startedAt: 0,
    facts: noFacts,
    reachedAt: {},
    leftAt: {},
    attemptIds: {},
    concludedAt: null,
    endedAt: null,
    cutShort: null,
  };
}
