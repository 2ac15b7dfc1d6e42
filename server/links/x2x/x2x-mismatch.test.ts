import assert from "node:assert/strict";
import { test } from "node:test";
import type { Agreement, Opening, Side } from "#protocol/x2x/agreement.ts";
import { createCertificateLab, type LabCertificate } from "../../testing/certificate-lab.ts";
import { freePort } from "../../testing/s2s-engine.ts";
import {
  agree,
  bothHalves,
  byCertificate,
  connectionsOf,
  start,
  type X2xEngine,
  type X2xEngineOptions,
} from "../../testing/x2x-pair.ts";
import type { X2xTerms } from "./terms.ts";

/*
 * Both sides hold an agreement, but not the same: one field differs. What each side then says is wrong, which web/text words
 * with the name of that field; null where the wire cannot tell (docs/x2x-profile.md), and where both work on.
 */

const lab = createCertificateLab();
const root = lab.root();
const issued = (name: string) =>
  lab.issue({ subject: `/CN=${name}`, issuer: root, extensions: [`subjectAltName = DNS:${name}`] });
const [shipCertificate, shoreCertificate, otherCertificate] = [
  issued("ship.example"),
  issued("shore.example"),
  issued("other.example"),
];
lab.close();

function showing(name: string, certificate: LabCertificate): X2xEngineOptions {
  const { keyPem, pem } = certificate;
  return { certificates: new Map([[name, { key: keyPem, cert: pem }]]), roots: [root.pem] };
}

/** Ship's half is `agreed`; shore's is `theirs`, seen from ship as well. */
interface Row {
  readonly field: string;
  readonly agreed?: Partial<Agreement>;
  readonly ours?: Partial<Side>;
  readonly shores?: Partial<Side>;
  readonly theirs: (agreed: Agreement) => Agreement | Promise<Agreement>;
  readonly shipOptions?: X2xEngineOptions;
  readonly shoreOptions?: X2xEngineOptions;
  readonly shipTerms?: Partial<X2xTerms>;
  readonly shoreTerms?: Partial<X2xTerms>;
  /** What is said on the link; by default one stanza of ship. */
  readonly talk?: (ship: X2xEngine, shore: X2xEngine) => Promise<void>;
  readonly ship: string | null;
  readonly shore: string | null;
}

const names = { by: "names", pins: [] } as const;
const otherPin = { by: "pins", pins: ["0".repeat(64)] } as const;
const tls = { security: "mutual_tls" } as const;
const withTls = {
  agreed: tls,
  ours: { opens: byCertificate, certificate: names },
  shores: { opens: null, certificate: names },
};
const onlyShip = { shores: { opens: null } };
const opening = (more: Partial<Opening>): Opening => ({
  ...{ knownBy: "address", addresses: ["127.0.0.1"], port: null, hostName: null },
  ...more,
});
const shipSide =
  (more: Partial<Side>) =>
  (agreed: Agreement): Agreement => ({
    ...agreed,
    sides: [{ ...agreed.sides[0], ...more }, agreed.sides[1]],
  });
const shoreSide =
  (more: Partial<Side>) =>
  (agreed: Agreement): Agreement => ({
    ...agreed,
    sides: [agreed.sides[0], { ...agreed.sides[1], ...more }],
  });
const elsewhere = async (agreed: Agreement): Promise<Agreement> =>
  shoreSide({ listens: { host: "127.0.0.1", port: await freePort() } })(agreed);

async function bothWays(ship: X2xEngine, shore: X2xEngine): Promise<void> {
  ship.send("ship.example", "shore.example", "there");
  await shore.until("ship's", () => shore.arrived.length === 1);
  shore.send("shore.example", "ship.example", "back");
  await ship.until("shore's", () => ship.arrived.length === 1);
}

/** Until whoever opened has closed, because nothing is said. */
async function untilIdle(ship: X2xEngine, shore: X2xEngine): Promise<void> {
  for (const side of [ship, shore])
    await side.until("the idle close", () => connectionsOf(side).length === 0);
}

function large(bytes: number) {
  return async (ship: X2xEngine) => {
    ship.send("ship.example", "shore.example", "large", "x".repeat(bytes));
  };
}

