import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { createCertificateLab, days, type LabCertificate } from "../../testing/certificate-lab.ts";
import { type Engine, freePort, startEngine } from "../../testing/s2s-engine.ts";
import { s2sLimits } from "./limits.ts";

const policies = [
  { tls: "required", dialback: "yes" },
  { tls: "required", dialback: "no" },
  { tls: "preferred", dialback: "yes" },
  { tls: "preferred", dialback: "no" },
  { tls: "never", dialback: "yes" },
] as const;
type Policy = (typeof policies)[number];
const kinds = ["valid", "serverauth", "expired", "selfsigned", "wrongname", "missing"] as const;
type Kind = (typeof kinds)[number];

const classOf: Record<Kind, string> = {
  valid: "proven",
  serverauth: "proven",
  expired: "unproven",
  selfsigned: "unproven",
  wrongname: "unproven",
  missing: "missing",
};

/** Its own certificate, and what the other side's terms with it are: those stand in its name. */
interface Party {
  readonly name: string;
  readonly certificate: Kind;
  readonly othersPolicy: Policy;
}

const everybody = (role: string): Party[] =>
  kinds.flatMap((certificate) =>
    policies.map((othersPolicy) => ({
      name: `${certificate}.${othersPolicy.tls}-${othersPolicy.dialback}.${role}.example`,
      certificate,
      othersPolicy,
    })),
  );
const initiators = everybody("initiator");
const receivers = everybody("receiver");
const table = readTable();

const AT_ONCE = 12;
/** Nobody has to wait for a time-out to learn that it does not get through. */
const SETTLED_MS = 8_000;

