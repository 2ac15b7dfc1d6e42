import assert from "node:assert/strict";
import { test } from "node:test";
import type { ManagedLink } from "#links/link.ts";
import { message, name, secret } from "#testing/hosted-components.ts";
import { primitives } from "../../primitives.ts";
import { createHostedLinks } from "./hosted-links.ts";

test("RFC 6120 §10.4: what waits for a component whose link is stopped goes back while the link can still send", async () => {
  const told: string[] = [];
  let isStopped = false;
  const native: ManagedLink = {
    id: "link-1",
    kind: "hosted",
    name,
    neighbour: "native",
    isEncrypted: true,
    status: () => ({
      state: "attached",
      since: new Date(),
      lastError: null,
      attempts: 0,
      nextAttemptAt: null,
    }),
    send: () => ({ kind: "down" }),
    start() {},
    async stop() {
      isStopped = true;
    },
    hurry() {},
  };
  const hosted = createHostedLinks({
    primitives,
    router: {
      submit: () => assert.fail(),
      discard: () => assert.fail(),
      undelivered(link, { attributes }, condition) {
        assert.ok(!isStopped);
        told.push(`${link.id} ${attributes["id"]} ${condition}`);
      },
    },
    tls: () => null,
    newId: () => "id",
    now: () => new Date(),
    onBug: (error) => assert.fail(String(error)),
  });
  const link = hosted.attach(
    () => native,
    secret,
    () => {},
  );
  link.start();
  assert.equal(hosted.deliver(name, message("1")), "taken");
  await link.stop();
  assert.deepEqual(told, ["link-1 1 remote-server-timeout"]);
  assert.equal(hosted.deliver(name, message("2")), "absent");
  assert.equal(hosted.isHeld("link-1"), false);
  await hosted.stop();
});
