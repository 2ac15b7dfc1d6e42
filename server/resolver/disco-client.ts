import type { DiscoReport } from "#protocol/resolution/evidence.ts";
import { isLikely } from "#protocol/resolution/disco.ts";
import type { DiscoWork } from "#protocol/resolution/facts.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { printable } from "#protocol/printable.ts";
import { parseJid } from "#protocol/xmpp/address.ts";
import { buildDiscoQuery, parseDiscoInfo, parseDiscoItems } from "#protocol/xmpp/disco.ts";
import { isBounce, type Exchange, type StanzaCarrier } from "./carrier.ts";

/** Each try of disco#items and each disco#info is waited for this long. */
export const discoTimeoutMs = 10_000;
/** Items of a list that are read, and those of them that are kept as evidence. */
const maxItemsRead = 10_000;
const maxItemsKept = 100;
const maxTranscript = 16_384;

/** One service discovery query over a link (XEP-0030), as evidence. Never rejects. */
export async function askDisco(
  work: DiscoWork,
  deps: {
    readonly carrier: StanzaCarrier;
    readonly primitives: Primitives;
    readonly from: string;
    readonly timeoutMs?: number;
    readonly signal: AbortSignal;
  },
): Promise<DiscoReport> {
  const exchange = await deps.carrier.request({
    from: deps.from,
    to: work.to,
    type: "get",
    payload: buildDiscoQuery(work.query),
    timeoutMs: deps.timeoutMs ?? discoTimeoutMs,
    signal: deps.signal,
  });
  const base = { ...nothing, linkId: exchange.linkId, transcript: cutTranscript(exchange) };
  const { condition, text } = exchange;
  if (exchange.kind === "timeout" || exchange.kind === "not_sent")
    return { ...base, kind: exchange.kind, condition };
  if (exchange.kind === "cancelled") return { ...base, kind: "not_sent" };
  if (exchange.kind === "error")
    return { ...base, kind: isBounce(exchange, deps.from) ? "bounced" : "error", condition, text };
  return { ...base, ...readPayload(work, exchange, deps.primitives) };
}

const nothing = {
  condition: null,
  text: null,
  items: [],
  itemsTotal: 0,
  identities: [],
  features: [],
};

function readPayload(
  work: DiscoWork,
  exchange: Exchange,
  primitives: Primitives,
): Pick<DiscoReport, "kind"> & Partial<DiscoReport> {
  if (work.query === "info") {
    const info = parseDiscoInfo(exchange.payload);
    if (info === null) return { kind: "error", condition: "bad-format" };
    return {
      kind: "result",
      identities: info.identities.map((identity) => ({ ...identity })),
      features: [...info.features],
    };
  }
  const list = parseDiscoItems(exchange.payload, maxItemsRead);
  if (list === null) return { kind: "error", condition: "bad-format" };
  const items = list.items.map(({ jid, name, node }) => {
    const parsed = parseJid(jid, primitives);
    const isPlain = parsed.ok && parsed.value.local === null && parsed.value.resource === null;
    return { jid: printable(jid, 1_023), name, node, domain: isPlain ? parsed.value.domain : null };
  });
  const likely = items
    .slice(maxItemsKept)
    .filter(({ domain }) => domain !== null && isLikely(domain, work.to));
  return {
    kind: "result",
    items: [...items.slice(0, maxItemsKept), ...likely.slice(0, maxItemsKept)],
    itemsTotal: list.items.length + list.leftOut,
  };
}

/** A list of thousands of items is not kept word by word. */
function cutTranscript(exchange: Exchange): DiscoReport["transcript"] {
  return exchange.transcript.map((line) =>
    line.xml.length > maxTranscript
      ? { ...line, xml: `${line.xml.slice(0, maxTranscript)}…` }
      : line,
  );
}