const rows: readonly Row[] = [
  {
    field: "version: theirs is the draft, and we opened",
    agreed: { idleSeconds: 1 },
    ...onlyShip,
    theirs: (agreed) => ({ ...agreed, version: "0.0.1" }),
    talk: async (ship, shore) => {
      await bothWays(ship, shore);
      await untilIdle(ship, shore);
    },
    ...{ ship: null, shore: "x2x.version" },
  },
  {
    field: "version: ours is the draft, and we opened",
    agreed: { idleSeconds: 1, version: "0.0.1" },
    ...onlyShip,
    theirs: (agreed) => ({ ...agreed, version: "0.3" }),
    talk: async (ship, shore) => {
      await bothWays(ship, shore);
      await untilIdle(ship, shore);
    },
    ...{ ship: null, shore: "x2x.lost" },
  },
  {
    field: "security: theirs is TLS, and we open",
    ...withTls,
    agreed: {},
    theirs: (agreed) => ({ ...agreed, ...tls }),
    ...{ ship: "x2x.tls_here", shore: "x2x.plain_there" },
  },
  {
    field: "security: ours is TLS, and we open",
    ...withTls,
    theirs: (agreed) => ({ ...agreed, security: "plain" }),
    ...{ ship: "x2x.plain_there", shore: "x2x.tls_here" },
  },
  {
    field: "security: theirs is TLS, and nothing is said",
    ...withTls,
    agreed: { idleSeconds: null },
    theirs: (agreed) => ({ ...agreed, ...tls }),
    shoreOptions: { ...showing("shore.example", shoreCertificate), limits: { connectMs: 500 } },
    talk: async () => {},
    ...{ ship: "x2x.tls_here", shore: "x2x.plain_there" },
  },
  {
    field: "compression: theirs deflates, and we say something",
    ...onlyShip,
    theirs: (agreed) => ({ ...agreed, compression: "deflate" }),
    ...{ ship: "x2x.turned_away", shore: "x2x.deflate_missing" },
  },
  {
    field: "compression: ours deflates, and we say something",
    agreed: { compression: "deflate" },
    ...onlyShip,
    theirs: (agreed) => ({ ...agreed, compression: "none" }),
    ...{ ship: "x2x.turned_away", shore: "x2x.deflate_here" },
  },
  {
    field: "connections: theirs has one for each direction",
    theirs: (agreed) => ({ ...agreed, connections: "own" }),
    talk: async (ship, shore) => {
      shore.send("shore.example", "ship.example", "first");
      await ship.until("theirs", () => ship.arrived.length === 1);
      ship.send("ship.example", "shore.example", "on theirs");
      await shore.until("ours", () => shore.arrived.length === 1);
    },
    ...{ ship: null, shore: "x2x.shared_there" },
  },
  ...(
    [
      { onInvalid: "bounce" },
      { keepaliveSeconds: 10 },
      { idleSeconds: 1_000 },
      { language: "en" },
    ] as const
  ).map((more) => ({
    field: `${Object.keys(more).join()}: nothing on the wire tells, and all arrives`,
    theirs: (agreed: Agreement) => ({ ...agreed, ...more }),
    talk: bothWays,
    ...{ ship: null, shore: null },
  })),
  {
    field: "maxStanzaBytes: theirs is smaller; one stanza gets an error",
    ...onlyShip,
    theirs: (agreed) => ({ ...agreed, maxStanzaBytes: 10_000 }),
    talk: large(20_000),
    ...{ ship: null, shore: "x2x.too_large" },
  },
  {
    field: "maxStanzaBytes: theirs is much smaller; the connection ends",
    ...onlyShip,
    agreed: { maxStanzaBytes: 1_000_000 },
    theirs: (agreed) => ({ ...agreed, maxStanzaBytes: 10_000 }),
    talk: large(500_000),
    ...{ ship: "x2x.peer_error", shore: "x2x.too_large" },
  },
  {
    field: "domains of ours: theirs lacks one",
    ...onlyShip,
    theirs: shipSide({ domains: ["boat.example"] }),
    ...{ ship: "x2x.peer_error", shore: "x2x.from_not_agreed" },
  },
  {
    field: "domains of ours: theirs lacks one, and bounces",
    ...onlyShip,
    theirs: (agreed) => ({
      ...shipSide({ domains: ["boat.example"] })(agreed),
      onInvalid: "bounce",
    }),
    ...{ ship: null, shore: "x2x.from_not_agreed" },
  },
  {
    field: "domains of theirs: theirs lacks one",
    ...onlyShip,
    theirs: shoreSide({ domains: ["coast.example"] }),
    ...{ ship: "x2x.peer_error", shore: "x2x.to_not_agreed" },
  },
  {
    field: "listens.port",
    ...onlyShip,
    theirs: elsewhere,
    ...{ ship: "x2x.refused", shore: null },
  },
  {
    field: "listens.host: a name that nobody knows",
    shores: { opens: null, listens: { host: "nobody.invalid", port: 5_271 } },
    theirs: elsewhere,
    ...{ ship: "x2x.unresolved", shore: null },
  },
  {
    field: "opens: for them only they open, so they do not listen",
    theirs: (agreed) => shipSide({ opens: null })(agreed),
    ...{ ship: "x2x.refused", shore: null },
  },
  {
    field: "opens: each waits for the other",
    ours: { opens: null },
    theirs: (agreed) => {
      const [ours, theirs] = agreed.sides;
      return {
        ...agreed,
        sides: [
          { ...ours, opens: opening({}) },
          { ...theirs, opens: null },
        ],
      };
    },
    shipOptions: { limits: { waitMs: 500 } },
    shoreOptions: { limits: { waitMs: 500 } },
    talk: async (ship, shore) => {
      ship.send("ship.example", "shore.example", "1");
      shore.send("shore.example", "ship.example", "1");
    },
    ...{ ship: "x2x.nobody_came", shore: "x2x.nobody_came" },
  },
  {
    field: "opens.addresses: we come from elsewhere",
    ...onlyShip,
    ours: { opens: opening({}) },
    theirs: shipSide({ opens: opening({ addresses: ["127.0.73.99"] }) }),
    ...{ ship: "x2x.turned_away", shore: "x2x.source_address" },
  },
  {
    field: "opens.addresses: the same within TLS",
    ...withTls,
    theirs: shipSide({ opens: { ...byCertificate, addresses: ["127.0.73.99"] } }),
    ...{ ship: "x2x.tls_failed", shore: "x2x.source_address" },
  },
  {
    field: "opens.port: we come from any",
    ...onlyShip,
    ours: { opens: opening({}) },
    theirs: shipSide({ opens: opening({ knownBy: "address_and_port", port: 40_073 }) }),
    ...{ ship: "x2x.turned_away", shore: "x2x.source_port" },
  },
  {
    field: "opens.hostName: our address leads to another",
    ...onlyShip,
    ours: { opens: opening({}) },
    theirs: shipSide({
      opens: opening({ knownBy: "reverse_dns", addresses: [], hostName: "ship.example" }),
    }),
    shoreOptions: {
      reverse: async () => ({ names: ["x.example"], isSecure: true, resolver: "127.0.0.1:53" }),
    },
    ...{ ship: "x2x.turned_away", shore: "x2x.reverse_dns" },
  },
  {
    field: "opens.knownBy: by address, too, where a certificate is shown and good",
    ...withTls,
    theirs: shipSide({ opens: opening({}) }),
    talk: bothWays,
    ...{ ship: null, shore: null },
  },
  {
    field: "certificate of ours: they want another",
    ...withTls,
    theirs: shipSide({ certificate: otherPin }),
    ...{ ship: "x2x.turned_away", shore: "x2x.certificate_pin" },
  },
  {
    field: "certificate of ours: it is for another name",
    ...withTls,
    shipOptions: showing("ship.example", otherCertificate),
    theirs: (agreed) => agreed,
    ...{ ship: "x2x.turned_away", shore: "cert.name" },
  },
  {
    field: "certificate of theirs: we want another",
    ...withTls,
    shores: { opens: null, certificate: otherPin },
    theirs: shoreSide({ certificate: names }),
    ...{ ship: "x2x.certificate_pin", shore: "x2x.turned_away" },
  },
  {
    field: "certificate of theirs: they have none in use",
    ...withTls,
    shoreOptions: { certificates: new Map() },
    theirs: (agreed) => agreed,
    ...{ ship: "x2x.tls_failed", shore: "x2x.no_certificate" },
  },
  {
    field: "bindAddress: not of this machine",
    ...onlyShip,
    shipTerms: { bindAddress: "192.0.2.1" },
    theirs: (agreed) => agreed,
    ...{ ship: "x2x.source_failed", shore: null },
  },
  {
    field: "listenAddress: not of their machine",
    ...onlyShip,
    shoreTerms: { listenAddress: "192.0.2.1" },
    theirs: (agreed) => agreed,
    ...{ ship: "x2x.refused", shore: "x2x.listen_failed" },
  },
];

for (const row of rows)
  test(
    `XEP-0361 §2: both sides hold another agreement: ${row.field}`,
    { timeout: 30_000 },
    async () => {
      const agreed = await agree(row.agreed, row.ours, row.shores);
      const ship = start({ ...showing("ship.example", shipCertificate), ...row.shipOptions });
      const shore = start({ ...showing("shore.example", shoreCertificate), ...row.shoreOptions });
      await ship.x2x.configure([bothHalves(agreed, row.shipTerms)[0]]);
      await shore.x2x.configure([bothHalves(await row.theirs(agreed), row.shoreTerms)[1]]);
      await shore.until("the port", () => shore.lastError()?.params["errno"] !== "starting");
      const talk = row.talk ?? (async () => ship.send("ship.example", "shore.example", "1"));
      await talk(ship, shore);
      const expected = [
        [ship, row.ship],
        [shore, row.shore],
      ] as const;
      for (const [side, code] of expected)
        if (code !== null) await side.until(code, () => side.lastError()?.code === code);
      for (const [side, code] of expected) assert.equal(side.lastError()?.code ?? null, code);
      await Promise.all([ship.x2x.stop(), shore.x2x.stop()]);
    },
  );
