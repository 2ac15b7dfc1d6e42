import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, type Jid, parseJid } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { answerLocally, type LocalRole, type LocalService } from "#protocol/xmpp/local-services.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { parseStanzaError, type StanzaErrorCondition } from "#protocol/xmpp/stanza-error.ts";
import { buildErrorReply, buildRequest, stanzaKind } from "#protocol/xmpp/stanza.ts";
import { buildWavePing } from "#protocol/wave/stanzas.ts";
import { domainOf } from "#protocol/xmpp/stanza-admission.ts";
import { createJids } from "./jids.ts";
import type { Link, Provenance, SendOutcome } from "./link.ts";
import type { FederationPolicy } from "./policy.ts";
import { createReplyLimit } from "./reply-limit.ts";
import { createRequests, type Exchange, notSent } from "./requests.ts";
import type { TrafficCounters } from "./traffic.ts";

/** A name that we serve: which link may speak for it, and who handles its stanzas. */
export interface LocalAddress {
  readonly name: Domain;
  /** `hosted`: its stanzas belong to a component that is attached to us. */
  readonly role: LocalRole | "hosted";
  readonly linkId: string;
}

export interface Source {
  readonly ok: true;
  readonly from: string;
  readonly linkId: string;
}
export interface NoSource {
  readonly ok: false;
  readonly code: "link.none" | "link.down" | "policy.blocked" | "policy.not_trusted";
}

/** Who carries a stanza to a remote domain, and what an answer means. */
export interface Router {
  /** The local address and link that would carry a stanza to `domain` now. */
  readonly sourceFor: (domain: string) => Source | NoSource;
  /** One IQ and its only answer, by (id, from, to, link). Never throws, never hangs. */
  readonly request: (
    input: RequestInput & { type: "get" | "set"; payload: XmlElement },
  ) => Promise<Exchange>;
  /** A Wave ping, answered by its receipt or by a message error (WAVE §1.8). */
  readonly wavePing: (input: RequestInput) => Promise<Exchange>;
  /** Replaces all that is known of links and names. */
  readonly configure: (links: readonly Link[], addresses: readonly LocalAddress[]) => void;
  /** A stanza that came in over `link`; `proof`: how the peer's domain was authenticated, on a native stream. */
  readonly receive: (link: Link, stanza: XmlElement, sizeBytes: number, proof?: Proof) => void;
  /** A stanza of the hosted component behind `link`, on its way to wherever it is addressed. */
  readonly submit: (link: Link, stanza: XmlElement, sizeBytes: number) => void;
  /** `link` took a stanza and could not deliver it: whoever sent it is told (RFC 6120 §10.4.3). */
  readonly bounce: (link: Link, stanza: XmlElement, why: Bounce) => void;
  /** A stanza that came in over `link` and that the hosted component behind it did not get after all. */
  readonly undelivered: (link: Link, stanza: XmlElement, condition: StanzaErrorCondition) => void;
  /** A stanza of the hosted component behind `link` that was too big or too deep, and was answered. */
  readonly discard: (link: Link, head: XmlElement, sizeBytes: number) => void;
  /** A stanza that was too big or too deep: `head` has its attributes only. */
  readonly receiveRefused: (link: Link, head: XmlElement, sizeBytes: number) => void;
  /** To be told when a link's stream is gone, so that nobody waits for answers over it. */
  readonly linkLost: (linkId: string) => void;
}

export interface Proof {
  readonly authentication: Provenance["authentication"];
  readonly tls: boolean;
  /** It came over a stream that takes our stanzas to the peer, too (XEP-0288). */
  readonly usedOneStream?: boolean;
}

export interface Bounce {
  readonly condition: StanzaErrorCondition;
  readonly text: string | null;
}

