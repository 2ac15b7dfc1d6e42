import type { Attention } from "#contract/peers.ts";
import type { Finding } from "#contract/traces.ts";
import { finding } from "./health.ts";

/** What the overview looks at; each list as the database has it. */
export interface Situation {
  readonly domains: readonly { readonly id: string; readonly domain: string }[];
  readonly links: readonly {
    readonly name: string;
    readonly domainId: string;
    readonly isEnabled: boolean;
    readonly state: string;
    readonly since: string | null;
    readonly lastError: Finding | null;
  }[];
  readonly incidents: readonly {
    readonly kind: string;
    readonly peerId: string | null;
    readonly subject: string;
    readonly openedAt: string;
    readonly cause: Finding;
    readonly acknowledgedAt: string | null;
  }[];
  /** Our own certificates whose dates want attention. */
  readonly certificates: readonly {
    readonly id: string;
    readonly label: string;
    readonly cause: Finding;
  }[];
  /** Names that we federate ourselves and that have no certificate for it. */
  readonly uncertified: readonly string[];
  readonly mode: "open" | "trusted_only";
  readonly trusted: number;
  readonly peers: number;
  readonly engine: "postgresql" | "embedded";
  readonly overdue: {
    readonly domain: string;
    readonly seconds: number;
    readonly intervalSeconds: number;
  } | null;
}

/** From here on the embedded database is the wrong tool: see docs/health.md. */
export const EMBEDDED_PEERS = 1_000;
const MAX_ITEMS = 100;
/** So many names of one cause are told, and of the others how many there are. */
const MAX_NAMES = 5;

/** Everything that wants a person, worst first; what somebody has taken notice of comes last. */
export function listAttention(situation: Situation): Attention[] {
  const items = [
    ...setUpItems(situation),
    ...linkItems(situation),
    ...incidentItems(situation),
    ...certificateItems(situation),
    ...situation.certificates.map(({ id, label, cause }) =>
      item(cause, label, `/certificates/${id}`),
    ),
    ...applianceItems(situation),
  ];
  return items
    .toSorted(
      (a, b) =>
        Number(a.isNoticed) - Number(b.isNoticed) ||
        SEVERITY[a.finding.severity] - SEVERITY[b.finding.severity] ||
        (b.since ?? "").localeCompare(a.since ?? ""),
    )
    .slice(0, MAX_ITEMS)
    .map(({ isNoticed: _, ...rest }) => rest);
}

const SEVERITY = { error: 0, warning: 1, info: 2 } as const;
type Item = Attention & { readonly isNoticed: boolean };

function item(
  about: Finding,
  subject: string,
  href: string,
  since: string | null = null,
  more: { readonly state?: Attention["state"]; readonly isNoticed?: boolean } = {},
): Item {
  const { state = null, isNoticed = false } = more;
  return { finding: about, subject, state, since, href, isNoticed };
}

function setUpItems({ domains, links }: Situation): Item[] {
  if (domains.length === 0)
    return [item(finding("setup.no_domain", "us", {}, "warning"), "", "/domains/new")];
  return domains
    .filter(({ id }) => !links.some((link) => link.domainId === id))
    .map(({ id, domain }) =>
      item(finding("setup.no_link", "us", { domain }, "warning"), domain, `/domains/${id}`),
    );
}

/** One cause is told once, with all its names: a port that is taken, a server that is down. */
function linkItems({ links }: Situation): Item[] {
  const down = links.filter(({ isEnabled, state }) => isEnabled && state !== "attached");
  const byCause = Map.groupBy(down, ({ name, lastError }) => JSON.stringify(lastError ?? name));
  return [...byCause.values()].map((those) => {
    const names = those.map(({ name }) => name).toSorted();
    const subject = names.slice(0, MAX_NAMES).join(", ");
    const more = names.length > MAX_NAMES ? ` +${names.length - MAX_NAMES}` : "";
    const [first, ...domains] = new Set(those.map(({ domainId }) => domainId));
    const href = domains.length === 0 && first !== undefined ? `/domains/${first}` : "/domains";
    const since = those.flatMap((one) => one.since ?? []).toSorted()[0] ?? null;
    const lastError = those[0]?.lastError ?? null;
    const cause = lastError ?? finding("link.down", "us", { domain: subject });
    // Without an error of its own the finding says itself that the link is down.
    const state = lastError === null ? null : "detached";
    return item({ ...cause, severity: "error" }, subject + more, href, since, { state });
  });
}

/** Most servers refuse a name that cannot prove itself; one that is switched off needs no proof. */
function certificateItems({ uncertified, links }: Situation): Item[] {
  return uncertified
    .filter((name) => links.some((link) => link.name === name && link.isEnabled))
    .map((name) =>
      item(finding("setup.no_certificate", "us", { domain: name }), name, "/certificates"),
    );
}

function incidentItems({ incidents, links }: Situation): Item[] {
  return (
    incidents
      // A link of ours is told of as it is now, not as it was when its incident began.
      .filter(
        ({ kind, subject }) => kind !== "our_side" || !links.some(({ name }) => name === subject),
      )
      .map(({ kind, cause, subject, peerId, openedAt, acknowledgedAt }) => {
        const href = peerId === null ? "/connections" : `/peers/${peerId}`;
        const state = kind === "outage" ? "down" : kind === "degraded" ? "degraded" : null;
        return item(cause, subject, href, openedAt, { state, isNoticed: acknowledgedAt !== null });
      })
  );
}

function applianceItems({ mode, trusted, peers, engine, overdue }: Situation): Item[] {
  const items: Item[] = [];
  if (mode === "trusted_only" && trusted === 0)
    items.push(item(finding("policy.nobody_trusted", "us", {}, "warning"), "", "/peers"));
  if (engine === "embedded" && peers >= EMBEDDED_PEERS)
    items.push(
      item(finding("database.embedded_large", "us", { peers }, "warning"), "", "/settings"),
    );
  // Late by an interval, and long enough that a restart does not count.
  if (overdue !== null && overdue.seconds >= Math.max(overdue.intervalSeconds, 120))
    items.push(
      item(finding("check.late", "us", { ...overdue }, "warning"), overdue.domain, "/peers"),
    );
  return items;
}
