import type { FindingTexts } from "./shape.ts";

const compare =
  "Compare the agreement’s fingerprint with the other side, by telephone: if it differs, one of you has changed something.";

/** Why an X2X link does not work: where one side is set up otherwise, the sentence says which field. */
export const x2xTexts: FindingTexts = {
  "x2x.header": {
    headline: "The other side of “{link}” begins with a stream header.",
    meaning:
      "On an X2X link nothing is negotiated, and the first thing said is a stanza. Their side takes this port for a normal server-to-server port.",
    fixes: [
      "The other side sets up the link as X2X, or points its normal federation at the normal port.",
      compare,
    ],
    reference: "XEP-0361 §4.1",
  },
  "x2x.tls_here": {
    headline: "The other side of “{link}” speaks TLS; here the link is set up without.",
    meaning: "Field “Security”: for their side it is mutual TLS, for ours it is plain.",
    fixes: ["Set the same on both sides. Mutual TLS is the better choice.", compare],
    reference: "XEP-0361 §4.6",
  },
  "x2x.plain_there": {
    headline: "The other side of “{link}” does not speak TLS.",
    meaning: "Field “Security”: for our side it is mutual TLS, for theirs it is plain.",
    fixes: ["Set the same on both sides. Mutual TLS is the better choice.", compare],
    reference: "XEP-0361 §4.6",
  },
  "x2x.deflate_here": {
    headline: "The other side of “{link}” compresses what it sends.",
    meaning: "Field “Compression”: for their side it is Deflate, for ours uncompressed.",
    fixes: ["Set the same on both sides. On a slow line Deflate is worth it.", compare],
    reference: "XEP-0361 §4.1",
  },
  "x2x.deflate_missing": {
    headline: "The other side of “{link}” does not compress what it sends.",
    meaning: "Field “Compression”: for our side it is Deflate, for theirs uncompressed.",
    fixes: ["Set the same on both sides. On a slow line Deflate is worth it.", compare],
    reference: "XEP-0361 §4.1",
  },
  "x2x.deflate_dictionary": {
    headline: "The other side of “{link}” compresses with another dictionary than was agreed.",
    meaning:
      "Both sides have to begin with the same words, dictionary 1 of docs/x2x-profile.md. Their server has none, or another one.",
    fixes: [
      "If their server is no Wavegate, its admin gives it that dictionary.",
      "Or set field “Compression” to uncompressed, on both sides.",
    ],
    reference: "RFC 1950 §2.2",
  },
  "x2x.deflate_broken": {
    headline: `What came compressed over “{link}” {fault, select, ended {goes on behind its own end} other {cannot be read}}.`,
    meaning:
      "The connection was closed: one on which a byte is wrong cannot be trusted for the rest. Either it was damaged on the way, or their server compresses wrongly.",
    fixes: [
      "Nothing to do if it happens once: the next stanza opens a new one. If it goes on, tell the other side’s admin the time.",
      "A line that damages bytes needs TLS, or a better one.",
    ],
    reference: "RFC 1950 §2.2",
  },
  "x2x.deflate_bomb": {
    headline: `The other side of “{link}” sent {fault, select, empty {endless compressed data that holds nothing} other {a few bytes that become very many}}.`,
    meaning:
      "That is how a server is made to work itself to death, so the connection was closed before it came to that. Another Wavegate never sends such a thing, whatever its users write.",
    fixes: ["Tell the other side’s admin the time: their server, or somebody on it, does this."],
    reference: "XEP-0361 §5",
  },
  "x2x.not_x2x": {
    headline: `What connected as the other side of “{link}” does not speak XMPP{what, select, http {: it speaks HTTP} other {}}.`,
    meaning: "Another program reached this port, or the other side is set up for something else.",
    fixes: [
      "Ask which host and port the other side connects to, and look what else may connect there.",
      "Let a firewall admit the other side’s address only.",
    ],
    reference: "XEP-0361 §4.2",
  },
  "x2x.from_not_agreed": {
    headline: "The other side of “{link}” spoke for <c>{domain}</c>, which was not agreed.",
    meaning: "Field “Their domains”: the domain is not among them on our side of the agreement.",
    fixes: [
      "If it is one of theirs, add it to the agreement, on both sides.",
      "If it is not, their server passes on what it must not: tell its admin.",
    ],
    reference: "XEP-0361 §4.5",
  },
  "x2x.to_not_agreed": {
    headline:
      "The other side of “{link}” sent something for <c>{domain}</c>, which was not agreed.",
    meaning: "Field “Our domains”: the domain is not among them on our side of the agreement.",
    fixes: [
      "If it is one of yours, add it to the agreement, on both sides.",
      "If it is not, their server takes it for yours: compare the agreement with its admin.",
    ],
    reference: "XEP-0361 §4.5",
  },
  "x2x.no_addresses": {
    headline: "The other side of “{link}” sent a stanza without a valid sender or recipient.",
    meaning: "On a link of several domains nobody could tell whose it was, so it was refused.",
    fixes: ["Tell the other side’s admin the time: their server passes on what it should refuse."],
    reference: "RFC 6120 §8.1.1.2",
  },
  "x2x.negotiates": {
    headline: "The other side of “{link}” negotiates: it sent <c>{name}</c>.",
    meaning:
      "On an X2X link everything is agreed before. Their side takes it for a normal server-to-server stream.",
    fixes: ["The other side sets up the link as X2X.", compare],
    reference: "XEP-0361 §4.1",
  },
  "x2x.unreadable": {
    headline: "What came over “{link}” cannot be read: <c>{condition}</c>.",
    meaning:
      "The connection was closed: one on which a thing is broken cannot be trusted for the rest.",
    fixes: ["Tell the other side’s admin the time and this condition."],
    reference: "RFC 6120 §4.9.3",
  },
  "x2x.peer_error": {
    headline: "The other side closed “{link}” with the error <c>{condition}</c>.",
    meaning: `{conditionKey, select,
      invalid_from {Field “Our domains”: for them, we spoke for a domain that is not among them. }
      host_unknown {Field “Their domains”: for them, we sent to a domain that is not among them. }
      policy_violation {Most often field “Largest stanza, in bytes” is smaller for them than for us. }
      not_well_formed {Most often one of you has another choice in field “Security”. }
      other {}}{text, select, none {It added no words of its own.} other {Its words: "{text}".}}`,
    fixes: [
      "Look at the other side’s page of this link: it says what it had against ours.",
      compare,
    ],
    reference: "RFC 6120 §4.9.3",
  },
  "x2x.lost": {
    headline: "A connection of “{link}” ended without a word.",
    meaning:
      "The network or the other server failed. What was under way may be lost, and is counted as unproven. If every connection ends so, field “Version of the standard” may be 0.0.1 for them, which says no word at the end.",
    fixes: [
      "Nothing to do if it happens once: the next stanza opens a new one. If it goes on, look at the network between you.",
      compare,
    ],
    reference: "XEP-0361 §4.3",
  },
  "x2x.turned_away": {
    headline: `The other side ended a connection of “{link}” at once, without a word.`,
    meaning: `{opened, select,
      by_them {They connected and left again, so most likely they do not take our certificate: fields “How they check ours” and “SHA-256 of our certificate”.}
      other {{security, select,
        plain {Most often they do not take us for the agreed side: fields “How they know us when we open”, “Addresses that connections come from” and “Source port” of our side; or “Security” or “Compression” is another one for them.}
        other {Most often they do not take our certificate: fields “How they check ours” and “SHA-256 of our certificate”; or they do not take us for the agreed side: “Addresses that connections come from” and “Source port” of ours; or “Compression” is another one for them.}}}}`,
    fixes: [
      "Ask what the other side’s page of this link says: it saw the reason.",
      compare,
      "If both agree, their server or the network failed at this moment: nothing to do if it happens once.",
    ],
    reference: "XEP-0361 §4.2",
  },
  "x2x.nobody_came": {
    headline:
      "Nobody connected for “{link}” within {seconds} seconds, and only the other side may.",
    meaning:
      "What waited went back to its senders as an error. In field “Who opens connections” it stands that they do; for them it may stand otherwise, or their field “Where we listen” leads elsewhere.",
    fixes: [
      "Ask what the other side’s page of this link says: it knows whether it tries.",
      "Let both sides open connections, if both can be reached.",
      compare,
    ],
    reference: "XEP-0361 §4.3",
  },
  "x2x.collision": {
    headline:
      "{count} connections of “{link}” within a minute, each in the place of the one before.",
    meaning:
      "Two programs are taken for the other side, or theirs connects anew before it has ended the connection that it had. By address alone whoever shares theirs is taken for them: field “How we know them when they open”.",
    fixes: [
      "Ask whether two of their appliances are set up for this link, or whether others share their address.",
      "Agree on certificates, which nobody shares.",
    ],
    reference: "XEP-0361 §4.2.2",
  },
  "x2x.version": {
    headline: "The other side of “{link}” ends its connections with a closing tag.",
    meaning:
      "Field “Version of the standard”: for our side it is 0.0.1, which has none; for theirs it is 0.3. Stanzas pass all the same.",
    fixes: ["Set 0.3 on both sides, if both know it.", compare],
    reference: "XEP-0361 §4.1",
  },
  "x2x.shared_there": {
    headline: "The other side of “{link}” sends on a connection that we opened.",
    meaning:
      "Field “Connections”: for our side it is one for each direction, for theirs one for both. Stanzas pass all the same.",
    fixes: ["Set the same on both sides. One for both directions is the better choice.", compare],
    reference: "XEP-0361 §4.3",
  },
  "x2x.too_large": {
    headline: "The other side of “{link}” sent a stanza that is larger than {limitBytes} bytes.",
    meaning: `Field “Largest stanza, in bytes” has that number on our side; on theirs it is larger, or they do not keep to it. {sizeBytes, select,
      none {It was so large that the connection was closed.}
      other {It had {sizeBytes} bytes, and got an error.}}`,
    fixes: ["Set the same on both sides.", compare],
    reference: "RFC 6120 §13.12",
  },
  "x2x.silent": {
    headline: "The other side of “{link}” went silent, and takes nothing any more.",
    meaning:
      "The connection looked open but was dead, so it was dropped. What was written since its last answer is counted as unproven.",
    fixes: [
      "Nothing to do if it happens once: the next stanza opens a new one. If it goes on, look at the network between you.",
    ],
    reference: "XEP-0199 §4.3",
  },
  "x2x.refused": {
    headline: "Nothing listens at <c>{host}</c> port {port}, where “{link}” connects to.",
    meaning:
      "Their appliance is not running, the link is switched off or removed there, “Host” or “Port” under “Where they listen” is another one for them, or for them “Who opens connections” is another side, so that they do not listen.",
    fixes: [
      "Ask the other side whether its appliance runs, and whether its half of the link is switched on.",
      compare,
    ],
    reference: "XEP-0361 §4.1",
  },
  "x2x.unresolved": {
    headline: "<c>{host}</c>, where “{link}” connects to, has no address.",
    meaning: "DNS knows no such name, or did not answer. It is “Host” under “Where they listen”.",
    fixes: [
      "Enter the IP address instead, on both sides: on a closed network that is one thing less that can fail.",
    ],
    reference: "XEP-0361 §4.1",
  },
  "x2x.timeout": {
    headline: `<c>{host}</c> port {port}, where “{link}” connects to, did not answer within {seconds} seconds{phase, select, tls { of the TLS handshake} other {}}.`,
    meaning: "The network does not carry the connection, or is slower than that.",
    fixes: ["Look at routes and firewalls on the way.", compare],
    reference: "XEP-0361 §4.1",
  },
  "x2x.unreachable": {
    headline: "<c>{host}</c> port {port}, where “{link}” connects to, cannot be reached.",
    meaning: "The operating system said <c>{errno}</c>.",
    fixes: ["Look at routes and firewalls on the way."],
    reference: "XEP-0361 §4.1",
  },
  "x2x.source_failed": {
    headline: `“{link}” cannot connect from {port, select, none {} other {port {port} of }}{address, select, none {this machine} other {<c>{address}</c>}}.`,
    meaning: `{errno, select,
      EADDRINUSE {Another connection uses this source port.}
      EADDRNOTAVAIL {This machine does not have that address, or an earlier connection keeps the port busy for a minute.}
      EACCES {The operating system does not let this user have that port.}
      other {The operating system said <c>{errno}</c>.}}`,
    fixes: [
      "Look at “Source port” and “Address to connect from” of our side.",
      "Wait a minute, then connect again.",
    ],
    reference: "XEP-0361 §4.2.2",
  },
  "x2x.tls_failed": {
    headline: "TLS with the other side of “{link}” failed.",
    meaning: `{detailKey, select,
        ECONNRESET {They broke it off before they showed a certificate. Most often they do not take us for the agreed side: fields “Addresses that connections come from” and “Source port” of our side; or “Security” is another one for them.}
        closed {They broke it off before they showed a certificate. Most often they do not take us for the agreed side: fields “Addresses that connections come from” and “Source port” of our side; or “Security” is another one for them.}
        tlsv1_alert_internal_error {They cannot show a certificate: none is in use there for “Their domains”.}
        other {OpenSSL said: <c>{detail}</c>. The link needs TLS 1.3 and a certificate on both sides.}}`,
    fixes: ["Ask what the other side’s page of this link says: it saw the reason.", compare],
    reference: "XEP-0361 §4.2.3",
  },
  "x2x.no_certificate": {
    headline: "“{link}” has no certificate of ours to show: none is in use for <c>{domain}</c>.",
    meaning: "With mutual TLS both sides prove who they are by certificate.",
    fixes: ["Put a certificate to use for XMPP, for one of your domains of this link."],
    reference: "XEP-0361 §4.2.3",
  },
  "x2x.certificate_missing": {
    headline: "The other side of “{link}” shows no certificate.",
    meaning: "With mutual TLS both sides prove who they are by certificate.",
    fixes: ["The other side puts a certificate to use for one of its domains of this link."],
    reference: "XEP-0361 §4.2.3",
  },
  "x2x.certificate_pin": {
    headline: "The other side of “{link}” shows a certificate that is not the agreed one.",
    meaning:
      "Its SHA-256 is <c>{fingerprint}</c>. Field “SHA-256 of their certificate” has other ones.",
    fixes: [
      "Ask the other side, by telephone, whether it has changed its certificate; if so, enter the new one on both sides.",
      "If it has not, somebody else answers in its place: leave the link closed.",
    ],
    reference: "XEP-0361 §4.2.3",
  },
  "x2x.source_port": {
    headline:
      "Somebody connected to “{link}” from <c>{address}</c> port {port}, not from port {expected}.",
    meaning:
      "Field “Source port” of their side is another one for them, or a router that translates addresses has changed it on the way.",
    fixes: [
      "Set the same source port on both sides.",
      "Or agree on certificates, which no router changes.",
    ],
    reference: "XEP-0361 §4.2.2",
  },
  "x2x.source_address": {
    headline: `Somebody connected to “{link}” from <c>{address}</c>{expected, select, none {} other {, not from <c>{expected}</c>}}.`,
    meaning:
      "It was refused: by field “Addresses that connections come from” of their side, it comes from elsewhere.",
    fixes: [
      "If it was the other side, correct its address in the agreement, on both sides.",
      "If not, let a firewall admit its address only.",
    ],
    reference: "XEP-0361 §4.2.2",
  },
  "x2x.reverse_dns": {
    headline:
      "<c>{address}</c>, from where somebody connected to “{link}”, is not <c>{hostName}</c> by reverse DNS.",
    meaning: `{found, select, none {It has no name there.} other {There it is <c>{found}</c>.}}`,
    fixes: ["Correct the PTR record, or “Host name” of their side."],
    reference: "XEP-0361 §5",
  },
  "x2x.reverse_dns_insecure": {
    headline: "Reverse DNS of <c>{address}</c> is not secured, so it proves nothing for “{link}”.",
    meaning:
      "The resolver <c>{resolver}</c> does not vouch for the answer by DNSSEC, or is not one of this machine that was said to validate.",
    fixes: [
      "Run a validating resolver on this machine, and say so in the settings.",
      "Or agree on certificates.",
    ],
    reference: "XEP-0361 §5",
  },
  "x2x.listen_failed": {
    headline: `The port of “{link}”, {address, select, none {} other {<c>{address}</c> }}port {port}, cannot be opened.`,
    meaning: `{errno, select,
      EADDRINUSE {Another program uses it.}
      EADDRNOTAVAIL {This machine does not have that address.}
      EACCES {The operating system does not let this user listen on it.}
      other {The operating system said <c>{errno}</c>.}} The other side cannot connect.`,
    fixes: ["Stop what uses the port, correct “Address to listen on”, or agree on another port."],
    reference: "XEP-0361 §4.1",
  },
};
