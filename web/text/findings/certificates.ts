import type { FindingTexts } from "./shape.ts";

const Whose = `{owner, select, us {Your certificate} other {The certificate of the other server}}`;
const renews = `{owner, select, us {You renew it} other {Its owner renews it}}`;

/**
 * Judgements on a certificate, ours or theirs: `owner` says whose. `of` is `upload` for one that was given
 * to us, of which nobody knows yet whether and how it is served.
 */
export const certificateTexts = {
  "cert.expired": {
    headline: `${Whose} for <c>{domain}</c> expired on {date, date, long}, {days, plural,
      =0 {less than a day ago} one {one day ago} other {# days ago}}.`,
    meaning:
      "Servers that check certificates refuse the connection or fall back to a weaker proof.",
    fixes: [
      `{owner, select, us {Renew it and install it wherever it is used.} other {Its owner renews it and reloads the server.}}`,
      "{of, select, upload {Upload the new one here and put it to use.} other {Trace again to see that the new one is served.}}",
    ],
    reference: "RFC 5280 §4.1.2.5",
  },
  "cert.not_yet": {
    headline: `${Whose} for <c>{domain}</c> is valid only from {date, date, long} {date, time, short}.`,
    meaning: `Our clock says {now, date, long} {now, time, short}. Either the certificate is early or a clock is wrong.`,
    fixes: [
      "Check the clock of this machine first.",
      "If it is right, wait until then or have the certificate issued anew.",
    ],
    reference: "RFC 5280 §4.1.2.5",
  },
  "cert.name": {
    headline: `${Whose} is not for <c>{domain}</c>.`,
    meaning: `{total, plural,
      =0 {It names no domain at all.}
      one {It is for <c>{names}</c>.}
      other {It is for # names: <c>{names}</c>.}}`,
    fixes: [
      `{owner, select, us {You} other {The owner}} must have one issued that names <c>{domain}</c>, not only the host in the SRV record.`,
      "A name for the Wave service can stand in the same certificate.",
    ],
    reference: "RFC 6120 §13.7.2.1",
  },
  "cert.self_signed": {
    headline: `${Whose} for <c>{domain}</c> is signed by itself.`,
    meaning: "Nobody whom we trust vouches for it. Anybody on the way could have made it.",
    fixes: [
      `{owner, select, us {You get one} other {The owner gets one}} from a certificate authority; some are free of charge.`,
      `{owner, select, us {Until then others can only compare its fingerprint with you by phone:} other {Compare its fingerprint with the owner by phone if you want to know that it is theirs:}} <c>{fingerprint}</c>.`,
    ],
    reference: "RFC 6120 §13.7.2",
  },
  "cert.chain": {
    headline: `{of, select, upload {The intermediate certificate <c>{cn}</c> is missing.}
      other {{owner, select, us {Your server does} other {The other server does}} not send the intermediate certificate <c>{cn}</c>.}}`,
    meaning: `Without it the certificate for <c>{domain}</c> cannot be followed up to an authority that we trust.`,
    fixes: [
      `{of, select, upload {Upload it too, or the file that has the whole chain (often <c>fullchain.pem</c>).}
        other {{owner, select, us {You append} other {The owner appends}} it to the certificate file, after the server's own certificate.}}`,
      `{aia, select, none {The authority that issued the certificate has it for download.} other {It is published at <c>{aia}</c>.}}`,
    ],
    reference: "RFC 8446 §4.4.2",
  },
  "cert.untrusted": {
    headline: `${Whose} for <c>{domain}</c> ends in <c>{root}</c>, which we do not trust.`,
    meaning: "The chain is complete, but its authority is not among those of this machine.",
    fixes: [
      `{owner, select, us {Use} other {The owner uses}} a certificate of a public authority.`,
      `If it is a private authority that you know, check its fingerprint by phone and add it to the trusted authorities of this machine.`,
    ],
    reference: "RFC 5280 §6.1",
  },
  "cert.other_ca": {
    headline: `The certificate of the other server for <c>{domain}</c> does not come from the authority that you named for this peer.`,
    meaning: `It was issued by <c>{issuer}</c>. For this peer only <c>{authorities}</c> counts, and no public authority. It may also be that the server leaves out an intermediate certificate.`,
    fixes: [
      "Ask the owner which authority is right, by phone.",
      "Then change the authority in the peer's terms, or have the owner install a certificate of the right one.",
    ],
    reference: "RFC 6120 §13.6",
  },
  "cert.pin": {
    headline: `<c>{domain}</c> shows another certificate than the pinned one.`,
    meaning: `Its fingerprint is <c>{fingerprint}</c>, that of its public key <c>{key}</c>. Pinned {pins, select, none {is nothing} other {is <c>{pins}</c>}}.`,
    fixes: [
      "Compare the fingerprint with the owner by phone: somebody between you and them could show a certificate of their own.",
      "If it is theirs, add the new pin to the peer's terms, and remove the old one.",
    ],
    reference: "RFC 7590 §3.6",
  },
  "cert.test_mode": {
    headline: `Any certificate is accepted for <c>{domain}</c> until {until, date, long}: test mode is on.`,
    meaning: `Anybody on the way can be this peer until then. The one that it shows has the fingerprint <c>{fingerprint}</c>.`,
    fixes: [
      "End test mode in the peer's terms as soon as the test is over.",
      "If its certificate will stay as it is, pin it instead.",
    ],
  },
  "cert.weak": {
    headline: `${Whose} for <c>{domain}</c> is too weak for many servers: {reason, select,
      key {its key is <c>{algorithm}</c>{bits, select, none {} other { of {bits} bits}}}
      signature {it is signed with <c>{signature}</c>}
      other {<c>{algorithm}</c>, <c>{signature}</c>}}.`,
    meaning: "It may work today and be refused after the next update of a peer.",
    fixes: [
      `{owner, select, us {Have} other {The owner has}} it issued anew with an ECDSA P-256 key or an RSA key of 2048 bits or more.`,
    ],
    reference: "RFC 9325 §4.5",
  },
  "cert.expiring": {
    headline: `${Whose} for <c>{domain}</c> ends on {date, date, long}, {days, plural,
      =0 {in {hours, plural, =0 {less than an hour} one {one hour} other {# hours}}}
      one {in one day} other {in # days}}.`,
    meaning: `{percent} % of its lifetime is left. After that day servers refuse it.`,
    fixes: [
      `${renews} before then.`,
      `{owner, select, us {If it should renew itself, look at why it did not.} other {Tell the owner if it comes nearer and nothing happens.}}`,
    ],
    reference: "RFC 5280 §4.1.2.5",
  },
  "cert.invalid": {
    headline: `${Whose} for <c>{domain}</c> cannot be accepted: {reason, select,
      absent {none was shown}
      unreadable {it cannot be read}
      dates {its dates make no sense}
      not_authority {<c>{subject}</c> signed it, but is no authority}
      key_usage {the key of <c>{subject}</c> may not sign certificates}
      path_length {the chain below <c>{subject}</c> is longer than that allows}
      name_constraints {<c>{subject}</c> may not issue for this name}
      critical_extension {<c>{subject}</c> demands something that we do not know}
      signature {the signature under <c>{subject}</c> is false}
      too_complex {its chain is too tangled to be judged}
      other {{reason}}}.`,
    meaning: `{detail, select, none {{of, select, upload {Its parts are listed on this page.} other {The certificate tab has what was sent.}}} other {In detail: <c>{detail}</c>.}}`,
    fixes: [
      `{owner, select, us {Have the certificate issued anew and install it} other {The owner has the certificate issued anew and installs it}} with its whole chain.`,
    ],
    reference: "RFC 5280 §6.1",
  },
  "cert.served_old": {
    headline: `<c>{place}</c> serves another certificate than the one in use here.`,
    meaning: `In use is <c>{stored}</c>, served is <c>{served}</c>. Whoever connects sees the other one.`,
    fixes: [
      "Reload the server that listens there.",
      "If a proxy stands in front, install the certificate in the proxy.",
    ],
  },
  "cert.served_other": {
    headline: `<c>{place}</c> serves another certificate than the newest one that is kept here.`,
    meaning: `The one that is served is accepted, so nothing is wrong. Kept here is <c>{stored}</c>, served is <c>{served}</c>.`,
    fixes: [
      "If the newer one was meant for your XMPP server too, install it there and reload the server.",
    ],
  },
  "cert.not_served": {
    headline: `<c>{place}</c> shows no certificate.`,
    meaning: `The certificate for <c>{domain}</c> is in use here, but nobody who connects there sees it. {reasonKey, select,
      ECONNREFUSED {Nothing listens there.}
      tcp_refused {Nothing listens there.}
      ETIMEDOUT {Nothing answers there.}
      tcp_timeout {Nothing answers there.}
      other {The reason: <c>{reason}</c>.}}`,
    fixes: ["Check that something listens there and that it speaks TLS."],
  },
  "cert.no_client_eku": {
    headline: "Your certificate may be used by servers only (no clientAuth).",
    meaning:
      "When your server calls another one it is the client. Some servers then refuse the certificate and ask for dialback instead.",
    fixes: [
      "This is normal for Let's Encrypt since February 2026: leave dialback switched on.",
      "If a peer insists, use an authority that still includes clientAuth.",
    ],
    reference: "RFC 5280 §4.2.1.12",
  },
} as const satisfies FindingTexts;
