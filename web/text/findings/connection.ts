import type { FindingTexts } from "./shape.ts";

const phase = `{phase, select,
  tcp {after connecting}
  stream {after our stream header}
  starttls {after we asked for TLS}
  tls {during the TLS handshake}
  restart {after the TLS handshake}
  certificate {while its certificate was judged}
  auth {during our login}
  other {during the {phase} phase}}`;

const condition = `{conditionKey, select,
  host_unknown {it does not know the domain}
  host_gone {it no longer serves the domain}
  policy_violation {a rule of its own forbids it}
  not_authorized {it does not accept us}
  resource_constraint {it is too busy}
  connection_timeout {it waited too long for us}
  remote_connection_failed {it could not reach something that it needs}
  system_shutdown {it is shutting down}
  reset {it wants the connection made anew}
  conflict {there is another connection in our name}
  see_other_host {it sends us to another host}
  undefined_condition {it gives no standard reason}
  other {<c>{condition}</c>}}`;

/** From the first packet to a server until it has shown its certificate. */
export const connectionTexts = {
  "tcp.refused": {
    headline: `<c>{address}</c> refused the connection on port {port}.`,
    meaning:
      "The machine is up, but nothing listens on that port, or a firewall rejects it at once.",
    fixes: [
      `{owner, select, us {Start} other {The owner starts}} the XMPP server, or {owner, select, us {let} other {lets}} it listen on port {port} of <c>{address}</c>.`,
      "If the server listens on another port, {owner, select, us {correct the port that is set for it} other {the owner corrects the SRV record}}.",
    ],
    reference: "RFC 6120 §3.2",
  },
  "tcp.timeout": {
    headline: `<c>{address}</c> did not answer on port {port} within {seconds} s.`,
    meaning:
      "Nothing came back, not even a refusal. Usually a firewall drops the packets, or the machine is off.",
    fixes: [
      `{owner, select, us {Open} other {The owner opens}} TCP port {port} on the firewall before <c>{address}</c>.`,
      `Check that your own firewall lets connections to port {port} out: try another server.`,
    ],
    reference: "RFC 6120 §3.2",
  },
  "tcp.unreachable": {
    headline: `There is no route from here to <c>{address}</c>.`,
    meaning: `The operating system could not send to port {port} (<c>{errno}</c>).`,
    fixes: [
      "For an IPv6 address: check that this machine has IPv6 at all.",
      "Otherwise check the route and the firewall of this machine.",
    ],
  },
  "stream.not_xmpp": {
    headline: `<c>{address}</c> answers on port {port}, but not with XMPP.`,
    meaning: `The first bytes were <c>{firstBytes}</c>. A web server, a proxy or another service uses the port.`,
    fixes: [
      "{owner, select, us {Correct the host or port that is set for your server} other {The owner corrects host or port in the SRV record}}.",
      "If a proxy stands in front, {owner, select, us {let} other {the owner lets}} it pass server-to-server connections through.",
    ],
    reference: "RFC 6120 §4.2",
  },
  "stream.invalid": {
    headline: `<c>{host}</c> answered with XMPP that breaks its rules.`,
    meaning: `The stream was closed by us with <c>{condition}</c>.`,
    fixes: [
      "{owner, select, us {Update} other {The owner updates}} the server. The stanzas tab has what it sent.",
    ],
    reference: "RFC 6120 §4.9.3",
  },
  "stream.certificate_wanted": {
    headline: `<c>{host}</c> talks on only with servers that show a certificate.`,
    meaning:
      "Our probe shows none, so the server ended it after TLS. The way there, its TLS and its certificate are fine; your XMPP server shows its own certificate when it connects.",
    fixes: ["Nothing to do, if your XMPP server has a certificate that others accept."],
    reference: "RFC 6120 §5.4.3.1",
  },
  "stream.host_unknown": {
    headline: `<c>{host}</c> says that it does not serve <c>{domain}</c>.`,
    meaning: "DNS leads to an XMPP server, but to one that does not have this domain.",
    fixes: [
      `{owner, select, us {Add} other {The owner adds}} <c>{domain}</c> to the server as a virtual host.`,
      "Or {owner, select, us {correct} other {the owner corrects}} the SRV record, if it points to the wrong server.",
    ],
    reference: "RFC 6120 §4.9.3.6",
  },
  "stream.policy": {
    headline: `<c>{host}</c> closed the stream: ${condition}.`,
    meaning: `{text, select,
      none {It added no words of its own.}
      other {Its own words: "{text}".}}`,
    fixes: [
      "Read the words of the server: it may have blocked you, or it limits how often you may connect.",
      "Ask its owner, and name your domain and the time of this trace.",
    ],
    reference: "RFC 6120 §4.9.3",
  },
  "stream.closed": {
    headline: `<c>{address}</c> port {port} hung up ${phase}.`,
    meaning:
      "The connection ended without an error message, so the reason is only in the log of the other server.",
    fixes: [
      "{owner, select, us {Look up what the log of your server says} other {Ask the owner what the log of the server says}} at the time of this trace.",
      "A load balancer in front of the server often does this when no server behind it is up.",
    ],
    reference: "RFC 6120 §4.4",
  },
  "stream.timeout": {
    headline: `<c>{address}</c> port {port} accepted the connection, then said nothing for {seconds} s.`,
    meaning: `It went silent ${phase}. The server is overloaded, or something between swallows the data.`,
    fixes: [
      "Try again in some minutes.",
      "If it stays so, {owner, select, us {look} other {the owner looks}} at the load of the server and at any proxy in front of it.",
    ],
    reference: "RFC 6120 §4.6",
  },
  "tls.not_offered": {
    headline: `<c>{host}</c> offers no TLS for <c>{domain}</c>.`,
    meaning:
      "Without TLS anybody on the way can read and change what is sent. Your terms require encryption.",
    fixes: [
      "{owner, select, us {Switch} other {The owner switches}} on STARTTLS for server-to-server connections and {owner, select, us {install} other {installs}} a certificate.",
      "Do not lower your own terms for everybody; if it must be, do it for this one peer.",
    ],
    reference: "RFC 6120 §5.2",
  },
  "tls.handshake": {
    headline: `TLS with <c>{address}</c> port {port} failed before a certificate was seen.`,
    meaning: `The reason given is <c>{alert}</c>. We asked for <c>{servername}</c> and speak TLS 1.2 and 1.3.`,
    fixes: [
      "{owner, select, us {Enable} other {The owner enables}} TLS 1.2 or newer.",
      `{owner, select, us {Check} other {The owner checks}} that the server has a certificate for the name <c>{servername}</c> (SNI).`,
    ],
    reference: "RFC 9325 §3.1",
  },
} as const satisfies FindingTexts;
