import { printable, printableWords } from "../printable.ts";
import { childElements, element, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";

export interface DiscoIdentity {
  readonly category: string;
  readonly type: string;
  readonly name: string | null;
}

export interface DiscoInfo {
  readonly identities: readonly DiscoIdentity[];
  readonly features: readonly string[];
}

export interface DiscoItem {
  /** As sent: to be parsed before it is used. */
  readonly jid: string;
  readonly name: string | null;
  readonly node: string | null;
}

export interface DiscoItems {
  readonly items: readonly DiscoItem[];
  /** Items beyond the cap, and items without a JID. */
  readonly leftOut: number;
}

export function buildDiscoQuery(kind: "info" | "items", node?: string): XmlElement {
  return element("query", kind === "info" ? ns.discoInfo : ns.discoItems, { node });
}

/** XEP-0030 §3.1: the answer mirrors the node. */
export function buildDiscoInfo(info: DiscoInfo, node?: string): XmlElement {
  return element("query", ns.discoInfo, { node }, [
    ...info.identities.map(({ category, type, name }) =>
      element("identity", ns.discoInfo, { category, type, name: name ?? undefined }),
    ),
    ...info.features.map((feature) => element("feature", ns.discoInfo, { var: feature })),
  ]);
}

export function buildDiscoItems(items: readonly DiscoItem[], node?: string): XmlElement {
  return element(
    "query",
    ns.discoItems,
    { node },
    items.map((item) =>
      element("item", ns.discoItems, {
        jid: item.jid,
        name: item.name ?? undefined,
        node: item.node ?? undefined,
      }),
    ),
  );
}

/** A disco#info answer, or null if the payload is none; at most 50 identities and 500 features. */
export function parseDiscoInfo(payload: XmlElement | null): DiscoInfo | null {
  if (payload?.name !== "query" || payload.namespace !== ns.discoInfo) return null;
  const identities: DiscoIdentity[] = [];
  const features: string[] = [];
  for (const child of childElements(payload)) {
    const { category, type, name, var: feature } = child.attributes;
    if (child.name === "identity" && category !== undefined && type !== undefined) {
      if (identities.length < 50)
        identities.push({ category: cut(category), type: cut(type), name: cutOrNull(name) });
    } else if (child.name === "feature" && feature !== undefined && features.length < 500) {
      features.push(cut(feature));
    }
  }
  return { identities, features };
}

/** A disco#items answer, or null if the payload is none. The first `maxItems` items are kept. */
export function parseDiscoItems(payload: XmlElement | null, maxItems: number): DiscoItems | null {
  if (payload?.name !== "query" || payload.namespace !== ns.discoItems) return null;
  const items: DiscoItem[] = [];
  let leftOut = 0;
  for (const child of childElements(payload)) {
    if (child.name !== "item") continue;
    const { jid, name, node } = child.attributes;
    if (jid === undefined || jid === "" || jid.length > 3071 || items.length >= maxItems) leftOut++;
    else items.push({ jid, name: cutOrNull(name), node: cutOrNull(node) });
  }
  return { items, leftOut };
}

/** They are compared with names that have nothing strange in them, and shown. */
function cut(text: string): string {
  return printable(text, 1000);
}

function cutOrNull(text: string | undefined): string | null {
  return text === undefined ? null : printableWords(text);
}
