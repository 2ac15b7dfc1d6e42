import { isCommonName } from "./common-names.ts";
import { noAttributes } from "./element.ts";
import { ns } from "./namespaces.ts";
import { detach } from "./utf8.ts";

/** Namespace declarations in force inside an element. */
export interface Scope {
  readonly defaultNamespace: string;
  readonly prefixes: ReadonlyMap<string, string> | null;
  readonly outer: Scope | null;
}

export interface ExpandedTag {
  readonly name: string;
  readonly prefix: string;
  readonly namespace: string;
  /** Keys as in XmlElement; declarations are not attributes. */
  readonly attributes: Record<string, string>;
  /** Length of the namespaces of attributes, each as often as one has it. */
  readonly attributeNamespaces: number;
  readonly scope: Scope;
}

export const emptyScope: Scope = { defaultNamespace: "", prefixes: null, outer: null };

/**
 * The longest name of a namespace that is read. Attributes are kept under keys that contain it, and the engine tells very
 * long keys apart by nothing but comparing them: a thousand attributes in a namespace of 17 kB would take it seconds.
 */
const maxNamespace = 1_024;

/** More namespace than anybody needs: too long a name, or names that fill more than the room that there is. */
export const tooMuchNamespace = "too much namespace";

/**
 * Well-formed, and yet the end of the stream wherever it is sent on: other parsers do not take it for a name, or keep names
 * of namespaces apart by what this one has in it (such as `}`, or the end of a line).
 */
export const unshareable = "name that other parsers refuse";

/** RFC 3987 §2.2: what no IRI has in it. */
const notInNamespaces = /[^!#-;=?-[\]_a-z~\u0080-\uffff]/;

/**
 * Applies "Namespaces in XML 1.0" to one open tag; `pairs`: names and values of its attributes, alternately; `room`: how
 * long the namespaces of its attributes may be in all. A string names the rule that it breaks. Costs at most the depth of the
 * tree per prefixed name, whatever is declared.
 */
export function expandTag(
  tagName: string,
  pairs: readonly string[],
  outer: Scope,
  room: number,
): ExpandedTag | string {
  const scope = declare(pairs, outer);
  if (typeof scope === "string") return scope;
  const name = splitName(tagName);
  if (name === null) return "malformed name";
  const namespace = name.prefix === "" ? scope.defaultNamespace : find(scope, name.prefix);
  if (namespace === undefined) return "unbound prefix";
  if (!isCommonName(name.local)) return unshareable;

  const attributes = noAttributes();
  let attributeNamespaces = 0;
  for (let at = 0; at < pairs.length; at += 2) {
    const qualified = pairs[at] ?? "";
    if (isDeclaration(qualified)) continue;
    const key = attributeKey(qualified, scope);
    if (key === null) return "malformed or unbound attribute name";
    if (!isCommonName(qualified.slice(qualified.indexOf(":") + 1))) return unshareable;
    if (key in attributes) return "duplicate attribute";
    if (key !== qualified) attributeNamespaces += key.length;
    if (attributeNamespaces > room) return tooMuchNamespace;
    attributes[key] = pairs[at + 1] ?? "";
  }
  const { local, prefix } = name;
  return { name: local, prefix, namespace, attributes, attributeNamespaces, scope };
}

/** An outermost scope that keeps nothing alive of the text that it was read from. */
export function detachScope(scope: Scope): Scope {
  const prefixes = [...(scope.prefixes ?? [])].map(
    ([prefix, uri]) => [detach(prefix), detach(uri)] as const,
  );
  return {
    defaultNamespace: detach(scope.defaultNamespace),
    prefixes: prefixes.length === 0 ? null : new Map(prefixes),
    outer: null,
  };
}

function declare(pairs: readonly string[], outer: Scope): Scope | string {
  let defaultNamespace: string | null = null;
  let prefixes: Map<string, string> | null = null;
  for (let at = 0; at < pairs.length; at += 2) {
    const name = pairs[at] ?? "";
    if (!isDeclaration(name)) continue;
    const uri = pairs[at + 1] ?? "";
    if (uri.length > maxNamespace) return tooMuchNamespace;
    if (notInNamespaces.test(uri)) return unshareable;
    const prefix = name.slice("xmlns:".length);
    if (name.length > "xmlns".length && (prefix === "" || splitName(prefix)?.prefix !== ""))
      return "malformed prefix";
    if (uri === ns.xmlns || prefix === "xmlns") return "reserved prefix or namespace";
    if ((uri === ns.xml) !== (prefix === "xml")) return "reserved prefix or namespace";
    if (prefix !== "" && uri === "") return "prefix without namespace";
    if (prefix === "" ? defaultNamespace !== null : prefixes?.has(prefix) === true)
      return "duplicate declaration";
    if (prefix === "") defaultNamespace = uri;
    else (prefixes ??= new Map()).set(prefix, uri);
  }
  if (defaultNamespace === null && prefixes === null) return outer;
  return { defaultNamespace: defaultNamespace ?? outer.defaultNamespace, prefixes, outer };
}

function isDeclaration(name: string): boolean {
  return name === "xmlns" || name.startsWith("xmlns:");
}

function attributeKey(qualified: string, scope: Scope): string | null {
  if (!qualified.includes(":")) return qualified;
  if (qualified === "xml:lang") return qualified;
  const name = splitName(qualified);
  const uri = name === null ? undefined : find(scope, name.prefix);
  return name === null || uri === undefined ? null : `{${uri}}${name.local}`;
}

function find(scope: Scope, prefix: string): string | undefined {
  if (prefix === "xml") return ns.xml;
  for (let at: Scope | null = scope; at !== null; at = at.outer) {
    const uri = at.prefixes?.get(prefix);
    if (uri !== undefined) return uri;
  }
  return undefined;
}

/** Name characters that may not begin a name (XML 1.0 §2.3 [4a] without [4]). */
function mayNotBegin(name: string): boolean {
  const code = name.charCodeAt(0);
  const isMark = code === 0xb7 || (code >= 0x300 && code <= 0x36f);
  return isMark || code === 0x203f || code === 0x2040 || /^[-.0-9]/.test(name);
}

function splitName(qualified: string): { prefix: string; local: string } | null {
  const colon = qualified.indexOf(":");
  if (colon === -1) return { prefix: "", local: qualified };
  const local = qualified.slice(colon + 1);
  if (colon === 0 || local === "" || local.includes(":") || mayNotBegin(local)) return null;
  return { prefix: qualified.slice(0, colon), local };
}
