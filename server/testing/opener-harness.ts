import assert from "node:assert/strict";
import type { Settings } from "#contract/settings.ts";
import { systemClock } from "#resolver/clock.ts";
import { createConnector, type DialTimeouts } from "#resolver/connect.ts";
import { createDnsResolver } from "#resolver/dns.ts";
import {
  createStreamOpener,
  type OpenFailure,
  type OpenRequest,
  type StreamOpenerDeps,
} from "#resolver/open-stream.ts";
import type { OpenedStream } from "#resolver/opened-stream.ts";
import { type Conversation, type ScriptedXmpp, startScriptedXmpp } from "./scripted-xmpp.ts";
import { startZone, type Zone } from "./scripted-zone.ts";

type Script = (talk: Conversation) => Promise<void> | void;

/** Opens streams to `acme.example` from `example.com`, over scripted DNS and scripted servers. */
export function createOpenerHarness(addresses: { readonly dns: string; readonly server: string }) {
  const running: { stop: () => Promise<void> }[] = [];

  async function listen(script: Script, at: { address?: string; port?: number } = {}) {
    const server = await startScriptedXmpp(at.address ?? addresses.server, script, at.port);
    running.push(server);
    return server;
  }

  async function open(zone: Zone, wish: OpenWish = {}): Promise<OpenedStream | OpenFailure> {
    const dns = await startZone(addresses.dns, zone);
    const clock = systemClock;
    const connector = createConnector({
      judge: { judge: () => assert.fail("the certificate is not the opener's to judge") },
      clock,
      timeouts: () => wish.timeouts ?? patient,
    });
    const opener = createStreamOpener({
      dns: createDnsResolver({ servers: [dns], clock, timeoutMs: wish.dnsTimeoutMs ?? 5_000 }),
      connector: wish.connector?.(connector) ?? connector,
      clock,
      settings: () => ({
        ...{ allowPrivateTargets: true, extraSrvPorts: [], s2sDialSeconds: 30 },
        ...wish.settings,
      }),
      onFault: () => "fault-1",
      ...(wish.deadlineMs === undefined ? {} : { deadlineMs: wish.deadlineMs }),
    });
    try {
      return await opener.open({ ...request, ...wish.request });
    } finally {
      await dns.stop();
    }
  }

  /** Opens a stream to a server that does this, at the end of an SRV record. */
  async function openTo(script: Script, wish: OpenWish = {}, service = "_xmpp-server") {
    const server = await listen(script);
    const zone = {
      [`SRV ${service}._tcp.acme.example`]: [`0 0 ${server.port} xmpp.acme.example`],
      "A xmpp.acme.example": [addresses.server],
    };
    return { server, end: await open(zone, wish) };
  }

  async function stop(): Promise<void> {
    for (const each of running.toReversed()) await each.stop();
  }
  return { listen, open, openTo, stop };
}

export interface OpenWish {
  readonly request?: Partial<OpenRequest>;
  readonly settings?: Partial<Settings>;
  readonly timeouts?: DialTimeouts;
  readonly dnsTimeoutMs?: number;
  readonly deadlineMs?: number;
  /** Stands between the opener and the real connector. */
  readonly connector?: (real: StreamOpenerDeps["connector"]) => StreamOpenerDeps["connector"];
}

/** Long enough for a busy machine. */
const patient: DialTimeouts = { tcpMs: 5_000, phaseMs: 5_000, wholeMs: 20_000 };

const request: OpenRequest = {
  from: "example.com",
  to: "acme.example",
  signal: new AbortController().signal,
  tls: "required",
  minTls: "TLSv1.2",
  credentials: null,
  override: null,
};

export function expectOpened(end: OpenedStream | OpenFailure): OpenedStream {
  assert.ok(end.kind === "opened", JSON.stringify(end));
  return end;
}

/** `condition code` of a failure. */
export function failureOf(end: OpenedStream | OpenFailure): string {
  return end.kind === "failed" ? `${end.condition} ${end.finding.code}` : end.kind;
}

/** Waits until so many connections are open at the server. */
export async function untilOpen(server: ScriptedXmpp, count: number): Promise<void> {
  const until = performance.now() + 3_000;
  while (server.open() !== count) {
    assert.ok(performance.now() < until, `${server.open()} connections are open, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
