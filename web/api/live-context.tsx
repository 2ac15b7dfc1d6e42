import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useState,
  useSyncExternalStore,
} from "react";
import { probe } from "./client.ts";
import { isConcerned } from "./keys.ts";
import { createLive, type Live, type LiveState } from "./live.ts";
import { openEventStream } from "./live-stream.ts";
import { onProblem } from "./query-client.ts";

const LiveContext = createContext<Live | null>(null);

/** Keeps one event stream open while somebody is signed in, and refetches what it says has changed. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const [live] = useState(() =>
    createLive({
      open: openEventStream,
      probe,
      refetch(resources) {
        void client.invalidateQueries({
          predicate: ({ queryKey }) =>
            [...resources].some((resource) => isConcerned(queryKey, resource)),
        });
      },
      later(delayMs, run) {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      now: Date.now,
      isHidden: () => document.hidden,
    }),
  );
  useEffect(() => {
    live.start();
    const unsubscribe = onProblem(client, "database.unavailable", live.suspectDatabase);
    document.addEventListener("visibilitychange", live.wake);
    window.addEventListener("online", live.wake);
    return () => {
      live.stop();
      unsubscribe();
      document.removeEventListener("visibilitychange", live.wake);
      window.removeEventListener("online", live.wake);
    };
  }, [client, live]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

/** The state of the live connection, and the switch that pauses it. */
export function useLive(): { state: LiveState; setPaused: (isPaused: boolean) => void } {
  const live = useContext(LiveContext);
  const state = useSyncExternalStore(
    live?.subscribe ?? neverChanges,
    live?.state ?? alwaysConnecting,
  );
  return { state, setPaused: live?.setPaused ?? (() => undefined) };
}

/** Keeps the page still while a dialog is open. */
export function useHoldLive(isHeld: boolean): void {
  const live = useContext(LiveContext);
  useEffect(() => (isHeld ? live?.hold() : undefined), [live, isHeld]);
}

const CONNECTING: LiveState = { kind: "connecting" };
const alwaysConnecting = () => CONNECTING;
const neverChanges = () => () => undefined;
