import assert from "node:assert/strict";
import type { DialReport, Security } from "#protocol/resolution/evidence.ts";
import { systemClock } from "#resolver/clock.ts";
import {
  type CertificateJudge,
  createConnector,
  type Dialled,
  type DialTimeouts,
} from "#resolver/connect.ts";
import type { TlsPolicy } from "#resolver/stream-probe.ts";
import { createCertificateLab } from "./certificate-lab.ts";
import { startScriptedXmpp, type Conversation, type ScriptedXmpp } from "./scripted-xmpp.ts";

export interface Dialed extends Dialled {
  readonly progress: readonly DialReport[];
  readonly server: ScriptedXmpp | null;
  readonly tookMs: number;
}

/** Dials scripted servers as `acme.example`, with these time-outs; a judge that accepts everything. */
export function createDialHarness(address: string, timeouts: DialTimeouts) {
  const lab = createCertificateLab();
  const root = lab.issue({ subject: "/CN=Root", issuer: null });
  const leaf = lab.issue({
    subject: "/CN=acme.example",
    issuer: root,
    extensions: ["subjectAltName = DNS:acme.example"],
  });
  const credentials = { key: leaf.keyPem, cert: leaf.pem };
  const running: ScriptedXmpp[] = [];
  const judged: { chain: number; reference: string }[] = [];
  const judge: CertificateJudge = {
    judge({ chain, reference }) {
      judged.push({ chain: chain.length, reference });
      return Promise.resolve({
        reference,
        chain: [],
        trusted: true,
        nameMatch: reference,
        findings: [],
      });
    },
  };

  async function dial(
    script: ((talk: Conversation) => Promise<void> | void) | { address: string; port: number },
    security: Security = "starttls",
    signal: AbortSignal = new AbortController().signal,
    tls: TlsPolicy = "required",
  ): Promise<Dialed> {
    const server = typeof script === "function" ? await startScriptedXmpp(address, script) : null;
    if (server !== null) running.push(server);
    const place = server ?? (script as { address: string; port: number });
    const connector = createConnector({ judge, clock: systemClock, timeouts: () => timeouts });
    const progress: DialReport[] = [];
    const startedAt = performance.now();
    const done = await connector.dial(
      {
        kind: "dial",
        domain: "acme.example",
        address: place.address,
        family: place.address.includes(":") ? 6 : 4,
        candidate: {
          host: "xmpp.acme.example",
          port: place.port,
          security,
          origin: "srv",
          priority: 1,
          weight: 0,
          draw: null,
        },
      },
      { from: "wave.example.com", tls, signal, onProgress: (report) => progress.push(report) },
    );
    return { ...done, progress, server, tookMs: performance.now() - startedAt };
  }

  async function stop(): Promise<void> {
    for (const server of running) await server.stop();
    lab.close();
  }
  return { lab, root, leaf, credentials, judged, dial, stop };
}

export function codeOf(done: Dialed): string {
  return done.outcome.kind === "failed" ? done.outcome.note.code : done.outcome.kind;
}

export function paramsOf(done: Dialed): Readonly<Record<string, unknown>> {
  return done.outcome.kind === "failed" ? done.outcome.note.params : {};
}

/** Resolves when no connection to the server is open any more. */
export async function closed(server: ScriptedXmpp | null): Promise<void> {
  const until = performance.now() + 2_000;
  while ((server?.open() ?? 0) > 0) {
    assert.ok(performance.now() < until, "a connection stays open");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
