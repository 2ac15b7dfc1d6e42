import type { LinkTest } from "#contract/links.ts";
import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { buildDiscoQuery, parseDiscoInfo, parseDiscoItems } from "#protocol/xmpp/disco.ts";
import {
  attachComponent,
  type AttachPhase,
  type ComponentConfig,
  componentLimits,
  type ComponentLimits,
  type ComponentStream,
} from "./component.ts";
import type { Link, LinkStatus } from "./link.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import type { Exchange } from "./requests.ts";
import { createRouter, type Router } from "./router.ts";
import { openPolicy } from "./policy.ts";
import { createTrafficCounters } from "./traffic.ts";

type TestStep = LinkTest["steps"][number];

export interface AttachmentTestInput {
  readonly config: ComponentConfig;
  /** The link, if it is attached: then only its server is asked, and nothing is attached anew. */
  readonly running: Link | null;
  readonly router: Router;
  readonly primitives: Primitives;
  readonly limits?: ComponentLimits | undefined;
}

const ANSWER_MS = 5_000;
const MAX_ITEMS = 500;
const phases = ["resolve", "connect", "tls", "stream", "handshake"] as const;

/**
 * Attaches once, names how far it came, and asks our own server by disco whether it lists the
 * component: if it does not, peers find the service only by guessing.
 */
export async function testAttachment(input: AttachmentTestInput): Promise<LinkTest> {
  const { running } = input;
  if (running !== null) {
    const done = phases.map((name) => step(name, isSkipped(name, input.config) ? "skipped" : "ok"));
    return finish([...done, ...(await askServer(input.config, input.router))]);
  }
  const limits = input.limits ?? componentLimits;
  const times = new Map<AttachPhase, number>();
  const stream = await attachAlone(input, limits, times);
  const end = performance.now();
  const steps = phases.map((name, index) =>
    timed(name, times, phases.slice(index + 1), end, input.config),
  );
  if ("code" in stream) {
    const failedAt = [...times.keys()].at(-1) ?? "resolve";
    return finish(
      steps.map((one) =>
        one.name === failedAt ? { ...one, status: "failed", message: stream } : one,
      ),
    );
  }
  try {
    return finish([...steps, ...(await askServer(input.config, stream.router))]);
  } finally {
    await stream.stream.close();
  }
}

/** A stream of its own, with a router of its own that knows nothing but it. */
async function attachAlone(
  input: AttachmentTestInput,
  limits: ComponentLimits,
  times: Map<AttachPhase, number>,
): Promise<{ stream: ComponentStream; router: Router } | Finding> {
  const { config, primitives } = input;
  const id = "test";
  const router = createRouter({
    nodeId: "test",
    primitives,
    policy: openPolicy,
    traffic: createTrafficCounters(),
    now: () => new Date(),
    onReachability: () => {},
    // With one name alone nothing stays in the process.
    onError: () => {},
  });
  let stream: ComponentStream | null = null;
  const link: Link = {
    id,
    kind: "component",
    name: config.name,
    neighbour: `${config.host} ${config.port}`,
    isEncrypted: config.security === "tls",
    status: (): LinkStatus => ({
      state: stream === null ? "connecting" : "attached",
      since: new Date(),
      lastError: null,
      attempts: 0,
      nextAttemptAt: null,
    }),
    send(stanza) {
      const xml = serialize(stanza, { contentNamespace: ns.component });
      const outcome = stream?.send(xml) ?? "down";
      return outcome === "sent"
        ? { kind: "sent", sizeBytes: Buffer.byteLength(xml), xml }
        : { kind: outcome };
    },
  };
  router.configure([link], [{ name: config.name, role: "wave", linkId: id }]);
  const attempt = await attachComponent(
    config,
    limits,
    primitives,
    {
      onStanza: (stanza, sizeBytes) => router.receive(link, stanza, sizeBytes),
      onRefused: () => {},
      onPhase: (phase) => void times.set(phase, performance.now()),
    },
    AbortSignal.timeout(limits.attachMs + 1_000),
  );
  if ("code" in attempt) return attempt;
  stream = attempt;
  void attempt.ended.then(() => router.linkLost(id));
  return { stream: attempt, router };
}

async function askServer(config: ComponentConfig, router: Router): Promise<TestStep[]> {
  const ask = (kind: "info" | "items") =>
    router.request({
      from: config.name,
      to: config.serverDomain,
      type: "get",
      payload: buildDiscoQuery(kind),
      timeoutMs: ANSWER_MS,
    });
  const info = await ask("info");
  const disco = discoStep(info, config);
  if (disco.status !== "ok") return [disco, step("listed", "skipped")];
  const items = await ask("items");
  const listed = parseDiscoItems(items.payload, MAX_ITEMS)?.items ?? [];
  const isListed = listed.some(({ jid }) => jid.toLowerCase() === config.name);
  const { name, serverDomain: domain } = config;
  return [
    disco,
    isListed
      ? { ...step("listed", "ok"), durationMs: items.roundTripMs }
      : {
          name: "listed",
          status: "warning",
          durationMs: items.roundTripMs,
          message: warning("link.not_listed", { name, domain }),
        },
  ];
}

function discoStep(info: Exchange, config: ComponentConfig): TestStep {
  const durationMs = info.roundTripMs;
  if (info.kind === "result" && parseDiscoInfo(info.payload) !== null)
    return { name: "disco_server", status: "ok", durationMs, message: null };
  const params = { domain: config.serverDomain, condition: info.condition ?? info.kind };
  return {
    name: "disco_server",
    status: "warning",
    durationMs,
    message: warning("link.server_no_disco", params),
  };
}

function warning(code: string, params: Finding["params"]): Finding {
  return { code, params, owner: "us", severity: "warning" };
}

function step(name: TestStep["name"], status: TestStep["status"]): TestStep {
  return { name, status, durationMs: null, message: null };
}

function isSkipped(name: AttachPhase, config: ComponentConfig): boolean {
  return name === "tls" && config.security === "plain";
}

function timed(
  name: AttachPhase,
  times: ReadonlyMap<AttachPhase, number>,
  later: readonly AttachPhase[],
  end: number,
  config: ComponentConfig,
): TestStep {
  const from = times.get(name);
  if (from === undefined || isSkipped(name, config)) return step(name, "skipped");
  const until = later.map((phase) => times.get(phase)).find((time) => time !== undefined) ?? end;
  return { ...step(name, "ok"), durationMs: until - from };
}

function finish(steps: TestStep[]): LinkTest {
  return { isOk: steps.every(({ status }) => status === "ok" || status === "skipped"), steps };
}
