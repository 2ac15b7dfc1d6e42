import { agreedDrafts, agreedNotes, agreedTo, overLinks } from "./agreed.ts";
import type { DialPlan } from "./dial-plan.ts";
import { viewItems, type ItemsView } from "./disco.ts";
import type { StepStatus } from "./evidence.ts";
import { lookAhead } from "./look-ahead.ts";
import { note, type BecauseCode, type Note } from "./notes.ts";
import type { Resolution } from "./resolve.ts";
import { crossLink } from "./steps-agreed.ts";
import {
  certificateNotes,
  decision,
  dialDrafts,
  discoDrafts,
  goto,
  leaveOut,
  lookupDrafts,
  pathTo,
  put,
  wait,
  type AttemptDraft,
  type Outcome,
  type StepNumber,
  type Walk,
} from "./walk.ts";

// Steps 1 to 5 of the Wave documents: from the domain's name to a secured stream and its list of services.

/** Step 1: SRV lookups for the domain. */
export function lookUpService(walk: Walk): Outcome {
  const { begin } = walk;
  const { domain, policy } = begin;
  const decided: AttemptDraft[] = [
    { kind: "name", key: "1 name" },
    { kind: "policy", key: "1 policy" },
  ];
  const decidedNotes = localNotes(walk);
  if (policy.outcome === "self" || policy.outcome === "blocked") {
    put(walk, 1, policy.outcome === "self" ? "warning" : "failed", decided, decidedNotes);
    return { kind: "halt", because: { code: `policy.${policy.outcome}`, step: 1 } };
  }
  const agreed = agreedTo(walk, domain);
  if (agreed !== null && !agreed.isByStream)
    return crossLink(walk, agreed, { attempts: decided, notes: decidedNotes });
  const fallen = agreed === null ? [] : agreedNotes(domain, agreed);
  const local = [...(agreed === null ? [] : agreedDrafts(1, agreed)), ...decided];
  const notes = [...fallen, ...decidedNotes];
  const { resolution } = pathTo(walk, domain);
  if (!isNative(walk)) {
    walk.items = askForItems(walk, true);
    lookAhead(walk);
  }
  const attempts = [...local, ...lookupDrafts(walk, 1, resolution.services)];
  if (resolution.plan === null) {
    put(walk, 1, "running", attempts, notes);
    return wait;
  }
  const said = [...resolution.serviceNotes, ...notes];
  switch (resolution.plan.kind) {
    case "override":
      put(walk, 1, statusFor(fallen), [...local, decision(1, "override.used")], notes);
      return goto(2);
    case "candidates":
      put(walk, 1, statusFor([...fallen, ...resolution.serviceNotes]), attempts, said);
      return goto(2);
    case "fallback": {
      put(walk, 1, statusFor([...fallen, ...resolution.serviceNotes]), attempts, said);
      leaveOut(walk, "skipped", 2, 2, "srv.none", 1);
      return goto(3);
    }
    case "refused":
    case "unavailable":
      put(walk, 1, "failed", attempts, said);
      return unresolved(walk, 1, resolution.failure?.code ?? "srv.dot");
  }
}

/** Step 2: records were found; their order, and the addresses of their targets. */
export function orderTargets(walk: Walk): Outcome {
  const { resolution } = pathTo(walk, walk.begin.domain);
  const notes = resolution.hosts.flatMap((host) => [...host.notes]);
  const why = resolution.plan?.kind === "override" ? "override.used" : "srv.answered";
  const attempts: AttemptDraft[] = [
    { kind: "order", key: "2 order", resolution },
    ...lookupDrafts(walk, 2, distinctLookups(resolution)),
  ];
  leaveOut(walk, "skipped", 3, 4, why, 2);
  if (resolution.state === "none") {
    put(walk, 2, "failed", attempts, notes, resolution.failure);
    return unresolved(walk, 2, resolution.failure?.code ?? "addr.none");
  }
  const isLooking = resolution.hosts.some((host) => host.state === "pending");
  put(walk, 2, isLooking ? "running" : statusFor(hostNotes(resolution)), attempts, notes);
  return resolution.state === "pending" ? wait : goto(5);
}

/** Step 3: no records; the domain's own addresses. */
export function lookUpAddress(walk: Walk): Outcome {
  const { resolution } = pathTo(walk, walk.begin.domain);
  const attempts = lookupDrafts(walk, 3, distinctLookups(resolution));
  const notes = resolution.hosts.flatMap((host) => [...host.notes]);
  if (resolution.state === "pending") {
    put(walk, 3, "running", attempts, notes);
    return wait;
  }
  if (resolution.state === "none") put(walk, 3, "failed", attempts, notes, resolution.failure);
  else put(walk, 3, statusFor(notes), attempts, notes);
  return goto(4);
}

