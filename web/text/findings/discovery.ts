import type { FindingTexts } from "./shape.ts";

/** Service discovery, the guess, and the component link that carries both. */
export const discoveryTexts = {
  "disco.timeout": {
    headline: `<c>{domain}</c> did not answer when asked for its services.`,
    meaning: `The question was sent {tries, plural, one {once} other {# times}} and waited for {seconds} s. The Wave service was then looked for at <c>wave.{domain}</c>.`,
    fixes: [
      "Try again later: the server may be slow, or your server is still connecting to it.",
      "If this appliance federates your name itself, the answer comes over a connection that the other server opens to it: run the self-test of your domain.",
      "If it stays so, the owner checks whether the server drops queries of other servers.",
    ],
    reference: "XEP-0030 §4",
  },
  "disco.no_items": {
    headline: `<c>{domain}</c> lists no services.`,
    meaning: `{condition, select,
      none {Its list is empty.}
      other {It answered <c>{condition}</c>.}} So the domain itself and <c>wave.{domain}</c> were asked.`,
    fixes: ["It works without. The owner can add the Wave component to the list of services."],
    reference: "XEP-0030 §4",
  },
  "disco.no_wave": {
    headline: `None of the services of <c>{domain}</c> is a Wave service.`,
    meaning: `{answered} of {asked} answered. None says that it is <c>collaboration/google-wave</c> or has the feature of a Wave server.`,
    fixes: [
      "If the peer is only for chat, nothing is wrong: expect XMPP of it, not Wave.",
      "Otherwise the owner attaches a Wave service to the server and lists it.",
    ],
    reference: "XEP-0030 §3",
  },
  "disco.too_many": {
    headline: `<c>{domain}</c> lists {count} services; {asked} of them were asked.`,
    meaning: `Left out: {leftOut}.`,
    fixes: [
      `If the Wave service is among those left out, the owner gives it an address with "wave" in it: such are asked first.`,
    ],
  },
  "guess.used": {
    headline: `The Wave service was found only by guessing <c>{jid}</c>.`,
    meaning: `It works. But <c>{domain}</c> does not list it among its services.`,
    fixes: ["Ask the owner to list it, so that it is still found when its address changes."],
    reference: "XEP-0030 §4",
  },
  "guess.failed": {
    headline: `No Wave service answers at <c>{jid}</c> either.`,
    meaning: `That was the last place to look. {conditionKey, select,
      timeout {It did not answer.}
      not_wave {Something answers there, but says that it is no Wave service.}
      name_too_long {The name would be longer than DNS allows.}
      dns_nxdomain {The name does not exist in DNS.}
      addr_none {The name has no address in DNS.}
      service_unavailable {The server there knows no such service.}
      item_not_found {The server there knows no such service.}
      remote_server_not_found {Your XMPP server cannot find it.}
      remote_server_timeout {Your XMPP server cannot reach it.}
      other {It ended with <c>{condition}</c>.}}`,
    fixes: [
      `If <c>{domain}</c> has a Wave service, its owner lists it among the services of the domain.`,
      `Or its owner creates <c>{jid}</c> on the server and in DNS.`,
    ],
    reference: "XEP-0030 §4",
  },
  "link.none": {
    headline: "No XMPP server of yours is attached, so nothing could be asked.",
    meaning: `Services are discovered through your own XMPP server. Whether <c>{domain}</c> has a Wave service is not known.`,
    fixes: [
      "Open Domains and attach the appliance to your XMPP server as a component.",
      "The part up to the certificate was checked by the appliance itself and stands.",
    ],
    reference: "XEP-0114 §3",
  },
  "link.down": {
    headline: "The link to your XMPP server is down, so nothing could be asked.",
    meaning: `Whether <c>{domain}</c> has a Wave service is not known until the link is attached again.`,
    fixes: ["Open Connections to see why the link is down and when it is tried next."],
    reference: "XEP-0114 §3",
  },
  "link.bounced": {
    headline: `Your own XMPP server could not deliver to <c>{domain}</c>: <c>{condition}</c>.`,
    meaning: `{text, select,
      none {It gave no further reason.}
      other {Its words: "{text}".}} The answer came from your server, not from the peer.`,
    fixes: [
      "Look into the log of your XMPP server at the time of this trace.",
      "Compare with our own probe above: if it reached the server, the cause is the login between both servers.",
    ],
    reference: "RFC 6120 §10.4.3",
  },
  "link.only": {
    headline: `Your XMPP server reached <c>{domain}</c>, though our own probe did not.`,
    meaning:
      "It may have a connection open from before, use another way out, or accept what we do not. The path that we measured is not the one that it uses.",
    fixes: ["Compare the two: firewall, IPv6 and the trusted authorities of both machines."],
  },
} as const satisfies FindingTexts;
