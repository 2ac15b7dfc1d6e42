import type { FindingTexts } from "./shape.ts";

/** Why a server-to-server stream of our own ended, or cannot be listened for. */
export const streamTexts = {
  "s2s.listen_failed": {
    headline: `Port {port} for other servers cannot be opened on {addressKey, select, __ {any address of this machine} other {<c>{address}</c>}}.`,
    meaning: `{errno, select,
      EADDRINUSE {Another program uses it, usually an XMPP server on this machine.}
      EADDRNOTAVAIL {This machine does not have that address.}
      EACCES {The operating system does not let this user listen on it.}
      other {The operating system said <c>{errno}</c>.}} Other servers cannot reach there the names that it is for.`,
    fixes: [
      `{errno, select,
        EADDRINUSE {Stop what uses the port (<c>ss -ltnp "sport = :{port}"</c> on this machine names it), or choose another port or address: in the settings, or at the name itself if the port is its own.}
        EADDRNOTAVAIL {Choose an address of this machine: in the settings, or at the name itself if the port is its own.}
        EACCES {Let the user of the appliance open it, or choose a port from 1024 on and have the router or firewall lead to it.}
        other {Choose another port or address: in the settings, or at the name itself if the port is its own.}}`,
      "If you change the port, change the SRV records, too: the domain’s page shows them.",
    ],
    reference: "RFC 6120 §3.2",
  },
  "s2s.silent": {
    headline: `<c>{domain}</c> went silent: nothing that we sent was answered for too long.`,
    meaning:
      "The connection looked alive but was dead, so it was dropped. What it had not acknowledged, or what had not left this appliance, went back to its senders as an error and was not sent again; what may be lost besides is counted.",
    fixes: [
      "Nothing if it happens once: the next stanza makes a new stream.",
      "If it happens often, a firewall between both servers forgets idle connections, or their server is overloaded.",
    ],
    reference: "XEP-0198 §4",
  },
  "s2s.closed": {
    headline: `<c>{domain}</c> ended the stream: {conditionKey, select,
      host_unknown {it does not serve the name that we asked for}
      host_gone {it no longer serves the domain}
      policy_violation {a rule of its own forbids it}
      not_authorized {it does not accept us}
      invalid_from {it does not believe that we are who we say}
      resource_constraint {it is too busy}
      connection_timeout {it heard nothing for too long}
      remote_connection_failed {it could not reach something that it needs}
      system_shutdown {it is shutting down}
      reset {it wants the stream made anew}
      conflict {there is another stream in our name}
      none {it gave no reason}
      other {<c>{condition}</c>}}.`,
    meaning: `{text, select, none {It added no words of its own.} other {Its words: "{text}".}}`,
    fixes: [
      `{conditionKey, select,
        system_shutdown {Nothing: the next stanza makes a new stream once their server is back.}
        reset {Nothing: the next stanza makes a new stream.}
        connection_timeout {Nothing: the next stanza makes a new stream.}
        other {Trace the domain, or ask its admin what their server’s log says of us at this time.}}`,
    ],
    reference: "RFC 6120 §4.9.3",
  },
  "s2s.invalid": {
    headline: `<c>{domain}</c> sent something that is not XMPP.`,
    meaning: `We ended the stream with <c>{condition}</c>: a stream on which one thing is broken cannot be trusted for the rest.`,
    fixes: [
      "Tell the other side’s admin the time and this condition: their server passes on what it should refuse.",
    ],
    reference: "RFC 6120 §4.9.3",
  },
  "s2s.dialback_refused": {
    headline: `We did not believe a stream that came as <c>{domain}</c> for <c>{to}</c>.`,
    meaning: `It offered dialback as its proof. {reasonKey, select,
      invalid {The server that DNS names for <c>{domain}</c> said that the key is not its own: somebody else used the name, or that server forgot its keys.}
      remote_server_not_found {DNS names no server for <c>{domain}</c> that could be asked.}
      remote_server_timeout {The server that DNS names for <c>{domain}</c> could not be asked{cause, select, none {.} other {: <c>{cause}</c>.}}}
      policy_violation {Dialback alone is not enough for this domain, or not on a connection like this one.}
      forbidden {The domain may not federate with us.}
      resource_constraint {Too many keys were being verified at that moment.}
      other {The answer was <c>{reason}</c>.}} Whoever it was may try again, and then it is checked anew.`,
    fixes: [
      `Trace <c>{domain}</c>: it shows whether its server can be reached from here.`,
      "If the domain has no certificate that we accept, its terms say whether dialback is enough.",
    ],
    reference: "XEP-0220 §2.2.1",
  },
  "s2s.lost": {
    headline: `The connection to <c>{domain}</c> ended without a word.`,
    meaning: `It happened {phase, select,
      header {after our stream header}
      features {after our stream header}
      starttls {after we asked for TLS}
      tls {during the TLS handshake}
      ready {before or while we logged in}
      sasl {while we logged in}
      established {while the stream was in use}
      closing {while it was being closed}
      other {on the way}}. What may not have arrived is counted, and went back to its senders where that could be told.`,
    fixes: [
      "Nothing if it happens once: the next stanza makes a new stream.",
      "Trace the domain if it goes on: the trace says at which step it ends.",
    ],
    reference: "RFC 6120 §4.4",
  },
} as const satisfies FindingTexts;
