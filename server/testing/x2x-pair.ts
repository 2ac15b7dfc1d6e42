import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { after } from "node:test";
import type { Finding } from "#contract/traces.ts";
import { createCertificateJudge } from "#certificates/judge.ts";
import { createTrustStore } from "#certificates/trust.ts";
import type { Credentials } from "#links/s2s/credentials.ts";
import { createTaps, type Taps } from "#links/s2s/tap.ts";
import { createX2x, type X2x, type X2xDeps } from "#links/x2x/x2x.ts";
import type { X2xLimits, X2xTerms } from "#links/x2x/terms.ts";
import type { Terms } from "#peers/policy.ts";
import { proofOf } from "#peers/proof.ts";
import { type Agreement, flip, type Side } from "#protocol/x2x/agreement.ts";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { primitives } from "../primitives.ts";
import { termsWith } from "./peer-terms.ts";
import { freePort } from "./s2s-engine.ts";

/** One appliance's X2X links, with what came in, what came back, and how it stands. */
export interface X2xEngine {
  readonly x2x: X2x;
  /** `id` of what arrived, in order. */
  readonly arrived: string[];
  readonly stanzas: XmlElement[];
  readonly bounced: { readonly id: string; readonly code: string | null }[];
  readonly outside: (string | null)[];
  readonly taps: Taps;
  /** `id` of what was too large: of the peer, and of ours. */
  readonly refused: string[];
  readonly tooLarge: string[];
  /** Faults of the appliance itself. */
  readonly errors: unknown[];
  readonly unproven: () => number;
  readonly bombs: () => number;
  readonly send: (from: string, to: string, id: string, text?: string) => ReturnType<X2x["send"]>;
  /** Why the link does not work, or who came and was not the peer: its page shows both. */
  readonly lastError: (id?: string) => Finding | null;
  /** Waits until something holds, and says what it waited for. */
  readonly until: (what: string, holds: () => boolean) => Promise<void>;
}

export interface X2xEngineOptions {
  /** By name; what is shown for our side. */
  readonly certificates?: ReadonlyMap<
    string,
    Omit<Credentials, "notAfter"> & Partial<Pick<Credentials, "notAfter">>
  >;
  readonly roots?: readonly string[];
  /** A peer's own authority, pins, test mode: read for each judgement. */
  readonly terms?: () => Partial<Terms>;
  readonly limits?: Partial<X2xLimits>;
  readonly reverse?: X2xDeps["reverse"];
  readonly addressesOf?: X2xDeps["addressesOf"];
  /** Told first of each that comes in. */
  readonly onStanza?: (stanza: XmlElement) => void;
  /** As an appliance does (XEP-0199 §4.3); without it they are left alone. */
  readonly answersPings?: boolean;
}

