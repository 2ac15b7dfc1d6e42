import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { findings, type FindingCode } from "#contract/findings.ts";
import type { Trace } from "#contract/traces.ts";
import type { PeerTerms } from "#links/s2s/trust.ts";
import { startDeafListener } from "#testing/deaf-listener.ts";
import { agreedLink, scriptedWays } from "#testing/agreed-ways.ts";
import { createCertificateLab, type LabCertificate } from "#testing/certificate-lab.ts";
import {
  header,
  honest,
  offersDialback,
  offersExternal,
  offersTls,
  proceed,
  startScriptedXmpp,
  untilFeatures,
  type Conversation,
} from "#testing/scripted-xmpp.ts";
import { startNativeName } from "#testing/native-name.ts";
import { startZone, type Zone } from "#testing/scripted-zone.ts";
import { traceFor, type TraceWish } from "#testing/trace-harness.ts";
import { systemClock } from "./clock.ts";
import { createDnsResolver } from "./dns.ts";

// Every finding of the catalogue, provoked for real: by DNS servers, XMPP servers and links that do
// what the finding is about. A code without a way to provoke it fails this file, and its compilation.

const lab = createCertificateLab();
const authority = {
  extensions: ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign"],
};
const root = lab.issue({ subject: "/CN=Root", issuer: null, ...authority });
const other = lab.issue({ subject: "/CN=Other Root", issuer: null, ...authority });
const inter = lab.issue({ subject: "/CN=Inter", issuer: root, ...authority });
const names = ["subjectAltName = DNS:acme.example, DNS:wave.acme.example"];
const good = lab.issue({ subject: "/CN=acme.example", issuer: root, extensions: names });
const ours = lab.issue({
  subject: "/CN=wave.example.com",
  issuer: root,
  extensions: ["subjectAltName = DNS:wave.example.com"],
});
const day = 86_400_000;
const at = (days: number) => new Date(Date.now() + days * day);
const open: { stop: () => Promise<void> }[] = [];
after(async () => {
  for (const each of open.toReversed()) await each.stop();
  lab.close();
});

const credentials = (leaf: LabCertificate, ...chain: LabCertificate[]) => ({
  key: leaf.keyPem,
  cert: [leaf, ...chain].map(({ pem }) => pem).join(""),
});
async function listen(script: (talk: Conversation) => Promise<void> | void): Promise<number> {
  const server = await startScriptedXmpp("127.0.12.60", script);
  open.push(server);
  return server.port;
}
async function zone(records: Zone, address = "127.0.12.61") {
  const server = await startZone(address, records);
  open.push(server);
  return server;
}
const host = {
  "A xmpp.acme.example": ["127.0.12.60"],
  "A wave.acme.example": ["127.0.12.60"],
} as const;
const srv = "SRV _xmpp-server._tcp.acme.example";
const answers = { items: { "acme.example": ["wave.acme.example"] }, waves: ["wave.acme.example"] };
const unlinked = { noSource: "link.none" };

/** A trace of acme.example over this zone; the strict reading, so that the guess adds nothing. */
async function trace(records: Zone, wish: Partial<TraceWish> = {}): Promise<Trace> {
  const dns = [await zone(records)];
  return traceFor("acme.example", {
    dns,
    answers: unlinked,
    reading: "strict",
    trustedRoots: [root.pem],
    ...wish,
  });
}
/** A trace to a server that does this, at the end of an SRV record. */
async function served(
  script: (talk: Conversation) => Promise<void> | void,
  wish: Partial<TraceWish> = {},
) {
  const port = await listen(script);
  return trace({ ...host, [srv]: [`0 0 ${port} xmpp.acme.example`] }, wish);
}
const shown = (leaf: LabCertificate, ...chain: LabCertificate[]) =>
  served(honest("acme.example", credentials(leaf, ...chain)));
const well = () => honest("acme.example", credentials(good));
const says = (text: string) => (talk: Conversation) => talk.say(text);
const streamError = (condition: string) =>
  says(
    `${header("acme.example")}<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`,
  );
const both = (value: "SERVFAIL" | "REFUSED" | "silent" | "broken") => ({
  [srv]: value,
  "SRV _xmpps-server._tcp.acme.example": value,
  "A acme.example": value,
  "AAAA acme.example": value,
});

/** A trace for a name that the appliance federates itself: its connection logs in. */
async function native(
  script: (talk: Conversation) => Promise<void> | void,
  terms: Partial<PeerTerms> = {},
) {
  const port = await listen(script);
  const dns = [await zone({ ...host, [srv]: [`0 0 ${port} xmpp.acme.example`] })];
  const name = startNativeName({
    ...{ name: "wave.example.com", dns, credentials: credentials(ours), terms },
    trustedRoots: [root.pem],
  });
  open.push(name);
  const { carrier, logins } = name;
  const strangers = terms.tls ?? "required";
  return trace({}, { dns, carrier, logins, strangers });
}

