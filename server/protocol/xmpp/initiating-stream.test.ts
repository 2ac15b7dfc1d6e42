import assert from "node:assert/strict";
import { test } from "node:test";
import { primitives } from "../../primitives.ts";
import type { Domain } from "./domain.ts";
import { element } from "./element.ts";
import { adoptStream } from "./initiating-session.ts";
import {
  type Effect,
  type EventName,
  eventName,
  initiatingStream,
  type InitiatingOptions,
  type InitiatingState,
  type Input,
  type Phase,
} from "./initiating-state.ts";
import { handle, table } from "./initiating-stream.ts";
import { ns } from "./namespaces.ts";
import { createStreamReader, type StreamReader } from "./reader.ts";

const options: InitiatingOptions = {
  from: "wave.example.com",
  to: "acmewave.com",
  security: "required",
  negotiationMs: 20_000,
  closeMs: 2000,
};
const header = (attributes: string) =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${ns.streams}' from='acmewave.com' id='x' ${attributes}>`;
const v1 = header("version='1.0'");
const tlsOnly = `<stream:features><starttls xmlns='${ns.tls}'><required/></starttls></stream:features>`;
const proceed = `<proceed xmlns='${ns.tls}'/>`;
const afterTls =
  "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>" +
  "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback></stream:features>";

/** Drives the machine as its docstring says, with the peer's bytes as text. */
function drive(changed: Partial<InitiatingOptions> = {}) {
  let state = initiatingStream({ ...options, ...changed });
  let reader: StreamReader | null = null;
  let now = 1000;
  const log: Effect[] = [];
  const input = (next: Input) => {
    const step = handle(state, next, now);
    state = step.state;
    for (const effect of step.effects) {
      log.push(effect);
      if (effect.kind === "new_reader")
        reader = createStreamReader({
          contentNamespaces: [ns.server],
          maxElementBytes: 10_000,
          maxDepth: 50,
          oversize: "close",
        });
    }
  };
  const peer = {
    state: (): InitiatingState => state,
    input,
    wait(ms: number) {
      now += ms;
      input({ kind: "timeout" });
    },
    says(text: string) {
      for (const event of reader?.write(new TextEncoder().encode(text)) ?? [])
        input({ kind: "received", event });
    },
    sent: () => log.flatMap((effect) => (effect.kind === "send" ? [effect.xml] : [])),
    kinds: () => log.map((effect) => effect.kind).join(" "),
    failure: () => log.find((effect) => effect.kind === "failed")?.failure,
  };
  input({ kind: "connected" });
  return peer;
}

test("RFC 6120 §5.4: header, features, STARTTLS, new header, features, ready", () => {
  const peer = drive();
  assert.match(
    peer.sent()[0] ?? "",
    /^<\?xml version='1.0'\?><stream:stream xmlns="jabber:server".* from="wave\.example\.com" to="acmewave\.com" version="1\.0"/,
  );
  peer.says(v1 + tlsOnly);
  assert.equal(peer.sent()[1], `<starttls xmlns="${ns.tls}"/>`);
  peer.says(proceed);
  assert.equal(peer.state().phase, "tls");
  assert.equal(peer.state().header, null, "what was said before TLS is forgotten");
  peer.input({ kind: "secured" });
  peer.says(v1 + afterTls);
  assert.equal(peer.kinds(), "new_reader send send start_tls new_reader send ready");
  assert.deepEqual(peer.state().features.mechanisms, ["EXTERNAL"]);
  assert.equal(peer.state().features.dialbackErrors, true);
  assert.equal(peer.state().deadline, null);
});

test("XEP-0368 §3.5: on direct TLS no STARTTLS is asked for, offered or not", () => {
  const peer = drive({ security: "direct" });
  peer.says(v1 + tlsOnly);
  assert.equal(peer.kinds(), "new_reader send ready");
  assert.equal(peer.state().features.startTls, "none");
});

test("RFC 6120 §4.4: close is answered before the connection is ended, or not waited for too long", () => {
  const answered = drive({ security: "direct" });
  answered.says(v1 + afterTls);
  answered.input({ kind: "close" });
  assert.equal(answered.sent().at(-1), "</stream:stream>");
  answered.says("<message/>");
  answered.says("</stream:stream>");
  assert.match(answered.kinds(), /ready send disconnect$/);
  const silent = drive({ security: "direct" });
  silent.says(v1 + afterTls);
  silent.input({ kind: "close" });
  silent.wait(2000);
  assert.match(silent.kinds(), /ready send disconnect$/);
});

