import assert from "node:assert/strict";
import { test } from "node:test";
import type { AgreedLink } from "#protocol/resolution/evidence.ts";
import { agreedLink, crossReport } from "#testing/agreed-ways.ts";
import {
  attempts,
  because,
  codes,
  example,
  run,
  status,
  verdict,
} from "#testing/resolution-runs.ts";
import { waveService, type World } from "#testing/resolution-world.ts";

// XEP-0361 §4.1: what is reached by agreement is not looked up; steps 1 and 5 to 11 where it is.

const domain = "acmewave.com";
const wave = "wave.acmewave.com";
const linkTo = (changes: Partial<AgreedLink> = {}) =>
  agreedLink({ domains: [domain, wave], ...changes });
const asked = (
  links: readonly AgreedLink[],
  more: { isBrief?: boolean; showsFallBack?: boolean },
) => ({
  agreed: { links, showsFallBack: true, isBrief: false, ...more },
});
const disco: World["disco"] = {
  [`items ${domain}`]: { items: [wave] },
  [`info ${wave}`]: waveService,
};
/** Nothing of it is in DNS, and nothing listens. */
const world = (report: ReturnType<typeof crossReport>, more: Partial<World> = {}): World => ({
  dns: {},
  disco,
  crossings: { [domain]: report },
  ...more,
});
const refused = {
  code: "x2x.refused",
  params: { link: "to acme", host: "192.0.2.7", port: 5271 },
  owner: "peer",
  severity: "error",
} as const;
const failed = { kind: "failed", carriedBy: "none", finding: refused } as const;
const kinds = (done: ReturnType<typeof run>, step: number) =>
  attempts(done, step).map(({ kind }) => kind);

test("a domain that DNS knows nothing of is reached over its link, first of all facts, and nothing is looked up", () => {
  const link = linkTo({ state: "up", provenAt: "2026-11-21T20:00:00.000Z", roundTripMs: 640 });
  const done = run(world(crossReport([link])), asked([link], {}));
  assert.equal(verdict(done), `reachable/found/${wave}`);
  assert.deepEqual(done.path, [1, 5, 6, 7, 8, 12]);
  const [first] = attempts(done, 1);
  assert.ok(first?.kind === "agreement");
  assert.deepEqual([first.status, first.winner, first.link.name], ["ok", true, "to acme"]);
  assert.deepEqual([first.state, first.provenAt, first.fallsBack], ["up", link.provenAt, false]);
  for (const step of [2, 3, 4])
    assert.deepEqual(because(done, step), { code: "agreed.used", step: 1 });
  assert.deepEqual(kinds(done, 7), ["agreement"]);
  assert.deepEqual([status(done, 1), status(done, 7)], ["ok", "ok"]);
  assert.deepEqual(
    done.begun.map(({ key }) => key),
    [`cross ${domain}`, `items ${domain} 1`, `info ${wave} 1`],
  );
  assert.equal(done.view.headline, null);
});

test("the link down and nothing else allowed: unreachable for the link's own reason, and no step is run on DNS", () => {
  const link = linkTo({ state: "failing", lastError: refused });
  for (const reading of ["strict", "overview"] as const) {
    const done = run(
      { ...example, crossings: { [domain]: crossReport([link], failed) } },
      { ...asked([link], {}), reading },
    );
    assert.equal(verdict(done), "unreachable/none/null");
    assert.deepEqual(done.path, [1, 13]);
    assert.equal(done.view.headline?.code, "x2x.refused");
    assert.deepEqual(codes(done), ["x2x.refused", "agreed.down"]);
    assert.deepEqual(because(done, 5), { code: "agreed.down", step: 1 });
    assert.deepEqual(
      done.begun.map(({ key }) => key),
      [`cross ${domain}`],
    );
  }
});

test("a link that looks sound and answers nothing is down, too", () => {
  const link = linkTo({ state: "up" });
  const report = crossReport([link], { ...failed, finding: null, carriedBy: "link" });
  const done = run(world(report), asked([link], {}));
  assert.equal(done.view.xmpp, "unreachable");
  assert.equal(done.view.headline?.code, "agreed.silent");
});

