import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Domain } from "#protocol/xmpp/address.ts";
import { buildDiscoQuery, parseDiscoInfo, parseDiscoItems } from "#protocol/xmpp/disco.ts";
import { element } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { buildPing } from "#protocol/xmpp/ping.ts";
import { matchWaveService } from "#protocol/wave/stanzas.ts";
import { createCertificateLab } from "#testing/certificate-lab.ts";
import {
  type RealServer,
  type ServerOptions,
  startEjabberdHost,
  startProsodyHost,
  startRelay,
} from "#testing/xmpp-servers.ts";
import { primitives } from "../primitives.ts";
import { testAttachment } from "./attachment-test.ts";
import { type ComponentConfig, componentLimits } from "./component.ts";
import { type ComponentLinkTimes, createComponentLink } from "./component-link.ts";
import type { LinkStatus } from "./link.ts";
import { openPolicy } from "./policy.ts";
import { createRouter } from "./router.ts";
import { createTrafficCounters } from "./traffic.ts";

const domain = "example.com" as Domain;
const first = "wave.example.com" as Domain;
const second = "other.example.com" as Domain;
const components = { [first]: "s3cret with ü", [second]: "0ther" };
const quick: ComponentLinkTimes = {
  firstDelayMs: 100,
  maxDelayMs: 400,
  steadyMs: 60_000,
  keepaliveMs: 60_000,
  idleMs: 60_000,
  pingMs: 60_000,
};

