// Traces as the appliance records them, for tests and for looking at the page without a network.
import type { Attempt, Step, Trace } from "#contract/traces.ts";
import {
  base,
  startedAt,
  steps,
  finding,
  lookup,
  order,
  decision,
  dial,
  disco,
  leaf,
} from "./attempts.ts";

const domain = "acmewave.com";

function trace(given: Partial<Trace> & { steps: Step[] }): Trace {
  return {
    id: "019a6b1e-7c11-7a54-9e0b-2f6d1c9a4e10",
    domain,
    reading: "overview",
    state: "done",
    xmpp: "reachable",
    wave: "found",
    jid: null,
    headline: null,
    trigger: "person",
    requestedBy: "Ada",
    startedAt,
    durationMs: null,
    isPinned: false,
    schemaVersion: 1,
    fresh: false,
    software: "Wavegate 0.1.0",
    resolvers: ["192.0.2.53:53", "198.51.100.53:53"],
    cancelledBy: null,
    findings: [],
    ...given,
  };
}

function name(): Attempt {
  return {
    ...base("1.1", [0, 0]),
    kind: "name",
    source: "appliance",
    input: domain,
    ascii: domain,
    unicode: domain,
    scripts: ["Latin"],
  };
}
const srv = `_xmpp-server._tcp.${domain}`;
const srvs = `_xmpps-server._tcp.${domain}`;
const second = { resolver: "198.51.100.53:53", deciding: false, winner: false };

function service(): Attempt[] {
  return [
    name(),
    { ...base("1.2", [0, 0]), kind: "policy", source: "appliance", rule: "mode:open" },
    lookup("1.3", [1, 22], "SRV", srvs, []),
    lookup("1.4", [1, 31], "SRV", srvs, [], second),
    lookup("1.5", [1, 24], "SRV", srv, [
      "10 0 5269 xmpp.acmewave.com.",
      "20 0 5269 backup.acmewave.com.",
    ]),
    lookup(
      "1.6",
      [1, 35],
      "SRV",
      srv,
      ["10 0 5269 xmpp.acmewave.com.", "20 0 5269 backup.acmewave.com."],
      second,
    ),
  ];
}

function targets(): Attempt[] {
  return [
    order(
      "2.1",
      [25, 0],
      [
        ["xmpp.acmewave.com", 5269],
        ["backup.acmewave.com", 5269],
      ],
    ),
    lookup("2.2", [26, 23], "AAAA", "xmpp.acmewave.com", ["2001:db8:5269::7"]),
    lookup("2.3", [26, 21], "A", "xmpp.acmewave.com", ["192.0.2.7"]),
  ];
}

const skippedAddress = [3, 4].map((number) => ({
  number,
  status: "skipped" as const,
  because: { code: "srv.answered", step: 2 },
}));