test("RFC 6120 §5.4.2.3: bytes behind <proceed/> in the same write are injected, TLS is not begun", () => {
  const peer = drive();
  peer.says(v1 + tlsOnly);
  peer.says(`${proceed}<stream:features/>`);
  assert.equal(peer.failure()?.code, "stream.protocol");
  assert.doesNotMatch(peer.kinds(), /start_tls/);
});

test("RFC 7590 §3.1: TLS that is required is asked for though not offered; refusal means not offered", () => {
  for (const answer of [
    `<stream:error><unsupported-stanza-type xmlns='${ns.streamErrors}'/></stream:error>`,
    "</stream:stream>",
    "<garbage/>",
  ]) {
    const peer = drive();
    peer.says(`${v1}<stream:features/>`);
    assert.match(peer.sent()[1] ?? "", /^<starttls/);
    peer.says(answer);
    assert.deepEqual(peer.failure(), { code: "tls.not_offered", detail: "absent" }, answer);
  }
  const stripped = drive();
  stripped.says(`${v1}<stream:features/>`);
  stripped.says(proceed);
  assert.equal(stripped.state().phase, "tls");
});

test("RFC 6120 §5.4.2.2: <failure/> is a refusal of TLS and ends the stream", () => {
  const peer = drive();
  peer.says(v1 + tlsOnly);
  peer.says(`<failure xmlns='${ns.tls}'/>`);
  assert.deepEqual(peer.failure(), { code: "tls.not_offered", detail: "refused" });
  assert.equal(peer.sent().at(-1), "</stream:stream>");
});

test("RFC 6120 §4.7.5: version counts by number; absent is before 1.0 and has no features", () => {
  const padded = drive({ security: "direct" });
  padded.says(header("version='01.00'") + afterTls);
  assert.equal(padded.state().phase, "ready");
  const old = drive();
  old.says(header(""));
  assert.deepEqual(old.failure(), { code: "tls.not_offered", detail: "old_version" });
  const oldAllowed = drive({ security: "preferred" });
  oldAllowed.says(header(""));
  assert.equal(oldAllowed.state().phase, "ready");
  const broken = drive();
  broken.says(header("version='one'"));
  assert.equal(broken.failure()?.code, "stream.protocol");
  assert.match(broken.sent().at(-1) ?? "", /unsupported-version/);
});

test("RFC 6120 §4.9.3: host-unknown is told from other stream errors, with the peer's words", () => {
  const error = (condition: string) =>
    `${v1}<stream:error><${condition} xmlns='${ns.streamErrors}'/><text xmlns='${ns.streamErrors}'>go away</text></stream:error>`;
  const unknown = drive();
  unknown.says(error("host-unknown"));
  assert.deepEqual(unknown.failure(), {
    code: "stream.host_unknown",
    condition: "host-unknown",
    text: "go away",
  });
  const policy = drive();
  policy.says(error("policy-violation"));
  assert.deepEqual(policy.failure(), {
    code: "stream.policy",
    condition: "policy-violation",
    text: "go away",
  });
  const invented = drive();
  invented.says(error("no-such-condition"));
  assert.deepEqual(invented.failure(), {
    code: "stream.policy",
    condition: "undefined-condition",
    text: "go away",
  });
  const elsewhere = drive();
  elsewhere.says(error("see-other-host"));
  assert.equal(elsewhere.failure()?.code, "stream.policy", "redirects are not followed");
});

test("what does not speak XMPP is named so: HTTP, garbage, HTML", () => {
  for (const answer of [
    "HTTP/1.1 400 Bad Request\r\n\r\n",
    "\u0000\u0001\u0002",
    "<html>",
    "220 mail ESMTP",
  ]) {
    const peer = drive();
    peer.says(answer);
    assert.equal(peer.failure()?.code, "stream.not_xmpp", answer);
    assert.equal(peer.state().phase, "closed");
  }
});

