import { drawFrom } from "#protocol/resolution/srv.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";

/** Numbers and choices that are the same for the same seed. */
export interface Random {
  /** A whole number from 0 to below `limit`. */
  readonly below: (limit: number) => number;
  /** One of them; there is at least one. */
  readonly pick: <T>(from: readonly T[]) => T;
  /** True in `percent` of a hundred cases. */
  readonly chance: (percent: number) => boolean;
}

export function createRandom(seed: number): Random {
  const draw = drawFrom(seed);
  const below = (limit: number) => (limit <= 1 ? 0 : draw(limit - 1));
  return {
    below,
    pick: <T>(from: readonly T[]) => from[below(from.length)] as T,
    chance: (percent) => below(100) < percent,
  };
}

const open = (attributes: string, content = "jabber:server") =>
  `<?xml version='1.0'?><stream:stream xmlns='${content}' xmlns:stream='${ns.streams}' xmlns:db='${ns.dialback}' ${attributes}>`;
const sasl = (name: string, rest: string) => `<${name} xmlns='${ns.sasl}'${rest}`;
const sm = (rest: string) => `<${rest.replace(/^(\w+)/, `$1 xmlns='${ns.streamManagement}'`)}`;

/** Of a stream that them.example opens to us.example. */
export const fromInitiator = {
  header: open("from='them.example' to='us.example' version='1.0'"),
  starttls: `<starttls xmlns='${ns.tls}'/>`,
  auth: sasl("auth", " mechanism='EXTERNAL'>dGhlbS5leGFtcGxl</auth>"),
  authEmpty: sasl("auth", " mechanism='EXTERNAL'>=</auth>"),
  authAsk: sasl("auth", " mechanism='EXTERNAL'/>"),
  response: sasl("response", "/>"),
  result: "<db:result from='them.example' to='us.example'>k</db:result>",
  verify: "<db:verify from='them.example' to='us.example' id='1'>k</db:verify>",
  bidi: `<bidi xmlns='${ns.bidi}'/>`,
  message: "<message from='a@them.example/r' to='b@us.example'><body>déjà 🙂 vu</body></message>",
  oversize: `<message from='a@them.example' to='us.example'><body>${"x".repeat(9000)}</body></message>`,
  enable: sm("enable/>"),
  request: sm("r/>"),
  ack: sm("a h='0'/>"),
  resume: sm("resume h='0' previd='x'/>"),
  error: `<stream:error><reset xmlns='${ns.streamErrors}'/></stream:error>`,
  abort: sasl("abort", "/>"),
  close: "</stream:stream>",
} as const;

/** Of the answers of them.example on a stream that we opened. */
export const fromReceiver = {
  header: open("from='them.example' to='us.example' id='x' version='1.0'"),
  features: `<stream:features><mechanisms xmlns='${ns.sasl}'><mechanism>EXTERNAL</mechanism></mechanisms><dialback xmlns='${ns.dialbackFeature}'><errors/></dialback><bidi xmlns='${ns.bidiFeature}'/><sm xmlns='${ns.streamManagement}'/></stream:features>`,
  tlsFeatures: `<stream:features><starttls xmlns='${ns.tls}'><required/></starttls></stream:features>`,
  proceed: `<proceed xmlns='${ns.tls}'/>`,
  success: sasl("success", "/>"),
  failure: sasl("failure", "><not-authorized/></failure>"),
  result: "<db:result from='them.example' to='us.example' type='valid'/>",
  verify: "<db:verify from='them.example' to='us.example' id='1' type='valid'/>",
  challenge: sasl("challenge", ">AAAA</challenge>"),
  tlsFailure: `<failure xmlns='${ns.tls}'/>`,
  enabled: sm("enabled/>"),
  refused: sm("failed/>"),
  request: fromInitiator.request,
  ack: sm("a h='1'/>"),
  message: fromInitiator.message,
  oversize: fromInitiator.oversize,
  error: fromInitiator.error,
  close: "</stream:stream>",
} as const;

