import { type PublicStatus, publicStatus } from "#contract/peers.ts";
import type { Finding } from "#contract/traces.ts";
import { listDays } from "#store/checks.ts";
import type { Database } from "#store/database.ts";
import {
  type IncidentRow,
  listIncidentsSince,
  listOpeningsOf,
  listOpenOwnSide,
} from "#store/incidents.ts";
import { countPeers, listWatchedPeers } from "#store/peers.ts";
import { readSettings } from "#store/settings.ts";
import type { App } from "../app-types.ts";
import { HttpProblem } from "../problem.ts";

const DAY_MS = 86_400_000;
const DAYS = 90;
const PEERS = 500;
const INCIDENTS = 50;
const INCIDENT_DAYS = 14;
/** Anybody may ask, so the answer is made once for all who ask within this time. */
const FRESH_MS = 5_000;

/** The public status page: for anybody where it is switched on, else for those who are signed in. */
export function statusRoutes(app: App, deps: { db: Database; now: () => Date }): void {
  const { db, now } = deps;
  let kept: { at: number; status: Promise<PublicStatus> } | null = null;

  async function read(): Promise<PublicStatus> {
    const at = now().getTime();
    if (kept === null || Math.abs(at - kept.at) >= FRESH_MS) {
      const status = readStatus(db, new Date(at));
      kept = { at, status };
      status.catch(() => {
        kept = null;
      });
    }
    return kept.status;
  }

  app.get(
    "/api/v1/status",
    {
      config: { role: "public" },
      schema: { tags: ["status"], response: { 200: publicStatus } },
    },
    async (request) => {
      const { isStatusPublic, statusTitle } = await readSettings(db);
      if (!isStatusPublic && request.actor === null) throw new HttpProblem("auth.required");
      return { ...(await read()), title: statusTitle };
    },
  );
}

async function readStatus(db: Database, now: Date): Promise<PublicStatus> {
  const { blocked: _, disabled: __, ...counts } = await countPeers(db);
  const watched = await listWatchedPeers(db, PEERS);
  const today = Math.floor(now.getTime() / DAY_MS) * DAY_MS;
  const from = new Date(today - (DAYS - 1) * DAY_MS);
  const ids = watched.map(({ id }) => id);
  const history = indexDays(await listDays(db, ids, from), await listOpeningsOf(db, ids, from));
  const ourSide = await listOpenOwnSide(db);
  const since = ourSide.map(({ openedAt }) => openedAt.getTime()).sort((a, b) => a - b)[0];
  const isUp = since === undefined;
  const recent = await listIncidentsSince(db, {
    kinds: ["outage", "degraded", "our_side"],
    from: new Date(now.getTime() - INCIDENT_DAYS * DAY_MS),
    limit: INCIDENTS,
  });
  return {
    title: "",
    at: now.toISOString(),
    state: overallState(counts, isUp),
    ourSide: isUp
      ? { state: "up", since: null }
      : { state: "down", since: new Date(since).toISOString() },
    counts,
    peers: watched.map((peer) => ({
      domain: peer.domain,
      unicode: peer.unicode === "" ? peer.domain : peer.unicode,
      label: peer.label,
      state: peer.state,
      since: peer.since.toISOString(),
      days: Array.from({ length: DAYS }, (_day, index) => {
        const day = new Date(from.getTime() + index * DAY_MS).toISOString().slice(0, 10);
        const found = history.get(`${peer.id} ${day}`);
        return { day, goodShare: shareOf(found), incidents: found?.incidents ?? 0 };
      }),
    })),
    incidents: recent.map(redact),
  };
}

interface DayHistory {
  good: number;
  bad: number;
  incidents: number;
}

function indexDays(
  samples: Awaited<ReturnType<typeof listDays>>,
  openings: Awaited<ReturnType<typeof listOpeningsOf>>,
): Map<string, DayHistory> {
  const history = new Map<string, DayHistory>();
  const at = (peerId: string | null, date: Date) => {
    const key = `${peerId ?? ""} ${date.toISOString().slice(0, 10)}`;
    const found = history.get(key) ?? { good: 0, bad: 0, incidents: 0 };
    history.set(key, found);
    return found;
  };
  for (const { peerId, startsAt, up, degraded, down } of samples) {
    const day = at(peerId, startsAt);
    day.good += up + degraded;
    day.bad += down;
  }
  for (const { peerId, openedAt } of openings) at(peerId, openedAt).incidents += 1;
  return history;
}

/** The share of checks that reached the peer; what could not be looked at does not count. */
function shareOf(day: DayHistory | undefined): number | null {
  const all = (day?.good ?? 0) + (day?.bad ?? 0);
  return day === undefined || all === 0 ? null : day.good / all;
}

function overallState(
  { up, degraded, down }: PublicStatus["counts"],
  isOurSideUp: boolean,
): PublicStatus["state"] {
  if (!isOurSideUp) return "outage";
  if (up + degraded + down === 0) return "unknown";
  if (down > 0 && up + degraded === 0) return "outage";
  return degraded + down > 0 ? "degraded" : "operational";
}

/** Nothing of how our side is built, and nothing of the peer but its name. */
function redact(row: IncidentRow): PublicStatus["incidents"][number] {
  const isOurs = row.kind === "our_side";
  const params: Finding["params"] = isOurs ? {} : { domain: row.subject };
  const { code, owner, severity } = row.cause;
  return {
    subject: isOurs ? "" : row.subject,
    kind: row.kind,
    openedAt: row.openedAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
    cause: { code, params, owner, severity },
  };
}