/** Reached over IPv4 because IPv6 is dead, Wave service in the list: a warning. */
export function warningTrace(): Trace {
  const dead = finding(
    "addr.v6_dead",
    { address: "2001:db8:5269::7", other: "192.0.2.7", seconds: 3 },
    "warning",
  );
  return trace({
    xmpp: "warning",
    jid: "wave.acmewave.com",
    durationMs: 3056,
    headline: dead,
    findings: [{ ...dead, step: 5 }],
    steps: steps([
      { number: 1, status: "ok", attempts: service(), durationMs: 25 },
      { number: 2, status: "ok", attempts: targets(), durationMs: 24 },
      ...skippedAddress,
      {
        number: 5,
        status: "warning",
        message: dead,
        durationMs: 3006,
        attempts: [
          dial("5.1", [50, 3000], "2001:db8:5269::7", {
            reached: 1,
            status: "warning",
            message: dead,
          }),
          dial("5.2", [300, 130], "192.0.2.7", { winner: true }),
          disco("5.3", [2, 190], "items", domain, {
            winner: true,
            items: ["conference", "wave", "upload"].map((label) => ({
              jid: `${label}.${domain}`,
              name: null,
              node: null,
            })),
          }),
        ],
      },
      {
        number: 6,
        status: "ok",
        durationMs: 61,
        attempts: [
          disco("6.1", [430, 44], "info", "wave.acmewave.com", {
            winner: true,
            matched: "both",
            identities: [{ category: "collaboration", type: "google-wave", name: "Wave" }],
            features: ["http://waveprotocol.org/protocol/0.2/waveserver", "urn:xmpp:receipts"],
          }),
          disco("6.2", [430, 61], "info", "conference.acmewave.com", {
            identities: [{ category: "conference", type: "text", name: "Rooms" }],
          }),
          disco("6.3", [430, 52], "info", "upload.acmewave.com", {
            status: "warning",
            condition: "service-unavailable",
          }),
        ],
      },
      {
        number: 7,
        status: "ok",
        durationMs: 40,
        attempts: [
          lookup("7.1", [440, 21], "SRV", "_xmpp-server._tcp.wave.acmewave.com", [
            "5 0 5269 xmpp.acmewave.com.",
          ]),
          {
            ...base("7.2", [495, 0]),
            kind: "reuse",
            status: "reused",
            winner: true,
            description: "192.0.2.7:5269",
            ageMs: 65,
            certificate: null,
          },
        ],
      },
      { number: 8, status: "ok", attempts: [decision("8.1", 496, "item.reached")], durationMs: 0 },
      ...[9, 10, 11].map((number) => ({
        number,
        status: "skipped" as const,
        because: { code: "wave.found", step: 8 },
      })),
      {
        number: 12,
        status: "ok",
        attempts: [decision("12.1", 497, "ready", { jid: "wave.acmewave.com" })],
        durationMs: 0,
      },
      { number: 13, status: "skipped", because: { code: "trace.ready", step: 12 } },
    ]),
  });
}

/** Every address silent: unreachable, the firewall of the other side. */
export function timeoutTrace(): Trace {
  const silent = finding("tcp.timeout", { address: "192.0.2.7", port: 5269, seconds: 10 });
  const guess = finding(
    "guess.failed",
    { domain, jid: `wave.${domain}`, condition: "dns.nxdomain" },
    "warning",
  );
  const one = { reached: 1, status: "failed" as const, message: silent };
  return trace({
    xmpp: "unreachable",
    wave: "none",
    durationMs: 21_480,
    headline: silent,
    findings: [
      { ...silent, step: 5 },
      { ...guess, step: 10 },
    ],
    steps: steps([
      { number: 1, status: "ok", attempts: service(), durationMs: 25 },
      { number: 2, status: "ok", attempts: targets(), durationMs: 24 },
      ...skippedAddress,
      {
        number: 5,
        status: "failed",
        message: silent,
        durationMs: 21_360,
        attempts: [
          dial("5.1", [50, 10_000], "2001:db8:5269::7", {
            ...one,
            message: finding(
              "tcp.unreachable",
              { address: "2001:db8:5269::7", port: 5269, errno: "ENETUNREACH" },
              "info",
              "network",
            ),
          }),
          dial("5.2", [300, 10_000], "192.0.2.7", one),
          dial("5.3", [1300, 20_100], "192.0.2.8", {
            ...one,
            candidate: {
              ...dial("x", [0, 0], "192.0.2.8").candidate,
              host: "backup.acmewave.com",
              priority: 20,
            },
            message: finding("tcp.refused", { address: "192.0.2.8", port: 5269 }),
          }),
          disco("5.4", [2, 15_000], "items", domain, {
            status: "failed",
            condition: "remote-server-timeout",
          }),
          disco("5.5", [16_000, 5_400], "items", domain, {
            status: "failed",
            condition: "remote-server-timeout",
          }),
        ],
      },
      ...[6, 7, 8].map((number) => ({
        number,
        status: "skipped" as const,
        because: { code: "tcp.timeout", step: 5 },
      })),
      {
        number: 9,
        status: "ok",
        attempts: [decision("9.1", 21_410, "guess", { jid: `wave.${domain}` })],
        durationMs: 0,
      },
      {
        number: 10,
        status: "failed",
        message: guess,
        durationMs: 44,
        attempts: [
          lookup("10.1", [21_412, 22], "SRV", `_xmpp-server._tcp.wave.${domain}`, [], {
            outcome: "nxdomain",
            rcode: "NXDOMAIN",
          }),
          lookup("10.2", [21_434, 20], "A", `wave.${domain}`, [], {
            outcome: "nxdomain",
            rcode: "NXDOMAIN",
          }),
        ],
      },
      ...[11, 12].map((number) => ({
        number,
        status: "not_reached" as const,
        because: { code: "guess.failed", step: 10 },
      })),
      {
        number: 13,
        status: "failed",
        attempts: [decision("13.1", 21_456, "unreachable")],
        durationMs: 0,
      },
    ]),
  });
}

