import assert from "node:assert/strict";
import { test } from "node:test";
import { sql } from "drizzle-orm";
import { cutPage, readCursor, type SortKey, writeCursor } from "./keyset.ts";

const key = (type: SortKey["type"]): SortKey => ({ by: sql`x`, type });
const id = "0f8fad5b-d9cb-469f-a165-70867728950e";

test("a cursor comes back as it was written, for its own sort only", () => {
  for (const value of ["", "a", "ü\n", "'; drop table peers; --", "😀"]) {
    const cursor = { sort: "-label", value, id };
    assert.deepEqual(readCursor(writeCursor(cursor), "-label", key("text")), cursor);
    assert.equal(readCursor(writeCursor(cursor), "label", key("text")), null);
  }
});

test("a value that the database could not cast is no cursor", () => {
  const values: [SortKey["type"], string, boolean][] = [
    ["integer", "-3", true],
    ["integer", "9999999999", false],
    ["integer", "1.5", false],
    ["bigint", "9007199254740993", true],
    ["timestamptz", "2026-11-21 03:12:00.123456+00", true],
    ["timestamptz", "2026-11-21 03:12:00-03:30", true],
    ["timestamptz", "infinity", true],
    ["timestamptz", "2026-13-21 03:12:00+00", false],
    ["timestamptz", "2026-02-29 03:12:00+00", false],
    ["timestamptz", "2028-02-29 23:59:59+00", true],
    ["timestamptz", "2026-11-21 24:12:00+00", false],
    ["timestamptz", "0000-11-21 03:12:00+00", false],
    ["timestamptz", "2026-11-21 03:12:00+99", false],
    ["timestamptz", "now", false],
    ["text", "a\u0000", false],
  ];
  for (const [type, value, isGood] of values) {
    const text = writeCursor({ sort: "s", value, id });
    assert.equal(readCursor(text, "s", key(type)) !== null, isGood, `${type} ${value}`);
  }
});

test("garbage of any shape is no cursor", () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  for (const text of [
    "",
    "%",
    "AAAA",
    encode(null),
    encode({}),
    encode([]),
    encode(["s", "v"]),
    encode(["s", "v", "x"]),
    encode(["s", 1, id]),
    encode(["s", "v", id, 4]),
  ])
    assert.equal(readCursor(text, "s", key("text")), null, text);
});

test("a page is cut where the limit is, and the last one has no next", () => {
  const rows = ["a", "b", "c"].map((cursorValue) => ({ cursorValue, id }));
  const cut = cutPage(rows, 2, "s", (row) => row.id);
  assert.equal(cut.rows.length, 2);
  assert.equal(readCursor(cut.next ?? "", "s", key("text"))?.value, "b");
  assert.equal(cutPage(rows, 3, "s", (row) => row.id).next, null);
  assert.equal(cutPage([], 3, "s", () => id).next, null);
});
