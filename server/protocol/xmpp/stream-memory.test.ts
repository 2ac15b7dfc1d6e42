import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { driveReceiving } from "#testing/receiving-peer.ts";
import type { Domain } from "./domain.ts";
import { ns } from "./namespaces.ts";
import { createStreamReader } from "./reader.ts";

const header = `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${ns.streams}' xmlns:db='${ns.dialback}' from='a-name-of-some-length.them.example' to='us.example' version='1.0'>`;
const filling = "x".repeat(50_000);

/** What `count` of them keep alive, in bytes each. */
function heldBy(count: number, make: (index: number) => object): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const kept: object[] = [make(-1)];
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let index = 0; index < count; index++) kept.push(make(index));
  collect();
  return (process.memoryUsage().heapUsed - before) / (kept.length - 1);
}

test("an idle stream keeps nothing alive of the packets that it was read from", () => {
  const bytes = new TextEncoder().encode(
    `${header}<message to='somebody@with.a.long.address.example'><body>${filling}</body></message> `,
  );
  const each = heldBy(200, () => {
    const reader = createStreamReader({
      contentNamespaces: [ns.server],
      maxElementBytes: 100_000,
      maxDepth: 50,
      oversize: "close",
    });
    const [opened] = reader.write(bytes);
    return { reader, opened };
  });
  assert(each < 15_000, `${Math.round(each)} bytes`);
});

test("an element that has only begun keeps nothing alive of what came before it", () => {
  const bytes = new TextEncoder().encode(
    `${header}<message><body>${filling}</body></message><message to='somebody@with.a.long`,
  );
  const each = heldBy(200, () => {
    const reader = createStreamReader({
      contentNamespaces: [ns.server],
      maxElementBytes: 100_000,
      maxDepth: 50,
      oversize: "close",
    });
    reader.write(bytes);
    return reader;
  });
  assert(each < 15_000, `${Math.round(each)} bytes`);
});

test("names that are remembered with a stream keep nothing alive of the packets that they came in", () => {
  const padding = `<padding xmlns='urn:x'>${filling.slice(0, 9000)}</padding>`;
  const each = heldBy(200, (index) => {
    const from = `a-name-of-some-length-${index}.them.example` as Domain;
    const to = "us.example" as Domain;
    const peer = driveReceiving({}, { security: "direct" });
    peer.says(header);
    peer.says(`<db:result from='first.them.example' to='us.example'>k</db:result>`);
    const first = "first.them.example" as Domain;
    peer.input({ kind: "verified", from: first, to, outcome: { kind: "valid" } });
    peer.says(`${padding}<db:result from='${from}' to='us.example'>k</db:result>`);
    peer.input({ kind: "verified", from, to, outcome: { kind: "valid" } });
    assert.equal(peer.state().authorized.length, 2);
    return peer.state();
  });
  assert(each < 6000, `${Math.round(each)} bytes`);
});
