import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "#contract/traces.ts";
import { otherVisitors } from "./visitors.ts";

const findingOf = (code: string, opened: string): Finding => ({
  ...{ code, owner: "peer", severity: "error", params: { link: "to shore", opened } },
});
const visit = (finding: Finding) => ({
  finding,
  address: "192.0.2.9",
  at: "2026-01-01T00:00:00.000Z",
  count: 1,
});

test("who came stands beside the last error, unless that says the very same", () => {
  const pin = findingOf("x2x.certificate_pin", "");
  const away = findingOf("x2x.turned_away", "by_them");
  const visitors = [visit(pin), visit(away)];
  assert.deepEqual(otherVisitors({ lastError: null, visitors }), visitors);
  assert.deepEqual(otherVisitors({ lastError: { ...pin }, visitors }), [visit(away)]);
  const ours = findingOf("x2x.turned_away", "by_us");
  assert.deepEqual(otherVisitors({ lastError: ours, visitors }), visitors, "of another connection");
  assert.deepEqual(otherVisitors(null), []);
});
