import { findings } from "#contract/findings.ts";
import type { Finding, PingResult, Trace } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { toFinding } from "#protocol/resolution/diagnosis.ts";
import { note, type Note } from "#protocol/resolution/notes.ts";
import { fail, ok, type Result } from "#protocol/result.ts";
import { parseDomain } from "#protocol/xmpp/address.ts";
import { buildPing } from "#protocol/xmpp/ping.ts";
import { isBounce, type Exchange, type StanzaCarrier } from "./carrier.ts";
import type { Clock } from "./clock.ts";
import type { TraceProblem, TraceRunner } from "./traces.ts";

export interface Pings {
  /**
   * Resolves a domain (its trace is kept), then sends both pings over the link that would carry
   * stanzas there: the Wave ping with a receipt request to its wave service (WAVE §1.8), and XEP-0199
   * to the domain itself.
   */
  readonly ping: (request: {
    readonly domain: string;
    readonly requestedBy: string | null;
  }) => Promise<Result<PingResult, TraceProblem>>;
}

const timeoutMs = 10_000;
type Leg = PingResult["wave"];

export function createPings(deps: {
  readonly traces: Pick<TraceRunner, "begin" | "wait">;
  readonly carrier: StanzaCarrier;
  readonly primitives: Primitives;
  readonly clock: Clock;
}): Pings {
  const { carrier, clock } = deps;
  return {
    async ping({ domain: input, requestedBy }) {
      const name = parseDomain(input, deps.primitives);
      if (!name.ok) return fail(name.problem);
      const domain = name.value.ascii;
      const at = new Date(clock.now()).toISOString();
      const begun = await deps.traces.begin({ domain: input, trigger: "ping", requestedBy });
      if (!begun.ok) return begun;
      const traceId = begun.value.id;
      const trace = await deps.traces.wait(traceId);
      const base = { domain, at, traceId };
      const source = carrier.sourceFor(domain);
      if (!source.ok) {
        const message = asFinding(sourceNote(source.code, domain));
        return ok({ ...base, ...silent, linkId: null, message });
      }
      const { from } = source;
      const jid = trace?.jid ?? null;
      if (isCut(trace)) {
        const message = trace?.headline ?? asFinding(note("link.down", { domain }));
        return ok({ ...base, ...silent, linkId: source.linkId, message });
      }
      const [wave, xmpp] = await Promise.all([
        jid === null ? null : carrier.wavePing({ from, to: jid, timeoutMs }),
        carrier.request({ from, to: domain, type: "get", payload: buildPing(), timeoutMs }),
      ]);
      const legs = { wave: legOf(wave, jid, from), xmpp: legOf(xmpp, domain, from) };
      const isHeard = ({ status }: Leg) => status === "answered" || status === "refused";
      const isAnswered = isHeard(legs.wave) || isHeard(legs.xmpp);
      const cameByItself =
        (isHeard(legs.wave) && wave?.usedOneStream === false) ||
        (isHeard(legs.xmpp) && !xmpp.usedOneStream);
      // Between our own server and its component no stream to another server is in use.
      const isOwn = trace?.findings.some(({ code }) => code === "policy.self") ?? false;
      const agreedLink = linkOf(trace);
      const own = explain(domain, [xmpp, wave], from);
      return ok({
        ...base,
        ...legs,
        linkId: source.linkId,
        provesBothDirections: cameByItself && !isOwn && agreedLink === null,
        agreedLink,
        message: isAnswered ? null : (trace?.headline ?? own),
      });
    },
  };
}

/** By the domain's trace: the link that its ping went across. */
function linkOf(trace: Trace | null): string | null {
  const attempts = trace?.steps[0]?.attempts ?? [];
  const crossed = attempts.find(({ kind, winner }) => kind === "agreement" && winner);
  return crossed?.kind === "agreement" ? crossed.link.name : null;
}

/** A ping across the agreed links was not answered, and there is no other way: another one would only be waited for, too. */
function isCut(trace: Trace | null): boolean {
  const attempts = trace?.steps[0]?.attempts ?? [];
  const isAgreed = attempts.some(({ kind }) => kind === "agreement");
  return isAgreed && linkOf(trace) === null && trace?.xmpp === "unreachable";
}

const unsent: Leg = { status: "not_sent", to: null, roundTripMs: null, condition: null };
const silent = { wave: unsent, xmpp: unsent, provesBothDirections: false };

function legOf(exchange: Exchange | null, to: string | null, from: string): Leg {
  if (exchange === null) return { ...unsent, to };
  const { roundTripMs, condition } = exchange;
  switch (exchange.kind) {
    case "result":
      return { status: "answered", to, roundTripMs, condition: null };
    case "error":
      // Our own server's bounce proves nothing of the way; the peer's refusal does.
      return isBounce(exchange, from)
        ? { ...unsent, to, condition }
        : { status: "refused", to, roundTripMs, condition };
    case "timeout":
      return { status: "timeout", to, roundTripMs: null, condition: null };
    case "not_sent":
    case "cancelled":
      return { ...unsent, to, condition };
  }
}

function explain(
  domain: string,
  exchanges: readonly (Exchange | null)[],
  from: string,
): Finding | null {
  const bounced = exchanges.find((exchange) => exchange !== null && isBounce(exchange, from));
  if (bounced)
    return asFinding(
      note("link.bounced", {
        domain,
        condition: bounced.condition ?? "undefined-condition",
        text: bounced.text ?? "",
      }),
    );
  if (exchanges.some((exchange) => exchange?.kind === "timeout"))
    return asFinding(note("ping.timeout", { domain, seconds: timeoutMs / 1_000 }));
  return asFinding(note("link.down", { domain }));
}

function sourceNote(code: string, domain: string): Note {
  if (code === "policy.blocked" || code === "policy.not_trusted")
    return note(code, { domain, rule: code });
  return note(code === "link.down" ? "link.down" : "link.none", { domain });
}

function asFinding(said: Note): Finding {
  return toFinding(said, findings);
}