/** Step 4: found -> 5; not found -> 13, or in the overview reading to the guess. */
export function judgeAddress(walk: Walk): Outcome {
  const { resolution } = pathTo(walk, walk.begin.domain);
  if (resolution.failure === null) {
    put(walk, 4, "ok", [decision(4, "address.found")]);
    return goto(5);
  }
  const next = walk.begin.reading === "strict" ? "reading.strict" : "reading.overview";
  put(walk, 4, "failed", [decision(4, next, "failed")], []);
  return unresolved(walk, 4, resolution.failure.code);
}

/** Step 5: connect to the XMPP server and begin service discovery. */
export function connectToServer(walk: Walk): Outcome {
  const { domain } = walk.begin;
  if (overLinks(walk, domain) !== null) return askOverLink(walk);
  const plan = pathTo(walk, domain).dial();
  const items =
    isNative(walk) && !isLoggedIn(plan) ? null : askForItems(walk, plan.state !== "failed");
  walk.items = items;
  if (isNative(walk)) lookAhead(walk);
  const attempts = [...dialDrafts(5, plan), ...discoDrafts(5, items?.facts ?? [])];
  if (plan.state === "waiting" || plan.state === "trying") {
    put(walk, 5, "running", attempts, plan.notes);
    return wait;
  }
  return plan.state === "connected"
    ? connected(walk, plan, items, attempts)
    : notConnected(walk, plan, items, attempts);
}

function connected(
  walk: Walk,
  plan: DialPlan,
  items: ItemsView | null,
  attempts: readonly AttemptDraft[],
): Outcome {
  const seen = [...certificateNotes(plan.winner?.fact?.report?.certificate), ...plan.notes];
  const own = sorted(seen);
  walk.xmpp = "reached";
  if (plan.winner?.fact?.outcome?.kind === "connected") {
    const { refusal } = plan.winner.fact.outcome;
    if (refusal !== undefined) return shut(walk, refusal, own, attempts);
  }
  return discovered(walk, items, own, attempts);
}

/** A link by agreement is open already: what is asked goes over it. */
function askOverLink(walk: Walk): Outcome {
  walk.xmpp = "reached";
  const crossed = decision(5, "agreed.crossed");
  if (walk.begin.agreed.isBrief) {
    put(walk, 5, "ok", [crossed]);
    return { kind: "halt", because: { code: "agreed.brief", step: 5 } };
  }
  const items = askForItems(walk, true);
  walk.items = items;
  lookAhead(walk);
  return discovered(walk, items, [], [crossed, ...discoDrafts(5, items?.facts ?? [])]);
}

/** Where there is a way: what came of asking for services. */
function discovered(
  walk: Walk,
  items: ItemsView | null,
  own: readonly Note[],
  attempts: readonly AttemptDraft[],
): Outcome {
  const { link } = walk.begin;
  if (items === null || !link.ok) {
    const code = link.ok ? "link.none" : link.code;
    put(walk, 5, statusFor(own), attempts, [...own, ...linkNote(walk, code)]);
    return { kind: "halt", because: { code: code as "link.none", step: 5 } };
  }
  if (items.state === "pending") {
    put(walk, 5, "running", attempts, own);
    return wait;
  }
  const notes = [...own, ...items.notes];
  if (items.state === "not_sent") {
    put(walk, 5, statusFor(own), attempts, notes);
    return { kind: "halt", because: { code: "link.down", step: 5 } };
  }
  if (items.state === "bounced") {
    // What is wrong with the certificate that was seen is why, and the bounce its consequence.
    const cause = own.find(({ severity }) => severity === "error") ?? items.notes[0];
    const bounce = cause ?? note("link.down", { domain: walk.begin.domain });
    return shut(walk, bounce, notes, attempts);
  }
  if (items.state === "timeout") {
    put(walk, 5, "warning", attempts, [...items.notes, ...own]);
    leaveOut(walk, "skipped", 6, 8, "disco.timeout", 5);
    return goto(9);
  }
  put(walk, 5, statusFor(own), attempts, notes);
  return goto(6);
}

/** The server is there, yet no stanza gets to it: our own server could not deliver, or our login was refused. */
function shut(
  walk: Walk,
  cause: Note,
  notes: readonly Note[],
  attempts: readonly AttemptDraft[],
): Outcome {
  walk.isShut = true;
  put(walk, 5, "failed", attempts, [cause, ...notes.filter((said) => said !== cause)], cause);
  leaveOut(walk, "skipped", 6, 8, cause.code as BecauseCode, 5);
  return goto(9);
}