/** All well. */
export function goodTrace(): Trace {
  const warned = warningTrace();
  return {
    ...warned,
    xmpp: "reachable",
    durationMs: 431,
    headline: null,
    findings: [],
    steps: warned.steps.map((step) =>
      step.number === 5
        ? {
            ...step,
            status: "ok",
            message: null,
            durationMs: 160,
            attempts: [
              dial("5.1", [50, 130], "192.0.2.7", { winner: true }),
              ...step.attempts.slice(2),
            ],
          }
        : step,
    ),
  };
}

/** Under way: connecting, everything after it still to come. */
export function runningTrace(): Trace {
  const warned = warningTrace();
  return {
    ...warned,
    state: "running",
    xmpp: null,
    wave: null,
    jid: null,
    headline: null,
    findings: [],
    durationMs: null,
    steps: warned.steps.map((step): Step => {
      const { because: _, ...rest } = step;
      if (step.number < 5) return step;
      if (step.number > 5)
        return {
          ...rest,
          status: "pending",
          attempts: [],
          message: null,
          startedAt: null,
          durationMs: null,
        };
      return {
        ...rest,
        status: "running",
        message: null,
        durationMs: null,
        attempts: [
          dial("5.1", [50, null], "2001:db8:5269::7", { reached: 1, status: "running" }),
          dial("5.2", [300, null], "192.0.2.7", { reached: 4, status: "running" }),
          disco("5.3", [2, null], "items", domain, { status: "running", transcript: [] }),
        ],
      };
    }),
  };
}

/** Their certificate expired and is for another name. */
export function certificateTrace(): Trace {
  const expired = finding("cert.expired", {
    domain,
    subject: "chat.acmewave.com",
    date: "2026-11-09T08:00:00.000Z",
    days: 12,
  });
  const wrongName = finding("cert.name", { domain, names: ["DNS:chat.acmewave.com"], total: 1 });
  const good = goodTrace();
  return {
    ...good,
    xmpp: "unreachable",
    headline: expired,
    findings: [
      { ...expired, step: 5 },
      { ...wrongName, step: 5 },
    ],
    steps: good.steps.map((step) =>
      step.number !== 5
        ? step
        : {
            ...step,
            status: "warning",
            message: expired,
            attempts: step.attempts.map((attempt) =>
              attempt.kind === "connect"
                ? {
                    ...attempt,
                    message: expired,
                    certificate: {
                      reference: domain,
                      chain: [
                        {
                          ...leaf(),
                          subject: "CN=chat.acmewave.com",
                          notAfter: "2026-11-09T08:00:00.000Z",
                        },
                      ],
                      trusted: false,
                      nameMatch: null,
                      findings: [expired, wrongName],
                    },
                  }
                : attempt,
            ),
          },
    ),
  };
}
