import { printableWords } from "../printable.ts";
import { decodeBase64, encodeBase64 } from "./base64.ts";
import { childElements, element, textOf, type XmlElement } from "./element.ts";
import { ns } from "./namespaces.ts";

/** RFC 6120 §6.5. */
export const saslConditions = [
  "aborted",
  "account-disabled",
  "credentials-expired",
  "encryption-required",
  "incorrect-encoding",
  "invalid-authzid",
  "invalid-mechanism",
  "malformed-request",
  "mechanism-too-weak",
  "not-authorized",
  "temporary-auth-failure",
] as const;
export type SaslCondition = (typeof saslConditions)[number];

export interface SaslFailure {
  readonly condition: SaslCondition;
  /** Their words, at most 1 000 characters. */
  readonly text: string | null;
}

/** What `<auth/>` or `<response/>` carries: an authorization identity (null: none is named). */
export type ExternalResponse =
  | { readonly kind: "authzid"; readonly authzid: string | null }
  /** No initial response at all: it has to be asked for. */
  | { readonly kind: "absent" }
  /** Not base64, or not UTF-8 in it. */
  | { readonly kind: "undecodable" };

/** `<auth/>` of EXTERNAL, with its initial response: the domain as authzid (XEP-0178 §3 step 10). */
export function buildExternalAuth(authzid: string): XmlElement {
  return element("auth", ns.sasl, { mechanism: "EXTERNAL" }, [encodeAuthzid(authzid)]);
}

/** The authzid of `<auth/>` (RFC 6120 §6.4.2: `=` stands for a response without characters). */
export function parseInitialResponse(auth: XmlElement): ExternalResponse {
  const text = textOf(auth);
  if (text === "") return { kind: "absent" };
  return text === "=" ? { kind: "authzid", authzid: null } : decodeAuthzid(text);
}

/** The authzid of `<response/>`, where no characters mean that none is named. */
export function parseResponse(response: XmlElement): ExternalResponse {
  const text = textOf(response);
  return text === "" || text === "=" ? { kind: "authzid", authzid: null } : decodeAuthzid(text);
}

export function saslElement(name: "abort" | "challenge" | "success"): XmlElement {
  return element(name, ns.sasl);
}

/** The feature: EXTERNAL, the one mechanism that servers use between them. */
export function buildMechanisms(): XmlElement {
  return element("mechanisms", ns.sasl, {}, [element("mechanism", ns.sasl, {}, ["EXTERNAL"])]);
}

export function buildSaslFailure(condition: SaslCondition, text?: string): XmlElement {
  const children = [element(condition, ns.sasl)];
  if (text !== undefined) children.push(element("text", ns.sasl, { "xml:lang": "en" }, [text]));
  return element("failure", ns.sasl, {}, children);
}

/** RFC 6120 §6.5: an unknown or missing condition is `not-authorized`. */
export function parseSaslFailure(failure: XmlElement): SaslFailure {
  let condition: SaslCondition = "not-authorized";
  let text: string | null = null;
  for (const child of childElements(failure)) {
    if (child.namespace !== ns.sasl) continue;
    if (child.name === "text") text ??= printableWords(textOf(child));
    else condition = saslConditions.find((known) => known === child.name) ?? condition;
  }
  return { condition, text };
}

function encodeAuthzid(authzid: string): string {
  return authzid === "" ? "=" : encodeBase64(new TextEncoder().encode(authzid));
}

function decodeAuthzid(text: string): ExternalResponse {
  const bytes = decodeBase64(text);
  if (bytes === null) return { kind: "undecodable" };
  try {
    const authzid = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { kind: "authzid", authzid: authzid === "" ? null : authzid };
  } catch {
    return { kind: "undecodable" };
  }
}
