import assert from "node:assert/strict";
import type { PeerRequest } from "#contract/peers.ts";
import { query } from "../../stack/component.ts";
import { runPing } from "../../stack/operations.ts";
import type { NativeSite, ServerPlan, World } from "../../stack/world.ts";
import { agree, startNeighbour, streamWith } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

const ANSWER_MS = 30_000;
const EXPIRED = { issuedOn: "2020-01-01", days: 30 } as const;

/** How the peer proves itself to us when we dial it and when it dials us, over TLS or not; null: nothing gets through. */
interface Row {
  readonly label: string;
  readonly kind?: "ejabberd";
  readonly plan: Omit<ServerPlan, "domain">;
  readonly terms?: Omit<PeerRequest, "domain">;
  readonly out: Proof | null;
  readonly in: Proof | null;
  /** What we say of it when nothing gets through. */
  readonly code?: string;
}
type Proof = "certificate" | "dialback" | "dialback in clear";

/** Rows of docs/matrix.md; ours is for `serverAuth` only, as public authorities issue them. */
const rows: readonly Row[] = [
  { label: "valid", plan: {}, out: "certificate", in: "certificate" },
  {
    label: "server-only",
    plan: { certificate: { usage: "serverAuth" } },
    out: "certificate",
    in: "certificate",
  },
  {
    label: "expired",
    plan: { certificate: EXPIRED, isStrict: false },
    out: null,
    in: null,
    code: "cert.expired",
  },
  {
    label: "expired-agreed",
    plan: { certificate: EXPIRED, isStrict: false },
    terms: { allowsDialback: true },
    out: "dialback",
    in: "dialback",
  },
  {
    label: "wrong-name",
    plan: { certificate: { names: ["somebody-else.example"] }, isStrict: false },
    out: null,
    in: null,
    code: "cert.name",
  },
  {
    label: "clear",
    plan: { tls: "none", isStrict: false },
    out: null,
    in: null,
    code: "tls.not_offered",
  },
  {
    label: "clear-agreed",
    plan: { tls: "none", isStrict: false },
    terms: { tlsPolicy: "preferred", allowsDialback: true },
    out: "dialback in clear",
    in: "dialback in clear",
  },
  {
    label: "e-self-signed",
    kind: "ejabberd",
    plan: { certificate: { signedBy: "itself" } },
    out: null,
    in: null,
    code: "cert.self_signed",
  },
  {
    label: "e-clear-agreed",
    kind: "ejabberd",
    plan: { tls: "none" },
    terms: { tlsPolicy: "preferred", allowsDialback: true },
    out: "dialback in clear",
    in: "dialback in clear",
  },
];

export const scenario: Scenario = {
  title: "rows of docs/matrix.md with real Prosody and ejabberd, dialled by us and dialling us",
  run: async (world) => {
    const native = await world.nativeSite("native22.example", {
      certificate: { usage: "serverAuth" },
    });
    const queue = rows.values();
    const wrong: string[] = [];
    const work = async () => {
      for (const row of queue) {
        await prove(world, native, row).catch((error: unknown) => {
          wrong.push(`${row.label}: ${error instanceof Error ? error.message : String(error)}`);
        });
      }
    };
    await Promise.all([work(), work(), work()]);
    assert.deepEqual(wrong, []);
  },
};

async function prove(world: World, native: NativeSite, row: Row): Promise<void> {
  const { kind = "prosody" } = row;
  const peer = await startNeighbour(world, {
    ...row.plan,
    kind,
    domain: `${row.label}.matrix.example`,
    addresses: { [`xmpp.${native.domain}`]: native.appliance.address },
  });
  if (row.terms !== undefined) await agree(native.client, { ...row.terms, domain: peer.domain });

  const answer = await peer.component.query(native.domain, query.ping, ANSWER_MS);
  const type = answer.attributes["type"];
  assert.equal(type, row.in === null ? "error" : "result", `in: ${JSON.stringify(answer)}`);
  if (row.in !== null) assert.equal(await proofOf(native, peer.name, "in"), row.in, "in");

  const pong = await runPing(native.client, peer.domain);
  const said = JSON.stringify(pong);
  assert.equal(pong.xmpp.status === "answered", row.out !== null, `out: ${said}`);
  if (row.out === null) assert.equal(pong.message?.code, row.code, said);
  else assert.equal(await proofOf(native, peer.domain, "out"), row.out, "out");
}

async function proofOf(native: NativeSite, remote: string, direction: "in" | "out") {
  const { authentication, tls } = await streamWith(native, remote, direction);
  return tls === null ? `${authentication} in clear` : authentication;
}
