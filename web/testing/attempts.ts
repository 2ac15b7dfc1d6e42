// Attempts as the appliance records them, for the traces beside this file.
import type { Attempt, AttemptOf, CertificateSummary, Finding, Step } from "#contract/traces.ts";

export const startedAt = "2026-11-20T09:14:03.120Z";

/** Thirteen steps, those given and the others pending. */
export function steps(given: readonly (Partial<Step> & { number: number })[]): Step[] {
  return Array.from({ length: 13 }, (_, index) => {
    const number = index + 1;
    const step = given.find((one) => one.number === number);
    const attempts = step?.attempts ?? [];
    const offset = attempts[0]?.offsetMs;
    return {
      number,
      status: "pending",
      attempts: [],
      message: null,
      startedAt: offset === undefined ? null : at(offset),
      durationMs: null,
      ...step,
    };
  });
}

export function at(offsetMs: number): string {
  return new Date(Date.parse(startedAt) + offsetMs).toISOString();
}

export function finding(
  code: string,
  params: Finding["params"] = {},
  severity: Finding["severity"] = "error",
  owner: Finding["owner"] = "peer",
): Finding {
  return { code, params, owner, severity };
}

type Timing = readonly [offsetMs: number, durationMs: number | null];

export function base(id: string, [offsetMs, durationMs]: Timing) {
  return {
    id,
    status: "ok",
    offsetMs,
    durationMs,
    source: "probe",
    winner: false,
    message: null,
  } as const;
}

export function lookup(
  id: string,
  timing: Timing,
  type: string,
  name: string,
  records: readonly string[],
  more: Partial<AttemptOf<"dns">> = {},
): AttemptOf<"dns"> {
  const outcome = records.length > 0 ? "answer" : "nodata";
  return {
    ...base(id, timing),
    kind: "dns",
    question: { name, type },
    resolver: "192.0.2.53:53",
    deciding: true,
    transport: "udp",
    outcome,
    rcode: "NOERROR",
    records: records.map((data) => ({ name: `${name}.`, type, ttl: 3600, data })),
    authenticData: false,
    negativeTtl: outcome === "nodata" ? 900 : null,
    sizeBytes: 64 + records.length * 22,
    ageMs: null,
    reason: null,
    leftOut: 0,
    winner: records.length > 0,
    ...more,
  };
}

export function order(id: string, timing: Timing, targets: readonly [string, number][]): Attempt {
  return {
    ...base(id, timing),
    kind: "order",
    source: "appliance",
    leftOut: 0,
    candidates: targets.map(([host, port], index) => ({
      host,
      port,
      security: "starttls",
      origin: "srv",
      priority: 10 * (index + 1),
      weight: 0,
      draw: null,
    })),
  };
}

export function decision(
  id: string,
  offsetMs: number,
  name: string,
  params: Record<string, string> = {},
): Attempt {
  return {
    ...base(id, [offsetMs, 0]),
    kind: "decision",
    source: "appliance",
    decision: name,
    params,
  };
}

const phaseNames = ["tcp", "stream", "starttls", "tls", "restart", "certificate"] as const;
const phaseShares = [0.2, 0.2, 0.18, 0.24, 0.16, 0.02];

export function dial(
  id: string,
  [offsetMs, durationMs]: Timing,
  address: string,
  more: Partial<AttemptOf<"connect">> & { reached?: number } = {},
): AttemptOf<"connect"> {
  const { reached = phaseNames.length, ...rest } = more;
  const total = durationMs ?? 0;
  const failed = rest.status === "failed";
  let from = offsetMs;
  const phases = phaseNames.slice(0, reached).map((name, index) => {
    const isLast = index === reached - 1;
    const share = reached === phaseNames.length ? (phaseShares[index] ?? 0) : 1 / reached;
    const phase = {
      name,
      status: isLast && failed ? ("failed" as const) : ("ok" as const),
      offsetMs: from,
      durationMs: isLast && durationMs === null ? null : total * share,
    };
    from += total * share;
    return phase;
  });
  const isSecure = reached >= 4 && !(failed && reached === 4);
  return {
    ...base(id, [offsetMs, durationMs]),
    kind: "connect",
    candidate: {
      host: "xmpp.acmewave.com",
      port: 5269,
      security: "starttls",
      origin: "srv",
      priority: 10,
      weight: 0,
      draw: null,
    },
    address,
    family: address.includes(":") ? 6 : 4,
    localAddress: "198.51.100.9",
    phases,
    bytesSent: 612,
    bytesReceived: 4870,
    transcript: reached > 1 ? conversation(offsetMs) : [],
    features: isSecure ? ["sasl-external", "dialback"] : [],
    tls: isSecure
      ? {
          version: "TLSv1.3",
          cipher: "TLS_AES_256_GCM_SHA384",
          alpn: null,
          servername: "acmewave.com",
        }
      : null,
    certificate: isSecure
      ? {
          reference: "acmewave.com",
          chain: [leaf(), issuer()],
          trusted: true,
          nameMatch: "DNS:acmewave.com",
          findings: [],
        }
      : null,
    ...rest,
  };
}

