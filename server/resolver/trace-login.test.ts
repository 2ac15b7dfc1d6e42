import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { AttemptOf, Trace } from "#contract/traces.ts";
import type { S2sLimits } from "#links/s2s/limits.ts";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import { startNativeName } from "#testing/native-name.ts";
import {
  offersDialback,
  offersExternal,
  startScriptedXmpp,
  untilFeatures,
  type Conversation,
  type ScriptedXmpp,
} from "#testing/scripted-xmpp.ts";
import { startZone } from "#testing/scripted-zone.ts";
import { traceFor } from "#testing/trace-harness.ts";
import { untilOpen } from "#testing/opener-harness.ts";

// Traces for a name that the appliance federates itself: the connection of step 5 logs in and asks.

const lab = createCertificateLab();
const root = lab.issue({
  subject: "/CN=Root",
  issuer: null,
  extensions: ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign"],
});
const certificateFor = (name: string) => {
  const extensions = [`subjectAltName = DNS:${name}, DNS:wave.${name}`];
  const leaf = lab.issue({ subject: `/CN=${name}`, issuer: root, extensions });
  return { key: leaf.keyPem, cert: leaf.pem };
};
const acme = certificateFor("acme.example");
const ours = certificateFor("example.com");
const running: { stop: () => Promise<void> }[] = [];
after(async () => {
  for (const each of running.toReversed()) await each.stop();
  lab.close();
});

type Script = (talk: Conversation) => Promise<void> | void;

async function traceTo(
  script: Script,
  given: {
    signal?: AbortSignal;
    limits?: Partial<S2sLimits>;
    before?: (carrier: Carrier) => Promise<void>;
  } = {},
): Promise<{ trace: Trace; server: ScriptedXmpp; done: () => Promise<void> }> {
  const server = await startScriptedXmpp("127.0.16.60", script);
  const dns = await startZone("127.0.16.61", {
    "SRV _xmpp-server._tcp.acme.example": [`0 0 ${server.port} xmpp.acme.example`],
    "A xmpp.acme.example": ["127.0.16.60"],
  });
  const name = startNativeName({
    ...{ name: "wave.example.com", dns: [dns], credentials: ours, trustedRoots: [root.pem] },
    ...(given.limits === undefined ? {} : { limits: given.limits }),
  });
  running.push(server, dns, name);
  await given.before?.(name.carrier);
  const trace = await traceFor("acme.example", {
    dns: [dns],
    carrier: name.carrier,
    logins: name.logins,
    reading: "strict",
    ...(given.signal === undefined ? {} : { signal: given.signal }),
    trustedRoots: [root.pem],
  });
  return {
    trace,
    server,
    async done() {
      await name.stop();
      await untilOpen(server, 0);
    },
  };
}
type Carrier = ReturnType<typeof startNativeName>["carrier"];

const step = (trace: Trace, number: number) => trace.steps[number - 1];
const dialOf = (trace: Trace): AttemptOf<"connect"> => {
  const dial = step(trace, 5)?.attempts.find(({ kind }) => kind === "connect");
  assert.ok(dial?.kind === "connect");
  return dial;
};