export function startX2x(options: X2xEngineOptions = {}): X2xEngine {
  const trustStore = createTrustStore({ source: "system", extra: [...(options.roots ?? [])] });
  const { judge } = createCertificateJudge({ trust: trustStore, primitives });
  const stanzas: XmlElement[] = [];
  const arrived: string[] = [];
  const bounced: { id: string; code: string | null }[] = [];
  const outside: (string | null)[] = [];
  const taps = createTaps(() => new Date());
  const refused: string[] = [];
  const tooLarge: string[] = [];
  const errors: unknown[] = [];
  let unproven = 0;
  let bombs = 0;
  const x2x = createX2x({
    primitives,
    limits: { firstDelayMs: 20, maxDelayMs: 200, closeMs: 2_000, ...options.limits },
    now: () => new Date(),
    random: Math.random,
    trust: {
      async judge({ domain, chain }) {
        const now = new Date();
        const terms = termsWith({ domain, ...options.terms?.() });
        const { authorityPem } = terms;
        const presented = await judge({ chain, reference: domain, now, authorityPem });
        return { ...proofOf(presented, terms, now), presented };
      },
    },
    certificates: {
      credentials(name) {
        const pair = options.certificates?.get(name);
        if (pair === undefined) return null;
        return { ...pair, notAfter: pair.notAfter ?? new X509Certificate(pair.cert).validToDate };
      },
    },
    addressesOf: options.addressesOf ?? (async () => []),
    reverse: options.reverse ?? (async () => ({ names: [], isSecure: false, resolver: "" })),
    onStanza(_terms, stanza) {
      options.onStanza?.(stanza);
      // Pings of one engine to the other are not what a test sent.
      if (stanza.name === "iq") return void (options.answersPings === true && answer(stanza));
      stanzas.push(stanza);
      arrived.push(stanza.attributes["id"] ?? "");
    },
    taps,
    onRefused: (_terms, head) => refused.push(head.attributes["id"] ?? ""),
    onTooLarge: (stanza) => tooLarge.push(stanza.attributes["id"] ?? ""),
    leaveStream: () => null,
    onUndelivered(left, finding) {
      for (const stanza of left)
        bounced.push({ id: stanza.attributes["id"] ?? "", code: finding?.code ?? null });
    },
    onStatus: () => {},
    onUnproven: (count) => (unproven += count),
    onBomb: () => (bombs += 1),
    onOutside: (_id, domain) => outside.push(domain),
    onError: (error) => errors.push(error),
  });
  function answer({ attributes }: XmlElement): void {
    const { from = "", to = "", id = "", type } = attributes;
    if (type !== "get") return;
    const pong = element("iq", ns.stanza, { from: to, to: from, id, type: "result" });
    x2x.send(to, from, pong, serialize(pong, { contentNamespace: ns.server }));
  }

  return {
    x2x,
    arrived,
    stanzas,
    bounced,
    outside,
    taps,
    refused,
    tooLarge,
    errors,
    unproven: () => unproven,
    bombs: () => bombs,
    send(from, to, id, text = "") {
      const body = text === "" ? [] : [element("body", ns.stanza, {}, [text])];
      const stanza = element("message", ns.stanza, { from, to, id }, body);
      const xml = serialize(stanza, { contentNamespace: ns.server });
      return x2x.send(from, to, stanza, xml);
    },
    lastError(id) {
      const one = x2x.statuses().find((it) => id === undefined || it.id === id);
      if (one === undefined) return null;
      const { state, lastError, visitors } = one.status;
      const visitor = visitors[0]?.finding ?? null;
      return state === "up" ? (lastError ?? visitor) : (visitor ?? lastError);
    },
    async until(what, holds) {
      for (const end = performance.now() + 15_000; !holds();) {
        if (performance.now() > end) {
          const statuses = JSON.stringify(x2x.statuses().map(({ status }) => status));
          throw new Error(`waited in vain: ${what}; ${statuses}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
  };
}

/** Both halves of one link, the first for the side that comes first. */
export function bothHalves(
  agreement: Agreement,
  more: Partial<X2xTerms> = {},
): readonly [X2xTerms, X2xTerms] {
  const common = {
    id: "link",
    name: "link",
    priority: 10,
    fallsBack: false,
    bindAddress: null,
    listenAddress: "127.0.0.1",
  };
  return [
    { ...common, ...more, agreement },
    { ...common, ...more, agreement: flip(agreement) },
  ];
}

const running: X2xEngine[] = [];
after(() => Promise.all(running.map(({ x2x }) => x2x.stop())));

export function start(options?: X2xEngineOptions): X2xEngine {
  const engine = startX2x(options);
  running.push(engine);
  return engine;
}

export const byCertificate = {
  knownBy: "certificate",
  addresses: [],
  port: null,
  hostName: null,
} as const;
export const implicit = { knownBy: "implicit", addresses: [], port: null, hostName: null } as const;

export async function side(domain: string, more: Partial<Side> = {}): Promise<Side> {
  return {
    domains: [domain],
    listens: { host: "127.0.0.1", port: await freePort() },
    opens: implicit,
    certificate: null,
    ...more,
  };
}

/** Plain, either side opens, one connection for both directions. */
export async function agree(
  more: Partial<Agreement> = {},
  ours: Partial<Side> = {},
  theirs: Partial<Side> = {},
): Promise<Agreement> {
  const sides = [await side("ship.example", ours), await side("shore.example", theirs)] as const;
  return {
    version: "0.3",
    security: "plain",
    compression: "none",
    connections: "shared",
    onInvalid: "close",
    maxStanzaBytes: 65_536,
    keepaliveSeconds: null,
    idleSeconds: 600,
    language: null,
    sides,
    ...more,
  };
}

export async function startBoth(
  agreement: Agreement,
  shipOptions?: X2xEngineOptions,
  shoreOptions?: X2xEngineOptions,
): Promise<readonly [X2xEngine, X2xEngine]> {
  const [ours, theirs] = bothHalves(agreement);
  const engines = [start(shipOptions), start(shoreOptions)] as const;
  await engines[0].x2x.configure([ours]);
  await engines[1].x2x.configure([theirs]);
  return engines;
}

export const connectionsOf = ({ x2x }: X2xEngine) =>
  x2x.statuses().flatMap(({ status }) => status.connections);

/** One half of a plain link against whatever `talk` does. */
export async function against(
  talk: (socket: Socket) => void,
  more: Partial<Agreement> = {},
  options?: X2xEngineOptions,
  terms?: Partial<X2xTerms>,
) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.resume();
    talk(socket);
  });
  const listens = { host: "127.0.0.1", port: await freePort() };
  server.listen(listens.port, "127.0.0.1");
  await once(server, "listening");
  after(() => void server.close());
  const agreement = await agree(more, { listens: null }, { listens, opens: null });
  const [ours] = bothHalves(agreement, terms);
  const engine = start(options);
  await engine.x2x.configure([ours]);
  return engine;
}
