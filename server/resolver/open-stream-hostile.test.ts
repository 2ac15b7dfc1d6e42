import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import { startDeafListener } from "#testing/deaf-listener.ts";
import {
  createOpenerHarness,
  expectOpened,
  failureOf,
  type OpenWish,
  untilOpen,
} from "#testing/opener-harness.ts";
import { header, honest, offersTls, proceed, type Conversation } from "#testing/scripted-xmpp.ts";
import type { Zone } from "#testing/scripted-zone.ts";

// Given up at every phase, raced by two addresses, worn down by servers that stall: nothing stays open.

const harness = createOpenerHarness({ dns: "127.0.16.55", server: "127.0.16.8" });
const { listen, open, openTo } = harness;
const lab = createCertificateLab();
const leaf = lab.issue({
  subject: "/CN=acme.example",
  issuer: null,
  extensions: ["subjectAltName = DNS:acme.example"],
});
const acme = { key: leaf.keyPem, cert: leaf.pem };
after(async () => {
  await harness.stop();
  lab.close();
});
const srv = "SRV _xmpp-server._tcp.acme.example";

/** TCP connections of this process: those of the scripted servers too. */
const connections = () =>
  process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length;
async function untilNoMoreThan(before: number): Promise<void> {
  const until = performance.now() + 3_000;
  while (connections() > before) {
    assert.ok(performance.now() < until, `${connections()} connections, ${before} before`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe("given up", () => {
  const stalls: Record<string, (talk: Conversation, reached: () => void) => Promise<void> | void> =
    {
      "before a byte of the header": (_talk, reached) => reached(),
      "after the header": (talk, reached) => {
        talk.say(header("acme.example"));
        reached();
      },
      "after STARTTLS was asked for": async (talk, reached) => {
        talk.say(header("acme.example") + offersTls);
        await talk.heard("<starttls");
        reached();
      },
      "in the TLS handshake": async (talk, reached) => {
        talk.say(header("acme.example") + offersTls);
        await talk.heard("<starttls");
        talk.socket.once("data", reached);
        talk.say(proceed);
      },
      "after TLS, before the features": async (talk, reached) => {
        talk.say(header("acme.example") + offersTls);
        await talk.heard("<starttls");
        talk.say(proceed);
        await talk.secure(acme);
        await talk.heard("<stream:stream");
        talk.say(header("acme.example"));
        reached();
      },
    };
  for (const [name, script] of Object.entries(stalls))
    test(`${name}: it ends at once and nothing is open`, async () => {
      const before = connections();
      const controller = new AbortController();
      let givenUpAt = 0;
      const { end, server } = await openTo(
        (talk) =>
          script(talk, () => {
            givenUpAt = performance.now();
            controller.abort();
          }),
        { request: { signal: controller.signal } },
      );
      assert.equal(end.kind, "failed");
      assert.ok(givenUpAt > 0 && performance.now() - givenUpAt < 500);
      await untilOpen(server, 0);
      await untilNoMoreThan(before);
    });

  test("before it began, while names are looked up, and in TCP's handshake", async () => {
    const deaf = await startDeafListener("127.0.16.9");
    after(deaf.stop);
    const unanswered: Zone = { [srv]: "silent" };
    const silent: Zone = {
      [srv]: [`0 0 ${deaf.port} xmpp.acme.example`],
      "A xmpp.acme.example": ["127.0.16.9"],
    };
    for (const [zone, delayMs, expected] of [
      [silent, 0, "remote-server-timeout dns.timeout"],
      [unanswered, 100, "remote-server-timeout dns.timeout"],
      [silent, 300, "remote-server-timeout tcp.timeout"],
    ] as const) {
      const before = connections();
      const controller = new AbortController();
      if (delayMs === 0) controller.abort();
      else setTimeout(() => controller.abort(), delayMs);
      const startedAt = performance.now();
      const end = await open(zone, { request: { signal: controller.signal } });
      assert.equal(failureOf(end), expected);
      assert.ok(performance.now() - startedAt < delayMs + 1_000);
      await untilNoMoreThan(before);
    }
  });

  test("in the very moment of success: the stream is closed and not handed to nobody", async () => {
    const controller = new AbortController();
    const connector: NonNullable<OpenWish["connector"]> = (real) => ({
      async open(work, options) {
        const opening = await real.open(work, options);
        queueMicrotask(() => queueMicrotask(() => controller.abort()));
        return opening;
      },
    });
    const { end, server } = await openTo(honest("acme.example", acme), {
      connector,
      request: { signal: controller.signal },
    });
    if (end.kind === "opened") end.socket.destroy();
    await untilOpen(server, 0);
    assert.ok(controller.signal.aborted);
  });
});

describe("races", () => {
  /** All that are dialled reach their features at the same time, and look as if in TCP until then. */
  const deadHeat = (count: number): NonNullable<OpenWish["connector"]> => {
    let ready = 0;
    let release: () => void = () => {};
    const all = new Promise<void>((resolve) => (release = resolve));
    return (real) => ({
      async open(work, options) {
        const opening = await real.open(work, { ...options, onProgress: () => {} });
        ready += 1;
        if (ready === count) release();
        await all;
        return opening;
      },
    });
  };

  test("RFC 8305 §5: two addresses that are ready at once leave one socket, the first one's", async () => {
    const first = await listen(honest("acme.example", acme));
    const second = await listen(honest("acme.example", acme), {
      address: "127.0.16.10",
      port: first.port,
    });
    const zone = {
      [srv]: [`0 0 ${first.port} xmpp.acme.example`],
      "A xmpp.acme.example": ["127.0.16.8", "127.0.16.10"],
    };
    const stream = expectOpened(await open(zone, { connector: deadHeat(2) }));
    assert.deepEqual([first.accepted(), second.accepted()], [1, 1]);
    const [winner, loser] = stream.address === "127.0.16.8" ? [first, second] : [second, first];
    await untilOpen(loser, 0);
    assert.equal(winner.open(), 1);
    stream.socket.destroy();
  });

  test("RFC 2782: a later record's stream waits for the earlier one, and is closed when that one wins", async () => {
    const slow = async (talk: Conversation) => {
      await talk.wait(1_500);
      return honest("acme.example", acme)(talk);
    };
    const fast = honest("acme.example", acme);
    for (const [script, expected] of [
      [slow, "a.acme.example"],
      [
        (talk: Conversation) => void setTimeout(() => talk.socket.destroy(), 1_500),
        "b.acme.example",
      ],
    ] as const) {
      const first = await listen(script);
      const second = await listen(fast);
      const zone = {
        [srv]: [`1 0 ${first.port} a.acme.example`, `2 0 ${second.port} b.acme.example`],
        "A a.acme.example": ["127.0.16.8"],
        "A b.acme.example": ["127.0.16.8"],
      };
      const inTcp: NonNullable<OpenWish["connector"]> = (real) => ({
        open: (work, options) => real.open(work, { ...options, onProgress: () => {} }),
      });
      const stream = expectOpened(await open(zone, { connector: inTcp }));
      assert.equal(stream.host, expected);
      assert.deepEqual([first.accepted(), second.accepted()], [1, 1]);
      const loser = expected === "a.acme.example" ? second : first;
      await untilOpen(loser, 0);
      stream.socket.destroy();
    }
  });

  test("RFC 8305 §5: an address that drops everything costs a quarter of a second, and its socket goes", async () => {
    const deaf = await startDeafListener("127.0.16.11");
    after(deaf.stop);
    const server = await listen(honest("acme.example", acme), { port: deaf.port });
    const before = connections();
    const zone = {
      [srv]: [`0 0 ${deaf.port} xmpp.acme.example`],
      "A xmpp.acme.example": ["127.0.16.11", "127.0.16.8"],
    };
    const startedAt = performance.now();
    const stream = expectOpened(await open(zone));
    assert.equal(stream.address, "127.0.16.8");
    assert.ok(performance.now() - startedAt < 2_000);
    stream.socket.destroy();
    await untilOpen(server, 0);
    await untilNoMoreThan(before);
  });
});

describe("stalling servers", () => {
  test("sixteen addresses that take the connection and say nothing: the whole ends in time", async () => {
    const servers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => listen(() => {}, { address: `127.0.16.${100 + i}` })),
    );
    const zone: Zone = Object.fromEntries([
      [srv, servers.map(({ port }, i) => `${i} 0 ${port} h${i}.acme.example`)],
      ...servers.map(({ address }, i) => [`A h${i}.acme.example`, [address]]),
    ]);
    const before = connections();
    const startedAt = performance.now();
    const timeouts = { tcpMs: 300, phaseMs: 300, wholeMs: 600 };
    const end = await open(zone, { timeouts, deadlineMs: 1_500 });
    assert.equal(failureOf(end), "remote-server-timeout stream.timeout");
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs > 1_400 && tookMs < 2_500, String(tookMs));
    for (const server of servers) await untilOpen(server, 0);
    await untilNoMoreThan(before);
  });

  test("one that stalls for longer than the whole time given is named, with the phase it stalled in", async () => {
    const { end, server } = await openTo(() => {}, { deadlineMs: 400 });
    assert.ok(end.kind === "failed");
    assert.equal(end.finding.code, "stream.timeout");
    assert.equal(end.finding.params["phase"], "stream");
    await untilOpen(server, 0);
  });
});
