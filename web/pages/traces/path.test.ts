import assert from "node:assert/strict";
import { test } from "node:test";
import { dial, finding, steps } from "../../testing/attempts.ts";
import { timeoutTrace } from "../../testing/traces.ts";
import { pathOf } from "./path.ts";

for (const [name, code, reached, last] of [
  [
    "the server does not serve the domain, before TLS",
    "stream.host_unknown",
    2,
    ["stream", "not_served"],
  ],
  ["the server turns us away, before TLS", "stream.policy", 2, ["stream", "turned_away"]],
  ["what answers is no XMPP server", "stream.not_xmpp", 2, ["stream", null]],
  ["the server offers no TLS", "tls.not_offered", 2, ["tls", null]],
  ["the handshake fails", "tls.handshake", 4, ["tls", null]],
  [
    "the server does not serve the domain, after TLS",
    "stream.host_unknown",
    5,
    ["stream", "not_served"],
  ],
] as const)
  test(`the way ends at what failed: ${name}`, () => {
    const message = finding(code, { host: "xmpp.acmewave.com", domain: "acmewave.com" });
    const attempt = dial("5.1", [0, 10], "192.0.2.7", { status: "failed", reached, message });
    const trace = {
      ...timeoutTrace(),
      headline: message,
      steps: steps([
        { number: 5, status: "failed", attempts: [{ ...attempt, certificate: null }] },
      ]),
    };
    const station = pathOf(trace).at(-1);
    assert.deepEqual([station?.kind, station?.note], last);
    assert.equal(station?.status, "failed");
    assert.equal(pathOf(trace).filter(({ kind }) => kind === last[0]).length, 1);
  });

for (const [name, login, refused, note, status] of [
  ["by certificate", { by: "external", isKept: true }, false, "external", "ok"],
  ["by dialback", { by: "dialback", isKept: false }, false, "dialback", "ok"],
  ["refused", null, true, "refused", "failed"],
  ["of an older trace, or by your XMPP server", undefined, false, null, null],
] as const)
  test(`the login is a station of the way: ${name}`, () => {
    const dialled = dial("5.1", [0, 10], "192.0.2.7", { winner: true });
    const [last] = dialled.phases.slice(-1);
    assert.ok(last);
    const auth = { ...last, name: "auth", status: refused ? "failed" : "ok" } as const;
    const { login: _, ...bare } = dialled;
    const attempt = {
      ...bare,
      message: refused ? finding("auth.no_sasl") : null,
      ...(login === undefined ? {} : { login, phases: [...bare.phases, auth] }),
      status: refused ? ("failed" as const) : ("ok" as const),
    };
    const trace = {
      ...timeoutTrace(),
      xmpp: refused ? ("unreachable" as const) : ("reachable" as const),
      wave: "none" as const,
      steps: steps([{ number: 5, status: refused ? "failed" : "ok", attempts: [attempt] }]),
    };
    const station = pathOf(trace).find(({ kind }) => kind === "login");
    assert.deepEqual([station?.note ?? null, station?.status ?? null], [note, status]);
    // A wave service is not spoken of behind a way that is shut.
    assert.equal(
      pathOf(trace).some(({ kind }) => kind === "wave"),
      !refused,
    );
  });