describe("docs/matrix.md between two of ours", () => {
  const settled = new Map<string, (outcome: string) => void>();
  let initiator: Engine;
  let receiver: Engine;
  const findings = new Map<string, string | undefined>();

  before(async () => {
    const lab = createCertificateLab();
    const root = lab.root();
    const all = [...initiators, ...receivers].map(({ name }) => name);
    const issued = makeCertificates(lab, root, all);
    lab.close();
    const [initiatorPort, receiverPort] = [await freePort(), await freePort()];
    const start = (own: readonly Party[], others: readonly Party[], port: number, to: number) => {
      const parties = new Map(others.map((party) => [party.name, party.othersPolicy]));
      return startEngine({
        names: new Map(own.map(({ name, certificate }) => [name, issued.get(certificate) ?? null])),
        roots: [root.pem],
        port,
        terms(domain) {
          const policy = parties.get(domain);
          assert.ok(policy, domain);
          return {
            tlsPolicy: policy.tls,
            allowsDialback: policy.dialback === "yes",
            overrideHost: "127.0.0.1",
            overridePort: to,
          };
        },
        limits: { maxInboundPerAddress: s2sLimits.maxInbound },
        onStanza(_name, { attributes }, { authentication, tls }) {
          settled.get(attributes["id"] ?? "")?.(
            `${tls ? "TLS" : "clear"}, initiator by ${authentication}`,
          );
        },
        onBounce: ({ attributes }) => settled.get(attributes["id"] ?? "")?.("none"),
        onRoute: (name, remote, { lastError }) =>
          findings.set(`${name} ${remote}`, lastError?.code),
      });
    };
    initiator = await start(initiators, receivers, initiatorPort, receiverPort);
    receiver = await start(receivers, initiators, receiverPort, initiatorPort);
  });
  after(async () => {
    await initiator.stop();
    await receiver.stop();
  });

  async function run(from: Party, to: Party): Promise<string> {
    const id = `${from.name} ${to.name}`;
    const outcome = new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${id}: undecided`)), SETTLED_MS);
      settled.set(id, (how) => {
        clearTimeout(timer);
        resolve(how);
      });
    });
    const stanza = element("message", ns.server, { from: from.name, to: to.name, id });
    initiator.link(from.name).send(stanza);
    const how = await outcome;
    if (how === "none") return how;
    const stream = initiator.s2s
      .streams()
      .find(({ local, remote }) => local === from.name && remote === to.name);
    return `${how}, receiver by ${stream?.authentication}`;
  }

  test("each combination of certificates, dialback and TLS has the outcome that its row says", async () => {
    const isOfClass = ({ certificate }: Party) =>
      ["valid", "expired", "missing"].includes(certificate);
    await compareAll(
      receivers
        .filter(isOfClass)
        .flatMap((to) => initiators.filter(isOfClass).map((from) => ({ from, to }))),
      225,
    );
  });

  test("certificates of one class make no difference, pairwise, but in what is said of them", async () => {
    const tells = ({ othersPolicy: { tls, dialback } }: Party) =>
      tls === "preferred" || (tls === "required" && dialback === "no");
    const isNew = (from: Party, to: Party) =>
      from.othersPolicy === to.othersPolicy &&
      [from, to].some(({ certificate }) => !["valid", "expired", "missing"].includes(certificate));
    await compareAll(
      receivers
        .filter(tells)
        .flatMap((to) =>
          initiators.filter((from) => isNew(from, to)).map((from) => ({ from, to })),
        ),
      81,
    );
    const saidOf = (kind: Kind) =>
      findings.get(`valid.required-no.initiator.example ${kind}.required-no.receiver.example`);
    assert.deepEqual((["expired", "selfsigned", "wrongname"] as const).map(saidOf), [
      "cert.expired",
      "cert.self_signed",
      "cert.name",
    ]);
  });

  async function compareAll(
    pairs: readonly { readonly from: Party; readonly to: Party }[],
    count: number,
  ): Promise<void> {
    assert.equal(pairs.length, count);
    const wrong: string[] = [];
    const queue = pairs.values();
    const work = async () => {
      for (const { from, to } of queue) {
        const expected = expectedOf(from, to);
        const outcome = await run(from, to).catch(String);
        if (outcome !== expected) wrong.push(`${from.name} -> ${to.name}: ${outcome}; ${expected}`);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    assert.deepEqual(wrong, []);
  }
});

/** The one row that a combination fits. */
function expectedOf(from: Party, to: Party): string {
  const combination = [
    to.othersPolicy.tls,
    from.othersPolicy.tls,
    classOf[to.certificate],
    to.othersPolicy.dialback,
    classOf[from.certificate],
    from.othersPolicy.dialback,
  ];
  const rows = table.filter(({ cells }) =>
    cells.every(
      (cell, index) => cell === "-" || cell.split(", ").includes(combination[index] ?? ""),
    ),
  );
  assert.equal(rows.length, 1, `${combination.join(" | ")} fits ${rows.length} rows`);
  return rows[0]?.outcome ?? "";
}

function readTable(): { readonly cells: readonly string[]; readonly outcome: string }[] {
  const text = readFileSync(new URL("../../../docs/matrix.md", import.meta.url), "utf8");
  return text
    .split("\n")
    .filter((line) => /^\| (required|preferred|never)/.test(line))
    .map((line) => {
      const cells = line.split("|").map((cell) => cell.trim());
      return { cells: cells.slice(1, 7), outcome: cells[7] ?? "" };
    });
}

function makeCertificates(
  lab: ReturnType<typeof createCertificateLab>,
  root: LabCertificate,
  names: readonly string[],
): Map<Kind, { readonly key: string; readonly cert: string }> {
  const all = [`subjectAltName = ${names.map((name) => `DNS:${name}`).join(",")}`];
  const subject = "/CN=matrix";
  const both = [...all, "extendedKeyUsage = serverAuth, clientAuth"];
  const other = ["subjectAltName = DNS:somebody-else.example"];
  const made: [Kind, LabCertificate][] = [
    ["valid", lab.issue({ subject, issuer: root, extensions: both })],
    [
      "serverauth",
      lab.issue({ subject, issuer: root, extensions: [...all, "extendedKeyUsage = serverAuth"] }),
    ],
    [
      "expired",
      lab.issue({
        subject,
        issuer: root,
        extensions: both,
        notBefore: days(-30),
        notAfter: days(-1),
      }),
    ],
    ["selfsigned", lab.issue({ subject, issuer: null, extensions: both })],
    ["wrongname", lab.issue({ subject, issuer: root, extensions: other })],
  ];
  return new Map(made.map(([kind, { keyPem, pem }]) => [kind, { key: keyPem, cert: pem }]));
}
