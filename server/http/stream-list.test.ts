import assert from "node:assert/strict";
import { test } from "node:test";
import { streamListQuery } from "#contract/streams.ts";
import type { StreamView } from "#links/s2s/stream-view.ts";
import { joinParts, listHere } from "./stream-list.ts";

const views = Array.from({ length: 2_000 }, (_, index): StreamView => {
  return {
    ...{ id: `id-${index}`, direction: index % 2 === 0 ? "in" : "out", local: "example.com" },
    ...{ remote: `d${index % 700}.example`, state: "open", address: `192.0.2.${index % 250}` },
    ...{ port: 5269, since: new Date(1_700_000_000_000 + (index % 90) * 1_000), tls: null },
    ...{ authentication: null, trustedBy: null, fingerprint: null, presented: null },
    ...{ isBidirectional: false, isAcknowledged: false, stanzasIn: index % 7, stanzasOut: 0 },
    ...{ bytesIn: index % 11, bytesOut: 0, waitingBytes: index % 3, unacknowledged: 0 },
    unproven: 0,
    provenAt: null,
    askedAt: null,
  };
});
const half = (rest: number) => views.filter((_, index) => index % 2 === rest);

for (const sort of ["remote", "-local", "since", "-state", "stanzas", "-bytes", "-queue"])
  test(`every stream is on one page exactly, in the order of ${sort}, over two appliances as over one`, () => {
    const walk = (parts: readonly StreamView[][]) => {
      const seen: string[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const query = streamListQuery.parse({ sort, limit: 150, cursor });
        const page = joinParts(
          parts.map((part, index) => listHere(part, query, `node${index}`)),
          query,
        );
        assert.equal(page.total, views.length);
        seen.push(...page.items.map(({ id }) => id));
        cursor = page.next;
      }
      return seen;
    };
    const seen = walk([views]);
    assert.equal(new Set(seen).size, views.length);
    assert.equal(seen.length, views.length);
    assert.deepEqual(walk([half(0), half(1)]), seen);
  });

test("a sort or a cursor that is not ours is refused", () => {
  const list = (query: object) => () => listHere(views, streamListQuery.parse(query), "node");
  for (const query of [
    { sort: "colour" },
    { cursor: "1" },
    { cursor: "W10" },
    { cursor: "bnVsbA" },
  ])
    assert.throws(list(query), { code: "request.invalid" }, JSON.stringify(query));
});
