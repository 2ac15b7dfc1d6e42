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
} as const satisfies FindingTexts;
