import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { against, connectionsOf } from "../../testing/x2x-pair.ts";

const closeMs = 300;

for (const compression of ["none", "deflate"] as const)
  test(`RFC 9293 §3.6: for a peer that says FIN and reads no more nothing is kept for long (${compression})`, async () => {
    const sockets: Socket[] = [];
    const codes: (string | undefined)[] = [];
    const us = await against(
      (socket) => {
        if (sockets.push(socket) > 1) return;
        socket.on("data", () => socket.pause());
        socket.on("error", ({ code }: NodeJS.ErrnoException) => codes.push(code));
      },
      { compression, maxStanzaBytes: 16_777_216 },
      { limits: { closeMs, earlyMs: 0, maxQueuedBytes: 64 * 1024 * 1024 } },
    );
    const text = Array.from({ length: 1_200_000 }, () => Math.random().toString(36)).join("");
    us.send("ship.example", "shore.example", "1", text.slice(0, 15_000_000));
    await us.until("the connection", () => sockets.length === 1);
    await us.until("no more taken", () => (connectionsOf(us)[0]?.waitingBytes ?? 0) > 0);
    const [first = assert.fail()] = sockets;
    const finished = once(first, "finish");
    first.end();
    await finished;
    await us.until("it is lost", () => us.bounced.length === 1);
    // Meanwhile it reads nothing, and so sees nothing of a reset.
    const due = performance.now() + closeMs * 3;
    await us.until("the time is over", () => performance.now() > due);
    first.resume();
    await us.until("its end", () => first.closed);
    assert.deepEqual(codes, ["ECONNRESET"]);
  });
