import assert from "node:assert/strict";
import { test } from "node:test";
import {
  beginFor,
  connectIn,
  runIn,
  waveService,
  type DiscoAnswer,
  type Run,
  type Server,
  type World,
} from "#testing/resolution-world.ts";
import { drawFrom } from "./srv.ts";

// Random internets: whatever they say and however slowly, the machine ends, and the speed of the
// answers changes neither the path of steps nor the verdicts.

const domain = "acme.example";
const hosts = ["a.example", "b.example", domain, `wave.${domain}`];
const worlds = 500;

function randomWorld(seed: number): { world: World; speeds: (seed: number) => World } {
  const draw = drawFrom(seed);
  const pick = <T>(...options: readonly T[]): T => options[draw(options.length - 1)] as T;
  const outcome = () => pick("nxdomain", "nodata", "servfail", "timeout", "malformed", "refused");
  const dns: Record<string, { data?: string[]; outcome?: ReturnType<typeof outcome> }> = {};
  for (const name of [domain, `wave.${domain}`])
    for (const service of ["_xmpp-server", "_xmpps-server"]) {
      const data = Array.from({ length: draw(2) }, () =>
        pick(
          "0 0 0 .",
          `${draw(2)} ${draw(3)} 5269 ${pick(...hosts)}.`,
          `1 0 25 a.example.`,
          "1 0 5269 192.0.2.1.",
        ),
      );
      dns[`SRV ${service}._tcp.${name}`] = data.length > 0 ? { data } : { outcome: outcome() };
    }
  for (const host of hosts) {
    if (draw(2) > 0) dns[`A ${host}`] = { data: [`127.0.0.${1 + draw(3)}`] };
    else dns[`A ${host}`] = { outcome: outcome() };
  }
  const servers: Record<string, Server> = {};
  for (const last of [1, 2, 3, 4]) {
    const server = pick<Server | null>(
      { kind: "secure" },
      { kind: "secure" },
      { kind: "silent" },
      { kind: "fails", code: "stream.not_xmpp" },
      null,
    );
    if (server !== null) servers[`127.0.0.${last}:5269`] = server;
  }
  const disco: Record<string, DiscoAnswer> = {};
  const kinds = ["result", "result", "result", "error", "bounced", "timeout"] as const;
  const items = [`wave.${domain}`, "a.example", domain, "bot@acme.example"].filter(
    () => draw(1) === 1,
  );
  disco[`items ${domain}`] = { kind: pick(...kinds), condition: "forbidden", items };
  for (const host of hosts)
    disco[`info ${host}`] = pick<DiscoAnswer>(waveService, {}, { kind: pick(...kinds) });
  return {
    world: { dns, servers, disco },
    speeds(at) {
      const slow = drawFrom(at);
      const delayed = <T extends object>(table: Record<string, T>, most: number) =>
        Object.fromEntries(
          Object.entries(table).map(([key, value]) => [key, { ...value, delayMs: 1 + slow(most) }]),
        );
      // Below the limits at which waiting itself becomes an answer.
      return { dns: delayed(dns, 900), servers: delayed(servers, 900), disco: delayed(disco, 900) };
    },
  };
}

const summary = ({ view, path }: Run) => ({
  path,
  xmpp: view.xmpp,
  wave: view.wave,
  jid: view.jid,
});

test(`${worlds} random worlds: every trace ends, every step is run or says why not`, () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= worlds; seed += 1) {
    const { world } = randomWorld(seed);
    const reading = seed % 2 === 0 ? "strict" : "overview";
    const link =
      seed % 5 === 0
        ? ({ ok: false, code: "link.none" } as const)
        : ({ ok: true, isNative: seed % 3 === 0 } as const);
    const done = runIn(world, beginFor(domain, { reading, link }));
    seen.add(`${done.view.xmpp} ${done.view.wave}`);
    assert.equal(done.view.state, "done", String(seed));
    assert.ok(done.endedAt <= 60_000, String(seed));
    for (const step of done.view.steps) {
      const isLeftOut = step.status === "skipped" || step.status === "not_reached";
      assert.equal(step.because !== undefined, isLeftOut, `${seed}, step ${step.number}`);
      assert.notEqual(step.status, "pending");
      assert.notEqual(step.status, "running");
    }
    const [last] = done.path.slice(-1);
    if (done.view.wave === "found" || done.view.wave === "guessed") {
      assert.equal(last, 12, String(seed));
      assert.notEqual(done.view.jid, null);
    } else assert.equal(done.view.jid, null);
    if (done.view.xmpp === "unreachable") assert.notEqual(done.view.headline, null, String(seed));
    const ids = done.view.steps.flatMap((step) => step.attempts.map((attempt) => attempt.id));
    assert.equal(new Set(ids).size, ids.length, `attempt ids of ${seed}`);
  }
  // The worlds are varied enough to reach every pair of verdicts that there is.
  assert.ok(seen.size >= 9, [...seen].join(", "));
});

test("the verdict is the ordered one: the speed of answers does not change it", () => {
  for (let seed = 1; seed <= worlds; seed += 1) {
    const { speeds } = randomWorld(seed);
    const reading = seed % 2 === 0 ? "strict" : "overview";
    const outcomes = [7, 77, 777].map((at) =>
      summary(runIn(speeds(at), beginFor(domain, { reading }))),
    );
    assert.deepEqual(outcomes[1], outcomes[0], String(seed));
    assert.deepEqual(outcomes[2], outcomes[0], String(seed));
  }
});

test("RFC 6120 §3.2: a link comes to the same address as step 5 of a trace, or says the same", () => {
  const seen = new Set<string>();
  for (let seed = 1; seed <= worlds; seed += 1) {
    const { world } = randomWorld(seed);
    const begin = beginFor(domain, { reading: "strict", link: { ok: false, code: "link.none" } });
    const { view } = runIn(world, begin);
    const { state, endedAt } = connectIn(world, begin);
    assert.equal(state.lifecycle, "ended");
    assert.ok(endedAt <= 60_000, String(seed));
    const dials = view.steps[4]?.attempts.flatMap((each) => (each.kind === "connect" ? each : []));
    const winner = dials?.find((each) => each.winner);
    const { end } = state;
    seen.add(end?.kind === "failed" ? end.why.code : "connected");
    if (end?.kind === "connected") {
      const { work } = state.facts.dials[end.key] ?? {};
      assert.deepEqual([work?.address, work?.candidate], [winner?.address, winner?.candidate]);
    } else {
      assert.equal(winner, undefined, String(seed));
      const failed = view.steps.find(({ status, number }) => status === "failed" && number <= 5);
      assert.equal(end?.why.code, failed?.message?.code, `seed ${seed}: ${JSON.stringify(end)}`);
    }
  }
  assert.ok(seen.size >= 8, [...seen].join(", "));
});