const names = [
  "them.example",
  "us.example",
  "THEM.Example.",
  "bücher.example",
  "evil.example",
] as const;
const others: readonly string[] = [
  ...Object.values(fromInitiator),
  ...Object.values(fromReceiver),
  open("to='us.example'"),
  open("from='evil.example' to='us.example' version='1.0'"),
  open("from='them.example' to='us.example' version='1.0'", "jabber:client"),
  "<stream:stream>",
  sasl("auth", " mechanism='PLAIN'>AAAA</auth>"),
  sasl("auth", " mechanism='EXTERNAL'>ZXZpbC5leGFtcGxl</auth>"),
  sm("a h='4294967295'/>"),
  ...names.flatMap((name) => [
    `<db:result from='${name}' to='us.example'>k</db:result>`,
    `<db:result from='${name}' to='us.example' type='invalid'/>`,
    `<db:verify from='them.example' to='${name}' id='2'>k</db:verify>`,
    `<message from='a@${name}' to='us.example'/>`,
    `<iq type='get' id='1' from='them.example' to='x@${name}/y'><ping xmlns='urn:xmpp:ping'/></iq>`,
  ]),
  "<db:result from='them.example' to='us.example' type='error'><error type='wait'><x/></error></db:result>",
  "<presence/>",
  "<x xmlns='urn:x' y:z='1' xmlns:y='urn:y'><![CDATA[<>]]>&#x1F642;&amp;</x>",
  `<stream:error><reset xmlns='${ns.streamErrors}'/><text xmlns='${ns.streamErrors}'>x</text></stream:error>`,
  "<stream:features/>",
  " ",
  "\r\n \t",
  " ".repeat(300),
  "<!-- x -->",
  "<?x y?>",
  "<!DOCTYPE x [<!ENTITY a 'b'>]>",
  "<![CDATA[x]]>",
  "&foo;",
  "&#32;",
  "\u0000",
  "\ufeff",
  "\ufffd",
  "\u2028",
  "]]>",
  "<a>".repeat(60),
  "<a/>".repeat(60),
  "</a>",
  `<a ${Array.from({ length: 30 }, (_, index) => `a${index}=''`).join(" ")}/>`,
  "x".repeat(2000),
  "é".repeat(2000),
];

/** How many steps in a hundred of one input go wrong: few enough to get far, or many. */
export function drawWildness(random: Random): number {
  return random.pick([0, 3, 8, 30]);
}

/** One write of the peer, before it is cut: what it says, or in so many of a hundred cases not quite. */
export function mutateText(random: Random, text: string, percent: number): string {
  if (!random.chance(percent)) return text;
  return random.chance(50) ? random.pick(others) : text + random.pick(others);
}

/** The script with steps left out, doubled, exchanged or put in. */
export function mutateScript<T>(random: Random, script: readonly T[], extra: () => T): T[] {
  const mutated = [...script];
  for (let count = random.below(4); count > 0; count--) {
    const at = random.below(mutated.length + 1);
    const kind = random.below(4);
    if (kind === 0) mutated.splice(at, 1);
    else if (kind === 1) mutated.splice(at, 0, ...mutated.slice(at, at + 1 + random.below(3)));
    else if (kind === 2) mutated.splice(at, 0, ...mutated.splice(random.below(mutated.length), 1));
    else mutated.splice(at, 0, extra());
  }
  return mutated;
}

/** Bits flipped, bytes set, ranges removed or repeated: at most four times, or never. */
export function mutateBytes(random: Random, text: string, percent: number): Uint8Array {
  let bytes = new TextEncoder().encode(text);
  if (!random.chance(percent)) return bytes;
  for (let count = 1 + random.below(4); count > 0 && bytes.length > 0; count--) {
    const at = random.below(bytes.length);
    const length = 1 + random.below(Math.min(20, bytes.length - at));
    const kind = random.below(4);
    if (kind < 2) {
      bytes = bytes.slice();
      bytes[at] = kind === 0 ? (bytes[at] ?? 0) ^ (1 << random.below(8)) : random.below(256);
    } else {
      const middle = kind === 2 ? new Uint8Array(0) : bytes.slice(at, at + length);
      const rest = kind === 2 ? bytes.slice(at + length) : bytes.slice(at);
      bytes = new Uint8Array([...bytes.slice(0, at), ...middle, ...rest]);
    }
  }
  return bytes;
}

/** The same bytes in pieces: whole, in single ones (if they are few), or cut anywhere. */
export function cutBytes(random: Random, bytes: Uint8Array): Uint8Array[] {
  const kind = random.below(4);
  if (kind === 0 || bytes.length === 0) return [bytes];
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size =
      kind === 1 && bytes.length < 1000 ? 1 : 1 + random.below(kind === 3 ? bytes.length : 200);
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}
