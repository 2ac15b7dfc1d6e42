import assert from "node:assert/strict";
import { z } from "zod";
import { type CertificateActivation, certificateActivation } from "#contract/certificates.ts";
import { localDomain, type LocalDomainRequest } from "#contract/domains.ts";
import { link, linkCreated, type Link } from "#contract/links.ts";
import { id } from "#contract/paging.ts";
import {
  type AttemptOf,
  type Attempt,
  pingResult,
  type PingResult,
  type Reading,
  type Step,
  trace,
  type Trace,
} from "#contract/traces.ts";
import type { Client } from "./client.ts";
import { until } from "./wait.ts";

const ATTACH_MS = 15_000;
const TRACE_MS = 60_000;

export interface Attachment {
  readonly domain: string;
  /** The component's name, such as `wave.example.com`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly terms?: Partial<LocalDomainRequest>;
}

/** Adds a local domain and its component link, and waits until the XMPP server has accepted it. */
export async function attachDomain(client: Client, attachment: Attachment): Promise<Link> {
  const { domain, name, host, port, secret } = attachment;
  const request: LocalDomainRequest = { domain, ...attachment.terms };
  const { id: domainId } = await client.read(localDomain, "POST", "/api/v1/domains", request);
  const made = await client.read(link, "POST", "/api/v1/links", {
    domainId,
    name,
    host,
    port,
    secret,
  });
  return await waitForLink(client, domainId, made.id, "attached");
}

/** Has the appliance federate `name` by itself, and waits until it listens. */
export async function attachNatively(
  client: Client,
  native: { readonly domainId: string; readonly name: string; readonly role?: "wave" | "plain" },
): Promise<Link> {
  const made = await client.read(link, "POST", "/api/v1/links", { kind: "s2s", ...native });
  return await waitForLink(client, native.domainId, made.id, "attached");
}

export async function useForXmpp(
  client: Client,
  certificateId: string,
  names: readonly string[],
): Promise<CertificateActivation> {
  const path = `/api/v1/certificates/${certificateId}/activation`;
  return await client.read(certificateActivation, "POST", path, { use: "xmpp", names });
}

/** A name for a component that connects to the appliance; the secret is told this once. */
export async function addHosted(
  client: Client,
  hosted: { readonly domainId: string; readonly name: string },
): Promise<{ readonly id: string; readonly secret: string }> {
  const made = await client.read(linkCreated, "POST", "/api/v1/links", {
    kind: "hosted",
    ...hosted,
  });
  assert.ok(made.secret);
  return { id: made.id, secret: made.secret };
}

/** Waits until a link is in `state`; the error says in which it was. */
export async function waitForLink(
  client: Client,
  domainId: string,
  linkId: string,
  state: Link["state"],
): Promise<Link> {
  return await until(`link ${linkId} to be ${state}`, ATTACH_MS, async () => {
    const found = await client.read(localDomain, "GET", `/api/v1/domains/${domainId}`);
    const current = found.links.find((candidate) => candidate.id === linkId);
    if (current?.state === state) return current;
    throw new Error(`it is ${current?.state}: ${JSON.stringify(current?.lastError)}`);
  });
}

export interface TraceOptions {
  readonly reading?: Reading;
  readonly fresh?: boolean;
}

/** Asks for a trace and waits for its end, as a script would. */
export async function runTrace(
  client: Client,
  domain: string,
  options: TraceOptions = {},
): Promise<Trace> {
  const started = await client.read(z.object({ id }), "POST", "/api/v1/traces", {
    domain,
    ...options,
  });
  const path = `/api/v1/traces/${started.id}`;
  return await until(`the trace of ${domain}`, TRACE_MS, async () => {
    const found = await client.read(trace, "GET", path);
    if (found.state === "running") throw new Error(`it is running: ${statusesOf(found)}`);
    return found;
  });
}

export async function runPing(client: Client, domain: string): Promise<PingResult> {
  return await client.read(pingResult, "POST", "/api/v1/pings", { domain });
}

export function stepOf(found: Trace, number: number): Step {
  const step = found.steps.find((candidate) => candidate.number === number);
  assert.ok(step, `the trace has no step ${number}`);
  return step;
}

export function attemptsOf<K extends Attempt["kind"]>(step: Step, kind: K): AttemptOf<K>[] {
  return step.attempts.filter((attempt): attempt is AttemptOf<K> => attempt.kind === kind);
}

export function statusesOf(found: Trace): string {
  return found.steps.map(({ number, status }) => `${number}:${status}`).join(" ");
}

/** The step in which a finding stands; fails with all findings when it is not there. */
export function findingOf(found: Trace, code: string): Trace["findings"][number] {
  const finding = found.findings.find((candidate) => candidate.code === code);
  assert.ok(
    finding,
    `no finding ${code}, only ${JSON.stringify(found.findings)}; ${statusesOf(found)}`,
  );
  return finding;
}

/** Fails unless the trace reached step 12 by disco answers of the peer's own server. */
export function assertFoundByDisco(found: Trace, jid: string): void {
  const where = `${statusesOf(found)} ${JSON.stringify(found.findings)}`;
  assert.equal(found.state, "done", where);
  assert.equal(found.xmpp, "reachable", where);
  assert.equal(found.wave, "found", where);
  assert.equal(found.jid, jid, where);
  assert.equal(stepOf(found, 12).status, "ok", where);
  assert.notEqual(stepOf(found, 13).status, "failed", where);
  const answers = attemptsOf(stepOf(found, 6), "disco").concat(
    attemptsOf(stepOf(found, 5), "disco"),
  );
  const items = answers.find((attempt) => attempt.query === "items" && attempt.to === found.domain);
  assert.ok(
    items?.items.some((item) => item.jid === jid),
    `disco#items lists ${jid}: ${where}`,
  );
  const info = answers.find((attempt) => attempt.query === "info" && attempt.to === jid);
  assert.ok(info !== undefined && info.matched !== null, `disco#info of ${jid} matches: ${where}`);
}
