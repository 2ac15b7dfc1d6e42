import type { FindingTexts } from "./shape.ts";

/** What checks of peers add to the findings of their traces. */
export const healthTexts = {
  "health.no_wave": {
    headline: `<c>{domain}</c> has no Wave service any more.`,
    meaning: "You expect Wave of this peer, and the check found none.",
    fixes: [
      "Ask the owner whether the Wave service is down.",
      "If it is gone for good, expect only XMPP of this peer.",
    ],
  },
  "health.unexplained": {
    headline: `The check of <c>{domain}</c> ended without a reason.`,
    meaning: "Nothing was learned about the peer.",
    fixes: ["Trace the domain to see each step."],
  },
  "ping.timeout": {
    headline: `<c>{domain}</c> did not answer a ping within {seconds} s.`,
    meaning: "The server is found and shows its certificate, but stanzas do not come back.",
    fixes: [
      "Look at the server-to-server log of your XMPP server: the login between both may fail.",
      "Ask the owner whether their server can reach yours: an answer needs a connection in the other direction.",
    ],
    reference: "XEP-0199 §4.3",
  },
  "cert.changed": {
    headline: `{isExpected, select,
      true {<c>{domain}</c> has renewed its certificate.}
      other {The certificate of <c>{domain}</c> has changed before a renewal was due.}}`,
    meaning: `The new one is from {issuer, select, none {an unnamed authority} other {<c>{issuer}</c>}} and valid until {until, date, long}. Its fingerprint is <c>{after}</c>; before it was <c>{before}</c>.`,
    fixes: [
      `{isExpected, select,
        true {Nothing, if you expected a renewal.}
        other {Compare the new fingerprint with the owner by phone: somebody between you and them could show a certificate of their own.}}`,
    ],
    reference: "RFC 7590 §3.6",
  },
  "cert.held": {
    headline: `<c>{domain}</c> shows a new certificate and is held until you accept it.`,
    meaning: `The new one is from {issuer, select, none {an unnamed authority} other {<c>{issuer}</c>}} and valid until {until, date, long}. Its fingerprint is <c>{after}</c>; before it was <c>{before}</c>. Connections {direction, select, in {from} other {to}} this peer are refused meanwhile; those that rest on the old one go on.`,
    fixes: [
      "Compare the new fingerprint with the owner by phone.",
      "Then accept it on the peer's page, or dismiss it if it is not theirs.",
    ],
    reference: "RFC 7590 §3.6",
  },
  "trust.weaker": {
    headline: `<c>{domain}</c> has stopped proving who it is by its certificate.`,
    meaning: `It did so from {since, date, long} on. Now {direction, select, in {a server that says to be this peer} other {the server that DNS names}} {fingerprint, select, none {shows no certificate} other {shows a certificate that proves nothing (<c>{fingerprint}</c>)}}, and only dialback is left, which whoever controls DNS or the way can pass. It was refused.`,
    fixes: [
      "Trace the peer: an expired certificate shows there.",
      "If the owner confirms that it is meant, accept the weaker proof on the peer's page.",
    ],
    reference: "RFC 6120 §13.14",
  },
  "trust.undecided": {
    headline: `Whether <c>{domain}</c> may be trusted could not be looked up.`,
    meaning:
      "The database is away, and nothing in memory says that this peer has proved who it is in this way before. It was refused for now.",
    fixes: ["Bring the database back: the next attempt is decided anew."],
  },
  "trust.too_many": {
    headline: `<c>{domain}</c> is one name too many below <c>{peer}</c>.`,
    meaning: `Of {limit} names below one peer it is remembered how they prove who they are; further ones are refused.`,
    fixes: ["Add the name as a peer of its own.", "Ask the owner why there are so many."],
  },
  "health.not_checked": {
    headline: `<c>{domain}</c> has not been checked yet.`,
    meaning: "Its first check runs within its interval.",
    fixes: [],
  },
  "check.late": {
    headline: `Checks are late: <c>{domain}</c> has been due for {seconds} s.`,
    meaning: `It is meant to be checked every {intervalSeconds} s, so what the pages say of peers is older than that.`,
    fixes: [
      "Look at the load of this machine.",
      "Raise the interval of peers that need no close watch.",
    ],
  },
  "our_side.network": {
    headline: "This appliance has lost its network: nothing outside can be reached.",
    meaning: `Appliance <c>{node}</c> reached none of the peers that it reached before. They are not counted as down.`,
    fixes: ["Check the network and the resolvers of this machine."],
  },
  "setup.no_domain": {
    headline: "No domain of yours is set up yet.",
    meaning:
      "Traces work without one, up to the certificate. Everything else needs to know whom you serve.",
    fixes: ["Add the domain that your XMPP server serves."],
  },
  "setup.no_link": {
    headline: `<c>{domain}</c> is neither attached to an XMPP server nor federated from here.`,
    meaning:
      "Without a link the appliance can neither discover services nor ping, and nobody reaches it.",
    fixes: [
      "Open the domain: attach the appliance to your XMPP server as a component, or federate the name from here.",
    ],
    reference: "XEP-0114 §3",
  },
  "setup.no_certificate": {
    headline: `<c>{domain}</c> has no certificate for its streams.`,
    meaning:
      "This appliance federates the name itself, and cannot prove to other servers that it may. Most of them refuse such a name.",
    fixes: [
      "Add a certificate that covers the name, or choose one that you have, and use it for XMPP.",
    ],
    reference: "RFC 6120 §13.7.1.2",
  },
  "policy.nobody_trusted": {
    headline: "Only trusted peers may federate, and there are none.",
    meaning: "Every stanza from outside is refused.",
    fixes: ["Add a trusted peer, or open federation to everybody in the settings."],
  },
  "database.embedded_large": {
    headline: `{peers} peers are many for the built-in database.`,
    meaning: "It answers one question at a time and holds all in the memory of the appliance.",
    fixes: [
      "Move to PostgreSQL: set DATABASE_URL. The documentation says how to take the data along.",
    ],
  },
} as const satisfies FindingTexts;
