import { childElements, findChild, textOf, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";
import { detach } from "./utf8.ts";

/** What a server offers at this stage of its stream (RFC 6120 §4.3.2). */
export interface StreamFeatures {
  readonly startTls: "none" | "offered" | "required";
  /** SASL mechanism names in the order offered, at most 32. */
  readonly mechanisms: readonly string[];
  readonly dialback: boolean;
  /** XEP-0220 §2.4.2: the server answers dialback with errors and keeps the stream. */
  readonly dialbackErrors: boolean;
  readonly bidi: boolean;
  readonly streamManagement: boolean;
  /** XEP-0478: the largest stanza that it takes, in bytes. */
  readonly maxBytes: number | null;
  /** XEP-0478: after how long a silence it ends the stream. */
  readonly idleSeconds: number | null;
  /** Names of all features, for showing: `starttls`, `mechanisms`, ... at most 64. */
  readonly names: readonly string[];
}

export const noFeatures: StreamFeatures = {
  startTls: "none",
  mechanisms: [],
  dialback: false,
  dialbackErrors: false,
  bidi: false,
  streamManagement: false,
  maxBytes: null,
  idleSeconds: null,
  names: [],
};

export function isFeatures(candidate: XmlElement): boolean {
  return candidate.name === "features" && candidate.namespace === ns.streams;
}

export function parseFeatures(features: XmlElement): StreamFeatures {
  const tls = findChild(features, "starttls", ns.tls);
  const sasl = findChild(features, "mechanisms", ns.sasl);
  const dialback = findChild(features, "dialback", ns.dialbackFeature);
  const limits = findChild(features, "limits", ns.limits);
  const limit = (name: string) => {
    const child = limits === undefined ? undefined : findChild(limits, name, ns.limits);
    return child === undefined ? null : parseCount(textOf(child));
  };
  return {
    startTls: tls === undefined ? "none" : isTlsMandatory(features, tls) ? "required" : "offered",
    mechanisms: sasl === undefined ? [] : mechanismNames(sasl),
    dialback: dialback !== undefined,
    dialbackErrors: dialback !== undefined && findChild(dialback, "errors") !== undefined,
    // COMPAT(ejabberd<25.03): it offers bidi in the namespace of the request; remove when none is left.
    bidi: [ns.bidiFeature, ns.bidi].some(
      (space) => findChild(features, "bidi", space) !== undefined,
    ),
    streamManagement: findChild(features, "sm", ns.streamManagement) !== undefined,
    maxBytes: limit("max-bytes"),
    idleSeconds: limit("idle-seconds"),
    names: childElements(features)
      .slice(0, 64)
      .map((child) => detach(child.name.slice(0, 100))),
  };
}

/** RFC 6120 §5.3.1: mandatory if it says so, or if there is nothing else to do. */
function isTlsMandatory(features: XmlElement, tls: XmlElement): boolean {
  return findChild(tls, "required", ns.tls) !== undefined || childElements(features).length === 1;
}

function mechanismNames(mechanisms: XmlElement): string[] {
  return childElements(mechanisms)
    .filter((child) => child.name === "mechanism" && child.namespace === ns.sasl)
    .map((child) => textOf(child).trim())
    .filter((name) => /^[A-Z0-9_-]{1,20}$/.test(name))
    .slice(0, 32)
    .map(detach);
}

function parseCount(text: string): number | null {
  return /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}
