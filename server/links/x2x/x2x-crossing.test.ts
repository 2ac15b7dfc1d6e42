import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { test } from "node:test";
import { createCertificateLab } from "../../testing/certificate-lab.ts";
import {
  agree,
  byCertificate,
  connectionsOf,
  startBoth,
  type X2xEngine,
  type X2xEngineOptions,
} from "../../testing/x2x-pair.ts";

const lab = createCertificateLab();
const root = lab.root();
const [ship, shore] = ["ship.example", "shore.example"].map((name): X2xEngineOptions => {
  const extensions = [`subjectAltName = DNS:${name}`];
  const { keyPem, pem } = lab.issue({ subject: `/CN=${name}`, issuer: root, extensions });
  return { certificates: new Map([[name, { key: keyPem, cert: pem }]]), roots: [root.pem] };
});
lab.close();

/** Uniform in [0, 1), the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function talk(
  engine: X2xEngine,
  [from, to]: readonly [string, string],
  random: () => number,
): Promise<string[]> {
  const sent: string[] = [];
  const bursts = 1 + Math.floor(random() * 4);
  for (let burst = 0; burst < bursts; burst++) {
    const pauseMs = random() * 4;
    if (pauseMs > 1) await delay(pauseMs);
    for (let left = 1 + Math.floor(random() * 8); left > 0; left--) {
      const id = `${from} ${sent.length}`;
      assert.equal(engine.send(from, to, id), "sent");
      sent.push(id);
    }
  }
  return sent;
}

const certificate = { by: "names", pins: [] } as const;
for (const security of ["plain", "mutual_tls"] as const)
  for (const version of ["0.3", "0.0.1"] as const)
    test(`XEP-0361 §4.3: opened by both at the same time, all stanzas arrive in order, once, in many seeded runs: ${security}, ${version}`, async () => {
      const opens = security === "plain" ? {} : { opens: byCertificate, certificate };
      const agreement = await agree({ security, version }, opens, opens);
      let crossed = 0;
      const runs = security === "plain" ? 100 : 25;
      for (let seed = 1; seed <= runs; seed++) {
        const [a, b] = await startBoth(agreement, ship, shore);
        const random = randomOf(seed);
        const [fromShip, fromShore] = await Promise.all([
          talk(a, ["ship.example", "shore.example"], random),
          talk(b, ["shore.example", "ship.example"], random),
        ]);
        await b.until(`ship's, seed ${seed}`, () => b.arrived.length >= fromShip.length);
        await a.until(`shore's, seed ${seed}`, () => a.arrived.length >= fromShore.length);
        // Each side sees as many connections as the other: nobody has given up what the other uses.
        const counts = [a, b].map((engine) => connectionsOf(engine).length);
        assert.equal(counts[0], counts[1], `seed ${seed}`);
        if (counts[0] === 2) crossed++;
        await Promise.all([a.x2x.stop(), b.x2x.stop()]);
        assert.deepEqual(b.arrived, fromShip, `seed ${seed}`);
        assert.deepEqual(a.arrived, fromShore, `seed ${seed}`);
        assert.deepEqual([...a.bounced, ...b.bounced], []);
        assert.equal(a.unproven() + b.unproven(), 0);
      }
      assert.ok(crossed > 5, `only ${crossed} runs crossed`);
    });
