import { isDeepStrictEqual } from "node:util";
import type { Finding } from "#contract/traces.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { LinkStatus, ManagedLink } from "#links/link.ts";
import type { ListenAddress } from "./listener.ts";
import { createPorts } from "./ports.ts";

/** Where to listen, while there is a name that is answered there. */
export interface Listening {
  readonly places: readonly ListenAddress[];
  /** Names that only ports of their own answer for. */
  readonly apart: ReadonlySet<Domain>;
}

/** The names that we federate ourselves, the ports where others reach them, and whether they can. */
export interface OwnNames {
  readonly link: (name: Domain) => ManagedLink | null;
  readonly isServed: (name: Domain) => boolean;
  /** Whether a name is answered on the ports of `only`, or on those that names share (null). */
  readonly isServedAt: (name: Domain, only: Domain | null) => boolean;
  readonly count: () => number;
  readonly add: (link: ManagedLink, onStatus: (status: LinkStatus) => void) => void;
  /** Resolves when the ports are closed that nobody needs any more. */
  readonly remove: (names: readonly Domain[]) => Promise<void>;
  readonly names: () => Domain[];
  /** Opens and closes what that takes; no other port is touched, nor any stream. */
  readonly listen: (listening: Listening) => Promise<void>;
  /** The ports that answer for a name; none when it is not served here. */
  readonly places: (name: Domain) => readonly ListenAddress[];
  readonly status: (name: Domain) => LinkStatus;
}

interface Served {
  readonly link: ManagedLink;
  readonly onStatus: (status: LinkStatus) => void;
  /** Why it could not be reached when that was told last, and since when it is so. */
  told: Finding | null;
  since: Date;
}

export function createOwnNames(
  deps: Omit<Parameters<typeof createPorts>[0], "onChange"> & { readonly now: () => Date },
): OwnNames {
  const served = new Map<Domain, Served>();
  const ports = createPorts({ ...deps, onChange: tellAll });
  const startedAt = deps.now();
  let listening: Listening = { places: [], apart: new Set() };

  function isServedAt(name: Domain, only: Domain | null): boolean {
    return served.has(name) && (only === null ? !listening.apart.has(name) : only === name);
  }

  function status(name: Domain): LinkStatus {
    const isShared = !listening.apart.has(name);
    const fault = ports.fault(name) ?? (isShared ? ports.fault(null) : null);
    return {
      state: fault === null ? "attached" : "waiting",
      since: served.get(name)?.since ?? startedAt,
      lastError: fault,
      attempts: 0,
      nextAttemptAt: null,
    };
  }

  /** Whoever can be reached where it could not, or no longer. */
  function tellAll(): void {
    for (const [name, one] of served) {
      const { lastError } = status(name);
      if (isDeepStrictEqual(lastError, one.told)) continue;
      one.told = lastError;
      one.since = deps.now();
      one.onStatus(status(name));
    }
  }

  function open(): Promise<void> {
    const { places, apart } = listening;
    const isShared = [...served.keys()].some((name) => !apart.has(name));
    return ports.set(places.filter(({ only }) => (only === null ? isShared : served.has(only))));
  }

  return {
    link: (name) => served.get(name)?.link ?? null,
    isServed: (name) => served.has(name),
    isServedAt,
    places: (name) => listening.places.filter(({ only }) => isServedAt(name, only)),
    count: () => served.size,
    names: () => [...served.keys()],
    status,
    add(link, onStatus) {
      const { name } = link;
      const told = status(name).lastError;
      served.set(name, { link, onStatus, told, since: deps.now() });
      void open();
      onStatus(status(name));
    },
    remove(names) {
      for (const name of names) served.delete(name);
      return open();
    },
    async listen(next) {
      listening = next;
      await open();
      // Ports that closed, or that no longer count for a name, say nothing themselves.
      tellAll();
    },
  };
}
