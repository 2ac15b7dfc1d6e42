import assert from "node:assert/strict";
import { test } from "node:test";
import { createLive, type Live, type StreamHandlers } from "./live.ts";

/** A tab with a clock of its own, a stream that the test speaks on, and an appliance that it describes. */
function tab() {
  const refetched: string[][] = [];
  const timers = new Map<number, { at: number; run: () => void }>();
  let now = 0;
  let lastTimer = 0;
  let stream: StreamHandlers | null = null;
  let opened = 0;
  const world = {
    isHidden: false,
    health: "ok" as "ok" | "database" | "unreachable",
    refetched,
    opened: () => opened,
    speak: (): StreamHandlers => {
      if (stream === null) throw new Error("no stream is open");
      return stream;
    },
    /** Runs what is due within the next milliseconds, letting promises settle in between. */
    pass: async (ms: number): Promise<void> => {
      const end = now + ms;
      for (;;) {
        await settle();
        const [due] = [...timers]
          .filter(([, one]) => one.at <= end)
          .toSorted((a, b) => a[1].at - b[1].at);
        if (due === undefined) break;
        timers.delete(due[0]);
        now = Math.max(now, due[1].at);
        due[1].run();
      }
      now = end;
      await settle();
    },
    settle,
  };
  const live: Live = createLive({
    open(handlers) {
      opened += 1;
      stream = handlers;
      return () => {
        if (stream === handlers) stream = null;
      };
    },
    probe: () => Promise.resolve(world.health),
    refetch: (resources) => refetched.push([...resources].toSorted()),
    later(delayMs, run) {
      lastTimer += 1;
      const id = lastTimer;
      timers.set(id, { at: now + delayMs, run });
      return () => timers.delete(id);
    },
    random: () => 1,
    now: () => now,
    isHidden: () => world.isHidden,
  });
  live.start();
  return { live, ...world, world };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

test("changes that come together are refetched together, each once", async () => {
  const { live, pass, speak, refetched } = tab();
  speak().onHello();
  assert.equal(live.state().kind, "live");
  for (const resource of ["peers", "traces/1", "peers"]) speak().onChanged(resource);
  await pass(1_000);
  assert.deepEqual(refetched, [["peers", "traces/1"]]);
});

test("a hidden tab remembers what changed and refetches it when it is shown", async () => {
  const { live, pass, speak, refetched, world } = tab();
  speak().onHello();
  world.isHidden = true;
  speak().onChanged("peers");
  await pass(60_000);
  assert.deepEqual(refetched, []);
  world.isHidden = false;
  live.wake();
  await pass(1_000);
  assert.deepEqual(refetched, [["peers"]]);
});

test("an open dialog holds refetches back; holds add up, and one is given back once only", async () => {
  const { live, pass, speak, refetched } = tab();
  speak().onHello();
  const [first, second] = [live.hold(), live.hold()];
  speak().onChanged("peers");
  first();
  first();
  await pass(1_000);
  assert.deepEqual(refetched, []);
  second();
  await pass(1_000);
  assert.deepEqual(refetched, [["peers"]]);
});

test("a lost stream is told, tried again from 1 to 30 s apart, and followed by a full refetch", async () => {
  const { live, pass, speak, opened, refetched } = tab();
  speak().onHello();
  const gaps: number[] = [];
  for (let attempt = 1; attempt <= 8; attempt += 1) {
    speak().onLost();
    await pass(0);
    assert.deepEqual([live.state().kind, opened()], ["lost", attempt]);
    let waited = 0;
    while (opened() === attempt) {
      await pass(500);
      waited += 500;
    }
    gaps.push(waited);
  }
  assert.deepEqual(gaps, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  speak().onHello();
  await pass(1_000);
  assert.equal(live.state().kind, "live");
  assert.deepEqual(refetched.at(-1), ["*"]);
});

test("a refused stream may be a session that has ended: who is signed in is asked for", async () => {
  const { pass, speak, refetched } = tab();
  speak().onLost();
  await pass(200);
  assert.deepEqual(refetched, [["session"]]);
});

test("the database's loss is another thing than the connection's, and its return is noticed", async () => {
  const { live, pass, speak, world, refetched } = tab();
  speak().onHello();
  world.health = "database";
  live.suspectDatabase();
  await pass(0);
  const state = live.state();
  assert.ok(state.kind === "lost" && state.cause === "database");
  world.health = "ok";
  await pass(20_000);
  assert.equal(live.state().kind, "live");
  assert.deepEqual(refetched.at(-1), ["*"]);
});

test("a loss that nothing asked about is found by the probe", async () => {
  const { live, pass, speak, world } = tab();
  speak().onHello();
  world.health = "unreachable";
  await pass(15_000);
  const state = live.state();
  assert.ok(state.kind === "lost" && state.cause === "unreachable");
});

test("a paused page stays as it is; resumed, it catches up", async () => {
  const { live, pass, speak, refetched } = tab();
  speak().onHello();
  live.setPaused(true);
  speak().onChanged("peers");
  await pass(5_000);
  assert.deepEqual([live.state().kind, refetched], ["paused", []]);
  live.setPaused(false);
  await pass(1_000);
  assert.deepEqual([live.state().kind, refetched], ["live", [["peers"]]]);
});

test("a network that is back does not wait for the next attempt", async () => {
  const { live, pass, speak, opened } = tab();
  speak().onHello();
  for (let attempt = 0; attempt < 5; attempt += 1) {
    speak().onLost();
    await pass(0);
    live.wake();
  }
  assert.equal(opened(), 6);
});

test("a stopped feed opens nothing and refetches nothing any more", async () => {
  const { live, pass, speak, opened, refetched } = tab();
  speak().onHello();
  speak().onChanged("peers");
  live.stop();
  await pass(120_000);
  assert.deepEqual([opened(), refetched], [1, []]);
});
