import type { X2xOffer } from "#contract/x2x.ts";
import type { x2xLetterText } from "../../text/x2x-terms.ts";
import type { X2xSide } from "./draft.ts";

export type Say = (
  key: keyof typeof x2xLetterText,
  values?: Readonly<Record<string, string>>,
) => string;

/** The half of an agreement for whoever sets it up by hand: every field as a sentence, read from their side. Plain text. */
export function letterOf({ name, agreement, fingerprint }: X2xOffer, say: Say) {
  const [you, we] = agreement.sides;
  const { version, security, keepaliveSeconds, idleSeconds, language } = agreement;
  const certificate = (side: X2xSide) => ({
    by: side.certificate?.by ?? "names",
    pins: side.certificate?.pins.join(" or ") ?? "",
  });
  const isSecured = security !== "plain";
  const paragraphs = [
    [say("greeting")],
    [say("opening", { version })],
    [
      say("domainsYou", { list: you.domains.join(", ") }),
      you.listens === null ? say("listensYouNot") : say("listensYou", placeOf(you.listens)),
      you.opens === null ? say("opensYouNot") : say("opensYou", openingOf(you.opens)),
      ...(isSecured ? [say("certificateYou", certificate(you))] : []),
    ],
    [
      say("domainsWe", { list: we.domains.join(", ") }),
      we.listens === null ? say("listensWeNot") : say("listensWe", placeOf(we.listens)),
      we.opens === null ? say("opensWeNot") : say("opensWe", openingOf(we.opens)),
      ...(isSecured ? [say("certificateWe", certificate(we))] : []),
    ],
    [
      say("security", { security }),
      say("compression", { compression: agreement.compression }),
      say("connections", { connections: agreement.connections }),
      say("onInvalid", { onInvalid: agreement.onInvalid }),
      say("maxStanza", { bytes: String(agreement.maxStanzaBytes) }),
      say("keepalive", { seconds: String(keepaliveSeconds ?? "none") }),
      say("idle", { seconds: String(idleSeconds ?? "none") }),
      say("language", { language: language ?? "none" }),
    ],
    [say("fingerprint", { fingerprint })],
    [say("closing")],
  ];
  return {
    subject: say("subject", { name }),
    text: paragraphs.map((sentences) => sentences.join("\n")).join("\n\n"),
  };
}

function placeOf({ host, port }: NonNullable<X2xSide["listens"]>) {
  return { host, port: String(port) };
}

function openingOf({ knownBy, addresses, port, hostName }: NonNullable<X2xSide["opens"]>) {
  return {
    knownBy,
    addresses: addresses.length === 0 ? "none" : addresses.join(", "),
    port: String(port ?? ""),
    hostName: hostName ?? "",
  };
}
