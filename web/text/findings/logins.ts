import type { FindingTexts } from "./shape.ts";

/** From the features of a secured stream until both sides know who the other is, and being asked to wait. */
export const loginTexts = {
  "auth.no_sasl": {
    headline: `<c>{domain}</c> gives <c>{from}</c> no way to log in.`,
    meaning: `{certificate, select,
      none {<c>{from}</c> has no certificate here, and the server does not take dialback instead.}
      other {The server does not offer to take our certificate (SASL EXTERNAL), and it does not take dialback instead.}} Nothing from <c>{from}</c> gets there until this is mended.`,
    fixes: [
      `{certificate, select,
        none {Upload a certificate for <c>{from}</c> on the Certificates page, and use it for XMPP.}
        other {Look at the certificate of <c>{from}</c> on the Certificates page: is it in date, does it name <c>{from}</c>, is its intermediate with it, does it come from a public authority?}}`,
      `If that is in order, ask the owner of <c>{domain}</c> to take dialback from <c>{from}</c>.`,
    ],
    reference: "RFC 6120 §6.3.4",
  },
  "auth.external_rejected": {
    headline: `<c>{domain}</c> refuses the certificate of <c>{from}</c>.`,
    meaning: `{conditionKey, select,
      tls_alert {It broke off TLS: "{text}".}
      temporary_auth_failure {It could not check the certificate just now.}
      closed {It hung up while it checked the certificate.}
      other {It answered <c>{condition}</c>{text, select, none {, without words of its own.} other {: "{text}".}}}} Nothing from <c>{from}</c> gets there until it accepts us.`,
    fixes: [
      `Look at the certificate of <c>{from}</c> on the Certificates page: is it in date, does it name <c>{from}</c>, is its intermediate with it?`,
      "If it is for servers only (its use for clients is missing), get one that allows both: some servers demand that of whoever calls them.",
      `If all of that is in order, ask the owner of <c>{domain}</c> what the log says at the time of this trace.`,
    ],
    reference: "RFC 6120 §6.5",
  },
  "auth.dialback_failed": {
    headline: `<c>{domain}</c> called back to verify <c>{from}</c>, and it did not work.`,
    meaning: `It asks whoever DNS names for <c>{from}</c> whether we are meant. {reasonKey, select,
      invalid {Whoever it asked did not know us: DNS leads to another server than this appliance.}
      item_not_found {Whoever it asked does not serve <c>{from}</c>.}
      remote_server_not_found {It found nobody in DNS.}
      remote_server_timeout {It got no answer.}
      remote_connection_failed {It could not connect.}
      policy_violation {A rule of its own forbids it.}
      not_authorized {It does not take our word.}
      closed {It hung up before it had an answer.}
      other {It answered <c>{reason}</c>.}} Nothing from <c>{from}</c> gets there until this works.`,
    fixes: [
      `Run the self-test of <c>{from}</c>: it shows where DNS leads, and whether this appliance is there.`,
      "Let the server-to-server port (usually TCP 5269) through every firewall to this appliance.",
      `If another server answers for <c>{from}</c>, correct the SRV record.`,
    ],
    reference: "XEP-0220 §2.1",
  },
  "auth.peer_unproven": {
    headline: `<c>{domain}</c> does not prove who it is.`,
    meaning:
      "The connection has no TLS, so there is no certificate, and dialback is not enough for this domain. Somebody in between could answer in its name, so nothing is sent.",
    fixes: [
      "The owner switches on TLS for server-to-server connections.",
      `If you can live without proof, let dialback do for <c>{domain}</c>: it is one of the peer's terms.`,
    ],
    reference: "RFC 6120 §13.7",
  },
  "limit.remote": {
    headline: `<c>{domain}</c> asks us to slow down.`,
    meaning: `It says <c>{condition}</c>{text, select, none {.} other {: "{text}".}} It is too busy, or limits how often one server may connect. There is nothing to mend on our side.`,
    fixes: [
      "Wait. The appliance tries again by itself, each time after a longer pause.",
      "Do not trace it over and over: each trace is one more connection.",
      `If it lasts for hours, ask the owner of <c>{domain}</c> to raise the limit.`,
    ],
    reference: "RFC 6120 §4.9.3.17",
  },
} as const satisfies FindingTexts;