/** We federate our name ourselves: what a trace asks goes over its own connection. */
function isNative({ begin: { link } }: Walk): boolean {
  return link.ok && link.isNative;
}

function isLoggedIn({ winner }: DialPlan): boolean {
  const outcome = winner?.fact?.outcome;
  return outcome?.kind === "connected" && outcome.refusal === undefined;
}

/** Our probe did not get through; an answer of the peer over the link still proves that a way exists. */
function notConnected(
  walk: Walk,
  plan: DialPlan,
  items: ItemsView | null,
  attempts: readonly AttemptDraft[],
): Outcome {
  const failure = plan.failure ?? note("addr.none", { host: walk.begin.domain });
  if (items?.state === "pending") {
    put(walk, 5, "running", attempts, plan.notes, failure);
    return wait;
  }
  if (items?.state === "listed" || items?.state === "empty" || items?.state === "error") {
    walk.xmpp = "reached";
    const only = note("link.only", { domain: walk.begin.domain });
    const tried = plan.notes.map((said): Note => ({ ...said, severity: "warning" }));
    put(walk, 5, "warning", attempts, [only, ...tried, ...items.notes]);
    return goto(6);
  }
  walk.xmpp = "failed";
  const rest = plan.notes.filter((said) => said !== failure);
  const told = items?.state === "bounced" ? items.notes : [];
  put(walk, 5, "failed", attempts, [failure, ...rest, ...told], failure);
  return unresolved(walk, 5, failure.code);
}

/** Our own resolver would not do its work: nothing was learned about the domain. */
export const ownFaults: ReadonlySet<string> = new Set(["dns.unreachable", "dns.refused"]);

/** Where a domain that does not resolve or answer leads: strictly to 13, else to the guess. */
function unresolved(walk: Walk, step: StepNumber, code: string): Outcome {
  if (!ownFaults.has(code)) walk.xmpp = "failed";
  if (walk.begin.reading === "strict") {
    leaveOut(walk, "not_reached", step + 1, 12, code, step);
    return goto(13);
  }
  leaveOut(walk, "skipped", step + 1, 8, code, step);
  return goto(9);
}

/** Disco over the link starts with the trace: it takes as long as all our own steps to 5. */
function askForItems(walk: Walk, mayRetry: boolean): ItemsView | null {
  if (!walk.begin.link.ok) return null;
  const options = { maxTries: walk.begin.limits.discoTries };
  const items = viewItems(walk.begin.domain, walk.facts, options, mayRetry);
  walk.wants.push(...items.wants);
  return items;
}

function localNotes(walk: Walk): Note[] {
  const { domain, unicode, scripts, isMixedScript, policy } = walk.begin;
  const notes: Note[] = [];
  if (policy.outcome === "self") notes.push(note("policy.self", { domain }));
  if (policy.outcome === "blocked")
    notes.push(note("policy.blocked", { domain, rule: policy.rule }));
  if (policy.outcome === "not_trusted")
    notes.push(note("policy.not_trusted", { domain, rule: policy.rule }));
  if (isMixedScript)
    notes.push(note("name.mixed_script", { domain, unicode, scripts: [...scripts] }));
  return notes;
}

function linkNote(walk: Walk, code: string): Note[] {
  const { domain } = walk.begin;
  if (code === "link.none" || code === "link.down") return [note(code, { domain })];
  return [];
}

function distinctLookups(resolution: Resolution) {
  const works = resolution.hosts.flatMap((host) => host.lookups);
  return [...new Map(works.map((work) => [`${work.type} ${work.name}`, work])).values()];
}

function hostNotes(resolution: Resolution): Note[] {
  return resolution.hosts.flatMap((host) => [
    ...host.notes,
    ...(host.failure === null ? [] : [host.failure]),
  ]);
}

/** Codes that a step may carry and still be fine. */
export const harmless: ReadonlySet<string> = new Set([
  "agreed.used",
  "dns.nodata",
  "cache.negative",
  "disco.no_items",
  "disco.too_many",
  "name.mixed_script",
  "policy.not_trusted",
]);

/** `ok`, or `warning` when anything more than harmless was noticed on the way. */
export function statusFor(notes: readonly Note[]): StepStatus {
  const isFine = notes.every((said) => harmless.has(said.code) || said.severity === "info");
  return isFine ? "ok" : "warning";
}

/** Errors before warnings before remarks, otherwise as they came. */
export function sorted(notes: readonly Note[]): Note[] {
  const rank = (said: Note) => (said.severity === "info" ? 2 : said.severity === "warning" ? 1 : 0);
  return notes.toSorted((a, b) => rank(a) - rank(b));
}