const refused = {
  code: "x2x.refused",
  params: { link: "to acme", host: "192.0.2.7", port: 5271 },
  owner: "peer",
  severity: "error",
} as const;
const secondId = "00000000-0000-4000-8000-0000000000bb";
const lost = { kind: "failed", roundTripMs: null, carriedBy: "none" } as const;

/** A trace of acme.example, which DNS knows nothing of, by agreement. */
const agreedTrace = (...ways: Parameters<typeof scriptedWays>) =>
  trace({}, { agreed: scriptedWays(...ways), answers });

interface Elsewhere {
  readonly file: string;
  readonly title: string;
}
type Provocation = (() => Promise<Trace>) | Elsewhere;

const provocations = {
  "name.invalid": {
    file: "../http/traces.db.test.ts",
    title: "what is no domain is refused with the reason and a cleaned value",
  },
  "name.ip_literal": {
    file: "../http/traces.db.test.ts",
    title: "what is no domain is refused with the reason and a cleaned value",
  },
  "name.mixed_script": async () =>
    traceFor("асme.example", { dns: [await zone({})], answers: unlinked }),
  "policy.self": () => trace({}, { policy: { rule: "self" } }),
  "policy.blocked": () => trace({}, { policy: { allowed: false, rule: "block:1" } }),
  "policy.not_trusted": () => trace({}, { policy: { allowed: false, rule: "mode:trusted_only" } }),
  "policy.private_addr": () => served(well(), { settings: { allowPrivateTargets: false } }),
  "policy.odd_port": () => trace({ ...host, [srv]: ["0 0 25 xmpp.acme.example"] }),
  "cache.negative": async () => {
    const dns = [await zone(host)];
    const resolver = createDnsResolver({ servers: dns, clock: systemClock, timeoutMs: 5_000 });
    await traceFor("acme.example", { dns, resolver, answers: unlinked });
    return traceFor("acme.example", { dns, resolver, answers: unlinked });
  },
  "dns.nxdomain": () => trace({}),
  "dns.nodata": () => trace({ "A acme.example": ["127.0.12.60"] }),
  "dns.servfail": () => trace(both("SERVFAIL")),
  "dns.timeout": () => trace(both("silent"), { dnsTimeoutMs: 200 }),
  "dns.refused": () => trace(both("REFUSED")),
  "dns.unreachable": () => trace({}, { dns: [{ address: "127.0.12.62", port: 9 }] }),
  "dns.malformed": () => trace(both("broken")),
  "dns.disagree": async () => {
    const dns = [
      await zone({ "A acme.example": ["127.0.12.60"] }),
      await zone({ "A acme.example": ["127.0.12.99"] }, "127.0.12.63"),
    ];
    return trace({}, { dns });
  },
  "dns.wildcard": () =>
    trace({
      [srv.replace("SRV", "CNAME")]: ["www.acme.example"],
      "A www.acme.example": ["127.0.12.60"],
    }),
  "dns.too_many": () =>
    trace({ "A acme.example": Array.from({ length: 80 }, (_, i) => `127.0.12.${i + 100}`) }),
  "srv.dot": () => trace({ [srv]: ["0 0 0 ."] }),
  "srv.cname": async () => {
    const port = await listen(well());
    const records = {
      "CNAME xmpp.acme.example": ["real.acme.example"],
      "A real.acme.example": ["127.0.12.60"],
    };
    return trace({ ...records, [srv]: [`0 0 ${port} xmpp.acme.example`] });
  },
  "srv.ip": () => trace({ [srv]: ["0 0 5269 127.0.12.60"] }),
  "srv.target": () => trace({ [srv]: ["0 0 5269 a*b.example"] }),
  "srv.port": {
    file: "../http/self-tests.db.test.ts",
    title: "srv.port: the record names another port than the advertised one",
  },
  "record.missing": {
    file: "../http/self-tests.db.test.ts",
    title: "a fresh domain: disco decides the rule",
  },
  "record.differs": {
    file: "../protocol/resolution/own-records.test.ts",
    title: "wrong record.differs",
  },
  "addr.none": () =>
    trace({ ...host, [srv]: ["0 0 5269 acme.example"], "SRV x.acme.example": ["0 0 0 ."] }),
  "addr.v6_dead": async () => {
    const deaf = await startDeafListener("::1");
    open.push({ stop: () => Promise.resolve(deaf.stop()) });
    open.push(await startScriptedXmpp("127.0.12.60", well(), deaf.port));
    const target = { "A xmpp.acme.example": ["127.0.12.60"], "AAAA xmpp.acme.example": ["::1"] };
    return trace({ ...target, [srv]: [`0 0 ${deaf.port} xmpp.acme.example`] });
  },
  "addr.not_mine": {
    file: "../http/self-tests.db.test.ts",
    title: "addr.not_mine: the target leads elsewhere",
  },
  "tcp.refused": () => trace({ ...host, [srv]: ["0 0 1025 xmpp.acme.example"] }),
  "tcp.timeout": async () => {
    const deaf = await startDeafListener("127.0.12.60");
    open.push({ stop: () => Promise.resolve(deaf.stop()) });
    const timeouts = { tcpMs: 700, phaseMs: 5_000, wholeMs: 5_000 };
    return trace({ ...host, [srv]: [`0 0 ${deaf.port} xmpp.acme.example`] }, { timeouts });
  },
  // TCP has no route to a multicast address; the dial policy would not let one through.
  "tcp.unreachable": {
    file: "connect.test.ts",
    title: "no route -> tcp.unreachable with the errno",
  },
  "stream.not_xmpp": () => served(says("HTTP/1.1 400 Bad Request\r\n\r\n")),
  "stream.host_unknown": () => served(streamError("host-unknown")),
  "stream.policy": () => served(streamError("policy-violation")),
  "stream.certificate_wanted": () =>
    served(async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.secure(credentials(good));
      await talk.heard("<stream:stream");
      streamError("not-authorized")(talk);
    }),
  "stream.invalid": () => served(says(`${header("acme.example")}<!-- hello -->`)),
  "stream.closed": () => served((talk) => void talk.socket.end()),
  "stream.timeout": () =>
    served(() => {}, { timeouts: { tcpMs: 5_000, phaseMs: 300, wholeMs: 5_000 } }),
  "tls.not_offered": () => served(says(`${header("acme.example")}<stream:features/>`)),
  "tls.handshake": () =>
    served(async (talk) => {
      talk.say(header("acme.example") + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.wait(20);
      talk.say("this is no TLS");
    }),
  "cert.expired": () =>
    shown(
      lab.issue({
        subject: "/CN=a",
        issuer: root,
        extensions: names,
        notBefore: at(-90),
        notAfter: at(-3),
      }),
    ),
  "cert.not_yet": () =>
    shown(
      lab.issue({
        subject: "/CN=a",
        issuer: root,
        extensions: names,
        notBefore: at(2),
        notAfter: at(90),
      }),
    ),
  "cert.name": () =>
    shown(
      lab.issue({
        subject: "/CN=a",
        issuer: root,
        extensions: ["subjectAltName = DNS:xmpp.acme.example"],
      }),
    ),
  "cert.self_signed": () => shown(lab.issue({ subject: "/CN=a", issuer: null, extensions: names })),
  "cert.chain": () => shown(lab.issue({ subject: "/CN=a", issuer: inter, extensions: names })),
  "cert.untrusted": () =>
    shown(lab.issue({ subject: "/CN=a", issuer: other, extensions: names }), other),
  "cert.other_ca": {
    file: "../peers/trace-judge.test.ts",
    title:
      "cert.other_ca: a public certificate does not help where the peer has authorities of its own",
  },
  "cert.pin": {
    file: "../peers/trace-judge.test.ts",
    title: "cert.pin: a trusted certificate that no pin names fails a trace",
  },
  "cert.test_mode": {
    file: "../peers/trace-judge.test.ts",
    title: "cert.test_mode: any certificate passes with a warning, until the day that was agreed",
  },
  "cert.weak": () => {
    const leaf = lab.issue({ subject: "/CN=a", issuer: root, extensions: names, key: "rsa:1024" });
    return served(honest("acme.example", { ...credentials(leaf), ciphers: "ALL:@SECLEVEL=0" }));
  },
  "cert.invalid": () => {
    const leaf = lab.issue({
      subject: "/CN=no authority",
      issuer: root,
      extensions: ["basicConstraints = critical, CA:FALSE"],
    });
    return shown(lab.issue({ subject: "/CN=a", issuer: leaf, extensions: names }), leaf);
  },
  "cert.expiring": () =>
    shown(
      lab.issue({
        subject: "/CN=a",
        issuer: root,
        extensions: names,
        notBefore: at(-80),
        notAfter: at(10),
      }),
    ),
  "cert.no_client_eku": {
    file: "../http/certificates.db.test.ts",
    title: "each thing wrong with an upload has its check, its code and what the words need",
  },
  "cert.served_old": {
    file: "../http/self-tests.db.test.ts",
    title: "cert.served_old: the port serves another certificate than the one we hold",
  },
  "cert.served_other": {
    file: "../http/self-tests.db.test.ts",
    title: "cert.served_other: a second certificate that is accepted is no fault",
  },
  "auth.no_sasl": () =>
    native((talk) => untilFeatures(talk, "acme.example", credentials(good), "")),
  "auth.external_rejected": () =>
    native(async (talk) => {
      await untilFeatures(talk, "acme.example", credentials(good), offersExternal);
      await talk.heard("<auth");
      talk.say("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
    }),
  "auth.dialback_failed": () =>
    native(async (talk) => {
      await untilFeatures(talk, "acme.example", credentials(good), offersDialback);
      await talk.heard("</db:result>");
      talk.say("<db:result from='acme.example' to='wave.example.com' type='invalid'/>");
    }),
  "auth.peer_unproven": () =>
    native(says(`${header("acme.example")}<stream:features/>`), {
      tls: "preferred",
      dialback: false,
    }),
  "limit.remote": () => served(streamError("resource-constraint")),
  "disco.timeout": () => served(well(), { answers: { silent: ["acme.example"] } }),
  "disco.no_items": () => served(well(), { answers: { items: { "acme.example": [] } } }),
  "disco.no_wave": () =>
    served(well(), { answers: { items: { "acme.example": ["muc.acme.example"] } } }),
  "disco.too_many": () =>
    served(well(), {
      answers: {
        items: { "acme.example": Array.from({ length: 10_000 }, (_, i) => `s${i}.acme.example`) },
      },
    }),
  "guess.used": async () => {
    const port = await listen(well());
    const target = [`0 0 ${port} xmpp.acme.example`];
    const wave = "SRV _xmpp-server._tcp.wave.acme.example";
    const records = { ...host, [srv]: target, [wave]: target };
    return trace(records, {
      answers: { items: { "acme.example": [] }, waves: ["wave.acme.example"] },
    });
  },
  "guess.failed": () => served(well(), { answers: { items: { "acme.example": [] } } }),
  "agreed.used": () => agreedTrace([agreedLink({ state: "up" })]),
  "agreed.second": () =>
    agreedTrace(
      [
        agreedLink({ state: "failing", lastError: refused }),
        agreedLink({ id: secondId, name: "by radio", priority: 20, state: "up" }),
      ],
      { linkId: secondId },
    ),
  "agreed.down": () =>
    agreedTrace([agreedLink({ state: "failing", lastError: refused })], {
      ...lost,
      finding: refused,
    }),
  "agreed.silent": () => agreedTrace([agreedLink({ state: "up" })], lost),
  "agreed.fallen_back": async () =>
    trace(
      {},
      {
        agreed: scriptedWays([agreedLink({ fallsBack: true })], { ...lost, carriedBy: "stream" }),
      },
    ),
  "agreed.no_fallback": () => agreedTrace([agreedLink({ fallsBack: true, state: "up" })]),
  "agreed.waits": () => agreedTrace([agreedLink()], { ...lost, kind: "waits", linkId: null }),
  "agreed.elsewhere": () =>
    agreedTrace([agreedLink({ state: "held_elsewhere" })], {
      ...lost,
      kind: "elsewhere",
      linkId: null,
    }),
  "link.none": () => served(well()),
  "link.down": () => served(well(), { answers: { noSource: "link.down" } }),
  "link.bounced": () =>
    served(well(), { answers: { bounced: ["acme.example", "wave.acme.example"] } }),
  "link.only": () => trace({ ...host, [srv]: ["0 0 1025 xmpp.acme.example"] }, { answers }),
  "ping.timeout": {
    file: "../http/traces.db.test.ts",
    title: "a ping that nobody answers, that bounces, or that no link carries, says which",
  },
  "trace.deadline": {
    file: "../protocol/resolution/discover.test.ts",
    title: "the deadline ends a trace that would go on",
  },
  internal: () => served(well(), { judge: { judge: () => Promise.reject(new Error("a bug")) } }),
} satisfies Record<FindingCode, Provocation>;

test("every finding of the catalogue has a way to be provoked", () => {
  assert.deepEqual(Object.keys(provocations).toSorted(), Object.keys(findings).toSorted());
});

for (const [code, provocation] of Object.entries<Provocation>(provocations)) {
  if (typeof provocation !== "function") {
    test(`${code} is provoked elsewhere: ${provocation.title}`, () => {
      const text = readFileSync(new URL(provocation.file, import.meta.url), "utf8");
      assert.ok(text.includes(provocation.title), `${provocation.file} has no such test`);
      assert.ok(text.includes(code), `${provocation.file} does not speak of ${code}`);
    });
    continue;
  }
  test(`${code} is provoked for real, with the parameters that its sentence needs`, async () => {
    const done = await provocation();
    const found = done.findings.find((finding) => finding.code === code);
    assert.ok(
      found,
      `${code} not among ${done.findings.map((finding) => finding.code).join(", ")}`,
    );
    const row = findings[code as FindingCode];
    assert.deepEqual(Object.keys(found.params).toSorted(), [...row.params].toSorted());
    assert.ok(done.steps.every((step) => step.status !== "running" && step.status !== "pending"));
  });
}
