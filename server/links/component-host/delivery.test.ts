import assert from "node:assert/strict";
import { test } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { buildResult } from "#protocol/xmpp/stanza.ts";
import { ids, message, name, outgoing, startHost } from "#testing/hosted-components.ts";
import { componentHeader, until } from "#testing/raw-component.ts";

test("a component that is away: stanzas wait, come in order when it is back, and are bounced when it is not", async () => {
  const { service, attach, bounced } = startHost({ limits: { absenceMs: 150 } });
  assert.equal(service.deliver(name, message("1")), "taken");
  assert.equal(service.deliver(name, message("2")), "taken");
  const component = await attach();
  assert.equal(service.deliver(name, message("3")), "taken");
  await until(() => ids(component).length === 3);
  assert.deepEqual(ids(component), ["1", "2", "3"]);
  component.socket.destroy();
  await until(() => service.statuses()[0]?.instances === 0);
  assert.equal(service.deliver(name, message("4")), "taken");
  await until(() => bounced.length === 1);
  assert.deepEqual(bounced, [{ id: "4", condition: "remote-server-timeout" }]);
  assert.equal(
    service.deliver(name, message("5")),
    "absent",
    "who is away for long is not waited for",
  );
  assert.equal(service.deliver("other.example.com" as Domain, message("6")), "absent");
});

test("what waits for a component that is away is bounded by number and by size", () => {
  const { service } = startHost({ limits: { maxParkedStanzas: 3, maxParkedLength: 2000 } });
  const outcomes = [1, 2, 3, 4].map((id) => service.deliver(name, message(`${id}`)));
  assert.deepEqual(outcomes, ["taken", "taken", "taken", "absent"]);
  const { service: other } = startHost({ limits: { maxParkedStanzas: 3, maxParkedLength: 2000 } });
  assert.equal(other.deliver(name, message("1", undefined, "x".repeat(3000))), "absent");
});

test("several instances of one name: each sender has one of them, in order, and only the lost one's change over", async () => {
  const { service, attach } = startHost();
  const instances = [await attach(), await attach(), await attach()];
  const senders = Array.from({ length: 60 }, (_, index) => `user${index}@acmewave.com`);
  /** Which instance has each sender's stanzas of that round. */
  const who = (round: string) =>
    new Map(
      instances.flatMap((one, index) =>
        one
          .elements()
          .filter((stanza) => stanza.attributes["id"] === round)
          .map((stanza): [string, number] => [
            stanza.attributes["from"]?.split("/")[0] ?? "",
            index,
          ]),
      ),
    );
  const total = () => instances.reduce((sum, one) => sum + ids(one).length, 0);
  for (const round of [0, 1, 2])
    for (const sender of senders)
      service.deliver(name, message(`${round}`, `${sender}/${round === 1 ? "phone" : "desk"}`));
  await until(() => total() === 180);
  const before = who("2");
  assert.equal(before.size, 60);
  for (const instance of instances) {
    assert.ok(ids(instance).length >= 21, `${ids(instance).length} of 180`);
    for (const sender of senders) {
      const rounds = instance
        .elements()
        .filter((stanza) => stanza.attributes["from"]?.startsWith(`${sender}/`))
        .map((stanza) => stanza.attributes["id"]);
      assert.ok(rounds.length === 0 || rounds.join("") === "012", rounds.join(""));
    }
  }
  instances[1]?.socket.destroy();
  await until(() => service.statuses()[0]?.instances === 2);
  for (const sender of senders) service.deliver(name, message("3", `${sender}/desk`));
  await until(() => total() === 240);
  const afterwards = who("3");
  for (const sender of senders)
    if (before.get(sender) !== 1) assert.equal(afterwards.get(sender), before.get(sender), sender);
    else assert.notEqual(afterwards.get(sender), 1);
});