export interface RequestInput {
  readonly from: string;
  readonly to: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** What a local address does with a stanza that is no answer: the reply, or null for silence. */
export type StanzaHandler = (
  stanza: XmlElement,
  address: LocalService,
  provenance: Provenance,
) => XmlElement | null;

export interface RouterDeps {
  readonly nodeId: string;
  readonly primitives: Primitives;
  readonly policy: FederationPolicy;
  readonly traffic: TrafficCounters;
  readonly now: () => Date;
  /** Default: the local services that every address has. */
  readonly handle?: StanzaHandler;
  /** Gives a stanza to the hosted component of that name; what it cannot take, it says why. */
  readonly host?: (name: Domain, stanza: XmlElement) => "taken" | "full" | "absent";
  /** Our server could not deliver to `domain`, or something came from it again (error null). */
  readonly onReachability: (
    linkId: string,
    domain: Domain,
    error: { condition: string; text: string | null } | null,
  ) => void;
  /** A bug in what handles a stanza that never left the process; it costs that stanza. */
  readonly onError: (error: unknown) => void;
}

/**
 * Routes between local services and links. Order per (from, to) is the order of calls: each pair has
 * one link, and a link is a queue. Policy is asked for every stanza: ours to a stranger is not sent,
 * a stranger's IQ gets `forbidden`, its messages and presence are dropped and counted, an error is
 * never answered. Automatic answers to one domain have a budget.
 */
export function createRouter(deps: RouterDeps): Router {
  const { primitives, policy, traffic } = deps;
  const handle: StanzaHandler = deps.handle ?? answerLocally;
  const requests = createRequests(deps.nodeId);
  const replyLimit = createReplyLimit(10, 50);
  let links = new Map<string, Link>();
  let addresses = new Map<Domain, LocalAddress>();
  const parseAddress = createJids(primitives);

  function receive(link: Link, stanza: XmlElement, sizeBytes: number, proof?: Proof): void {
    const kind = stanzaKind(stanza);
    const from = parseAddress(stanza.attributes["from"]);
    const to = parseAddress(stanza.attributes["to"]);
    if (kind === null || from === null || to === null || !isFor(to, link))
      return drop(link, from?.domain ?? "", sizeBytes);
    noteReachability(link, stanza, from);
    const { neighbour } = link;
    const usedOneStream = proof?.usedOneStream === true;
    if (requests.take(stanza, from, to, { neighbour, usedOneStream }))
      return count(link, from.domain, "in", sizeBytes);
    const role = addresses.get(to.domain)?.role ?? "plain";
    const isAnswer =
      stanza.attributes["type"] === "error" || stanza.attributes["type"] === "result";
    if (kind === "iq" && isAnswer && role !== "hosted") return drop(link, from.domain, sizeBytes);
    if (!policy.decide(from.domain).allowed) return refuseStranger(link, stanza, from, sizeBytes);
    count(link, from.domain, "in", sizeBytes);
    if (role === "hosted") return giveToComponent(link, stanza, to);
    const isService = to.local === null && to.resource === null;
    const answer = handle(
      stanza,
      { role, isService, items: () => namesBelow(to.domain) },
      provenanceOf(link, from, proof),
    );
    if (answer !== null) reply(link, stanza, answer, from);
  }

  function giveToComponent(link: Link, stanza: XmlElement, to: Jid): void {
    const outcome = deps.host?.(to.domain, stanza) ?? "absent";
    if (outcome === "taken") return;
    undelivered(link, stanza, outcome === "full" ? "resource-constraint" : "remote-server-timeout");
  }

  /** Without a budget: it is one error for one stanza, and what was lost must not be lost silently. */
  function undelivered(link: Link, stanza: XmlElement, condition: StanzaErrorCondition): void {
    const answer = buildErrorReply(stanza, condition);
    const to = parseAddress(stanza.attributes["from"]);
    if (answer === null || to === null) return;
    const outcome = transmit(link, withOwnDomain(answer, primitives), to);
    if (outcome.kind === "sent") count(link, to.domain, "out", outcome.sizeBytes);
  }

  function submit(link: Link, stanza: XmlElement, sizeBytes: number): void {
    const to = parseAddress(stanza.attributes["to"]);
    if (to === null) return answerSender(link, stanza, { condition: "jid-malformed", text: null });
    if (!policy.decide(to.domain).allowed) {
      drop(link, to.domain, sizeBytes);
      return answerSender(link, stanza, { condition: "not-allowed", text: null });
    }
    const outcome = transmit(link, stanza, to);
    if (outcome.kind === "sent") return count(link, to.domain, "out", outcome.sizeBytes);
    const condition = outcome.kind === "down" ? "remote-server-timeout" : "resource-constraint";
    answerSender(link, stanza, { condition, text: null });
  }

  /** Over the link; to a name of ours that needs no other server to be reached, at once. */
  function transmit(link: Link, stanza: XmlElement, to: Jid): SendOutcome {
    const own = links.get(addresses.get(to.domain)?.linkId ?? "");
    if (own === undefined || (link.kind === "component" && own.kind === "component"))
      return link.send(stanza);
    const xml = serialize(stanza);
    // Not from within the sender's call: two services could go on answering each other for ever.
    const sizeBytes = Buffer.byteLength(xml);
    setImmediate(() => {
      try {
        receive(own, stanza, sizeBytes, { authentication: "local", tls: true });
      } catch (error) {
        deps.onError(error);
      }
    });
    return { kind: "sent", sizeBytes, xml };
  }

  function bounce(link: Link, stanza: XmlElement, why: Bounce): void {
    const to = parseAddress(stanza.attributes["to"]);
    // A native link's own streams tell why they fail, in more than a condition.
    if (to !== null && link.kind === "component") deps.onReachability(link.id, to.domain, why);
    answerSender(link, stanza, why);
  }

  /** An error in the name of whom the stanza was for, to whoever of ours sent it. */
  function answerSender(link: Link, stanza: XmlElement, why: Bounce): void {
    const answer = buildErrorReply(stanza, why.condition, why.text ?? undefined);
    const from = parseAddress(stanza.attributes["to"]);
    const to = parseAddress(stanza.attributes["from"]);
    if (answer === null || to === null) return;
    const via = { neighbour: link.neighbour, usedOneStream: false };
    if (from !== null && requests.take(answer, from, to, via)) return;
    if (addresses.get(to.domain)?.role === "hosted") deps.host?.(to.domain, answer);
  }

  function refuseStranger(link: Link, stanza: XmlElement, from: Jid, sizeBytes: number): void {
    drop(link, from.domain, sizeBytes);
    if (stanza.name !== "iq") return;
    const answer = buildErrorReply(stanza, "forbidden");
    if (answer !== null) reply(link, stanza, answer, from);
  }

  function receiveRefused(link: Link, head: XmlElement, sizeBytes: number): void {
    const from = parseAddress(head.attributes["from"]);
    drop(link, from?.domain ?? "", sizeBytes);
    const to = parseAddress(head.attributes["to"]);
    if (from === null || to === null || !isFor(to, link) || stanzaKind(head) !== "iq") return;
    const role = addresses.get(to.domain)?.role ?? "plain";
    // COMPAT(Apache Wave): a condition that RFC 3920 lacks, such as the right one (RFC 6120 §13.12), is
    // lost on it, and it waits for ever; remove when none is left.
    const tooLarge = role === "wave" ? "not-acceptable" : "policy-violation";
    const isAllowed = policy.decide(from.domain).allowed;
    const answer = buildErrorReply(head, isAllowed ? tooLarge : "forbidden");
    if (answer !== null) reply(link, head, answer, from);
  }

  /** Native names below a native one: somebody who walks our services finds them (XEP-0030 §4). */
  function namesBelow(domain: Domain): string[] {
    const isNative = (one: LocalAddress) => links.get(one.linkId)?.neighbour === "native";
    const own = addresses.get(domain);
    if (own === undefined || !isNative(own)) return [];
    return [...addresses.values()]
      .filter((one) => one.name.endsWith(`.${domain}`) && isNative(one))
      .map(({ name }) => name);
  }

  /** Only our names, and only from the server to which they are attached: another one is misled. */
  function isFor(to: Jid, link: Link): boolean {
    const own = links.get(addresses.get(to.domain)?.linkId ?? "");
    return own !== undefined && own.neighbour === link.neighbour;
  }

  function reply(link: Link, stanza: XmlElement, answer: XmlElement, to: Jid): void {
    // An IQ of somebody who may federate is always answered (RFC 6120 §8.2.3); the rest has a budget.
    const isOwed = stanza.name === "iq" && policy.decide(to.domain).allowed;
    if (!isOwed && !replyLimit.allows(to.domain, performance.now()))
      return drop(link, to.domain, 0);
    const outcome = transmit(link, withOwnDomain(answer, primitives), to);
    if (outcome.kind === "sent") count(link, to.domain, "out", outcome.sizeBytes);
  }

  function ask(
    kind: "iq" | "message",
    input: RequestInput,
    build: (id: string) => XmlElement,
  ): Promise<Exchange> {
    const from = parseAddress(input.from);
    const to = parseAddress(input.to);
    // XEP-0114 §3: every stanza carries both addresses, and ours is the name of its stream.
    if (from === null || to === null) return Promise.resolve(notSent(null, "jid-malformed"));
    const link = links.get(addresses.get(from.domain)?.linkId ?? "");
    if (link?.name !== from.domain)
      return Promise.resolve(notSent(null, "remote-server-not-found"));
    if (!policy.decide(to.domain).allowed) return Promise.resolve(notSent(link.id, "not-allowed"));
    const id = requests.newId();
    const outcome = transmit(link, build(id), to);
    if (outcome.kind !== "sent")
      return Promise.resolve(
        notSent(link.id, outcome.kind === "down" ? "remote-server-timeout" : "resource-constraint"),
      );
    count(link, to.domain, "out", outcome.sizeBytes);
    const { timeoutMs, signal } = input;
    return requests.wait({
      id,
      kind,
      from,
      to,
      linkId: link.id,
      neighbour: link.neighbour,
      xml: outcome.xml,
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    });
  }

  /** What our own server says of others; a native link has none between. */
  function noteReachability(link: Link, stanza: XmlElement, from: Jid): void {
    if (link.kind !== "component") return;
    if (stanza.attributes["type"] === "error") {
      const { condition, text } = parseStanzaError(stanza);
      if (condition === "remote-server-not-found" || condition === "remote-server-timeout")
        return deps.onReachability(link.id, from.domain, { condition, text });
    }
    deps.onReachability(link.id, from.domain, null);
  }

  function sourceFor(domain: string): Source | NoSource {
    const remote = parseAddress(domain);
    const decision = remote === null ? null : policy.decide(remote.domain);
    if (decision !== null && !decision.allowed)
      return {
        ok: false,
        code: decision.rule.startsWith("block") ? "policy.blocked" : "policy.not_trusted",
      };
    const candidates = [...addresses.values()]
      .filter((address) => links.has(address.linkId))
      .toSorted((a, b) => rank(a, domain) - rank(b, domain) || (a.name < b.name ? -1 : 1));
    if (candidates.length === 0) return { ok: false, code: "link.none" };
    const usable = candidates.find((one) => links.get(one.linkId)?.status().state === "attached");
    if (usable === undefined) return { ok: false, code: "link.down" };
    return { ok: true, from: usable.name, linkId: usable.linkId };
  }

  /** For our own server, the component that is attached to it; else who can prove itself, and waves first. */
  function rank(address: LocalAddress, domain: string): number {
    if (address.name.endsWith(`.${domain}`)) return 0;
    const canProve = links.get(address.linkId)?.canProve?.() ?? true;
    return (canProve ? 1 : 4) + ["wave", "plain", "hosted"].indexOf(address.role);
  }

  function count(
    link: Link,
    domain: string,
    kind: "in" | "out" | "dropped",
    sizeBytes: number,
  ): void {
    traffic.count(link.id, domain, kind, sizeBytes, deps.now());
  }

  function drop(link: Link, domain: string, sizeBytes: number): void {
    count(link, domain, "dropped", sizeBytes);
  }

  return {
    sourceFor,
    request: (input) =>
      ask("iq", input, (id) => {
        const { from, to } = input;
        return buildRequest(input.type, { from, to, id }, input.payload);
      }),
    wavePing: (input) =>
      ask("message", input, (id) => buildWavePing({ from: input.from, to: input.to, id })),
    configure(newLinks, newAddresses) {
      links = new Map(newLinks.map((link) => [link.id, link]));
      addresses = new Map(newAddresses.map((address) => [address.name, address]));
    },
    receive,
    submit,
    bounce,
    undelivered,
    discard(link, head, sizeBytes) {
      drop(link, parseAddress(head.attributes["to"])?.domain ?? "", sizeBytes);
    },
    receiveRefused,
    linkLost: (linkId) => requests.abandon(linkId),
  };
}

function provenanceOf(link: Link, from: Jid, proof: Proof | undefined): Provenance {
  return {
    linkId: link.id,
    kind: link.kind,
    peerDomain: from.domain,
    authentication: proof?.authentication ?? "vouched",
    tls: proof?.tls ?? link.isEncrypted,
  };
}

/** A peer may spell our name in capitals; what we send must have it as the stream knows it. */
function withOwnDomain(stanza: XmlElement, primitives: Primitives): XmlElement {
  const from = stanza.attributes["from"] ?? "";
  const parsed = parseJid(from, primitives);
  if (!parsed.ok || domainOf(from) === parsed.value.domain) return stanza;
  const slash = from.indexOf("/");
  const at = from.slice(0, slash === -1 ? undefined : slash).indexOf("@");
  const local = from.slice(0, at + 1);
  const resource = slash === -1 ? "" : from.slice(slash);
  const canonical = local + parsed.value.domain + resource;
  return { ...stanza, attributes: { ...stanza.attributes, from: canonical } };
}
