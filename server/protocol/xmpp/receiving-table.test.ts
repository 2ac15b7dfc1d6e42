import assert from "node:assert/strict";
import { test } from "node:test";
import { openTerms, receivingOptions } from "#testing/receiving-peer.ts";
import type { Domain } from "./domain.ts";
import { element } from "./element.ts";
import { ns } from "./namespaces.ts";
import type { StreamHeader } from "./reader.ts";
import {
  type ReceivingEventName,
  receivingEventName,
  type ReceivingInput,
  type ReceivingPhase,
  type ReceivingState,
  receivingStream,
} from "./receiving-state.ts";
import { handleReceiving, receivingTable } from "./receiving-stream.ts";
import { freshManagement } from "./stream-management.ts";

const us = "us.example" as Domain;
const them = "them.example" as Domain;
const header: StreamHeader = {
  to: us,
  from: them,
  id: null,
  version: "1.0",
  lang: null,
  contentNamespace: ns.server,
  prefixes: {},
};

const samples: Record<ReceivingEventName, ReceivingInput> = (() => {
  const received = (
    name: string,
    namespace: string,
    attributes: Record<string, string> = {},
  ): ReceivingInput => ({
    kind: "received",
    event: {
      kind: "element",
      element: element(name, namespace, attributes, ["k"]),
      sizeBytes: 1,
      trailingBytes: 0,
    },
  });
  const pair = { from: them, to: us };
  return {
    connected: { kind: "connected" },
    opened: { kind: "received", event: { kind: "opened", header, trailingBytes: 0 } },
    greeted: { kind: "greeted", terms: openTerms },
    refused: { kind: "refused", condition: "host-unknown", text: null, from: null },
    starttls: received("starttls", ns.tls),
    secured: { kind: "secured" },
    auth: received("auth", ns.sasl, { mechanism: "EXTERNAL" }),
    response: received("response", ns.sasl),
    abort: received("abort", ns.sasl),
    result_request: received("result", ns.dialback, pair),
    verify_request: received("verify", ns.dialback, { ...pair, id: "1" }),
    dialback_answer: received("result", ns.dialback, { ...pair, type: "valid" }),
    verified: { kind: "verified", ...pair, outcome: { kind: "valid" } },
    key_checked: { kind: "key_checked", ...pair, id: "1", outcome: { kind: "valid" } },
    bidi: received("bidi", ns.bidi),
    enable: received("enable", ns.streamManagement),
    resume: received("resume", ns.streamManagement),
    ack_request: received("r", ns.streamManagement),
    ack: received("a", ns.streamManagement, { h: "0" }),
    sent: { kind: "sent", count: 1 },
    stanza: received("message", ns.stanza, pair),
    oversize: {
      kind: "received",
      event: {
        kind: "refused",
        head: element("message", ns.stanza, pair),
        reason: "size",
        sizeBytes: 1_000_000,
      },
    },
    stream_error: received("error", ns.streams),
    other_element: received("x", "urn:x"),
    stream_closed: { kind: "received", event: { kind: "closed" } },
    unreadable: {
      kind: "received",
      event: { kind: "failed", condition: "bad-format", reason: "x", beforeHeader: false },
    },
    close: { kind: "close" },
    timeout: { kind: "timeout" },
    disconnected: { kind: "disconnected" },
  };
})();

test("every cell of the receiving table: a missing one is a protocol error, none throws, closed stays closed", () => {
  const bare: ReceivingState = { ...receivingStream(receivingOptions), deadline: 5 };
  const greeted: ReceivingState = {
    ...bare,
    header,
    names: { from: them, to: us },
    terms: openTerms,
  };
  const full: ReceivingState = {
    ...greeted,
    isSecured: true,
    terms: { ...openTerms, external: true, bidi: true, streamManagement: true },
    authorized: [{ from: them, to: us, by: "dialback" }],
    pending: [{ from: them, to: us, written: { from: them, to: us } }],
    isBidi: true,
    management: freshManagement,
  };
  for (const phase of Object.keys(receivingTable) as ReceivingPhase[])
    for (const name of Object.keys(samples) as ReceivingEventName[])
      for (const from of [bare, greeted, full]) {
        const state = { ...from, phase };
        const input = samples[name];
        assert.equal(receivingEventName(input), name);
        const step = handleReceiving(state, input, 10);
        const place = `${phase} ${name}`;
        const failures = step.effects.filter((effect) => effect.kind === "failed");
        if (phase !== "closed" && receivingTable[phase][name] === undefined)
          assert.equal(failures[0]?.failure.code, "stream.protocol", place);
        assert(failures.length <= 1, place);
        if (failures.length === 1) assert.match(step.state.phase, /^clos/, place);
        if (phase === "closed") assert.deepEqual(step, { state, effects: [] });
        else if (step.state.phase === "closed") assert.equal(step.state.deadline, null, place);
        if (phase === "closing") assert.match(step.state.phase, /^clos/, place);
        // Before `ready` and its draining nobody's stanza comes through.
        if (step.effects.some(({ kind }) => kind === "stanza")) assert.equal(phase, "ready", place);
        if (/^(?:tls|idle|closed)$/.test(phase))
          assert(
            !step.effects.some(({ kind }) => kind === "send"),
            `${place}: the bytes are not ours`,
          );
      }
});
