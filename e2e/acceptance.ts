import type { Part, Proof } from "./runner/acceptance.ts";

/** Each part of the product and the tests that prove it; `npm run acceptance` prints it with their results. */
export const parts: readonly Part[] = [
  {
    name: "1. Start: a fresh clone, both databases, the environment, HTTPS, SIGTERM",
    proofs: [
      file("e2e/stack/start.test.ts"),
      story("the setup code makes the first account"),
      file("e2e/ui/set-up.test.ts"),
      file("server/config.test.ts"),
      file("server/store/store.db.test.ts"),
      file("server/store/database.db.test.ts"),
      file("server/store/embedded.db.test.ts"),
      file("server/http/web.test.ts"),
      file("server/http/certificate-uses.db.test.ts"),
      file("e2e/soak/kill.test.ts"),
    ],
  },
  {
    name: "2. Domains and component links",
    proofs: [
      story("the domain is attached"),
      file("e2e/ui/attach-domain.test.ts"),
      file("e2e/ui/server-configuration.test.ts"),
      file("server/links/"),
      file("server/http/domains.db.test.ts"),
      file("server/protocol/xmpp/"),
      file("web/pages/domains/"),
      scenario("01"),
      scenario("02"),
    ],
  },
  {
    name: "3. Resolution and its trace",
    proofs: [
      story("acmewave.com is traced"),
      file("e2e/ui/trace-a-domain.test.ts"),
      file("e2e/ui/keyboard.test.ts"),
      file("e2e/ui/find-a-trace.test.ts"),
      file("server/protocol/resolution/"),
      file("server/resolver/"),
      file("server/http/traces.db.test.ts"),
      file("web/pages/traces/"),
      file("web/text/findings.test.ts"),
      ...["01", "02", "03", "04", "05", "06", "07", "08"].map(scenario),
      ...["09", "10", "11", "12", "13", "15"].map(scenario),
    ],
  },
  {
    name: "4. Ping and self-test",
    proofs: [
      story("missing DNS records are named"),
      file("e2e/ui/publish-records.test.ts"),
      scenario("01"),
      scenario("02"),
      file("server/http/traces.db.test.ts", "ping"),
      file("server/http/self-tests.db.test.ts"),
      file("server/protocol/resolution/own-records.test.ts"),
    ],
  },
  {
    name: "5. Trusted peers",
    proofs: [
      story("it becomes a trusted peer"),
      file("e2e/ui/agree-with-peers.test.ts"),
      file("e2e/ui/ten-thousand-peers.test.ts"),
      file("server/peers/policy.test.ts"),
      file("server/peers/policy.db.test.ts"),
      file("server/links/router.test.ts"),
      file("server/http/peers.db.test.ts"),
      file("web/pages/peers/"),
    ],
  },
  {
    name: "6. Certificates",
    proofs: [
      story("a certificate is dropped"),
      file("e2e/ui/keep-certificates.test.ts"),
      file("server/certificates/"),
      file("server/http/certificates.db.test.ts"),
      file("server/http/certificate-uses.db.test.ts"),
      file("server/http/https-listener.test.ts"),
      file("server/store/certificates.db.test.ts"),
      file("server/store/vault.test.ts"),
      file("web/pages/certificates/"),
    ],
  },
  {
    name: "7. Health and status",
    proofs: [
      story("the status page is switched on"),
      story("nothing needs attention"),
      file("e2e/ui/watch-the-night.test.ts"),
      file("server/peers/"),
      file("server/http/watch.db.test.ts"),
      scenario("14"),
    ],
  },
  {
    name: "8. Connections",
    proofs: [
      file("e2e/ui/lose-connection.test.ts"),
      file("server/links/links.db.test.ts"),
      file("server/links/ledger.db.test.ts"),
      file("server/http/domains.db.test.ts", "connection"),
    ],
  },
  {
    name: "9. People and safety",
    proofs: [
      file("server/http/people.db.test.ts"),
      file("server/http/setup.db.test.ts"),
      file("e2e/ui/manage-people.test.ts"),
      file("e2e/ui/own-account.test.ts"),
      file("e2e/ui/api-tokens.test.ts"),
    ],
  },
  {
    name: "10. Operators' habits",
    proofs: [
      file("e2e/soak/outage.test.ts"),
      file("e2e/ui/database-outage.test.ts"),
      file("e2e/ui/change-settings.test.ts"),
      file("e2e/ui/every-page.test.ts"),
      file("e2e/ui/api-routes.test.ts"),
      file("server/store/availability.test.ts"),
      file("server/links/metrics.test.ts"),
      file("server/http/people.db.test.ts", "OpenAPI"),
      file("server/protocols.test.ts"),
    ],
  },
  {
    name: "11. Tests and CI",
    proofs: [
      ...["format", "lint", "canary", "types", "knip"].map((check) => file(check)),
      file("e2e/runner/runner.test.ts"),
      file("e2e/stack/stack.test.ts"),
      file("e2e/soak/ledger.test.ts"),
      file("e2e/bench/bench.test.ts"),
    ],
  },
  {
    name: "Bad input",
    proofs: [
      story("a pasted address is no domain"),
      file("server/protocol/xmpp/reader.test.ts"),
      file("server/protocol/resolution/dns-answer.test.ts"),
      file("server/protocol/resolution/random-worlds.test.ts"),
      file("server/resolver/dns.test.ts"),
      file("server/resolver/connect-hostile.test.ts"),
      file("server/links/component.test.ts"),
      file("server/certificates/import-faults.test.ts"),
      file("server/http/people.db.test.ts", "bodies over the limit"),
      file("server/http/domains.db.test.ts", "bad names are refused"),
      file("server/http/traces.db.test.ts", "what is no domain is refused"),
      file("server/http/traces.db.test.ts", "a look-alike is traced"),
    ],
  },
  {
    name: "Links of our own 1. Protocol core",
    proofs: [
      file("server/protocol/xmpp/"),
      file("server/protocols.test.ts"),
      file("server/testing/fuzz/"),
    ],
  },
  {
    name: "Links of our own 2. Server-to-server link, with Prosody and ejabberd both ways, and its outcomes",
    proofs: [
      ...["16", "17", "18", "19", "20", "21", "22", "26"].map(scenario),
      file("server/links/s2s/"),
      file("server/links/s2s/matrix.test.ts"),
      file("server/certificates/stream-tls.test.ts"),
      file("server/certificates/path.test.ts"),
      file("server/peers/authentication.test.ts"),
      file("server/peers/certificate-watch.test.ts"),
      file("server/peers/trust.db.test.ts"),
      file("e2e/ui/trust-a-peer.test.ts"),
    ],
  },
  {
    name: "Links of our own 3. Delivery: delivered once, or bounced, or counted",
    proofs: [
      scenario("20"),
      scenario("24"),
      file("server/links/s2s/vanished-peer.test.ts"),
      file("server/links/s2s/outbox.test.ts"),
      file("server/protocol/xmpp/stream-management.test.ts"),
    ],
  },
  {
    name: "Links of our own 4. Component host",
    proofs: [
      scenario("23"),
      file("server/links/component-host/"),
      file("server/protocol/xmpp/component-accepting.test.ts"),
      file("e2e/ui/federate-names.test.ts"),
    ],
  },
  {
    name: "Links of our own 5. Router and limits",
    proofs: [
      file("server/links/router.test.ts"),
      file("server/links/pace.test.ts"),
      file("server/links/s2s/sender.test.ts"),
      file("server/links/s2s/route.test.ts"),
    ],
  },
  {
    name: "Links of our own 6. Dashboard",
    proofs: [
      file("e2e/ui/watch-streams.test.ts"),
      file("e2e/ui/federate-names.test.ts"),
      file("server/http/streams.db.test.ts"),
      file("server/links/s2s/tap.test.ts"),
      file("server/links/s2s/way-back.test.ts"),
    ],
  },
  {
    name: "Links of our own 7. Traces that log in",
    proofs: [
      scenario("25"),
      file("server/resolver/trace-login.test.ts"),
      file("server/resolver/open-stream.test.ts"),
      file("server/resolver/provoked.test.ts"),
    ],
  },
  {
    name: "Links of our own, bad input",
    proofs: [
      ...["01", "02", "03", "04", "05", "06", "07"].map((number) => scenario(`hostile-${number}`)),
      file("server/testing/fuzz/"),
      file("server/resolver/open-stream-hostile.test.ts"),
      file("e2e/ui/hostile-text.test.ts"),
      file("server/primitives.test.ts"),
    ],
  },
  {
    name: "X2X 1. Link record and agreement",
    proofs: [
      file("server/protocol/x2x/"),
      file("server/http/x2x-links.db.test.ts"),
      file("server/resolver/host-names.test.ts"),
    ],
  },
  {
    name: "X2X 2. Wire: implied stream, crossing opens, fail-over and return",
    proofs: [
      file("server/protocol/x2x/"),
      file("server/links/x2x/"),
      scenario("28"),
      scenario("37"),
      scenario("38"),
    ],
  },
  {
    name: "X2X 3. Wizard: one exports, the other imports",
    proofs: [file("e2e/ui/agree-on-a-link.test.ts"), scenario("28")],
  },
  {
    name: "X2X 4. Router and policy: fall-back to streams and return, traces and checks over the link",
    proofs: [
      scenario("36"),
      file("server/links/x2x/lost-ways.test.ts"),
      file("server/links/x2x/crossing.test.ts"),
      file("server/protocol/resolution/steps-agreed.test.ts"),
      file("server/peers/agreed-peers.test.ts"),
      file("server/peers/agreed-checks.db.test.ts"),
    ],
  },
  {
    name: "X2X 5. Status: what the link saved, computed and measured",
    proofs: [
      file("web/pages/x2x/savings.test.ts"),
      file("server/links/x2x/x2x.test.ts", "XEP-0361 §4.3: one connection carries both directions"),
      scenario("36"),
    ],
  },
  {
    name: "X2X, bad input",
    proofs: [
      scenario("hostile-08"),
      scenario("hostile-10"),
      file("server/links/x2x/x2x-faults.test.ts"),
      file("server/links/x2x/x2x-deflate.test.ts"),
      file("server/links/x2x/x2x-mismatch.test.ts"),
      file("web/text/x2x-fields.test.ts"),
    ],
  },
];

function file(path: string, title?: string): Proof {
  return title === undefined ? { file: path } : { file: path, title };
}

/** A step of the operator's first day, in every view that it is told in. */
function story(title: string): Proof {
  return { file: "e2e/ui/story.test.ts", title };
}

function scenario(number: string): Proof {
  return { file: number };
}
