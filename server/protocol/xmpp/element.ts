/** An immutable XML element. `attributes` keys are local names, `xml:lang`, or `{namespace}local`. */
export interface XmlElement {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}

/**
 * A record that has nothing to begin with, not even what other objects inherit: its keys are chosen by strangers. Of a
 * constructor, as V8 would make a hash table of each `Object.create(null)`.
 */
export function noAttributes(): Record<string, string> {
  return new Attributes();
}

const Attributes = function () {} as unknown as new () => Record<string, string>;
Attributes.prototype = Object.freeze(Object.create(null));

/** Builds an element; attributes that are `undefined` are left out. */
export function element(
  name: string,
  namespace: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  children: readonly (XmlElement | string)[] = [],
): XmlElement {
  const kept = noAttributes();
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) kept[key] = value;
  return { name, namespace, attributes: kept, children };
}

/** The same without its children: all that an error about it needs (RFC 6120 §8.3.1), whatever it was the size of. */
export function headOf({ name, namespace, attributes }: XmlElement): XmlElement {
  return { name, namespace, attributes, children: [] };
}

export function childElements(parent: XmlElement): XmlElement[] {
  return parent.children.filter((child) => typeof child !== "string");
}

/** The first child of that name, in that namespace if one is given. */
export function findChild(
  parent: XmlElement,
  name: string,
  namespace?: string,
): XmlElement | undefined {
  return childElements(parent).find(
    (child) => child.name === name && (namespace === undefined || child.namespace === namespace),
  );
}

/** The element's own character data, joined. */
export function textOf(parent: XmlElement): string {
  return parent.children.filter((child) => typeof child === "string").join("");
}