test("the link down and a stream in its place: DNS decides as for anybody, and that it does is a warning", () => {
  const link = linkTo({ state: "failing", lastError: refused, fallsBack: true });
  const report = crossReport([link], { ...failed, carriedBy: "stream" });
  const done = run({ ...example, crossings: { [domain]: report } }, asked([link], {}));
  assert.equal(verdict(done), `warning/found/${wave}`);
  assert.deepEqual(done.path, [1, 2, 5, 6, 7, 8, 12]);
  assert.deepEqual(codes(done).slice(0, 2), ["agreed.fallen_back", "x2x.refused"]);
  assert.equal(status(done, 1), "warning");
  assert.equal(kinds(done, 1)[0], "agreement");
  assert.ok(kinds(done, 5).includes("connect"));
  const nowhere = run(world(report), asked([link], {}));
  assert.equal(nowhere.view.xmpp, "unreachable");
  assert.equal(nowhere.view.headline?.code, "dns.nxdomain");
});

test("where a stream may take over, what DNS says of it is shown while the link works, and nothing is dialled", () => {
  const link = linkTo({ state: "up", fallsBack: true });
  const crossings = { [domain]: crossReport([link]) };
  const done = run({ ...example, crossings }, asked([link], {}));
  assert.equal(verdict(done), `reachable/found/${wave}`);
  assert.ok(kinds(done, 1).includes("dns") && kinds(done, 1).includes("order"));
  assert.ok(!done.begun.some(({ key }) => key.startsWith("dial")));
  const without = run(world(crossReport([link])), asked([link], {}));
  assert.equal(verdict(without), `reachable/found/${wave}`);
  assert.equal(without.view.headline?.code, "agreed.no_fallback");
  const checked = run({ ...example, crossings }, asked([link], { showsFallBack: false }));
  assert.deepEqual(kinds(checked, 1), ["agreement", "name", "policy"]);
});

test("XEP-0361 §4.4: by the second of two links it is reached with a warning that names both", () => {
  const links = [
    linkTo({ state: "failing", lastError: refused }),
    linkTo({
      id: "00000000-0000-4000-8000-0000000000bb",
      name: "by radio",
      priority: 20,
      state: "up",
    }),
  ];
  const done = run(world(crossReport(links, { linkId: links[1]?.id ?? "" })), asked(links, {}));
  assert.equal(done.view.xmpp, "warning");
  assert.deepEqual(done.view.headline?.params, { domain, link: "by radio", better: "to acme" });
  const [first, second] = attempts(done, 1);
  assert.deepEqual([first?.status, second?.status, second?.winner], ["warning", "ok", true]);
});

test("nothing is known where only the other side may connect, or another appliance holds the link", () => {
  const link = linkTo();
  for (const kind of ["waits", "elsewhere"] as const) {
    const report = crossReport([link], { kind, linkId: null, carriedBy: "none" });
    const done = run(world(report), asked([link], {}));
    assert.equal(verdict(done), "unknown/unknown/null");
    assert.equal(done.view.headline?.code, `agreed.${kind}`);
    assert.deepEqual(because(done, 5), { code: `agreed.${kind}`, step: 1 });
  }
});

test("a brief look asks for nothing but the ping", () => {
  const link = linkTo({ state: "up" });
  const done = run(world(crossReport([link])), asked([link], { isBrief: true }));
  assert.equal(verdict(done), "reachable/unknown/null");
  assert.deepEqual(
    done.begun.map(({ key }) => key),
    [`cross ${domain}`],
  );
  assert.deepEqual(because(done, 6), { code: "agreed.brief", step: 5 });
});

test("a wave service outside the agreement is looked up and dialled, as a stream to it would be", () => {
  const link = linkTo({ state: "up", domains: [domain] });
  const crossings = { [domain]: crossReport([link]) };
  const done = run({ ...example, crossings }, asked([link], {}));
  assert.equal(verdict(done), `reachable/found/${wave}`);
  assert.ok(kinds(done, 7).includes("dns") && kinds(done, 7).includes("connect"));
  assert.ok(!kinds(done, 1).includes("dns"));
});

test("a wave service that alone is agreed on has a ping of its own, and the domain its stream", () => {
  const link = linkTo({ state: "up", domains: [wave] });
  const crossings = { [wave]: crossReport([link]) };
  const done = run({ ...example, crossings }, asked([link], {}));
  assert.equal(verdict(done), `reachable/found/${wave}`);
  assert.ok(kinds(done, 5).includes("connect"));
  assert.deepEqual(kinds(done, 7), ["agreement"]);
});

test("a guess that the link reaches is not looked up, and says itself what it is", () => {
  const link = linkTo({ state: "up" });
  const told = { [`items ${domain}`]: { items: [] }, [`info ${wave}`]: waveService };
  const done = run(world(crossReport([link]), { disco: told }), asked([link], {}));
  assert.equal(verdict(done), `reachable/guessed/${wave}`);
  assert.deepEqual(kinds(done, 10), ["decision"]);
  assert.deepEqual(kinds(done, 11), ["agreement", "disco"]);
});
