import assert from "node:assert/strict";
import { attemptsOf, findingOf, runTrace, stepOf } from "../stack/operations.ts";
import { recommendedRecords, type ServerPlan, type World } from "../stack/world.ts";
import type { Shared } from "./scenario.ts";

/**
 * A peer that is well but for its certificate: the probe reaches it over TLS and judges; the trace is not
 * "reachable", and the first thing it says is that fault, which is the peer's to mend.
 */
export async function proveCertificateFault(
  world: World,
  shared: Shared,
  fault: {
    readonly domain: string;
    readonly certificate: NonNullable<ServerPlan["certificate"]>;
    readonly code: string;
  },
): Promise<void> {
  const { client } = await shared.home();
  const { domain, certificate, code } = fault;
  const server = await world.prosody({ domain, certificate });
  await world.dns.setZone(domain, recommendedRecords(server));

  const found = await runTrace(client, domain);
  assert.equal(found.xmpp, "unreachable", JSON.stringify(found.findings));
  assert.equal(found.headline?.code, code, JSON.stringify(found.findings));
  assert.equal(findingOf(found, code).owner, "peer");
  // Our own server bounced because of it: the step fails of the cause, and that is why the next are skipped.
  assert.equal(stepOf(found, 5).status, "failed");
  assert.equal(stepOf(found, 5).message?.code, code);
  for (const number of [6, 7, 8])
    assert.deepEqual(stepOf(found, number).because, { code, step: 5 });
  const [dial] = attemptsOf(stepOf(found, 5), "connect");
  assert.ok(dial?.tls, "TLS itself was made: the certificate is seen, not guessed at");
  const judged = dial.certificate;
  assert.equal(judged?.reference, domain);
  assert.ok(judged.findings.some((finding) => finding.code === code));
  assert.ok(judged.chain.length > 0);
}
