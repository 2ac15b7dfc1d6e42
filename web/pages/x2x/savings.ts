import type { X2xAgreement } from "#contract/x2x.ts";

/** One round trip of setting up a connection: there, and back. */
interface Turn {
  readonly step: "tcp" | "header" | "starttls" | "tls" | "sasl";
  /** Of XML, both ways together, without TCP, TLS and their headers. */
  readonly bytes: number;
}

/** What setting up costs, and what of it an X2X link does not pay. */
export interface Savings {
  readonly normal: { readonly roundTrips: number; readonly bytes: number };
  readonly link: { readonly roundTrips: number; readonly bytes: number };
  /** Connections that carry both directions: one of the link's, or streams of both sides. */
  readonly connections: { readonly normal: number; readonly link: number };
  /** Of all connections that are needed for both directions. */
  readonly saved: { readonly roundTrips: number; readonly bytes: number };
}

/**
 * What an X2X link saves each time it is set up: the handshake of a normal stream (RFC 6120 §4.3, §5, §6) that is not
 * made. Assumed of the normal one: STARTTLS, TLS 1.3, EXTERNAL, one connection for each direction (no XEP-0288), and
 * features in their shortest form. DNS and the certificates come on top of it, and are not counted.
 */
export function savingsOf(
  { security, connections, sides }: Pick<X2xAgreement, "security" | "connections" | "sides">,
  streamIdLength = 20,
): Savings {
  const [ours = "", theirs = ""] = sides.map(({ domains }) => domains[0]);
  const normal = total(normalTurns(ours, theirs, streamIdLength));
  const link = total(
    security === "plain"
      ? [{ step: "tcp", bytes: 0 }]
      : [
          { step: "tcp", bytes: 0 },
          { step: "tls", bytes: 0 },
        ],
  );
  const count = { normal: 2, link: connections === "shared" ? 1 : 2 };
  return {
    normal,
    link,
    connections: count,
    saved: {
      roundTrips: normal.roundTrips * count.normal - link.roundTrips * count.link,
      bytes: normal.bytes * count.normal - link.bytes * count.link,
    },
  };
}

/** A line on which a round trip takes as long is most likely a satellite's or radio's. */
const SLOW_ROUND_TRIP_MS = 600;

/** Whether compression was not agreed on, and the line is one on which it is worth most. */
export function isWorthCompressing(
  { compression }: Pick<X2xAgreement, "compression">,
  roundTripMs: number | null,
): boolean {
  return compression === "none" && roundTripMs !== null && roundTripMs >= SLOW_ROUND_TRIP_MS;
}

function normalTurns(from: string, to: string, idLength: number): readonly Turn[] {
  const id = "x".repeat(idLength);
  const open =
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams'";
  const header = `<?xml version='1.0'?>${open} from='${from}' to='${to}' version='1.0'>`;
  const answer = `<?xml version='1.0'?>${open} from='${to}' to='${from}' id='${id}' version='1.0'>`;
  const starttls = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>";
  const mechanisms =
    "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
  const featured = (features: string) => `<stream:features>${features}</stream:features>`;
  return [
    { step: "tcp", bytes: 0 },
    { step: "header", bytes: sizeOf(header, answer, featured(starttls)) },
    {
      step: "starttls",
      bytes: sizeOf(
        "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
        "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
      ),
    },
    { step: "tls", bytes: 0 },
    { step: "header", bytes: sizeOf(header, answer, featured(mechanisms)) },
    {
      step: "sasl",
      bytes: sizeOf(
        "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>=</auth>",
        "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
      ),
    },
    { step: "header", bytes: sizeOf(header, answer, featured("")) },
  ];
}

function total(turns: readonly Turn[]): { roundTrips: number; bytes: number } {
  return { roundTrips: turns.length, bytes: turns.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function sizeOf(...texts: readonly string[]): number {
  return new TextEncoder().encode(texts.join("")).length;
}
