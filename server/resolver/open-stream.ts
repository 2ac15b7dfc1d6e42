import { findings as catalogue } from "#contract/findings.ts";
import type { Finding } from "#contract/traces.ts";
import {
  handle,
  newConnect,
  type ConnectInput,
  type ConnectState,
} from "#protocol/resolution/connect.ts";
import { toFinding } from "#protocol/resolution/diagnosis.ts";
import type { DialReport } from "#protocol/resolution/evidence.ts";
import { keyOf, type DialOutcome, type DialWork } from "#protocol/resolution/facts.ts";
import { note, type Note } from "#protocol/resolution/notes.ts";
import type { Clock } from "./clock.ts";
import { closeStream, type Connector, type Opening } from "./connect.ts";
import { withoutCertificate } from "./dial-notes.ts";
import type { DnsResolver } from "./dns.ts";
import { drive, lostLookup, newSeed, noDial, performLookup } from "./drive.ts";
import { type Opened, type OpenedStream, toOpened } from "./opened-stream.ts";
import type { TlsPolicy } from "./stream-probe.ts";
import type { Credentials, MinTls } from "./tls-contexts.ts";

/** Opens streams to other domains, up to where one logs in. */
export interface StreamOpener {
  /** Never rejects, and ends within a minute, whatever peers and resolvers do. */
  readonly open: (request: OpenRequest) => Promise<OpenedStream | OpenFailure>;
}

export interface OpenRequest {
  /** Our domain: `from` of the stream headers, in clear and in TLS. */
  readonly from: string;
  /** The domain wanted, in canonical form (A-labels). */
  readonly to: string;
  /** Aborted: everything under way is closed, and the answer is a failure that nobody needs to read. */
  readonly signal: AbortSignal;
  readonly tls: TlsPolicy;
  readonly minTls: MinTls;
  /** Shown to a server that asks for a certificate. */
  readonly credentials: Credentials | null;
  /** A host (name or address) and port that win over DNS (RFC 6120 §3.2.3). */
  readonly override: { readonly host: string; readonly port: number } | null;
}

export interface OpenFailure {
  readonly kind: "failed";
  /** RFC 6120 §8.3.3.16-17: DNS says that there is no such server; or it may be there, and there is no stream. */
  readonly condition: "remote-server-not-found" | "remote-server-timeout";
  /** What a trace would say of it in step 5 or before. */
  readonly finding: Finding;
}

export interface StreamOpenerDeps {
  readonly dns: DnsResolver;
  readonly connector: Pick<Connector, "open">;
  readonly clock: Clock;
  /** Read anew for each stream. */
  readonly settings: () => {
    readonly allowPrivateTargets: boolean;
    readonly extraSrvPorts: readonly number[];
    readonly s2sDialSeconds: number;
  };
  /** A fault of our own; the reference given back is shown with code `internal`. */
  readonly onFault: (error: unknown) => string;
  readonly deadlineMs?: number;
}

type Held = Omit<Opened, "startedMs">;

export function createStreamOpener(deps: StreamOpenerDeps): StreamOpener {
  const { clock } = deps;

  async function open(request: OpenRequest): Promise<OpenedStream | OpenFailure> {
    const startedMs = clock.now();
    /** Ready streams by their dial: more than one while addresses race. */
    const held = new Map<string, Held>();
    try {
      const { end } = await race(request, held);
      const winner = end?.kind === "connected" ? held.get(end.key) : undefined;
      if (end?.kind === "failed") return failed(end);
      if (winner === undefined) throw new Error("connected to nothing");
      if (request.signal.aborted) return failed({ isResolved: true, why: givenUp(winner) });
      held.delete(keyOf(winner.work));
      return toOpened({ ...winner, startedMs });
    } catch (error) {
      return failed({
        isResolved: true,
        why: note("internal", { reference: deps.onFault(error) }),
      });
    } finally {
      for (const { stream } of held.values()) closeStream(stream);
    }
  }

  /** Drives the machine to its end; what became ready on the way is left in `held`. */
  async function race(request: OpenRequest, held: Map<string, Held>): Promise<ConnectState> {
    const { allowPrivateTargets, extraSrvPorts: extraPorts } = deps.settings();
    const { feed, done } = drive<ConnectState, ConnectInput>({
      woke: { kind: "woke" },
      clock,
      initial: newConnect,
      handle,
      async perform(key, work, signal): Promise<void> {
        if (work.kind === "lookup")
          return performLookup(key, work, deps.dns, { isFresh: false, signal }, feed);
        if (work.kind === "dial") return dial(key, work, signal);
      },
      onFailedWork(key, work, error) {
        const why = note("internal", { reference: deps.onFault(error) });
        if (work.kind === "lookup") feed(lostLookup(key));
        else feed({ kind: "dialled", key, report: noDial, outcome: { kind: "failed", note: why } });
      },
      onBroken(state, error) {
        const why = note("internal", { reference: deps.onFault(error) });
        return { ...state, lifecycle: "ended", end: { kind: "failed", isResolved: true, why } };
      },
      onChange: () => {},
    });

    async function dial(key: string, work: DialWork, signal: AbortSignal): Promise<void> {
      const { from, tls, minTls, credentials } = request;
      const onProgress = (report: DialReport) => {
        if (!signal.aborted) feed({ kind: "dial_progressed", key, report });
      };
      const options = { from, tls, minTls, credentials, signal, onProgress };
      const opening = await deps.connector.open(work, options);
      const report = opening.record.report();
      if (signal.aborted) {
        if (opening.kind === "ready") closeStream(opening.stream);
        return;
      }
      if (opening.kind === "ready") {
        const { stream, record } = opening;
        held.set(key, { work, stream, record, connectedMs: clock.now() });
      }
      feed({ kind: "dialled", key, report, outcome: outcomeOf(opening, work, from) });
    }

    const cancel = () => feed({ kind: "cancel" });
    request.signal.addEventListener("abort", cancel);
    const resolve = {
      seed: newSeed(),
      override: request.override,
      allowPrivateTargets,
      extraPorts,
    };
    const deadlineMs = deps.deadlineMs ?? deps.settings().s2sDialSeconds * 2_000;
    feed({ kind: "begin", begin: { domain: request.to, resolve, deadlineMs } });
    if (request.signal.aborted) cancel();
    const state = await done;
    request.signal.removeEventListener("abort", cancel);
    return state;
  }

  return { open };
}

function outcomeOf(opening: Opening, work: DialWork, from: string): DialOutcome {
  if (opening.kind === "ready") return { kind: "connected", notes: [] };
  if (opening.kind === "stopped") return opening;
  return {
    kind: "failed",
    note: opening.isReached ? withoutCertificate(work, from) : opening.note,
  };
}

/** DNS has not said that there is none: it may be there in a moment (RFC 6120 §8.3.3.17). */
const withoutWord: ReadonlySet<string> = new Set([
  "dns.servfail",
  "dns.timeout",
  "dns.refused",
  "dns.unreachable",
  "dns.malformed",
]);

function failed({ isResolved, why }: { isResolved: boolean; why: Note }): OpenFailure {
  const isAbsent = !isResolved && !withoutWord.has(why.code);
  const condition = isAbsent ? "remote-server-not-found" : "remote-server-timeout";
  // A remark beside a trace's result is here why there is no stream.
  return {
    kind: "failed",
    condition,
    finding: toFinding({ ...why, severity: "error" }, catalogue),
  };
}

function givenUp({ work }: Held): Note {
  const { address, candidate } = work;
  return note("stream.closed", { address, port: candidate.port, phase: "restart" });
}