/** Answers what a trace asks: no items, and that the domain itself is a wave service. */
const answersDisco = async (talk: Conversation) => {
  const lastId = (text: string) => [...text.matchAll(/<iq[^>]* id="([^"]+)"/g)].at(-1)?.[1];
  const answer = async (name: string, content: string) => {
    const id = lastId(await talk.heard(`disco#${name}`));
    const query = `<query xmlns='http://jabber.org/protocol/disco#${name}'>${content}</query>`;
    talk.say(
      `<iq from='acme.example' to='wave.example.com' type='result' id='${id}'>${query}</iq>`,
    );
  };
  await answer("items", "");
  await answer("info", "<feature var='http://waveprotocol.org/protocol/0.2/waveserver'/>");
};
/** XEP-0288: answers come back over the same stream. */
const bidi = "<bidi xmlns='urn:xmpp:features:bidi'/>";
const external: Script = async (talk) => {
  await untilFeatures(talk, "acme.example", { ...acme, requestCert: true }, offersExternal + bidi);
  await talk.heard("<auth");
  talk.say("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
  await talk.heard("</auth><?xml");
  talk.say(
    "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='acme.example' id='s2' version='1.0'><stream:features/>",
  );
  await answersDisco(talk);
};
const dialback: Script = async (talk) => {
  await untilFeatures(talk, "acme.example", acme, offersDialback + bidi);
  await talk.heard("</db:result>");
  talk.say("<db:result from='acme.example' to='wave.example.com' type='valid'/>");
  await answersDisco(talk);
};

describe("traces that log in", () => {
  for (const [by, script, secret] of [
    ["external", external, /<auth [^>]*>…<\/auth>/],
    ["dialback", dialback, /<db:result [^>]*>…<\/db:result>/],
  ] as const)
    test(`by ${by}: one connection logs in, is kept, and is asked for the services`, async () => {
      const { trace, server, done } = await traceTo(script);
      assert.deepEqual([trace.xmpp, trace.wave, trace.jid], ["reachable", "found", "acme.example"]);
      assert.equal(server.accepted(), 1, "RFC 6120 §4.5: one stream does for all of it");
      const dial = dialOf(trace);
      assert.deepEqual(dial.login, { by, isKept: true });
      assert.deepEqual(dial.phases.map(({ name, status }) => `${name} ${status}`).slice(-2), [
        "certificate ok",
        "auth ok",
      ]);
      assert.ok(
        dial.transcript.some(({ direction, xml }) => direction === "out" && secret.test(xml)),
      );
      const discos = trace.steps.flatMap(({ attempts }) =>
        attempts.filter(({ kind }) => kind === "disco"),
      );
      assert.equal(discos.length, 2);
      for (const { source, offsetMs } of discos) {
        assert.equal(source, "probe");
        assert.ok(
          offsetMs > dial.offsetMs + (dial.durationMs ?? 0) - 0.01,
          "asked after the login",
        );
      }
      await done();
    });

  test("a stream that is open already goes on, and the trace's own is closed after its login", async () => {
    const { trace, server, done } = await traceTo(dialback, {
      before: async (carrier) => {
        const request = { from: "wave.example.com", to: "acme.example", timeoutMs: 200 };
        const payload = { name: "x", namespace: "x", attributes: {}, children: [] };
        await carrier.request({ ...request, type: "get", payload });
      },
    });
    assert.deepEqual(dialOf(trace).login, { by: "dialback", isKept: false });
    assert.equal(trace.wave, "found");
    assert.equal(server.accepted(), 2);
    await untilOpen(server, 1);
    await done();
  });

  test("a refused login: step 5 fails of it, the domain is not reachable, nothing is asked", async () => {
    const { trace, server, done } = await traceTo(async (talk) => {
      await untilFeatures(talk, "acme.example", acme, offersExternal);
      await talk.heard("<auth");
      const text = "<text>no such friend</text>";
      talk.say(
        `<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/>${text}</failure>`,
      );
    });
    assert.deepEqual([trace.xmpp, trace.wave], ["unreachable", "none"]);
    assert.equal(trace.headline?.code, "auth.external_rejected");
    assert.deepEqual(trace.headline?.params, {
      ...{ domain: "acme.example", from: "wave.example.com" },
      ...{ condition: "not-authorized", text: "no such friend" },
    });
    const dial = dialOf(trace);
    assert.deepEqual([dial.status, dial.login], ["failed", null]);
    assert.equal(dial.phases.at(-1)?.name, "auth");
    assert.equal(dial.phases.at(-1)?.status, "failed");
    assert.equal(dial.message?.code, "auth.external_rejected");
    assert.equal(step(trace, 5)?.status, "failed");
    assert.deepEqual(step(trace, 6)?.because, { code: "auth.external_rejected", step: 5 });
    await untilOpen(server, 0);
    await done();
  });

  test("a trace that is cancelled in the login leaves nothing open", async () => {
    const controller = new AbortController();
    const { trace, server, done } = await traceTo(
      async (talk) => {
        await untilFeatures(talk, "acme.example", acme, offersExternal);
        await talk.heard("<auth");
        controller.abort();
      },
      { signal: controller.signal },
    );
    assert.deepEqual([trace.state, trace.xmpp], ["cancelled", "unknown"]);
    await untilOpen(server, 0);
    await done();
  });

  for (const [name, script] of [
    ["says nothing", () => {}],
    ["hangs up", (talk: Conversation) => void talk.socket.end()],
    ["resets the connection", (talk: Conversation) => void talk.socket.destroy()],
    ["sends what is no XMPP", (talk: Conversation) => talk.say("<a></b>")],
  ] as const)
    test(`a server that ${name} in the login ends it, in time, and nothing stays open`, async () => {
      const startedAt = performance.now();
      const { trace, server, done } = await traceTo(
        async (talk) => {
          await untilFeatures(talk, "acme.example", acme, offersExternal);
          await talk.heard("<auth");
          script(talk);
        },
        { limits: { loginMs: 500 } },
      );
      assert.equal(trace.xmpp, "unreachable");
      assert.equal(step(trace, 5)?.status, "failed");
      assert.ok(performance.now() - startedAt < 5_000);
      await untilOpen(server, 0);
      await done();
    });
});
