import assert from "node:assert/strict";
import { test } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import { createAuthority } from "./authority.ts";
import { s2sLimits } from "./limits.ts";
import type { OutgoingStream } from "./outgoing-stream.ts";

const key = {
  from: "far.example" as Domain,
  to: "home.example" as Domain,
  written: { from: "Far.example", to: "home.example" },
  id: "1",
  key: "k",
  address: "192.0.2.1",
};

function bench(said: DialbackOutcome | null, saidAlone: DialbackOutcome | null) {
  const log: string[] = [];
  const stream = (name: string, outcome: DialbackOutcome | null) =>
    ({
      async verify({ from, to }: { from: string; to: string }) {
        log.push(`${name} asked by ${from} of ${to}`);
        return outcome;
      },
      close: () => log.push(`${name} closed`),
      drop: () => log.push(`${name} dropped`),
    }) as unknown as OutgoingStream;
  const ask = createAuthority({
    opener: {
      open: async () => ({ kind: "opened" }) as never,
    },
    trust: {
      termsFor: () => ({ tls: "required", minTls: "TLSv1.2", dialback: true, override: null }),
    },
    certificates: { credentials: () => null },
    limits: s2sLimits,
    openStream: () => stream("first", said),
    open: () => stream("own", saidAlone),
  });
  return { log, ask };
}

test("XEP-0220 §2.1.2: what the authoritative server says on the stream that there is counts", async () => {
  for (const kind of ["valid", "invalid"] as const) {
    const { log, ask } = bench({ kind }, null);
    assert.deepEqual(await ask(key), { kind });
    assert.deepEqual(log, ["first asked by home.example of Far.example"]);
  }
});

test("XEP-0220 §2.1.2: a stream that ends before the answer is no answer: a stream of its own is asked", async () => {
  const { log, ask } = bench(null, { kind: "valid" });
  assert.deepEqual(await ask(key), { kind: "valid" });
  assert.deepEqual(log.slice(1), ["own asked by home.example of Far.example", "own closed"]);
});

test("XEP-0220 §2.5: when that one ends, too, it is an error, and asked no further", async () => {
  const { log, ask } = bench(null, null);
  const outcome = await ask(key);
  assert.deepEqual(outcome, { kind: "error", condition: "remote-server-timeout", text: null });
  assert.equal(log.length, 3);
});
