import type { SelfTest } from "#contract/self-tests.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { chooseItems } from "#protocol/resolution/disco.ts";
import { matchWaveService } from "#protocol/wave/stanzas.ts";
import type { DiscoReport } from "#protocol/resolution/evidence.ts";
import type { StanzaCarrier } from "./carrier.ts";
import { askDisco } from "./disco-client.ts";

export type OwnDiscovery = SelfTest["discovery"];

const timeoutMs = 5_000;

/**
 * What our own XMPP server tells others when they ask for its services: asked over the component link
 * that is attached to it. The listed items decide which of the Wave documents' rules holds.
 */
export async function discoverOwn(
  domain: string,
  deps: { readonly carrier: StanzaCarrier; readonly primitives: Primitives },
): Promise<OwnDiscovery> {
  const source = deps.carrier.sourceFor(domain);
  const nothing = { jid: null, matched: null, condition: null };
  if (!source.ok) return { ...nothing, state: "not_asked", condition: source.code };
  const { signal } = new AbortController();
  const ask = (query: "items" | "info", to: string): Promise<DiscoReport> =>
    askDisco(
      { kind: "disco", query, to, attempt: 1 },
      { ...deps, from: source.from, timeoutMs, signal },
    );
  const items = await ask("items", domain);
  if (items.kind !== "result")
    return { ...nothing, state: "no_answer", condition: items.condition ?? items.kind };
  const { ask: listed } = chooseItems(items, domain);
  const asked = listed.length > 0 ? listed : [domain];
  const infos = await Promise.all(asked.map((name) => ask("info", name)));
  for (const [index, info] of infos.entries()) {
    const matched = info.kind === "result" ? matchWaveService(info) : null;
    if (matched !== null)
      return { state: "found", jid: asked[index] ?? null, matched, condition: null };
  }
  return { ...nothing, state: "not_listed" };
}
