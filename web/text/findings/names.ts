import type { FindingTexts } from "./shape.ts";

const nameReason = `{reason, select,
  empty {is empty}
  whitespace {has a space in it}
  character {has a character that no domain name may have}
  underscore {has an underscore, which only service names such as SRV records have}
  hyphen {begins or ends with a hyphen, or has two of them where only xn-- may}
  bidi_control {has an invisible character that changes the writing direction}
  not_idna {has a character that international domain names do not allow}
  punycode {begins with xn-- but is no correctly encoded name}
  numeric {is only digits, which the last part of a name cannot be}
  label_too_long {is longer than 63 characters}
  name_too_long {is longer than 253 characters}
  other {cannot be part of a domain name}}`;

/** Names, policy and what the appliance decides before it asks anybody. */
export const nameTexts = {
  "name.invalid": {
    headline: `<c>{input}</c> is not a domain name: <c>{label}</c> ${nameReason}.`,
    meaning: "Nothing was looked up, because no server can have this name.",
    fixes: [
      "Enter only the part after the @ of an address, without https:// and without a slash.",
      `{suggestion, select, none {Check the spelling of <c>{label}</c>.} other {Use <c>{suggestion}</c> if that is what you meant.}}`,
    ],
    reference: "RFC 7622 §3.2",
  },
  "name.ip_literal": {
    headline: `<c>{input}</c> is an IP address, not a domain.`,
    meaning:
      "Servers federate under domain names: certificates, SRV records and addresses all carry the domain.",
    fixes: [
      "Enter the domain whose server you want to reach.",
      "If the domain has no usable DNS, add it as a peer and set this address as its host there.",
    ],
    reference: "RFC 6120 §3.2",
  },
  "name.mixed_script": {
    headline: `<c>{unicode}</c> mixes letters of {scripts} in one word.`,
    meaning: `Letters of different scripts can look the same. DNS knows this name as <c>{domain}</c>.`,
    fixes: [
      `Compare <c>{domain}</c> with the name that you were given, letter by letter, before you trust it.`,
    ],
    reference: "RFC 7622 §7.3",
  },
  "policy.self": {
    headline: `<c>{domain}</c> is one of your own domains, so no connection to it is made.`,
    meaning: "A server does not federate with itself; looking from the inside would prove nothing.",
    fixes: ["Open the domain and run its self-test to see what other servers see of it."],
  },
  "policy.blocked": {
    headline: `You have blocked <c>{domain}</c>.`,
    meaning: `The rule <c>{rule}</c> refuses every stanza to and from it.`,
    fixes: [
      "Leave it as it is if the block is meant.",
      "Otherwise remove the block on the peer's page.",
    ],
  },
  "policy.not_trusted": {
    headline: `<c>{domain}</c> is not on your list of trusted peers.`,
    meaning:
      "The appliance is set to federate with trusted peers only, so stanzas to it are refused.",
    fixes: [`Add <c>{domain}</c> as a trusted peer if you want to federate with it.`],
  },
  "policy.private_addr": {
    headline: `<c>{host}</c> resolves to <c>{address}</c>, which is {kind, select,
      loopback {this machine itself}
      link_local {an address of the local link only}
      multicast {a group of machines, not one}
      broadcast {every machine on the local network}
      unspecified {no address at all}
      documentation {reserved for examples}
      benchmark {reserved for measurements}
      shared {an address inside a provider's network}
      private {an address inside a private network}
      other {not an address of the public Internet}}.`,
    meaning:
      "The appliance does not dial such addresses, so that nobody can use a DNS record to reach into your network.",
    fixes: [
      `If <c>{host}</c> should be public, its owner must publish a public address.`,
      "If this is meant, as in a laboratory or a VPN, allow private targets in the settings.",
    ],
    reference: "RFC 6890",
  },
  "policy.odd_port": {
    headline: `The SRV record of <c>{host}</c> names port {port}, which is a port of another service.`,
    meaning:
      "The appliance does not dial ports below 1024 that no XMPP server uses, so that nobody can aim it at mail or web servers.",
    fixes: [
      `Ask the owner whether port {port} is a mistake; servers normally listen on 5269.`,
      `If it is meant, allow port {port} in the settings.`,
    ],
    reference: "RFC 6120 §14.7",
  },
  "cache.negative": {
    headline: `The {type} record of <c>{question}</c> was not asked for again: "no" is still kept.`,
    meaning: `The answer is {ageSeconds} s old. DNS lets it be kept for another {untilSeconds} s.`,
    fixes: ["Run the trace with a fresh lookup if you have just changed the record."],
    reference: "RFC 2308 §5",
  },
  "trace.deadline": {
    headline: `The trace was stopped after {seconds} s.`,
    meaning: "What was found until then is kept. Steps after it were not reached.",
    fixes: ["Look at the longest bar: the server behind it answers very slowly."],
  },
  internal: {
    headline: `The appliance could not finish this step.`,
    meaning: `This is a fault of Wavegate, not of the other server. Its log has the cause under <c>{reference}</c>.`,
    fixes: [
      "Run the trace again.",
      `If it happens again, report it with the exported trace and the log lines of <c>{reference}</c>.`,
    ],
  },
} as const satisfies FindingTexts;