function conversation(offsetMs: number): AttemptOf<"connect">["transcript"] {
  const header =
    "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' to='acmewave.com' from='example.com' version='1.0'>";
  return [
    { direction: "out", offsetMs: offsetMs + 21, xml: `<?xml version='1.0'?>${header}` },
    {
      direction: "in",
      offsetMs: offsetMs + 42,
      xml: "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' from='acmewave.com' id='2f1c' version='1.0'><stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>",
    },
    {
      direction: "out",
      offsetMs: offsetMs + 43,
      xml: "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    },
    {
      direction: "in",
      offsetMs: offsetMs + 63,
      xml: "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    },
  ];
}

export function disco(
  id: string,
  timing: Timing,
  query: "items" | "info",
  to: string,
  more: Partial<AttemptOf<"disco">> = {},
): AttemptOf<"disco"> {
  return {
    ...base(id, timing),
    kind: "disco",
    source: "link",
    query,
    to,
    linkId: "01999999-0000-7000-8000-000000000001",
    condition: null,
    items: [],
    itemsLeftOut: 0,
    identities: [],
    features: [],
    matched: null,
    transcript: [
      {
        direction: "out",
        offsetMs: timing[0],
        xml: `<iq xmlns='jabber:component:accept' type='get' id='n1-7' from='wave.example.com' to='${to}'><query xmlns='http://jabber.org/protocol/disco#${query}'/></iq>`,
      },
    ],
    ...more,
  };
}

export function leaf(): CertificateSummary {
  return {
    subject: "CN=acmewave.com",
    issuer: "C=US, O=Let’s Encrypt, CN=E7",
    commonName: "acmewave.com",
    names: ["DNS:acmewave.com", "DNS:wave.acmewave.com", "DNS:xmpp.acmewave.com"],
    notBefore: "2026-10-02T08:00:00.000Z",
    notAfter: "2026-12-31T08:00:00.000Z",
    serialNumber: "04:1f:9c:22:8b:5d:e0:77:13:a2",
    keyAlgorithm: "ECDSA P-256",
    keyBits: 256,
    signatureAlgorithm: "ECDSA-SHA384",
    fingerprintSha256:
      "9F:2B:4C:7D:11:A0:5E:33:84:C6:0F:98:2D:61:BE:70:44:19:E2:AB:35:6C:D8:07:F1:5A:90:3E:62:B7:14:C8",
    publicKeySha256:
      "3A:77:90:1C:4B:EE:02:58:9D:61:F4:B3:20:CA:85:1E:6F:D2:93:40:A7:5B:08:EC:71:16:39:FD:52:84:0A:BB",
    extendedKeyUsage: ["serverAuth"],
    isCa: false,
    isSelfSigned: false,
    pem: "-----BEGIN CERTIFICATE-----\nMIIDazCCAlOgAwIBAgIUQ0kz\n-----END CERTIFICATE-----\n",
  };
}

export function issuer(): CertificateSummary {
  return {
    ...leaf(),
    subject: "C=US, O=Let’s Encrypt, CN=E7",
    issuer: "C=US, O=Internet Security Research Group, CN=ISRG Root X1",
    commonName: "E7",
    names: [],
    notBefore: "2024-03-13T00:00:00.000Z",
    notAfter: "2027-03-12T23:59:59.000Z",
    keyAlgorithm: "ECDSA P-384",
    keyBits: 384,
    signatureAlgorithm: "RSA-SHA256",
    isCa: true,
  };
}
