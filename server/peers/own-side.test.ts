import assert from "node:assert/strict";
import { test } from "node:test";
import type { Evidence } from "./observation.ts";
import {
  LINK_GRACE_MS,
  newNetworkWatch,
  type OwnLink,
  readOwnSide,
  watchNetwork,
} from "./own-side.ts";

const now = new Date("2026-11-21T03:12:00.000Z");
const long = new Date(now.getTime() - LINK_GRACE_MS);
const link = (name: string, nodeId: string | null = null): OwnLink => ({
  name,
  isAttached: nodeId !== null,
  nodeId,
  lastError: null,
});

test("links decide whether this appliance can look at peers", () => {
  const rows: [OwnLink[], Date, string][] = [
    [[], long, "able"],
    [[link("a.example", "me")], long, "able"],
    [[link("a.example", "me"), link("b.example")], long, "able"],
    [[link("a.example", "other")], long, "standby"],
    [[link("a.example", "other"), link("b.example", "me")], long, "able"],
    // A reload of the XMPP server is no outage.
    [[link("a.example")], now, "waiting"],
    [[link("a.example")], long, "down"],
    [[link("a.example"), link("b.example")], long, "down"],
  ];
  for (const [links, since, kind] of rows) {
    const firstSeenGone = new Map(links.map(({ name }) => [name, since]));
    const { side } = readOwnSide(links, { nodeId: "me", now, firstSeenGone });
    assert.equal(side.kind, kind, JSON.stringify(links));
  }
});

test("each link that is gone for long is named, with its own reason", () => {
  const refused = { code: "link.refused", params: {}, owner: "us", severity: "error" } as const;
  const { down, side } = readOwnSide(
    [{ ...link("a.example"), lastError: refused }, link("b.example", "me"), link("c.example")],
    { nodeId: "me", now, firstSeenGone: new Map([["a.example", long]]) },
  );
  assert.equal(side.kind, "able");
  assert.deepEqual(
    down.map(({ name, cause }) => [name, cause.code]),
    [["a.example", "link.refused"]],
  );
});

/** `peer:evidence` each second; the events with the second at which they came. */
function play(
  watched: number,
  script: readonly [peer: string, evidence: Evidence, isDead?: boolean][],
) {
  let watch = newNetworkWatch(0);
  const events: string[] = [];
  const suspects: string[] = [];
  for (const [index, [peerId, evidence, isDead]] of script.entries()) {
    const second = index + 1;
    const wasHeard = isDead !== true;
    const seen = { peerId, evidence, wasHeard, watched, now: second * 1_000 };
    const news = watchNetwork(watch, seen);
    watch = news.watch;
    if (news.event !== null) events.push(`${news.event}@${second}`);
    if (news.isSuspect) suspects.push(peerId);
  }
  return { watch, events, suspects };
}
const silence = (...peers: string[]) => peers.map((peer): [string, Evidence] => [peer, "silence"]);

test("a majority that falls silent with nobody heard is our own outage, until somebody is heard", () => {
  const { events } = play(6, [
    ...silence("a", "b", "c", "d", "e", "f"),
    ["a", "silence"],
    ["b", "heard"],
  ]);
  assert.deepEqual(events, ["went_down@5", "came_up@8"]);
});

test("one silent peer among answering ones is its own outage", () => {
  const { events, watch } = play(6, [
    ...silence("a", "a", "a", "a", "a", "a", "a", "a"),
    ["b", "heard"],
    ...silence("a"),
  ]);
  assert.deepEqual(events, []);
  assert.deepEqual(watch.silent, ["a"]);
});

test("peers that were silent long before say nothing about us", () => {
  const dead = ["a", "b", "c", "d", "e", "f"].map((peer): [string, Evidence, boolean] => [
    peer,
    "silence",
    true,
  ]);
  const { events, suspects } = play(6, [...dead, ...dead]);
  assert.deepEqual([events, suspects], [[], []]);
});

test("a failure is held back while it may be ours, but not for ever", () => {
  const { suspects } = play(4, [...silence("a", "b")]);
  assert.deepEqual(suspects, ["a", "b"]);
  let watch = watchNetwork(newNetworkWatch(0), {
    peerId: "a",
    evidence: "silence",
    wasHeard: true,
    watched: 4,
    now: 1_000,
  }).watch;
  const again = watchNetwork(watch, {
    peerId: "a",
    evidence: "silence",
    wasHeard: false,
    watched: 4,
    now: 100_000,
  });
  assert.equal(again.isSuspect, false);
  watch = again.watch;
  assert.equal(watch.downSince, null);
});

test("with a single peer nobody can tell whose fault silence is: it counts as the peer's", () => {
  const { events, suspects } = play(1, silence("a", "a", "a", "a", "a", "a", "a"));
  assert.deepEqual([events, suspects], [[], []]);
});

test("of thousands, ten new silences without an answer between are enough", () => {
  const peers = Array.from({ length: 12 }, (_, index) => `p${index}`);
  assert.deepEqual(play(5_000, silence(...peers)).events, ["went_down@10"]);
});
