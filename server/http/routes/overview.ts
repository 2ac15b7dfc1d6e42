import { type Overview, overview } from "#contract/peers.ts";
import type { Finding } from "#contract/traces.ts";
import { EMBEDDED_PEERS, listAttention, type Situation } from "#peers/attention.ts";
import { listAudit } from "#store/audit.ts";
import {
  type CertificateRow,
  listCertificates,
  listCertificateUses,
  listFederatedNames,
} from "#store/certificates.ts";
import { findMostOverdue } from "#store/checks.ts";
import type { Queryable, Store } from "#store/database.ts";
import { listDomains } from "#store/domains.ts";
import { listOpenIncidents } from "#store/incidents.ts";
import { listLinks } from "#store/links.ts";
import { countPeers, listWatchedPeers } from "#store/peers.ts";
import { readSettings } from "#store/settings.ts";
import type { App } from "../app-types.ts";
import { toIncident } from "./incidents.ts";
import { toLink } from "./links.ts";

const STRIP = 300;
const INCIDENTS = 50;
const CHANGES = 10;

/** What is wrong with a certificate's dates at a moment: see certificates/expiry.ts. */
export type JudgeOwnDates = (input: {
  domain: string;
  subject: string;
  notBefore: Date;
  notAfter: Date;
  now: Date;
  owner: "us";
}) => Finding | null;

/** The page that begins with what needs attention. */
export function overviewRoutes(
  app: App,
  deps: { store: Pick<Store, "db" | "engine">; judgeDates: JudgeOwnDates; now: () => Date },
): void {
  app.get(
    "/api/v1/overview",
    {
      config: { role: "auditor" },
      schema: { tags: ["overview"], response: { 200: overview } },
    },
    async () => readOverview(deps.store, deps.judgeDates, deps.now()),
  );
}

async function readOverview(
  { db, engine }: Pick<Store, "db" | "engine">,
  judgeDates: JudgeOwnDates,
  now: Date,
): Promise<Overview> {
  const domains = await listDomains(db);
  const links = (await listLinks(db)).map((row) => toLink(row, now));
  const incidents = (await listOpenIncidents(db, INCIDENTS)).map(toIncident);
  const { disabled, ...counts } = await countPeers(db);
  const watched = counts.up + counts.degraded + counts.down + counts.unknown;
  const attention = listAttention({
    domains,
    links,
    incidents,
    certificates: await listEndingCertificates(db, judgeDates, now),
    uncertified: (await listFederatedNames(db))
      .filter(({ active }) => active === null)
      .map(({ name }) => name),
    mode: (await readSettings(db)).federationMode,
    trusted: watched,
    peers: watched + counts.blocked + disabled,
    engine,
    overdue: await readOverdue(db, now),
  });
  const strip = await listWatchedPeers(db, STRIP);
  const isLarge = watched + counts.blocked + disabled >= EMBEDDED_PEERS;
  return {
    attention,
    domains: domains.flatMap(({ id, domain }): Overview["domains"] => {
      const own = links.filter(({ domainId }) => domainId === id);
      if (own.length === 0) return [{ id, domain, linkName: null, linkState: null, since: null }];
      return own.map(({ name, state, since }) => ({
        id,
        domain,
        linkName: name,
        linkState: state,
        since,
      }));
    }),
    peers: {
      ...counts,
      strip: strip.map(({ id, domain, state, since }) => ({
        id,
        domain,
        state,
        since: since.toISOString(),
      })),
    },
    openIncidents: incidents,
    recentChanges: await listRecentChanges(db),
    database: { engine, advise: engine === "embedded" && isLarge },
  };
}

/** Certificates in use, and the last issued one for each set of names: older ones were replaced. */
async function listEndingCertificates(
  db: Queryable,
  judgeDates: JudgeOwnDates,
  now: Date,
): Promise<Situation["certificates"]> {
  const inUse = new Set((await listCertificateUses(db)).map(({ certificateId }) => certificateId));
  const rows = await listCertificates(db);
  const namesOf = (row: CertificateRow) => [...row.names].sort().join(" ");
  const isReplaced = (row: CertificateRow) =>
    rows.some((other) => other.notAfter > row.notAfter && namesOf(other) === namesOf(row));
  return rows
    .filter((row) => inUse.has(row.id) || !isReplaced(row))
    .flatMap(({ id, label, names, notBefore, notAfter }) => {
      const domain = names[0] ?? label;
      const input = { domain, subject: domain, notBefore, notAfter, now };
      const cause = judgeDates({ ...input, owner: "us" });
      return cause === null ? [] : [{ id, label: label === "" ? domain : label, cause }];
    });
}

async function readOverdue(db: Queryable, now: Date): Promise<Situation["overdue"]> {
  const row = await findMostOverdue(db, now);
  if (row === null || row.nextCheckAt === null) return null;
  const { domain, intervalSeconds } = row;
  const seconds = Math.floor((now.getTime() - row.nextCheckAt.getTime()) / 1_000);
  return { domain, seconds, intervalSeconds };
}

async function listRecentChanges(db: Queryable): Promise<Overview["recentChanges"]> {
  const { rows } = await listAudit(db, { limit: CHANGES });
  return rows.map((row) => ({
    at: row.at.toISOString(),
    actor: row.actor,
    action: row.action,
    resource: row.resource,
    subject: nameIn(row.after) ?? nameIn(row.before),
  }));
}

/** What a person calls the thing that was changed. */
function nameIn(value: unknown): string | null {
  if (value === null || typeof value !== "object") return null;
  for (const key of ["domain", "name", "subject", "label"]) {
    const text: unknown = Object.entries(value).find(([name]) => name === key)?.[1];
    if (typeof text === "string" && text !== "") return text;
  }
  return null;
}
