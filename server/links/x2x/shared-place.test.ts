import assert from "node:assert/strict";
import { test } from "node:test";
import { createCertificateLab } from "../../testing/certificate-lab.ts";
import { freePort } from "../../testing/s2s-engine.ts";
import { agree, bothHalves, byCertificate, start } from "../../testing/x2x-pair.ts";

test("XEP-0361 §4.2.3: two links of one peer on one port are told apart by the name of ours that it asks for (SNI)", async () => {
  const lab = createCertificateLab();
  const root = lab.root();
  const pairOf = (name: string) => {
    const extensions = [`subjectAltName = DNS:${name}`];
    const { keyPem, pem } = lab.issue({ subject: `/CN=${name}`, issuer: root, extensions });
    return [name, { key: keyPem, cert: pem }] as const;
  };
  const names = { by: "names", pins: [] } as const;
  const listens = { host: "127.0.0.1", port: await freePort() };
  const halves = await Promise.all(
    ["ship.example", "boat.example"].map(async (name) =>
      bothHalves(
        await agree(
          { security: "mutual_tls" },
          { domains: [name], listens, opens: null, certificate: names },
          { listens: null, opens: byCertificate, certificate: names },
        ),
        { id: name, name },
      ),
    ),
  );
  const roots = [root.pem];
  const certificates = new Map([pairOf("ship.example"), pairOf("boat.example")]);
  const fleet = start({ certificates, roots });
  const shore = start({ certificates: new Map([pairOf("shore.example")]), roots });
  lab.close();
  await fleet.x2x.configure(halves.map(([ours]) => ours));
  await fleet.until("the port", () => fleet.lastError() === null);
  await shore.x2x.configure(halves.map(([, theirs]) => theirs));
  for (const name of ["boat.example", "ship.example"]) shore.send("shore.example", name, name);
  await fleet.until("both", () => fleet.arrived.length === 2);
  assert.deepEqual(fleet.arrived.toSorted(), ["boat.example", "ship.example"]);
  for (const { id, status } of fleet.x2x.statuses())
    assert.deepEqual([status.connections.length, status.lastError], [1, null], id);

  // Without a certificate for one of them the other goes on, and its page says why.
  certificates.delete("ship.example");
  const lone = start({ certificates: new Map(certificates), roots });
  await fleet.x2x.stop();
  await lone.x2x.configure(halves.map(([ours]) => ours));
  await lone.until("the port", () => lone.lastError("boat.example") === null);
  for (const name of ["boat.example", "ship.example"]) shore.send("shore.example", name, name);
  await lone.until("the one", () => lone.arrived.includes("boat.example"));
  const failed = () => lone.lastError("ship.example")?.code === "x2x.no_certificate";
  await lone.until("what the other lacks", failed);
  assert.equal(lone.lastError("boat.example"), null);
});
