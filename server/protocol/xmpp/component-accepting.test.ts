import assert from "node:assert/strict";
import { test } from "node:test";
import { primitives } from "../../primitives.ts";
import { parseJid } from "./address.ts";
import { acceptingTable, handleAccepting } from "./component-accepting.ts";
import {
  type AcceptingEffect,
  acceptingEvent,
  type AcceptingEvent,
  type AcceptingInput,
  type AcceptingOptions,
  type AcceptingPhase,
  type AcceptingState,
  acceptingStream,
} from "./component-accepting-state.ts";
import type { Domain } from "./domain.ts";
import { element } from "./element.ts";
import { ns } from "./namespaces.ts";
import { createStreamReader } from "./reader.ts";

const name = "rooms.example.com" as Domain;
const options: AcceptingOptions = {
  negotiationMs: 10_000,
  closeMs: 2_000,
  parse(address) {
    const parsed = parseJid(address, primitives);
    return parsed.ok ? parsed.value : null;
  },
};
const header = `<?xml version='1.0'?><stream:stream xmlns='${ns.component}' xmlns:stream='${ns.streams}' to='${name}'>`;

/** Drives the table with a component's bytes as text; the host knows `name` and the digest `right`. */
function drive() {
  let state = acceptingStream(options);
  let now = 1_000;
  const log: AcceptingEffect[] = [];
  const reader = createStreamReader({
    contentNamespaces: [ns.component],
    maxElementBytes: 10_000,
    maxDepth: 50,
    oversize: 100_000,
  });
  const input = (next: AcceptingInput) => {
    const step = handleAccepting(state, next, now);
    state = step.state;
    for (const effect of step.effects) {
      log.push(effect);
      if (effect.kind === "check") input({ kind: "checked", isRight: effect.digest === "right" });
      if (effect.kind !== "greet") continue;
      if (effect.header.to === name) input({ kind: "greeted", name, streamId: "s1" });
      else input({ kind: "refused", condition: "host-unknown", name: null, streamId: "s1" });
    }
  };
  input({ kind: "connected" });
  return {
    input,
    state: () => state,
    says(text: string) {
      for (const event of reader.write(new TextEncoder().encode(text)))
        input({ kind: "received", event });
    },
    wait(ms: number) {
      now += ms;
      input({ kind: "timeout" });
    },
    kinds: () => log.map(({ kind }) => kind).join(" "),
    sent: () => log.flatMap((effect) => (effect.kind === "send" ? [effect.xml] : [])),
    failures: () => log.flatMap((effect) => (effect.kind === "failed" ? [effect.failure] : [])),
    stanzas: () => log.flatMap((effect) => (effect.kind === "stanza" ? [effect.element] : [])),
  };
}

