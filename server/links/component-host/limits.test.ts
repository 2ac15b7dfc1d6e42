import assert from "node:assert/strict";
import { test } from "node:test";
import { ids, message, name, outgoing, startHost } from "#testing/hosted-components.ts";
import { componentHeader, until } from "#testing/raw-component.ts";

test("RFC 6120 §13.12: a limit that is changed counts at once, for who is connected, too", async () => {
  const { service, attach, connect, stanzas, refused } = startHost();
  const component = await attach();
  service.limit({ maxInstancesPerName: 1, maxStanzaBytes: 1_000 });
  const second = await connect();
  second.say(componentHeader(name));
  await until(second.isClosed);
  assert.match(second.heard(), /<conflict /);
  const large = outgoing(`from='lobby@${name}' to='a@b.example' id='${"1".repeat(1_500)}'`);
  component.say(large);
  await until(() => refused.length === 1);
  service.limit({ maxInstancesPerName: 2, maxStanzaBytes: 10_000 });
  component.say(large);
  await until(() => stanzas.length === 1);
  const third = await attach();
  assert.equal(third.isClosed(), false);
});

test("RFC 6120 §13.12: who connects too often in a minute is closed at once", async () => {
  const { service, attach, connect } = startHost();
  await attach();
  service.limit({ maxAttemptsPerMinute: 2 });
  await attach();
  const third = await connect();
  await until(third.isClosed);
  assert.equal(third.heard(), "");
  service.limit({ maxAttemptsPerMinute: 10 });
  await attach();
});

for (const { what, body } of [
  { what: "taken", body: "1" },
  { what: "refused", body: "1".repeat(1_000) },
])
  test(`a component whose stanzas are ${what} and come faster than they may is read slower, loses nothing, and is not taken for dead`, async () => {
    const { attach, stanzas, refused, statuses } = startHost({
      limits: {
        maxStanzaBytes: 900,
        stanzasPerSecond: 100,
        idleMs: 50,
        pingMs: 50,
        keepaliveMs: 50,
      },
    });
    const component = await attach();
    const addresses = `from='lobby@${name}' to='a@b.example'`;
    const stanza = `<message ${addresses}><body>${body}</body></message>`;
    const came = () => stanzas.length + refused.length;
    const began = performance.now();
    // A burst of five seconds is free; a hundred beyond it are a second's worth.
    component.say(stanza.repeat(600));
    await until(() => came() === 600);
    component.say(stanza);
    await until(() => came() === 601);
    assert(performance.now() - began > 500, `${performance.now() - began} ms`);
    assert.equal(refused.length === 0, what === "taken");
    assert.equal(statuses.at(-1)?.instances, 1);
  });

test("how long, and how much, is kept for a component that has gone can be changed", async () => {
  const { service, attach, bounced } = startHost();
  service.limit({ absenceMs: 60_000, maxParkedStanzas: 1 });
  const component = await attach();
  component.socket.destroy();
  await until(() => service.instances("link-1").length === 0);
  assert.equal(service.deliver(name, message("1")), "taken");
  assert.equal(service.deliver(name, message("2")), "absent");
  service.limit({ maxParkedStanzas: 2 });
  assert.equal(service.deliver(name, message("3")), "taken");
  const back = await attach();
  await until(() => ids(back).length === 2);
  assert.deepEqual([ids(back), bounced], [["1", "3"], []]);
});

test("RFC 6120 §13.12: a component that has its errors pointed out and does not read them is ended", async () => {
  const { attach, statuses } = startHost({ limits: { maxQueuedLength: 50_000 } });
  const component = await attach();
  component.socket.pause();
  const unaddressed = "<message/>".repeat(1_000);
  for (let sent = 0; !component.socket.destroyed; sent += unaddressed.length) {
    assert.ok(sent < 5_000_000, "all of it is kept");
    await new Promise((resolve) => component.socket.write(unaddressed, resolve));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => statuses.at(-1)?.instances === 0);
  assert.equal(statuses.at(-1)?.lastError?.code, "hosted.stalled");
});