/** Several components of one appliance, each on a stream of its own, over one router. */
function appliance(configs: readonly ComponentConfig[], times: Partial<ComponentLinkTimes> = {}) {
  const router = createRouter({
    nodeId: "node0001",
    primitives,
    policy: openPolicy,
    traffic: createTrafficCounters(),
    now: () => new Date(),
    onReachability: () => {},
    onError: assert.ifError,
  });
  const history = new Map<string, LinkStatus[]>(configs.map((config) => [config.name, []]));
  const links = configs.map((config) => {
    const link = createComponentLink({
      id: config.name,
      config,
      primitives,
      limits: { ...componentLimits, attachMs: 5000, closeMs: 500 },
      times: { ...quick, ...times },
      now: () => new Date(),
      random: () => 1,
      onStanza: (stanza, sizeBytes) => router.receive(link, stanza, sizeBytes),
      onRefused: (head, sizeBytes) => router.receiveRefused(link, head, sizeBytes),
      onStatus: (status) => void history.get(config.name)?.push(status),
      onBug: (error) => assert.fail(String(error)),
    });
    return link;
  });
  router.configure(
    links,
    configs.map(({ name }) => ({ name, role: "wave", linkId: name })),
  );
  after(() => Promise.all(links.map((link) => link.stop())));
  for (const link of links) link.start();
  const told = (name: string) =>
    (history.get(name) ?? []).map(({ state, lastError }) =>
      state === "waiting" ? (lastError?.code ?? "?") : state,
    );
  return { router, links, told };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    assert(performance.now() < deadline, `waited 20 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const servers: [string, string, (options: ServerOptions) => Promise<RealServer>][] = [
  ["Prosody", "127.0.11.21", startProsodyHost],
  ["ejabberd", "127.0.11.22", startEjabberdHost],
];

for (const [product, address, start] of servers)
  describe(product, () => {
    let server: RealServer;
    before(async () => (server = await start({ address, domain, components })), {
      timeout: 60_000,
    });
    after(() => server.stop());

    const config = (name: Domain, changed: Partial<ComponentConfig> = {}): ComponentConfig => ({
      name,
      serverDomain: domain,
      host: address,
      port: server.componentPort,
      security: "plain",
      secret: components[name] ?? "",
      ...changed,
    });

    test("XEP-0114 §3: attaches with a secret beyond ASCII; server and component answer each other", async () => {
      const { router, links, told } = appliance([config(first), config(second)]);
      await until("both links", () => links.every((link) => link.status().state === "attached"));
      const ask = (to: string, payload = buildPing()) =>
        router.request({ from: first, to, type: "get", payload, timeoutMs: 5000 });
      assert.equal((await ask(domain)).kind, "result");
      const own = parseDiscoInfo((await ask(domain, buildDiscoQuery("info"))).payload);
      assert(own?.identities.some((identity) => identity.category === "server"));
      const items = parseDiscoItems((await ask(domain, buildDiscoQuery("items"))).payload, 20);
      assert(
        items?.items.some((item) => item.jid === first),
        "the server lists its component",
      );
      assert.equal((await ask(second)).kind, "result");
      const service = parseDiscoInfo((await ask(second, buildDiscoQuery("info"))).payload);
      assert(service);
      assert.equal(matchWaveService(service), "both");
      const listed = await ask(second, buildDiscoQuery("items"));
      assert.deepEqual(parseDiscoItems(listed.payload, 20), { items: [], leftOut: 0 });
      assert.deepEqual(told(first), ["connecting", "attached"]);
    });

    test("WAVE §1.8, §2.2, §2.4: through the server a ping has its receipt, a request and an update their error", async () => {
      const { router, links } = appliance([config(first), config(second)]);
      await until("both links", () => links.every((link) => link.status().state === "attached"));
      const input = { from: first, to: second, timeoutMs: 5000 };
      const pong = await router.wavePing(input);
      assert.equal(pong.kind, "result");
      assert((pong.roundTripMs ?? 0) > 0);
      const history = element("pubsub", ns.pubsub, {}, [
        element("items", ns.pubsub, { node: "wavelet" }),
      ]);
      const refused = await router.request({ ...input, type: "get", payload: history });
      assert.deepEqual([refused.kind, refused.condition], ["error", "feature-not-implemented"]);
      const nobody = await router.request({
        ...input,
        to: `bob@${second}`,
        type: "get",
        payload: buildPing(),
      });
      assert.equal(nobody.condition, "service-unavailable");
    });

    test("what cannot be reached is bounced by our own server", async () => {
      const { router, links } = appliance([config(first)]);
      await until("the link", () => links[0]?.status().state === "attached");
      const bounced = await router.request({
        from: first,
        to: "nowhere.invalid",
        type: "get",
        payload: buildPing(),
        timeoutMs: 15_000,
      });
      assert.equal(bounced.kind, "error");
      assert.match(bounced.condition ?? "", /^remote-server-/);
    });

    test("wrong secret, unknown name and wrong ports are told apart", async () => {
      const test = async (changed: ComponentConfig) => {
        const router = appliance([]).router;
        const outcome = await testAttachment({
          config: changed,
          running: null,
          router,
          primitives,
        });
        return outcome.steps.find((step) => step.status === "failed")?.message?.code;
      };
      assert.equal(await test(config(first, { secret: "wrong" })), "link.wrong_secret");
      const unknown = await test(config("nobody.example.com" as Domain));
      // ejabberd closes a name that it does not know like a wrong secret.
      assert.match(
        unknown ?? "",
        product === "Prosody" ? /^link\.unknown_name$/ : /^link\.(?:unknown_name|wrong_secret)$/,
      );
      assert.equal(await test(config(first, { port: server.clientPort })), "link.wrong_port");
      assert.equal(await test(config(first, { port: server.serverPort })), "link.wrong_port");
    });

    test("the attachment test goes through to the server's list", async () => {
      const { router } = appliance([]);
      const outcome = await testAttachment({
        config: config(first),
        running: null,
        router,
        primitives,
      });
      assert.deepEqual(
        outcome.steps.map((step) => `${step.name}:${step.status}`),
        [
          "resolve:ok",
          "connect:ok",
          "tls:skipped",
          "stream:ok",
          "handshake:ok",
          "disco_server:ok",
          "listed:ok",
        ],
      );
      assert.equal(outcome.isOk, true);
    });

    test("RFC 6120 §3.3: a server that is killed and comes back has its component again", async () => {
      const { links, told } = appliance([config(first)]);
      const [link] = links;
      await until("the link", () => link?.status().state === "attached");
      await server.kill();
      await until("a refused attempt", () => told(first).includes("link.refused"));
      assert.equal(told(first)[2], "link.closed");
      await server.start();
      await until("the link again", () => link?.status().state === "attached");
    });

    test("a half-dead connection is found out and made anew, through the server's conflict if it has one", async () => {
      const relay = await startRelay({ address, port: server.componentPort }, address);
      const { router, links, told } = appliance(
        [config(first, { host: relay.host, port: relay.port })],
        { idleMs: 300, pingMs: 300 },
      );
      const [link] = links;
      await until("the link", () => link?.status().state === "attached");
      relay.silence();
      await until("the silence found out", () => told(first).includes("link.silent"));
      if (product === "Prosody")
        await until("the conflict", () => told(first).includes("link.conflict"));
      // ejabberd takes a second stream beside the dead one, and gives each a share of the stanzas.
      relay.release();
      await until("the link again", () => link?.status().state === "attached");
      const ping = {
        from: first,
        to: domain,
        type: "get",
        payload: buildPing(),
        timeoutMs: 5000,
      } as const;
      assert.equal((await router.request(ping)).kind, "result");
      await link?.stop();
      await relay.close();
    });

    test("10 000 pings one after another keep their order and lose none", async () => {
      const { router, links } = appliance([config(first), config(second)]);
      await until("both links", () => links.every((link) => link.status().state === "attached"));
      const answers: number[] = [];
      const window = 200;
      const ask = async (index: number) => {
        const answer = await router.request({
          from: first,
          to: second,
          type: "get",
          payload: buildPing(),
          timeoutMs: 30_000,
        });
        assert.equal(answer.kind, "result");
        answers.push(index);
      };
      for (let base = 0; base < 10_000; base += window)
        await Promise.all(Array.from({ length: window }, (_, index) => ask(base + index)));
      assert.deepEqual(
        answers,
        Array.from({ length: 10_000 }, (_, index) => index),
      );
    });
  });

test(
  "COMPAT ejabberd: with its default, stanzas come over each other's streams, and none is lost",
  { timeout: 60_000 },
  async () => {
    const address = "127.0.11.24";
    const server = await startEjabberdHost({ address, domain, components, isSpreading: true });
    after(() => server.stop());
    const { router, links } = appliance(
      [first, second].map((name) => ({
        name,
        serverDomain: domain,
        host: address,
        port: server.componentPort,
        security: "plain" as const,
        secret: components[name] ?? "",
      })),
    );
    await until("both links", () => links.every((link) => link.status().state === "attached"));
    const ping = {
      from: first,
      to: second,
      type: "get",
      payload: buildPing(),
      timeoutMs: 5000,
    } as const;
    const answers = await Promise.all(Array.from({ length: 200 }, () => router.request(ping)));
    assert(answers.every((answer) => answer.kind === "result"));
  },
);

test(
  "fault i: TLS to ejabberd's component port, trusted only with its certificate's name",
  { timeout: 60_000 },
  async () => {
    const lab = createCertificateLab();
    after(() => lab.close());
    const root = lab.root();
    const certificate = lab.leaf(root, domain);
    const address = "127.0.11.23";
    const server = await startEjabberdHost({ address, domain, components, tls: certificate });
    after(() => server.stop());
    const config: ComponentConfig = {
      name: first,
      serverDomain: domain,
      host: address,
      port: server.componentPort,
      security: "tls",
      secret: components[first] ?? "",
      extraRoots: [root.pem],
    };
    const { router, links } = appliance([config]);
    await until("the link", () => links[0]?.status().state === "attached");
    const ping = {
      from: first,
      to: domain,
      type: "get",
      payload: buildPing(),
      timeoutMs: 5000,
    } as const;
    assert.equal((await router.request(ping)).kind, "result");
    assert.equal(links[0]?.isEncrypted, true);
    await links[0]?.stop();
    const { extraRoots: _, ...untrusting } = config;
    const outcome = await testAttachment({ config: untrusting, running: null, router, primitives });
    assert.equal(
      outcome.steps.find((step) => step.status === "failed")?.message?.code,
      "link.tls_untrusted",
    );
  },
);
