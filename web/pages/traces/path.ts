import type { AttemptOf, Finding, Step, Trace } from "#contract/traces.ts";
import { attemptsOf } from "./records.ts";
import { isSame } from "./verdict.ts";

/** One station on the way from the domain to its Wave service. */
export interface Station {
  readonly kind:
    | "domain"
    | "link"
    | "server"
    | "address"
    | "stream"
    | "tls"
    | "certificate"
    | "login"
    | "wave";
  /** What is shown: a name, an address, a version; null where words alone say it. */
  readonly text: string | null;
  /** For `server` where it comes from, for `stream`, `certificate`, `login` and `wave` what it came to. */
  readonly note:
    | "srv"
    | "fallback"
    | "override"
    | "ok"
    | "bad"
    | "not_served"
    | "turned_away"
    | "external"
    | "dialback"
    | "refused"
    | "found"
    | "guessed"
    | "none"
    | "unknown"
    | null;
  readonly status: "ok" | "warning" | "failed" | "idle";
  /** The step that shows it. */
  readonly step: number;
}

/**
 * The way that was found, in one line, as far as it goes: the winner's when there is one, else that of
 * the attempt which got furthest, ending at the station where it failed.
 */
export function pathOf(
  trace: Pick<Trace, "domain" | "steps" | "wave" | "jid" | "state" | "headline" | "xmpp">,
): Station[] {
  const stations: Station[] = [
    { kind: "domain", text: trace.domain, note: null, status: "ok", step: 1 },
  ];
  const dial = furthestDial(trace.steps, trace.headline);
  const link = linkStation(trace.steps);
  if (link !== null && dial?.step !== 5) stations.push(link);
  else if (dial !== null) stations.push(...dialStations(dial.attempt, dial.step));
  else stations.push(...lookupStations(trace.steps));
  const [first] = stations;
  // Not even a server was found: the way ends at the name.
  if (first !== undefined && stations.length === 1 && trace.xmpp === "unreachable")
    stations[0] = { ...first, status: "failed" };
  return [...stations, ...waveStation(trace, stations.at(-1)?.status === "failed")];
}

function waveStation(
  trace: Pick<Trace, "wave" | "jid" | "steps" | "domain">,
  isStopped: boolean,
): Station[] {
  const { wave, jid } = trace;
  if (wave === null) return [];
  if (isStopped && (wave === "none" || wave === "unknown")) return [];
  const step = wave === "found" ? 6 : wave === "guessed" ? 11 : 13;
  const status = wave === "found" ? "ok" : wave === "guessed" ? "warning" : "idle";
  return [{ kind: "wave", text: jid, note: wave, status, step }];
}

/** The link by agreement that reaches the domain, or the preferred one of those that do not. */
function linkStation(steps: readonly Step[]): Station | null {
  const links = attemptsOf({ steps: steps.slice(0, 1) }).filter(({ kind }) => kind === "agreement");
  const shown = links.find(({ winner }) => winner) ?? links[0];
  if (shown?.kind !== "agreement") return null;
  const { link, status, winner } = shown;
  const isOpen = status === "not_reached" || status === "running";
  return {
    ...{ kind: "link", text: link.name, note: null, step: 1 },
    status: winner ? "ok" : isOpen ? "idle" : "failed",
  };
}

interface Dial {
  readonly attempt: AttemptOf<"connect">;
  readonly step: number;
}

function furthestDial(steps: readonly Step[], headline: Finding | null): Dial | null {
  const dials = steps.flatMap(({ number, attempts }) =>
    attempts
      .filter((attempt) => attempt.kind === "connect")
      .map((attempt): Dial => ({ attempt, step: number })),
  );
  const isHeadline = ({ attempt }: Dial) =>
    attempt.message !== null && isSame(attempt.message, headline);
  const inOrder = dials.toSorted(
    (a, b) =>
      Number(b.step === 5) - Number(a.step === 5) ||
      Number(b.attempt.winner) - Number(a.attempt.winner) ||
      b.attempt.phases.length - a.attempt.phases.length ||
      Number(isHeadline(b)) - Number(isHeadline(a)),
  );
  return inOrder[0] ?? null;
}

function dialStations(
  { candidate, address, tls, certificate, login, ...attempt }: AttemptOf<"connect">,
  step: number,
): Station[] {
  const isAt = (name: string) => attempt.phases.at(-1)?.name === name;
  const hasFailed = attempt.status === "failed";
  const server: Station = {
    kind: "server",
    text: `${candidate.host}:${candidate.port}`,
    note: candidate.origin,
    status: "ok",
    step: candidate.origin === "srv" ? 1 : step,
  };
  const isTcpDown = hasFailed && (attempt.phases.length === 0 || isAt("tcp"));
  const stations: Station[] = [
    server,
    { kind: "address", text: address, note: null, status: isTcpDown ? "failed" : "ok", step },
  ];
  if (isTcpDown || attempt.phases.length <= 1) return stations;
  const loggedIn: Station[] = login
    ? [{ kind: "login", text: null, note: login.by, status: "ok", step }]
    : [];
  const end = hasFailed ? [failedStation(attempt.message, isAt("auth"), step)] : loggedIn;
  if (tls === null) return [...stations, ...end];
  stations.push({
    kind: "tls",
    text: tls.version.replace(/^TLSv/, "TLS "),
    note: null,
    status: "ok",
    step,
  });
  if (certificate === null) return [...stations, ...end];
  const isGood = certificate.trusted && certificate.nameMatch !== null;
  const isNoted = certificate.findings.length > 0;
  const status = isGood ? (isNoted ? "warning" : "ok") : "failed";
  stations.push({ kind: "certificate", text: null, note: isGood ? "ok" : "bad", status, step });
  // What was wrong with the certificate is why the login did not come about.
  return status === "failed" && hasFailed ? stations : [...stations, ...end];
}

/** TLS or the login where that was what failed; a server may turn the stream away before it comes to that, or after. */
function failedStation(message: Finding | null, isInLogin: boolean, step: number): Station {
  const code = message?.code ?? "";
  if (code.startsWith("tls."))
    return { kind: "tls", text: null, note: null, status: "failed", step };
  if (isInLogin || code.startsWith("auth."))
    return { kind: "login", text: null, note: "refused", status: "failed", step };
  const notes = { "stream.host_unknown": "not_served", "stream.policy": "turned_away" } as const;
  const note = code === "stream.host_unknown" || code === "stream.policy" ? notes[code] : null;
  return { kind: "stream", text: null, note, status: "failed", step };
}

/** Nothing was dialled: how far the lookups came. */
function lookupStations(steps: readonly Step[]): Station[] {
  const order = attemptsOf({ steps }).find((attempt) => attempt.kind === "order");
  if (order?.kind !== "order" || order.candidates[0] === undefined) return [];
  const { host, port, origin } = order.candidates[0];
  const failed = steps.some(({ number, status }) => number <= 5 && status === "failed");
  return [
    {
      kind: "server",
      text: `${host}:${port}`,
      note: origin,
      status: failed ? "failed" : "ok",
      step: 2,
    },
  ];
}
