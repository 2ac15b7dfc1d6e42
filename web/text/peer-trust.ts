/** Words of how peers prove who they are: the form, the page and "what would happen". */
export const peerTrustText = {
  // ---- the form ----
  securityTitle: "How it proves who it is",
  securityNote:
    "Names that you federate yourself: all of this is enforced, for whoever comes in under this domain and for the server that is dialled. Names that are attached to an XMPP server as a component: that server makes the connections and follows its own settings, so set the same there; traces and checks follow TLS, pins, authorities and test mode.",
  fieldTls: "TLS",
  tlsRequired: "Required",
  tlsRequiredHelp: "A peer that offers no TLS counts as failed. This is the rule of XMPP, too.",
  tlsPreferred: "Preferred",
  tlsPreferredHelp:
    "TLS is used where it is offered. Without it only dialback can prove who the peer is.",
  tlsNever: "Never",
  tlsNeverHelp:
    "Everything can be read and changed on the way. Only for networks that protect it otherwise.",
  consent: "Type {domain} to confirm that its traffic may be read on the way",
  fieldMinTls: "Lowest version of TLS",
  "minTls.TLSv1.2": "1.2",
  "minTls.TLSv1.3": "1.3",
  fieldDialback: "Dialback may do, where its certificate proves nothing",
  fieldDialbackHelp:
    "Dialback proves only what DNS says, to whoever controls DNS or the way. Once this peer has proved who it is by certificate, dialback alone is refused until you accept it.",
  fieldDialbackNever: "Without TLS nothing else can prove who it is.",
  pinsTitle: "Pins",
  pinsHelp:
    "SHA-256 of its certificate or of the certificate’s key, told by its owner by another way than this network. With a pin, only what is pinned counts as this peer: authorities, names and dates do not.",
  pinsHelpAuthority: "As an authority is named below, too, both have to fit.",
  pinsEmpty: "No pin: its certificate is judged by its authority, its dates and its name.",
  pinAdd: "Add a pin",
  pinAddHelp: "Paste what openssl prints, 64 hexadecimal digits, or base64.",
  "pinBad.none":
    "This is not a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons.",
  "pinBad.sha1": "This is a SHA-1 fingerprint, which can be forged. Ask for SHA-256.",
  "pinBad.certificate":
    "This is a whole certificate. Paste its fingerprint, or name it as an authority below.",
  pinsMany: "Twenty pins are the most.",
  pinRemove: "Remove pin {pin}",
  "pinIs.certificate": "the certificate that it showed last",
  "pinIs.key": "the key of the certificate that it showed last",
  "pinIs.older": "a certificate, or its key, that it showed before",
  "pinIs.unseen": "not seen yet",
  pinHow: "How to get one",
  pinHowBody:
    "Let the owner run this on the server’s own certificate file. The first line prints the certificate’s pin, which changes with each renewal; the second its key’s, which stays as long as the key.",
  pinHowCode: "For the owner",
  pinNext: "Pin the next key, too, before it is used, or the renewal will be refused.",
  fieldAuthority: "Authorities of its own",
  fieldAuthorityHelp:
    "The certificates, in PEM, that its certificate must come from. With any, public authorities do not count for this peer.",
  authorityUntil: "until {date}",
  fieldChange: "When it shows a new certificate",
  "change.none": "Nothing",
  changeNoneHelp: "It is remembered. Nobody is told.",
  "change.notify": "Tell me",
  changeNotifyHelp:
    "An incident is opened; a renewal when it was due, or for the same key, is only noted.",
  "change.hold": "Hold it until I accept",
  changeHoldHelp:
    "New connections are refused until an admin has accepted the new certificate. A renewal for the same key goes through. The first one counts as accepted: compare it.",
  testTitle: "Test mode",
  fieldTest: "Take any certificate for this peer’s",
  fieldTestHelp:
    "For a test with a server that has no proper certificate yet. Ends by itself; 90 days at most.",
  fieldTestUntil: "Until the end of",
  testDanger:
    "Until then anybody on the way, and anybody who dials you, can be this peer by showing any certificate.",
  testConsent: "Type {domain} to confirm that until then anybody can be this peer",

  // ---- the page ----
  tabTrust: "Trust",
  testUntil: "Test mode until {date}",
  testNoticeTitle: "Test mode: any certificate is taken for this peer’s, until {date}",
  testNoticeBody:
    "Anybody on the way, and anybody who dials you, can be {domain} until then. If its certificate stays as it is, pin it instead.",
  testEnd: "End test mode now",
  testEnded: "Test mode has ended. From now on the certificate of {domain} has to prove something.",
  heldTitle: "{domain} shows a new certificate and waits for you",
  heldBody:
    "New connections on which it is shown are refused; those that rest on an accepted one go on. Compare the new fingerprint with the owner, by phone or another way that does not depend on this network.",
  heldSeen:
    "First shown on {time}, {direction, select, in {by who dialled us} other {by the server that we dialled}}.",
  heldOld: "Accepted before",
  heldNew: "New",
  heldNoOld: "none",
  rowFingerprint: "Fingerprint",
  rowKey: "Key’s fingerprint",
  rowIssuer: "Issued by",
  rowSubject: "Issued to",
  rowFrom: "Valid from",
  rowUntil: "Valid until",
  accept: "Accept the new certificate",
  acceptTitle: "Accept the new certificate of {domain}?",
  acceptBody:
    "From now on whoever has its key counts as {domain}. Have you compared this fingerprint with the owner?",
  acceptConfirm: "Accept it",
  accepted: "The new certificate of {domain} counts as its own from now on.",
  dismiss: "Dismiss",
  dismissTitle: "Dismiss the new certificate of {domain}?",
  dismissBody:
    "It is forgotten and stays refused. If it is shown again, it will wait here again. If the owner does not know it, somebody may be in between.",
  dismissConfirm: "Dismiss it",
  dismissed: "It is dismissed: connections on which it is shown stay refused.",
  weakerTitle:
    "{domain} {direction, select, in {comes in} other {is dialled}} without a certificate that proves who it is",
  weakerBody:
    "It proved itself by certificate from {since} on, and with dialback alone it was refused, last on {time}. Most often its certificate has ended: a trace shows that. It may also be that somebody pretends to be it.",
  weakerAccept: "Accept dialback from now on",
  weakerConfirmTitle: "Accept a weaker proof of {domain}?",
  weakerConfirmBody:
    "{direction, select, in {Whoever comes in} other {The server that is dialled}} counts as {domain} again if only DNS says so. When it shows a certificate that proves who it is, that counts again, and dialback alone is refused from then on.",
  weakerConfirm: "Accept it",
  weakerAccepted: "Dialback is accepted for {domain} until it proves more again.",

  demandTitle: "What it has to prove",
  demandNote: "On names that you federate yourself, as its terms are now.",
  demandTls: "TLS",
  "demandTlsIs.required": "required, {version} or newer",
  "demandTlsIs.preferred": "used where offered, {version} or newer",
  "demandTlsIs.never": "never used: everything can be read on the way",
  demandIn: "Who dials you as it",
  demandOut: "The server that you dial",
  "certificateIs.trusted_roots":
    "a certificate for its name, from an authority that this appliance trusts",
  "certificateIs.own_authority": "a certificate for its name, from the authority named for it",
  "certificateIs.pins": "a pinned certificate or key",
  "certificateIs.pins_and_authority":
    "a pinned certificate or key, and for its name, from the authority named for it",
  certificateAny: "any certificate until {date} (test mode)",
  "dialbackIs.allowed": "or dialback",
  "dialbackIs.refused": "dialback alone is refused",
  "dialbackIs.outgrown": "dialback alone is refused, since it has proved more before",
  dialbackOnly: "dialback, since there is no certificate without TLS",
  demandHeldName: "Now",
  demandHeld: "A new certificate of it waits for you",

  provedTitle: "What it has proved so far",
  provedNote: "Remembered of connections that this appliance made or took itself.",
  provedEmpty:
    "No connection of your own has met it yet. What a check sees of its certificate is under Health.",
  provedIn: "As who dials you",
  provedOut: "As the server that you dial",
  provedNever: "not met yet",
  "provedStrongest.certificate": "by its certificate, since {since}",
  "provedStrongest.dialback": "by dialback only, since {since}",
  provedLast:
    "last {time}, {by, select, pkix {by an authority that is trusted} peer_ca {by its own authority} pin {by a pin} other {by dialback}}",
  certificatesTitle: "Certificates taken for its own",
  certificateSeen: "first shown {time}",
  certificateUntil: "valid until {date}",
  certificateEnded: "ended {date}",
  pinned: "pinned",
  pinIt: "Pin its key",
  pinTitle: "Pin the key of this certificate?",
  pinBody:
    "{count, plural, =0 {From now on only this key counts as {domain}: authorities, names and dates do not.} other {It counts beside what is pinned already.}} Have you compared the fingerprint with the owner?",
  pinConfirm: "Pin it",
  pinDone: "The key is pinned.",
} as const;