test("a dribble of one byte a second does not move the deadline", () => {
  const peer = drive();
  for (let second = 0; second < 19; second++) {
    peer.says(v1.charAt(second));
    peer.wait(1000);
    assert.equal(peer.failure(), undefined);
  }
  peer.wait(1000);
  assert.deepEqual(peer.failure(), { code: "stream.timeout", phase: "header" });
  assert.equal(peer.state().phase, "closed");
});

test("a connection that ends early says in which phase", () => {
  const peer = drive();
  peer.says(v1);
  peer.input({ kind: "disconnected" });
  assert.deepEqual(peer.failure(), { code: "stream.closed", phase: "features" });
});

const samples: Record<EventName, Input> = (() => {
  const received = (
    name: string,
    namespace: string,
    attributes: Record<string, string> = {},
  ): Input => ({
    kind: "received",
    event: {
      kind: "element",
      element: element(name, namespace, attributes),
      sizeBytes: 1,
      trailingBytes: 0,
    },
  });
  const opened = createStreamReader({
    contentNamespaces: [ns.server],
    maxElementBytes: 1000,
    maxDepth: 9,
    oversize: "close",
  }).write(new TextEncoder().encode(v1))[0];
  assert(opened);
  return {
    connected: { kind: "connected" },
    opened: { kind: "received", event: opened },
    features: received("features", ns.streams),
    proceed: received("proceed", ns.tls),
    tls_failure: received("failure", ns.tls),
    sasl_success: received("success", ns.sasl),
    sasl_failure: received("failure", ns.sasl),
    sasl_challenge: received("challenge", ns.sasl),
    dialback_request: received("result", ns.dialback),
    dialback_answer: received("result", ns.dialback, { type: "valid" }),
    sm_enabled: received("enabled", ns.streamManagement),
    sm_failed: received("failed", ns.streamManagement),
    ack_request: received("r", ns.streamManagement),
    ack: received("a", ns.streamManagement, { h: "1" }),
    oversize: {
      kind: "received",
      event: {
        kind: "refused",
        head: element("message", ns.stanza),
        reason: "size",
        sizeBytes: 1_000_000,
      },
    },
    login: { kind: "login", method: "external", authzid: "wave.example.com", bidi: true },
    verify: { kind: "verify", from: "a.example", to: "b.example", id: "1", key: "k" },
    key_checked: {
      kind: "key_checked",
      from: "a.example" as Domain,
      to: "b.example" as Domain,
      id: "1",
      outcome: { kind: "valid" },
    },
    enable_sm: { kind: "enable_sm" },
    sent: { kind: "sent", count: 1 },
    stanza: received("message", ns.stanza),
    stream_error: received("error", ns.streams),
    other_element: received("x", "urn:x"),
    stream_closed: { kind: "received", event: { kind: "closed" } },
    unreadable: {
      kind: "received",
      event: { kind: "failed", condition: "bad-format", reason: "x", beforeHeader: false },
    },
    secured: { kind: "secured" },
    close: { kind: "close" },
    timeout: { kind: "timeout" },
    disconnected: { kind: "disconnected" },
  };
})();

test("every cell of the table: a missing one is a protocol error, none throws, closed stays closed", () => {
  const terms = { primitives, answerMs: 5000, closeMs: 2000 };
  const plain: InitiatingState = { ...initiatingStream(options), deadline: 5 };
  const adopted = adoptStream(plain, terms);
  const managed = { ...adopted, session: adopted.session && { ...adopted.session, isBidi: true } };
  for (const phase of Object.keys(table) as Phase[])
    for (const [name, from] of (Object.keys(samples) as EventName[]).flatMap((name) =>
      [plain, adopted, managed].map((from) => [name, from] as const),
    )) {
      const state: InitiatingState = { ...from, phase };
      const input = samples[name];
      assert.equal(eventName(input), name);
      const step = handle(state, input, 10);
      const failures = step.effects.filter((effect) => effect.kind === "failed");
      if (phase !== "closed" && table[phase][name] === undefined)
        assert.equal(failures[0]?.failure.code, "stream.protocol", `${phase} ${name}`);
      assert(failures.length <= 1);
      if (failures.length === 1) assert.match(step.state.phase, /^clos/, `${phase} ${name}`);
      if (phase === "closed") assert.deepEqual(step, { state, effects: [] });
      else if (step.state.phase === "closed") assert.equal(step.state.deadline, null);
    }
});
