import type { Part, Proof } from "./runner/acceptance.ts";

/** Each part of the product and the tests that prove it; `npm run acceptance` prints it with their results. */
export const parts: readonly Part[] = [
  {
    name: "1. Start: a fresh clone, both databases, the environment, HTTPS, SIGTERM",
    proofs: [
      file("e2e/stack/start.test.ts"),
      file("server/config.test.ts"),
      file("server/store/store.db.test.ts"),
      file("server/http/https-listener.db.test.ts"),
      file("e2e/soak/kill.test.ts"),
    ],
  },
  {
    name: "2. Domains and component links",
    proofs: [
      file("server/links/"),
      file("server/http/domains.db.test.ts"),
      file("server/protocol/xmpp/"),
      scenario("01"),
      scenario("02"),
    ],
  },
  {
    name: "3. Resolution and its trace",
    proofs: [
      file("server/protocol/resolution/"),
      file("server/resolver/"),
      ...["01", "02", "03", "04", "05", "06", "07", "08"].map(scenario),
      ...["09", "10", "11", "12", "13", "15"].map(scenario),
    ],
  },
  {
    name: "4. Ping and self-test",
    proofs: [scenario("01"), scenario("02"), file("server/peers/ping.test.ts")],
  },
  {
    name: "5. Trusted peers",
    proofs: [
      file("server/peers/policy.test.ts"),
      file("server/links/router.test.ts"),
      file("server/http/peers.db.test.ts"),
    ],
  },
  {
    name: "6. Certificates",
    proofs: [
      file("server/certificates/"),
      file("server/http/certificates.db.test.ts"),
      file("server/http/https-listener.test.ts"),
      file("server/store/vault.test.ts"),
    ],
  },
  {
    name: "7. Health and status",
    proofs: [
      file("server/peers/health.test.ts"),
      file("server/peers/checks.db.test.ts"),
      file("server/peers/own-side.test.ts"),
      file("server/peers/certificate-watch.test.ts"),
      scenario("14"),
    ],
  },
  {
    name: "8. Connections",
    proofs: [
      file("server/links/links.db.test.ts"),
      file("server/http/domains.db.test.ts", "connection"),
    ],
  },
  {
    name: "9. People and safety",
    proofs: [file("server/http/people.db.test.ts"), file("server/http/setup.db.test.ts")],
  },
  {
    name: "10. Operators' habits",
    proofs: [
      file("e2e/soak/outage.test.ts"),
      file("server/http/people.db.test.ts", "OpenAPI"),
      file("web/text/findings.test.ts"),
    ],
  },
  {
    name: "11. Tests and CI",
    proofs: [
      file("canary"),
      file("format"),
      file("lint"),
      file("types"),
      file("knip"),
      file("e2e/runner/runner.test.ts"),
      file("e2e/stack/stack.test.ts"),
      file("e2e/bench/bench.test.ts"),
    ],
  },
  {
    name: "Bad input",
    proofs: [
      file("server/protocol/xmpp/reader.test.ts"),
      file("server/protocol/resolution/dns-answer.test.ts"),
      file("server/resolver/dns.test.ts"),
      file("server/resolver/connect.test.ts"),
      file("server/certificates/import-faults.test.ts"),
      file("server/http/people.db.test.ts", "bodies over the limit"),
      file("server/http/domains.db.test.ts", "bad names are refused"),
    ],
  },
];

function file(path: string, title?: string): Proof {
  return title === undefined ? { file: path } : { file: path, title };
}

function scenario(number: string): Proof {
  return { file: number };
}
