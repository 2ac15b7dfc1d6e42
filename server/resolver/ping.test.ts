import assert from "node:assert/strict";
import { test } from "node:test";
import type { Trace } from "#contract/traces.ts";
import { primitives } from "../primitives.ts";
import { systemClock } from "./clock.ts";
import { createPings } from "./ping.ts";

/** What a ping looks at of a trace of which step 1 knows one agreed link. */
const traceOf = (xmpp: Trace["xmpp"], winner: boolean) =>
  ({
    ...{ id: "t1", xmpp, jid: null, headline: null, findings: [] },
    steps: [{ attempts: [{ kind: "agreement", winner, link: { id: "l1", name: "radio" } }] }],
  }) as unknown as Trace;

async function pingAfter(trace: Trace) {
  const asked: string[] = [];
  const pings = createPings({
    traces: {
      begin: async () => ({ ok: true, value: { id: "t1", isNew: true } }),
      wait: async () => trace,
    },
    carrier: {
      sourceFor: () => ({ ok: true, from: "us.example", linkId: "n1" }),
      async request({ to }) {
        asked.push(to);
        return {
          ...{ kind: "timeout", linkId: "n1", condition: null, text: null },
          ...{ roundTripMs: null, sent: null, received: null, usedOneStream: false },
        } as never;
      },
      wavePing: () => assert.fail("there is no wave service"),
    },
    primitives,
    clock: systemClock,
  });
  const answer = await pings.ping({ domain: "peer.example", requestedBy: null });
  assert.ok(answer.ok);
  return { asked, result: answer.value };
}

test("XEP-0361: where nothing came across the agreed link, and nothing else is allowed, no second ping is waited for", async () => {
  const { asked, result } = await pingAfter(traceOf("unreachable", false));
  assert.deepEqual(asked, []);
  assert.deepEqual([result.xmpp.status, result.message?.code], ["not_sent", "link.down"]);
});

test("an agreed link that carried its ping, or a normal stream beside it, is pinged", async () => {
  for (const trace of [traceOf("reachable", true), traceOf("reachable", false)])
    assert.deepEqual((await pingAfter(trace)).asked, ["peer.example"]);
});
