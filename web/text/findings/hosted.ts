import type { FindingTexts } from "./shape.ts";

/** Why a component that the appliance hosts is not attached. All of these are on our own side. */
export const hostedTexts = {
  "hosted.absent": {
    headline: `No component is connected as <c>{name}</c>.`,
    meaning:
      "Stanzas for the name wait for half a minute after it was last there; then their senders are told.",
    fixes: [
      "Put name, secret and port into the component's configuration, and start it.",
      "If you no longer have the secret, make a new one here.",
    ],
  },
  "hosted.no_port": {
    headline: "No port is open for components.",
    meaning: "The settings have it switched off, so none can connect.",
    fixes: ["Set a port for hosted components in the settings."],
  },
  "hosted.port_in_use": {
    headline: `Another program uses port {port} of <c>{host}</c>.`,
    meaning:
      "Components cannot connect until it is free. An XMPP server on the same machine often has this very port for its own components.",
    fixes: [
      "Choose another port for hosted components in the settings, and write it into the component's configuration.",
      "Or switch off the component port of that XMPP server.",
    ],
  },
  "hosted.listen_failed": {
    headline: `Port {port} of <c>{host}</c> cannot be opened.`,
    meaning: `The operating system said <c>{errno}</c>.`,
    fixes: ["Check in the settings that the address for hosted components is one of this machine."],
  },
  "hosted.no_tls": {
    headline: `On <c>{host}</c> components need TLS, and there is no certificate for it.`,
    meaning:
      "Whoever listens to a component's handshake can work out the secret at leisure. So there is TLS on every address but this machine's own.",
    fixes: [
      "Put a certificate to use for one of your names.",
      "Or let components connect on this machine only: set the address 127.0.0.1 in the settings.",
    ],
    reference: "XEP-0114 §4",
  },
  "hosted.wrong_secret": {
    headline: `A component came as <c>{name}</c> with another secret.`,
    meaning: `It connected from <c>{address}</c> and was refused.`,
    fixes: [
      "Put the secret that was shown here once into the component's configuration, and restart it.",
      "If you no longer have it, make a new one.",
      "If it is none of yours, find out who runs it.",
    ],
    reference: "XEP-0114 §3",
  },
  "hosted.too_many": {
    headline: `<c>{name}</c> has {limit} instances already.`,
    meaning: "One more was refused.",
    fixes: ["Stop instances that are not needed, or close dead ones here."],
    reference: "RFC 6120 §4.9.3.3",
  },
  "hosted.invalid_from": {
    headline: `The component sent in a name that is not <c>{name}</c>.`,
    meaning: `{from, select,
      none {It gave no address at all. Its connection was ended.}
      other {It sent as <c>{from}</c>. Its connection was ended.}}`,
    fixes: [
      `Set <c>{name}</c> as the component's own name in its configuration.`,
      "If it serves several names, add each of them here and give it a connection for each.",
    ],
    reference: "XEP-0114 §3",
  },
  "hosted.unreadable": {
    headline: "The component sent what cannot be read.",
    meaning: `Its connection was ended with <c>{condition}</c>{reason, select, none {.} other { (<c>{reason}</c>).}}`,
    fixes: ["Update the component, or tell its authors: XMPP allows only part of XML."],
    reference: "RFC 6120 §11",
  },
  "hosted.stream_error": {
    headline: `The component ended its connection with <c>{condition}</c>.`,
    meaning: `{text, select, none {It added no words of its own.} other {Its words: "{text}".}}`,
    fixes: ["Look into the component's log at this time."],
    reference: "RFC 6120 §4.9.3",
  },
  "hosted.closed": {
    headline: "The component's connection ended without a word.",
    meaning: `It came from <c>{address}</c>. It was stopped hard, or has crashed.`,
    fixes: ["Look whether the component runs, and into its log at this time."],
  },
  "hosted.timeout": {
    headline: "Something connected, but did not say who it is.",
    meaning: `From <c>{address}</c>, within {seconds} s.`,
    fixes: [
      "Check that the component is set to this port and to the protocol of components (XEP-0114).",
    ],
    reference: "XEP-0114 §3",
  },
  "hosted.silent": {
    headline: `The component answers no more: nothing came for {seconds} s.`,
    meaning: `Its connection from <c>{address}</c> counted as dead and was ended. It had answered before.`,
    fixes: ["Look whether the component or its machine hangs, and restart it."],
  },
  "hosted.stalled": {
    headline: `The component has not read for {seconds} s.`,
    meaning: `What was sent to <c>{address}</c> did not move. The connection was ended, and the senders of what waited were told.`,
    fixes: ["Look whether the component hangs or is overloaded, and restart it."],
  },
} satisfies FindingTexts;
