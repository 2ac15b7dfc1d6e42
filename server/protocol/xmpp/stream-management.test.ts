import assert from "node:assert/strict";
import { test } from "node:test";
import { element } from "./element.ts";
import { ns } from "./namespaces.ts";
import { serialize } from "./serialize.ts";
import {
  acknowledge,
  buildAck,
  buildHandledCountTooHigh,
  buildManagementFailed,
  countHandled,
  countSent,
  freshManagement,
  parseAck,
  parseManagementFailed,
  unacknowledged,
} from "./stream-management.ts";

test("XEP-0198 §4: counters go round at 2^32", () => {
  const last = { handled: 0xffffffff, sent: 0xfffffffe, acknowledged: 0xfffffffd };
  assert.equal(countHandled(last).handled, 0);
  const sent = countSent(last, 4);
  assert.equal(sent.sent, 2);
  assert.equal(unacknowledged(sent), 5);
  const outcome = acknowledge(sent, 1);
  assert(outcome.kind === "acknowledged");
  assert.equal(outcome.count, 4);
  assert.equal(unacknowledged(outcome.counters), 1);
});

test("XEP-0198 §4: an h beyond what was sent, or going back, is too high; the same h again is none", () => {
  const sent = countSent(freshManagement, 3);
  assert.equal(acknowledge(sent, 4).kind, "too_high");
  assert.equal(acknowledge(freshManagement, 1).kind, "too_high");
  const two = acknowledge(sent, 2);
  assert(two.kind === "acknowledged");
  assert.equal(acknowledge(two.counters, 1).kind, "too_high");
  assert.deepEqual(acknowledge(two.counters, 2), {
    kind: "acknowledged",
    counters: two.counters,
    count: 0,
  });
});

test("XEP-0198 §4: h is a number of 32 bits and nothing else", () => {
  const h = (value: string) => parseAck(element("a", ns.streamManagement, { h: value }));
  assert.equal(h("0"), 0);
  assert.equal(h("4294967295"), 0xffffffff);
  for (const value of ["4294967296", "-1", "1.5", "", " 1", "1e3", "0x1", "9".repeat(400)])
    assert.equal(h(value), null, value.slice(0, 20));
  assert.equal(parseAck(element("a", ns.streamManagement)), null);
});

test("XEP-0198 §3-4: acknowledgements, refusals and the condition for a wrong count", () => {
  assert.equal(
    serialize(buildAck({ handled: 7, sent: 0, acknowledged: 0 })),
    '<a xmlns="urn:xmpp:sm:3" h="7"/>',
  );
  assert.equal(
    serialize(buildHandledCountTooHigh(countSent(freshManagement, 2), 9)),
    '<handled-count-too-high xmlns="urn:xmpp:sm:3" h="9" send-count="2"/>',
  );
  assert.equal(
    parseManagementFailed(buildManagementFailed("unexpected-request")),
    "unexpected-request",
  );
  assert.equal(
    parseManagementFailed(element("failed", ns.streamManagement, {}, [element("x", "urn:x")])),
    "undefined-condition",
  );
});
