import type { FindingTexts } from "./shape.ts";

/** How a domain is reached by agreement, where that is to be said of a trace or a check. */
export const agreedTexts = {
  "agreed.used": {
    headline: "<c>{domain}</c> is reached by the X2X link “{link}”.",
    meaning:
      "A ping across the link was answered. What was agreed needs no DNS, no addresses and no login, so nothing of that was tried.",
    fixes: ["Nothing to do."],
    reference: "XEP-0361 §4.1",
  },
  "agreed.second": {
    headline: "<c>{domain}</c> is reached by “{link}”, because “{better}” does not work.",
    meaning:
      "Of several X2X links the first that works is used. The better one is tried again each second and takes over by itself.",
    fixes: ["Open the page of “{better}”: it says why it does not work."],
    reference: "XEP-0361 §4.4",
  },
  "agreed.down": {
    headline:
      "<c>{domain}</c> is reached by the X2X link “{link}” only, and the link does not work.",
    meaning:
      "The agreement allows no normal stream in its place, so DNS was not asked. What is sent meanwhile comes back to the sender as an error.",
    fixes: [
      "Open the page of “{link}” and do what it says; “Connect now” there ends the wait before the next attempt.",
      "If stanzas may take the public network meanwhile, switch “Fall back to a normal stream while the link does not work” on for this link.",
    ],
    reference: "XEP-0361 §4.1",
  },
  "agreed.silent": {
    headline:
      "The X2X link “{link}” looks open, but a ping across it was not answered within {seconds} s.",
    meaning:
      "The line is cut without a word, or far behind with what was sent before. The link notices by itself that the other side is dead, which takes some minutes.",
    fixes: [
      "Look at “Waiting to be written” on the link’s page: if it shrinks, the line is only slow.",
      "Otherwise look at the line, or call the other side’s operator.",
    ],
    reference: "XEP-0199 §4.3",
  },
  "agreed.fallen_back": {
    headline:
      "The X2X link “{link}” does not work, so a normal stream carries what is sent to <c>{domain}</c>.",
    meaning:
      "The agreement allows that. When the link is back the stream is closed in order, and the link takes over by itself.",
    fixes: ["Open the page of “{link}”: it says why it does not work."],
    reference: "XEP-0361 §4.4",
  },
  "agreed.no_fallback": {
    headline: "If “{link}” fails, no normal stream to <c>{domain}</c> can take its place.",
    meaning:
      "The link works now. A stream may take over by your terms, but DNS leads to no server: step 1 shows what it said.",
    fixes: [
      "If the peer is meant to be reached by the link only, switch “Fall back to a normal stream while the link does not work” off for this link.",
      "Otherwise its owner publishes SRV records.",
    ],
    reference: "RFC 6120 §3.2",
  },
  "agreed.waits": {
    headline:
      "By the X2X link “{link}” only the other side may connect, and it is not connected now.",
    meaning:
      "What is sent to <c>{domain}</c> waits up to two minutes for its connection, and then comes back as an error.",
    fixes: [
      "Nothing, if the other side connects when it has something to say.",
      "Otherwise call its operator, or agree that either side may connect.",
    ],
    reference: "XEP-0361 §4.3",
  },
  "agreed.elsewhere": {
    headline: "Another appliance holds the X2X link “{link}”, so this one cannot look.",
    meaning:
      "<c>{domain}</c> is reached from the appliance that holds the link. If none has taken it up yet, that takes half a minute.",
    fixes: ["Open the page of “{link}”: it says which appliance holds it, and how it stands."],
  },
} satisfies FindingTexts;
