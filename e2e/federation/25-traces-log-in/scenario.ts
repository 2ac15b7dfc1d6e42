import assert from "node:assert/strict";
import type { AttemptOf, Trace } from "#contract/traces.ts";
import { runTrace } from "../../stack/operations.ts";
import { startNeighbour, streamWith } from "../native-traffic.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "a trace of an appliance that federates its name itself logs in, by certificate or dialback, asks over that connection, and says why where it is refused",
  run: async (world) => {
    const [good, selfSigned, strict, lenient] = await Promise.all([
      world.nativeSite("native25.example"),
      world.nativeSite("selfsigned25.example", { certificate: { signedBy: "itself" } }),
      startNeighbour(world, { kind: "prosody", domain: "strict25.example" }),
      startNeighbour(world, { kind: "prosody", domain: "lenient25.example", isStrict: false }),
    ]);

    const trusted = await runTrace(good.client, strict.domain);
    assert.equal(trusted.xmpp, "reachable", JSON.stringify(trusted.findings));
    assert.deepEqual(dialOf(trusted).login, { by: "external", isKept: true });
    assert.ok(discosOf(trusted).length > 0);
    assert.ok(discosOf(trusted).every(({ source, condition }) => source === "probe" && !condition));
    // What the trace opened is what stanzas go over from now on.
    const kept = await streamWith(good, strict.domain, "out");
    assert.equal(Date.parse(kept.since) < Date.parse(trusted.startedAt) + 10_000, true);
    const again = await runTrace(good.client, strict.domain);
    assert.deepEqual(dialOf(again).login, { by: "external", isKept: false });
    assert.equal((await streamWith(good, strict.domain, "out")).id, kept.id);

    const called = await runTrace(selfSigned.client, lenient.domain);
    assert.equal(called.xmpp, "reachable", JSON.stringify(called.findings));
    assert.deepEqual(dialOf(called).login, { by: "dialback", isKept: true });

    const refused = await runTrace(selfSigned.client, strict.domain);
    assert.equal(refused.xmpp, "unreachable", JSON.stringify(refused.findings));
    assert.equal(
      refused.headline?.code,
      "auth.external_rejected",
      JSON.stringify(refused.headline),
    );
    assert.equal(refused.headline?.owner, "us");
  },
};

function dialOf(trace: Trace): AttemptOf<"connect"> {
  const dial = trace.steps[4]?.attempts.find(({ kind, winner }) => kind === "connect" && winner);
  assert.ok(dial?.kind === "connect", JSON.stringify(trace.steps[4]));
  return dial;
}

function discosOf(trace: Trace): AttemptOf<"disco">[] {
  return trace.steps[4]?.attempts.flatMap((one) => (one.kind === "disco" ? one : [])) ?? [];
}
