import type { FindingTexts } from "./shape.ts";

/** Questions to DNS, SRV records and addresses. */
export const dnsTexts = {
  "dns.nxdomain": {
    headline: `The name <c>{question}</c> does not exist.`,
    meaning: `<c>{resolver}</c> was asked for its {type} record and answered NXDOMAIN: there is no record of any type under that name.`,
    fixes: [
      "Check the spelling of the domain.",
      "If it is right, its owner must create the record or renew the domain.",
    ],
    reference: "RFC 8020 §2",
  },
  "dns.nodata": {
    headline: `<c>{question}</c> has no SRV record.`,
    meaning: `That is allowed: the address of <c>{domain}</c> itself on port {port} counts instead.`,
    fixes: [
      "Nothing needs doing as long as the server listens there.",
      "If the domain is yours, an SRV record lets you name another host or port.",
    ],
    copy: `{question}. 3600 IN SRV 10 0 {port} xmpp.{domain}.`,
    reference: "RFC 6120 §3.2.2",
  },
  "dns.servfail": {
    headline: `<c>{resolver}</c> could not find out the {type} record of <c>{question}</c> (SERVFAIL).`,
    meaning: `{others, select,
      none {No other resolver was asked.}
      answered {<c>{otherResolver}</c> did answer, so the fault is at or near <c>{resolver}</c>.}
      same {<c>{otherResolver}</c> failed as well, so the fault is with the domain's own name servers.}
      other {Whether the record exists is not known.}}`,
    fixes: [
      `Check the zone of <c>{question}</c> with a DNSSEC tool such as DNSViz: a broken signature is the usual cause.`,
      "Ask its owner whether all name servers of the zone answer.",
      "If others can resolve the name, use another resolver in DNS_SERVERS.",
    ],
    reference: "RFC 8914 §4",
  },
  "dns.timeout": {
    headline: `No resolver answered for <c>{question}</c> within {seconds} s.`,
    meaning: `The {type} record was asked of {resolvers, plural, one {one resolver} other {# resolvers}}. Whether the record exists is not known.`,
    fixes: [
      "Check that this machine may send to port 53, by UDP and by TCP.",
      "If other names resolve, the name servers of this domain are down: tell its owner.",
      "If nothing resolves, set another resolver in DNS_SERVERS.",
    ],
    reference: "RFC 1035 §4.2.1",
  },
  "dns.refused": {
    headline: `<c>{resolver}</c> refuses to answer this machine.`,
    meaning: `It answered REFUSED to the question for the {type} record of <c>{question}</c>. That says nothing about the domain.`,
    fixes: [
      "Let the resolver serve this machine's address, or set another one in DNS_SERVERS.",
      "An authoritative name server is no resolver: it refuses names that it does not hold.",
    ],
    reference: "RFC 1035 §4.1.1",
  },
  "dns.unreachable": {
    headline: `<c>{resolver}</c> cannot be reached.`,
    meaning: `The question for the {type} record of <c>{question}</c> could not even be sent, or nothing listens there.`,
    fixes: ["Check the address and port of the resolver in DNS_SERVERS, and the route to it."],
  },
  "dns.malformed": {
    headline: `<c>{resolver}</c> sent an answer that cannot be read.`,
    meaning: `The answer for the {type} record of <c>{question}</c> was thrown away: {reason, select,
      rdata {a record in it has the wrong form}
      cname_loop {its aliases lead round in a circle}
      cname_chain {it has too many aliases one after another}
      name {the name cannot be asked for in DNS}
      other {<c>{reason}</c>}}.`,
    fixes: [
      "Ask another resolver: set it in DNS_SERVERS.",
      "If only this domain is hit, a firewall or the domain's name server damages the answers.",
    ],
    reference: "RFC 1035 §4.1",
  },
  "dns.disagree": {
    headline: `Two resolvers disagree about <c>{question}</c>.`,
    meaning: `<c>{first}</c> says {firstSays}. <c>{second}</c> says {secondSays}. Other servers may see either.`,
    fixes: [
      `{ttl, select, none {Wait until the change has spread, then trace again.} other {Wait {ttl} s, the life of the older answer, then trace again.}}`,
      "If it stays so, the zone has different contents inside and outside (split DNS), or its name servers are not in step.",
    ],
    reference: "RFC 1034 §4.3.5",
  },
  "dns.wildcard": {
    headline: `<c>{question}</c> is answered by a wildcard.`,
    meaning: `The zone has a record for every name (<c>{answeredWith}</c>), so the SRV question got an answer that is no SRV record.`,
    fixes: [`The owner adds an SRV record for <c>{question}</c>, or narrows the wildcard.`],
    reference: "RFC 4592 §2.2",
  },
  "dns.too_many": {
    headline: `<c>{question}</c> has {count} {type} records; {kept} of them were used.`,
    meaning: "No server needs so many. The rest was left out so that the trace ends in good time.",
    fixes: ["The owner removes the records that are not needed."],
  },
  "srv.dot": {
    headline: `<c>{domain}</c> says in DNS that it offers no server-to-server service.`,
    meaning: "Its SRV record has the target <c>.</c>, which means: do not try.",
    fixes: ["Nothing can be fixed here. Ask the owner if you think that it is a mistake."],
    reference: "RFC 2782",
  },
  "srv.cname": {
    headline: `The SRV target <c>{host}</c> is an alias (CNAME) for <c>{canonical}</c>.`,
    meaning: "An SRV record must name the real host. It works with us, but some servers refuse it.",
    fixes: [`The owner puts <c>{canonical}</c> into the SRV record.`],
    copy: `{canonical}.`,
    reference: "RFC 2782",
  },
  "srv.ip": {
    headline: `The SRV record of <c>{domain}</c> has the address <c>{host}</c> as its target.`,
    meaning: "The target must be a host name; an address there is not dialled.",
    fixes: [
      `The owner creates a name with an A or AAAA record for <c>{host}</c>.`,
      "The owner puts that name into the SRV record.",
    ],
    reference: "RFC 2782",
  },
  "srv.target": {
    headline: `The SRV record of <c>{domain}</c> has a target that is no host name: <c>{host}</c>.`,
    meaning: "It cannot be looked up, so this target was left out.",
    fixes: ["The owner corrects the target in the SRV record."],
    reference: "RFC 2782",
  },
  "srv.port": {
    headline: `The SRV record of <c>{domain}</c> names port {port}, but others must dial port {expected}.`,
    meaning: "Other servers dial the port of the record and do not find you.",
    fixes: [
      `Put port {expected} into the SRV record.`,
      `Or forward port {port} of your firewall to the server, and set it as the advertised port of the domain.`,
    ],
    reference: "RFC 6120 §3.2.1",
  },
  "addr.none": {
    headline: `<c>{host}</c> has no address.`,
    meaning: "DNS knows neither an A nor an AAAA record for it, so there is nothing to dial.",
    fixes: [
      `The owner publishes an A or AAAA record for <c>{host}</c>.`,
      "Or the owner removes it from the SRV records.",
    ],
    reference: "RFC 6120 §3.2.1",
  },
  "addr.v6_dead": {
    headline: `The IPv6 address <c>{address}</c> does not answer, but <c>{other}</c> does.`,
    meaning: `Servers that prefer IPv6 lose up to {seconds} s at each new connection.`,
    fixes: [
      "The owner lets the server listen on IPv6, or opens its firewall for it.",
      "If IPv6 is not wanted, the owner removes the AAAA record.",
    ],
    reference: "RFC 8305 §4",
  },
  "addr.not_mine": {
    headline: `<c>{host}</c> resolves to {addresses}, which is not an address of yours.`,
    meaning: `You told the appliance that the domain is reached at {expected}. Other servers go elsewhere.`,
    fixes: [
      `Correct the A or AAAA record of <c>{host}</c>.`,
      "If a router or proxy stands in front, enter its address as the advertised address of the domain.",
    ],
    reference: "RFC 6120 §3.2.1",
  },
} as const satisfies FindingTexts;
