import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type AddressBlock, claimBlock } from "./addresses.ts";
import { attachComponent, query, WAVE_IDENTITY } from "./component.ts";
import { startEjabberd } from "./ejabberd.ts";
import { makeFolder, type TemporaryFolder } from "./folders.ts";
import { DNS_PORT, type Knot, startKnot } from "./knot.ts";
import { type Authority, createAuthority } from "./openssl.ts";
import { startPostgres } from "./postgres.ts";
import {
  COMPONENT_PORT,
  startProsody,
  type XmppServer,
  type XmppServerOptions,
} from "./prosody.ts";

const SECRET = "a-component-secret-of-the-tests";
const ANSWER_MS = 10_000;

describe("the stack's real servers", () => {
  let temporary: TemporaryFolder;
  let folder: string;
  let block: AddressBlock;
  let authority: Authority;
  let knot: Knot;
  const running: (() => Promise<void>)[] = [];

  const startServer = async (
    domain: string,
    start: (options: XmppServerOptions) => Promise<XmppServer>,
  ): Promise<XmppServer> => {
    const wave = `wave.${domain}`;
    const certificate = await authority.issue({ names: [domain, wave], signedBy: "intermediate" });
    const server = await start({
      folder,
      address: block.next(),
      dns: { address: knot.address, port: DNS_PORT },
      rootFile: authority.rootFile,
      hosts: [{ domain, certificate }],
      components: [{ name: wave, secret: SECRET, certificate }],
    });
    running.push(() => server.stop());
    await knot.setZone(domain, [
      "_xmpp-server._tcp IN SRV 10 0 5269 xmpp",
      "_xmpp-server._tcp.wave IN SRV 10 0 5269 xmpp",
      `xmpp IN A ${server.address}`,
    ]);
    return server;
  };
  const attach = async (server: XmppServer, name: string) => {
    const component = await attachComponent({
      host: server.address,
      port: COMPONENT_PORT,
      name,
      secret: SECRET,
      identities: [WAVE_IDENTITY],
    });
    running.push(async () => component.close());
    return component;
  };

  before(async () => {
    temporary = makeFolder("stack");
    folder = temporary.path;
    block = await claimBlock();
    authority = await createAuthority(join(folder, "ca"));
    knot = await startKnot({ folder, address: block.next(), zones: {} });
    running.push(() => knot.process.stop());
  });
  after(async () => {
    for (const stop of running.toReversed()) await stop();
    await block.release();
    temporary.remove();
  });

  test("two Prosody federate: each lists its component, and the components answer over TLS", async () => {
    const acme = await startServer("acmewave.com", startProsody);
    const initech = await startServer("initech-corp.com", startProsody);
    const ours = await attach(acme, "wave.acmewave.com");
    const theirs = await attach(initech, "wave.initech-corp.com");

    const items = await ours.query("initech-corp.com", query.items, ANSWER_MS);
    const listed = items.children[0]?.children.map((item) => item.attributes["jid"]);
    assert.deepEqual(listed, ["wave.initech-corp.com"]);
    const info = await theirs.query("wave.acmewave.com", query.info, ANSWER_MS);
    assert.equal(info.children[0]?.children[0]?.attributes["type"], "google-wave");
  });

  test("Prosody and ejabberd federate both ways", async () => {
    const prosody = await startServer("example.com", startProsody);
    const ejabberd = await startServer("example.org", (options) =>
      startEjabberd({ ...options, addresses: { "xmpp.example.com": prosody.address } }),
    );
    const ours = await attach(prosody, "wave.example.com");
    const theirs = await attach(ejabberd, "wave.example.org");

    const items = await ours.query("example.org", query.items, ANSWER_MS);
    const listed = items.children[0]?.children.map((item) => item.attributes["jid"]);
    assert.deepEqual(listed, ["wave.example.org"]);
    const pong = await theirs.query("wave.example.com", query.ping, ANSWER_MS);
    assert.equal(pong.attributes["type"], "result");
  });

  test("Knot answers SERVFAIL for a broken zone and changes a zone while it runs", async () => {
    await knot.breakZone("broken.example");
    await knot.setZone("broken.example", ["xmpp IN A 127.0.0.1"]);
  });

  test("PostgreSQL stops and comes back with its data", async () => {
    const postgres = await startPostgres({ folder, address: block.next(), isFast: true });
    running.push(() => postgres.stop());
    const url = await postgres.createDatabase("smoke");
    assert.match(url, /^postgres:\/\/wavegate@127\.0\.\d+\.\d+:5432\/smoke$/);
    await postgres.stop();
    assert.equal(postgres.process.isRunning(), false);
    await postgres.start();
    await assert.rejects(postgres.createDatabase("smoke"), /already exists/);
  });

  test("openssl signs what is asked: in date, expired, self-signed", async () => {
    const root = new X509Certificate(authority.root);
    const good = new X509Certificate((await authority.issue({ names: ["good.example"] })).chain);
    assert.ok(good.verify(root.publicKey));
    const expired = await authority.issue({
      names: ["old.example"],
      issuedOn: "2024-01-01",
      days: 30,
    });
    assert.ok(Date.parse(new X509Certificate(expired.chain).validTo) < Date.now());
    const itself = await authority.issue({ names: ["self.example"], signedBy: "itself" });
    assert.equal(new X509Certificate(itself.chain).verify(root.publicKey), false);
  });
});
