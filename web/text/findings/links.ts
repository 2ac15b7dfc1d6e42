import type { FindingTexts } from "./shape.ts";

/** Why the link to our own XMPP server is not attached. All of these are on our own side. */
export const linkTexts = {
  "link.unresolved": {
    headline: `The host of your XMPP server, <c>{host}</c>, has no address.`,
    meaning: "The link cannot be dialled before the name resolves on this machine.",
    fixes: [
      "Check the spelling of the host.",
      "Enter an IP address if the name exists only elsewhere.",
    ],
  },
  "link.refused": {
    headline: `Nothing listens on <c>{host}</c> port {port}.`,
    meaning: "Your XMPP server is down, or it does not accept components on that address and port.",
    fixes: [
      "Start the XMPP server.",
      "Switch on its component port and let it listen on an address that this machine reaches.",
      "Reload or restart the server after the change: a port is usually opened only at start.",
    ],
    reference: "XEP-0114 §3",
  },
  "link.unreachable": {
    headline: `There is no route to <c>{host}</c> port {port}.`,
    meaning: `The operating system said <c>{errno}</c>.`,
    fixes: ["Check the address, the route and the firewalls between this machine and the server."],
  },
  "link.timeout": {
    headline: `<c>{host}</c> port {port} did not answer within {seconds} s {phase, select,
      tcp {to the connection}
      tls {during the TLS handshake}
      stream {to our stream header}
      handshake {to our secret}
      other {while attaching}}.`,
    meaning: `{phase, select,
      tcp {A firewall drops the packets, or the machine is off.}
      other {Something listens there, but it is overloaded or not an XMPP server.}}`,
    fixes: [
      "Check host and port.",
      "Check that the XMPP server answers other components or its own console.",
    ],
  },
  "link.tls_failed": {
    headline: `<c>{host}</c> port {port} does not speak TLS with us.`,
    meaning: `{detail, select, none {It gave no reason.} other {The reason given: <c>{detail}</c>.}} Component ports are usually plain.`,
    fixes: [
      "Choose the plain connection if server and appliance are on one machine.",
      "Otherwise put a TLS proxy before the component port.",
    ],
  },
  "link.tls_untrusted": {
    headline: `The certificate on <c>{host}</c> port {port} is not trusted.`,
    meaning: `{detail, select, none {No reason was given.} other {The reason: <c>{detail}</c>.}}`,
    fixes: [
      `Install a certificate for <c>{host}</c> from an authority that this machine trusts.`,
      "Enter the host under the name that its certificate has.",
    ],
  },
  "link.not_xmpp": {
    headline: `<c>{host}</c> port {port} answers, but not with XMPP.`,
    meaning: `The first bytes were <c>{firstBytes}</c>.`,
    fixes: [
      "Enter the component port of the XMPP server, usually 5347 (ejabberd: 8888, Openfire: 5275).",
    ],
    reference: "XEP-0114 §3",
  },
  "link.wrong_port": {
    headline: "That port is not for components.",
    meaning: `{speaks, select,
      none {The server answers XMPP there, but for clients or other servers.}
      other {The server answers there with <c>{speaks}</c>.}}`,
    fixes: ["Enter the component port: usually 5347, not 5222 (clients) or 5269 (servers)."],
    reference: "XEP-0114 §3",
  },
  "link.unknown_name": {
    headline: `Your XMPP server knows no component <c>{name}</c>.`,
    meaning:
      "The server is there and speaks the component protocol, but this name is not in its configuration.",
    fixes: [
      `Add <c>{name}</c> to the server's configuration: the domain's page has the lines to copy.`,
      "Reload the server.",
    ],
    reference: "XEP-0114 §3",
  },
  "link.wrong_secret": {
    headline: `Your XMPP server refuses the secret for <c>{name}</c>.`,
    meaning:
      "The name is right. The secret here differs from the one in the server's configuration.",
    fixes: [
      "Enter the secret again, exactly as it stands in the server's configuration.",
      "Reload the server if you have just changed it there.",
    ],
    reference: "XEP-0114 §3",
  },
  "link.conflict": {
    headline: `Your XMPP server says that <c>{name}</c> is attached already.`,
    meaning:
      "Either another program uses the name, or the server has not yet noticed that our last connection is dead.",
    fixes: [
      "Wait some minutes: a dead connection ends by itself.",
      "Stop the other program that attaches under this name, such as a second appliance.",
    ],
    reference: "RFC 6120 §4.9.3.3",
  },
  "link.stream_error": {
    headline: `Your XMPP server ended the link with <c>{condition}</c>.`,
    meaning: `{text, select, none {It added no words of its own.} other {Its words: "{text}".}}`,
    fixes: ["Look into the log of the XMPP server at this time."],
    reference: "RFC 6120 §4.9.3",
  },
  "link.server_stopped": {
    headline: "Your XMPP server is shutting down or restarting.",
    meaning: "It said so before it ended the link.",
    fixes: ["Nothing if it is a restart: the link is attached again by itself."],
    reference: "RFC 6120 §4.9.3.22",
  },
  "link.closed": {
    headline: "Your XMPP server ended the link without a word.",
    meaning: `It happened {phase, select,
      stream {after our stream header}
      handshake {after our secret was sent}
      attached {while the link was in use}
      other {while attaching}}.`,
    fixes: [
      "Look whether the XMPP server runs: it may have been stopped or have crashed.",
      "Look into its log at this time.",
    ],
  },
  "link.silent": {
    headline: `The link went silent: nothing came back for {seconds} s.`,
    meaning: "The connection looked alive but was dead, so it was closed and is made anew.",
    fixes: [
      "If it happens often, a firewall between both machines forgets idle connections: raise its time-out.",
    ],
    reference: "RFC 6120 §4.6.1",
  },
  "link.unreadable": {
    headline: "Your XMPP server sent something that is not XMPP.",
    meaning: `We ended the link with <c>{condition}</c>{reason, select, none {} other { ({reason})}}.`,
    fixes: [
      "Look into the log of the XMPP server, and update it: it passed on what it should have refused.",
    ],
    reference: "RFC 6120 §11.1",
  },
  "link.held_elsewhere": {
    headline: "Another appliance on the same database holds this link.",
    meaning: `Only one can attach under a name. It is appliance <c>{nodeId}</c>.`,
    fixes: ["Nothing, if you run several: this one takes over when the other one is gone."],
  },
  "link.not_listed": {
    headline: `Your XMPP server does not list <c>{name}</c> among the services of <c>{domain}</c>.`,
    meaning:
      "The link works. But other servers look for a Wave service in that list, and find yours only by guessing its name.",
    fixes: [
      `In Prosody, add <c>{name}</c> to <c>disco_items</c> of the host <c>{domain}</c>.`,
      `In ejabberd, add <c>{name}</c> to <c>extra_domains</c> of <c>mod_disco</c>.`,
    ],
    reference: "XEP-0030 §4",
  },
  "link.server_no_disco": {
    headline: `Your XMPP server did not say what <c>{domain}</c> offers.`,
    meaning: `The link works, but a disco query to <c>{domain}</c> ended with <c>{condition}</c>: the server may not serve that domain, or has service discovery switched off.`,
    fixes: [
      `Check that <c>{domain}</c> is a host of this XMPP server.`,
      "Switch on its disco module.",
    ],
    reference: "XEP-0030 §3",
  },
} as const satisfies FindingTexts;
