import { randomUUID } from "node:crypto";
import type {
  Attempt,
  CertificateSummary,
  Finding,
  Step,
  StepStatus,
  Trace,
} from "#contract/traces.ts";

const DAY_MS = 86_400_000;

/** How a simulated peer answers a check; what is left out is well. */
export interface PeerAnswer {
  readonly domain?: string;
  readonly xmpp?: Trace["xmpp"];
  readonly wave?: Trace["wave"];
  /** Findings with their steps; the first that is no remark becomes the headline. */
  readonly findings?: Trace["findings"];
  /** `refused`: a reset came back. `silent`: nothing came back. `dns_silent`: not even from DNS. */
  readonly network?: "answers" | "refused" | "silent" | "dns_silent";
  readonly certificate?: Partial<
    Pick<CertificateSummary, "fingerprintSha256" | "notBefore" | "notAfter" | "issuer">
  > & { readonly isTrusted?: boolean };
  /** Why steps 6 to 11 were not reached. */
  readonly notCarried?: string;
  readonly state?: Trace["state"];
  readonly durationMs?: number;
  readonly at?: Date;
}

/** A finished trace as the resolver gives it for such an answer. */
export function buildPeerTrace(answer: PeerAnswer = {}): Trace {
  const domain = answer.domain ?? "peer.example";
  const at = answer.at ?? new Date("2026-11-21T03:12:00.000Z");
  const isThere = (answer.network ?? "answers") === "answers";
  const xmpp = answer.xmpp ?? (isThere ? "reachable" : "unreachable");
  const wave = answer.wave ?? "none";
  const findings = answer.findings ?? [];
  const headline = findings.find(({ severity }) => severity !== "info");
  return {
    schemaVersion: 1,
    id: randomUUID(),
    domain,
    reading: "overview",
    state: answer.state ?? "done",
    xmpp,
    wave,
    jid: wave === "found" || wave === "guessed" ? `wave.${domain}` : null,
    headline: headline === undefined ? null : withoutStep(headline),
    trigger: "check",
    requestedBy: null,
    startedAt: at.toISOString(),
    durationMs: answer.durationMs ?? 42,
    isPinned: false,
    fresh: true,
    software: "test",
    resolvers: ["192.0.2.53:53"],
    cancelledBy: null,
    findings,
    steps: Array.from({ length: 13 }, (_, index) => buildStep(index + 1, answer, domain, at)),
  };
}

/** A finding with its step, as a trace lists it. */
export function foundAt(
  step: number,
  code: string,
  severity: Finding["severity"] = "error",
  params: Finding["params"] = {},
): Trace["findings"][number] {
  return { code, params, owner: "peer", severity, step };
}

function withoutStep({ code, params, owner, severity }: Finding): Finding {
  return { code, params, owner, severity };
}

function buildStep(number: number, answer: PeerAnswer, domain: string, at: Date): Step {
  const empty = { number, attempts: [], message: null, startedAt: null, durationMs: null };
  if (number >= 6 && number <= 11 && answer.notCarried !== undefined)
    return { ...empty, status: "not_reached", because: { code: answer.notCarried, step: null } };
  const attempts = attemptsOf(number, answer, domain, at);
  const [first] = attempts;
  if (first === undefined) return { ...empty, status: "skipped" };
  return {
    number,
    status: first.status,
    attempts,
    message: null,
    startedAt: at.toISOString(),
    durationMs: 20,
  };
}

function attemptsOf(number: number, answer: PeerAnswer, domain: string, at: Date): Attempt[] {
  const network = answer.network ?? "answers";
  if (number === 1) {
    const outcome = network === "dns_silent" ? "timeout" : "answer";
    return [
      {
        ...attemptBase("1.1", outcome === "answer" ? "ok" : "failed"),
        kind: "dns",
        question: { name: `_xmpp-server._tcp.${domain}`, type: "SRV" },
        resolver: "192.0.2.53:53",
        deciding: true,
        transport: "udp",
        outcome,
        rcode: outcome === "answer" ? "NOERROR" : null,
        records: [],
        authenticData: false,
        negativeTtl: null,
        sizeBytes: 96,
        ageMs: null,
        reason: null,
        leftOut: 0,
      },
    ];
  }
  if (number !== 5 || network === "dns_silent") return [];
  return [connectAttempt(answer, network, domain, at)];
}

function connectAttempt(
  answer: PeerAnswer,
  network: "answers" | "refused" | "silent",
  domain: string,
  at: Date,
): Attempt {
  const isThere = network === "answers";
  const status: StepStatus = isThere ? "ok" : "failed";
  const code = network === "refused" ? "tcp.refused" : "tcp.timeout";
  return {
    ...attemptBase("5.1", status),
    winner: isThere,
    message: isThere
      ? null
      : { code, params: { address: "192.0.2.7", port: 5269 }, owner: "peer", severity: "error" },
    kind: "connect",
    candidate: {
      host: `xmpp.${domain}`,
      port: 5269,
      security: "starttls",
      origin: "srv",
      priority: 10,
      weight: 0,
      draw: null,
    },
    address: "192.0.2.7",
    family: 4,
    localAddress: null,
    phases: [{ name: "tcp", status, offsetMs: 2, durationMs: 10 }],
    bytesSent: isThere ? 900 : 0,
    bytesReceived: isThere ? 4_000 : 0,
    transcript: [],
    features: [],
    tls: null,
    certificate: isThere ? presented(answer, domain, at) : null,
  };
}

function presented(answer: PeerAnswer, domain: string, at: Date) {
  const shown = answer.certificate ?? {};
  return {
    reference: domain,
    trusted: shown.isTrusted ?? true,
    nameMatch: domain,
    findings: [],
    chain: [
      {
        subject: `CN=${domain}`,
        issuer: shown.issuer ?? "CN=Test CA",
        commonName: domain,
        names: [domain],
        notBefore: shown.notBefore ?? new Date(at.getTime() - 10 * DAY_MS).toISOString(),
        notAfter: shown.notAfter ?? new Date(at.getTime() + 80 * DAY_MS).toISOString(),
        serialNumber: "01",
        keyAlgorithm: "RSA",
        keyBits: 2048,
        signatureAlgorithm: "sha256WithRSAEncryption",
        fingerprintSha256: shown.fingerprintSha256 ?? "aa".repeat(32),
        publicKeySha256: "bb".repeat(32),
        extendedKeyUsage: [],
        isCa: false,
        isSelfSigned: false,
        pem: "",
      },
    ],
  };
}

function attemptBase(id: string, status: StepStatus) {
  return {
    id,
    status,
    offsetMs: 0,
    durationMs: 10,
    source: "probe" as const,
    winner: false,
    message: null,
  };
}
