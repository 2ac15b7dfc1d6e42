import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { openTestApp } from "#testing/app.ts";

test(
  "closing does not wait for a client that never finishes its request",
  {
    timeout: 30_000,
  },
  async () => {
    const { app } = await openTestApp();
    await app.listen({ host: "127.0.0.1", port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const halfHeader = connect(port, "127.0.0.1");
    halfHeader.write("GET /healthz HTTP/1.1\r\nHost: ");
    const halfBody = connect(port, "127.0.0.1");
    halfBody.write(
      "POST /api/v1/session HTTP/1.1\r\nHost: x\r\ncontent-type: application/json\r\n",
    );
    halfBody.write('content-length: 100\r\n\r\n{"name');
    const clients = [halfHeader, halfBody];
    const cut = clients.map((client) => once(client.on("error", () => {}).resume(), "close"));
    await Promise.all(clients.map((client) => once(client, "connect")));
    // Both requests have begun when a whole one after them is answered.
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);

    await app.close();
    await Promise.all(cut);
  },
);
