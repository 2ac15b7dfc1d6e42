/** The message for the other side's admin. Plain text: it goes into a mail or a chat. */
export const letterWords = {
  subject: "Subject: Federation with {domain} over XMPP",
  greeting: "Hello,",
  opening: {
    unreachable:
      "our server{ours, select, none {} other { for {ours}}} cannot reach {domain} over XMPP, and it looks as if only you can repair it.",
    warning:
      "our server{ours, select, none {} other { for {ours}}} reaches {domain} over XMPP, but something needs a look on your side.",
    reachable:
      "our server{ours, select, none {} other { for {ours}}} reaches {domain} over XMPP. One thing is worth a look on your side.",
    unknown:
      "we{ours, select, none {} other {, the admins of {ours},}} looked how {domain} can be reached over XMPP. One thing is worth a look on your side.",
  },
  seen: "What we saw on {time}:",
  same: "The same goes for {list}.",
  log: "To find us in your log: a connection at {time}{address, select, none {} other { from {address}}}{name, select, none {} other { that says it is from {name}}}.",
  asked: "What would help:",
  tried: "What we tried:",
  lookup: "{name} {type}: {answer} (asked {resolver})",
  answer: {
    nodata: "no such record",
    nxdomain: "the name does not exist (NXDOMAIN)",
    servfail: "SERVFAIL",
    refused: "REFUSED",
    timeout: "no answer",
    malformed: "an answer that cannot be read",
    unreachable: "the resolver could not be reached",
    not_asked: "not asked",
  },
  dial: "{host} by {security, select, direct_tls {direct TLS} other {STARTTLS}}: {outcome}",
  dialOk: "connected to {address} port {port} with {tls}.",
  dialStopped: "{address} was given up, another address was faster.",
  check: "To see it yourself:",
  reference: "It is described in {list}.",
  closing: "Thank you!",
} as const;
