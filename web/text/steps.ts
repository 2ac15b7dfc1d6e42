/** What each of the 13 steps is for: the third part of a step's evidence. */
export const stepExplanations: Readonly<
  Record<number, { text: string; reference: string | null }>
> = {
  1: {
    text: "A domain says by SRV records which servers speak for it. Both kinds are asked for: _xmpps-server (TLS from the first byte) and _xmpp-server (STARTTLS). All configured resolvers are asked; the first that answers decides, the others are compared with it.",
    reference: "RFC 6120 §3.2.1",
  },
  2: {
    text: "The records are put in the order in which they are tried: lowest priority first, among equals by a draw weighted as the records say. Then the addresses of each target are looked up, IPv6 and IPv4.",
    reference: "RFC 2782",
  },
  3: {
    text: "Only a domain without SRV records is reached under its own address, on port 5269. An SRV record rules this out, even one whose servers are down.",
    reference: "RFC 6120 §3.2.2",
  },
  4: {
    text: "With an address the trace goes on to connect. Without one the strict reading ends, and the overview reading still guesses the name of the Wave service.",
    reference: null,
  },
  5: {
    text: "Our own probe dials the addresses in order, opens a stream to the domain, secures it by TLS and judges the certificate for the domain, never for the host in the SRV record. The list of services needs a login: your XMPP server asks for it, or, where this appliance federates your name itself, this connection logs in and asks.",
    reference: "RFC 6120 §5",
  },
  6: {
    text: "Each listed service is asked what it is, those with “wave” in their name first. A Wave service says so by the identity collaboration/google-wave or by the feature of a Wave server. The first in the order of the list wins.",
    reference: "XEP-0030 §3",
  },
  7: {
    text: "A Wave service may live under another name than the domain. That name is looked up like any domain. If its address and port are those of step 5, the same connection serves; otherwise it is dialled.",
    reference: "RFC 6120 §3.2",
  },
  8: {
    text: "If the Wave service’s own address was reached, the trace is ready. If not, the listing is of no use and the name is guessed.",
    reference: null,
  },
  9: {
    text: "Where nothing useful is listed, there is a custom: the Wave service is “wave.” before the domain.",
    reference: null,
  },
  10: {
    text: "The guessed name is looked up like any domain: SRV records first, then its own address.",
    reference: "RFC 6120 §3.2",
  },
  11: {
    text: "If the guess is at another address or port than step 5, it is dialled. Then it must say itself that it is a Wave service: a name alone proves nothing.",
    reference: "XEP-0030 §3",
  },
  12: {
    text: "The way is known, and every part of it was reached. Where your XMPP server logs in between both servers, that comes on top and shows in a ping.",
    reference: null,
  },
  13: {
    text: "The search ended without a Wave service. Whether the domain can be reached for chat is told apart from that, in the verdict.",
    reference: null,
  },
};