test("a component that does not read: what waits is bounded, and bounced when it is killed; nothing twice", async () => {
  const { service, attach, bounced } = startHost({ limits: { maxQueuedLength: 200_000 } });
  const component = await attach();
  component.socket.pause();
  const body = "x".repeat(10_000);
  let sent = 0;
  let standing = { stanzas: 0, beats: 0 };
  await until(() => {
    while (service.deliver(name, message(`${sent}`, undefined, body)) === "taken") sent++;
    const stanzas = service.instances("link-1")[0]?.queuedStanzas ?? 0;
    const isSame = stanzas === standing.stanzas;
    standing = { stanzas, beats: isSame ? standing.beats + 1 : 0 };
    // Nothing moves any more: the system's own buffers are full as well.
    return standing.beats > 20;
  });
  assert.ok(standing.stanzas >= 19, `${standing.stanzas} wait`);
  component.socket.destroy();
  await until(() => bounced.length > 0);
  assert.ok(bounced.every(({ condition }) => condition === "remote-server-timeout"));
  const lost = new Set(bounced.map(({ id }) => id));
  assert.equal(lost.size, bounced.length, "each once");
  assert.ok(lost.has(`${sent - 1}`), "the last one cannot have been handed over");
});

test("a stalled component is given up, the others of its name are served meanwhile", async () => {
  const { service, attach, bounced } = startHost({
    limits: { stallMs: 100, keepaliveMs: 50, maxQueuedLength: 50_000_000 },
  });
  const component = await attach();
  component.socket.pause();
  const body = "x".repeat(100_000);
  for (let index = 0; index < 200; index++)
    service.deliver(name, message(`${index}`, undefined, body));
  await until(() => service.statuses()[0]?.lastError?.code === "hosted.stalled");
  await until(() => bounced.length > 0 && service.statuses()[0]?.instances === 0);
});

test("XEP-0199 §4.2: a component that used to answer pings and no longer does is dead; one that never did is not", async () => {
  const limits = { idleMs: 40, pingMs: 40, keepaliveMs: 20 };
  const { service, attach } = startHost({ limits });
  const mute = await attach();
  const lively = await attach();
  let isLively = true;
  let answered = 0;
  lively.socket.on("data", () => {
    const pings = lively.elements().filter((one) => one.name === "iq");
    for (; isLively && answered < pings.length; answered++) {
      const ping = pings[answered];
      assert(ping);
      const { id, from, to } = buildResult(ping).attributes;
      lively.say(`<iq type='result' id='${id}' from='${from}' to='${to}'/>`);
    }
  });
  await until(() => answered >= 3);
  assert.equal(service.statuses()[0]?.instances, 2);
  isLively = false;
  await until(lively.isClosed);
  assert.match(lively.heard(), /<connection-timeout /);
  assert.equal(service.statuses()[0]?.lastError?.code, "hosted.silent");
  assert.equal(mute.isClosed(), false);
  assert.match(mute.heard(), / {2}|\/> /, "kept warm by spaces");
});

test("more instances than the limit: conflict", async () => {
  const { attach, connect, statuses } = startHost({ limits: { maxInstancesPerName: 1 } });
  await attach();
  const second = await connect();
  second.say(componentHeader(name));
  await until(second.isClosed);
  assert.match(second.heard(), /from="rooms\.example\.com".*<conflict /);
  assert.equal(statuses.at(-1)?.lastError?.code, "hosted.too_many");
});

test("one instance is closed by hand; stop says system-shutdown", async () => {
  const { service, attach } = startHost();
  const [first, second] = [await attach(), await attach()];
  const id = service.instances("link-1")[0]?.id ?? "";
  assert.equal(service.close("nobody"), false);
  assert.equal(service.close(id), true);
  await until(first.isClosed);
  assert.match(first.heard(), /<handshake\/><\/stream:stream>$/);
  await service.stop();
  await until(second.isClosed);
  assert.match(second.heard(), /<system-shutdown /);
});

test("a bug in what handles a stanza does not end the stream", async () => {
  let count = 0;
  const { attach, bugs } = startHost({
    onStanza: () => {
      count++;
      throw new Error("bug");
    },
  });
  const component = await attach();
  for (const id of [1, 2])
    component.say(outgoing(`from='lobby@${name}' to='kim@acmewave.com' id='${id}'`));
  await until(() => count === 2);
  assert.equal(bugs.length, 2);
  assert.equal(component.isClosed(), false);
});