test("XEP-0114 §3: header for header, an empty handshake for the right one, then stanzas", () => {
  const component = drive();
  component.says(header);
  assert.match(component.sent()[0] ?? "", /from="rooms\.example\.com" id="s1">$/);
  assert.doesNotMatch(component.sent()[0] ?? "", / version="/);
  component.says("<handshake>right</handshake>");
  assert.equal(component.sent()[1], "<handshake/>");
  assert.equal(component.state().phase, "attached");
  assert.equal(component.state().deadline, null);
  component.says(`<presence from='lobby@${name}' to='kim@acmewave.com'/>`);
  assert.equal(component.stanzas()[0]?.name, "presence");
  assert.equal(component.kinds(), "greet send check send attached stanza");
});

test("RFC 6120 §4.8.4: what is no stanza is passed over, and a second handshake too", () => {
  const component = drive();
  component.says(
    `${header}<handshake>right</handshake><x xmlns='urn:x'/><handshake>again</handshake>`,
  );
  assert.equal(component.state().phase, "attached");
  assert.deepEqual(component.failures(), []);
});

test("a dribble does not move the deadline of the negotiation, and the error comes after a header", () => {
  const component = drive();
  for (let second = 0; second < 9; second++) {
    component.says(" ");
    component.wait(1_000);
  }
  assert.equal(component.state().phase, "header");
  component.wait(1_000);
  assert.deepEqual(component.failures(), [{ code: "timeout", phase: "header" }]);
  assert.match(
    component.sent()[0] ?? "",
    /<stream:stream .*<connection-timeout .*<\/stream:stream>$/,
  );
  assert.equal(component.kinds(), "failed send disconnect");
});

test("RFC 6120 §4.4: what an attached component has under way when we close is taken, in its own name only", () => {
  const stanzas =
    `<presence from='kim@acmewave.com' to='kim@acmewave.com'/><presence/>` +
    `<presence from='lobby@${name}' to='kim@acmewave.com'/>`;
  const ours = drive();
  ours.says(`${header}<handshake>right</handshake>`);
  ours.input({ kind: "close", condition: null });
  ours.says(stanzas);
  assert.equal(ours.stanzas().length, 1);
  assert.equal(ours.sent().at(-1), "</stream:stream>");
  assert.deepEqual(ours.failures(), []);
  for (const [said, condition] of [
    ["", null],
    ["<handshake>right</handshake>", "reset"],
  ] as const) {
    const other = drive();
    other.says(header + said);
    other.input({ kind: "close", condition });
    other.says(stanzas);
    assert.equal(other.stanzas().length, 0);
  }
});

test("RFC 6120 §4.4: a close of ours waits for theirs, or not too long; theirs is answered", () => {
  const ours = drive();
  ours.says(`${header}<handshake>right</handshake>`);
  ours.input({ kind: "close", condition: null });
  assert.equal(ours.sent().at(-1), "</stream:stream>");
  ours.says("</stream:stream>");
  assert.match(ours.kinds(), /attached send disconnect$/);
  const silent = drive();
  silent.says(`${header}<handshake>right</handshake>`);
  silent.input({ kind: "close", condition: null });
  silent.wait(1_999);
  assert.equal(silent.state().phase, "closing");
  silent.wait(1);
  assert.match(silent.kinds(), /attached send disconnect$/);
  const theirs = drive();
  theirs.says(`${header}<handshake>right</handshake></stream:stream>`);
  assert.match(theirs.kinds(), /attached send disconnect$/);
  assert.deepEqual(theirs.failures(), []);
});

test("RFC 6120 §4.9.1.1: the component's own error is kept, with its words, and answered by the end", () => {
  const component = drive();
  component.says(
    `${header}<handshake>right</handshake><stream:error><reset xmlns='${ns.streamErrors}'/><text xmlns='${ns.streamErrors}'>bye</text></stream:error>`,
  );
  assert.deepEqual(component.failures(), [
    { code: "stream_error", condition: "reset", text: "bye" },
  ]);
  assert.equal(component.sent().at(-1), "</stream:stream>");
});

const samples: Record<AcceptingEvent, AcceptingInput> = (() => {
  const received = (tag: string, namespace: string): AcceptingInput => ({
    kind: "received",
    event: {
      kind: "element",
      element: element(tag, namespace, { from: name, to: name }),
      sizeBytes: 1,
      trailingBytes: 0,
    },
  });
  const head = element("message", ns.stanza);
  return {
    connected: { kind: "connected" },
    opened: {
      kind: "received",
      event: {
        kind: "opened",
        header: {
          ...{ to: name, from: null, id: null, version: null, lang: null },
          contentNamespace: ns.component,
          prefixes: {},
        },
        trailingBytes: 0,
      },
    },
    handshake: received("handshake", ns.stanza),
    stanza: received("message", ns.stanza),
    stream_error: received("error", ns.streams),
    other_element: received("x", "urn:x"),
    oversize: { kind: "received", event: { kind: "refused", head, reason: "size", sizeBytes: 1 } },
    stream_closed: { kind: "received", event: { kind: "closed" } },
    unreadable: {
      kind: "received",
      event: { kind: "failed", condition: "bad-format", reason: "x", beforeHeader: false },
    },
    greeted: { kind: "greeted", name, streamId: "s1" },
    refused: { kind: "refused", condition: "host-unknown", name: null, streamId: "s1" },
    checked: { kind: "checked", isRight: true },
    close: { kind: "close", condition: null },
    timeout: { kind: "timeout" },
    disconnected: { kind: "disconnected" },
  };
})();

test("every cell of the table: a missing one is a protocol error, none throws, closed stays closed", () => {
  for (const phase of Object.keys(acceptingTable) as AcceptingPhase[])
    for (const event of Object.keys(samples) as AcceptingEvent[]) {
      const state: AcceptingState = { ...acceptingStream(options), phase, name, deadline: 5 };
      const input = samples[event];
      assert.equal(acceptingEvent(input), event);
      const step = handleAccepting(state, input, 10);
      const failures = step.effects.filter(({ kind }) => kind === "failed");
      if (acceptingTable[phase][event] === undefined) assert.equal(failures.length, 1);
      if (failures.length > 0) assert.equal(step.state.phase, "closed", `${phase} ${event}`);
      if (phase === "closed") assert.deepEqual(step, { state, effects: [] });
      if (step.state.phase === "closed" && phase !== "closed")
        assert.equal(step.state.deadline, null, `${phase} ${event}`);
      // RFC 6120 §4.3.5: nothing is handed on before the handshake was right.
      if (phase !== "attached")
        assert.ok(!step.effects.some(({ kind }) => kind === "stanza"), `${phase} ${event}`);
    }
});
