/** Words of what two sides of an X2X link agree on: wizard, review, and whatever shows an agreement. */
export const x2xTermsText = {
  newTitle: "New X2X link",
  "step.who": "Who",
  "step.direction": "Direction",
  "step.security": "Security",
  "step.identity": "Identity",
  "step.habits": "Habits",
  "step.review": "Review",
  next: "Next",
  back: "Back",
  makeIt: "Make the link",
  change: "Change",
  changeSteps: "Change a step",
  leave: "Cancel",

  whoAbout: "Who the two sides are, and for which domains the link is.",
  name: "Name of the link",
  nameHelp: "For you alone, such as “to shore”. The other side may call its end otherwise.",
  ourDomains: "Our domains",
  ourDomainsHelp: "Names that this appliance federates itself.",
  noDomains: "This appliance federates no name itself",
  noDomainsBody:
    "An X2X link carries stanzas of names that have no other server here. Federate one first: beside your XMPP server, or instead of one.",
  addDomain: "Federate a name",
  otherDomains: "Not federated by this appliance: {names}",
  theirDomains: "Their domains",
  theirDomainsHelp:
    "All for which their server speaks on this link, one per line: such as example.net and, for its waves, wave.example.net.",

  directionAbout: "Who opens connections, and where the other one listens.",
  opener: "Who opens connections",
  "opener.either": "Either side",
  "opener.us": "We do",
  "opener.them": "They do",
  "openerHelp.either":
    "Whoever has something to say. The most robust choice, if both can be reached.",
  "openerHelp.us": "They need a port that we reach; we need none.",
  "openerHelp.them": "We need a port that they reach, in the firewall, too; they need none.",
  weListen: "Where we listen",
  weListenAbout:
    "A port for X2X only. Links may share it where addresses or certificates of those who connect tell them apart.",
  theyListen: "Where they listen",
  host: "Host",
  ourHostHelp: "As they reach it: an address, or a name that they can resolve.",
  theirHostHelp: "As we reach it. On a closed network an address is one thing less that can fail.",
  port: "Port",
  listenAddress: "Address to listen on",
  listenAddressHelp: "One of this machine’s. Empty: all of them. The other side does not see it.",
  bindAddress: "Address to connect from",
  bindAddressHelp: "One of this machine’s. Empty: as the system routes.",

  securityAbout: "Whether the link is encrypted, and what each side’s certificate must be.",
  security: "Security",
  "security.mutual_tls": "Mutual TLS",
  "security.plain": "None",
  "securityHelp.mutual_tls":
    "TLS 1.3 from the first byte. Both sides show a certificate, so both know with whom they speak.",
  "securityHelp.plain":
    "Nothing is encrypted or proved. Only where the network itself protects the link: a tunnel, a link cipher, a cable.",
  plainTitle: "Everything on this link can be read and changed on the way",
  plainBody: "Nobody would notice, you neither. Mutual TLS costs one round trip per connection.",
  consent: "Type <b>{name}</b> to do it all the same",
  consentNameless: "Give the link a name first, on the first step.",
  ourCertificate: "Our certificate",
  theirCertificate: "Their certificate",
  ourCertificateBy: "How they check ours",
  theirCertificateBy: "How we check theirs",
  "certificateBy.names": "It must be valid for one of the domains",
  "certificateBy.pins": "It must be one of certain certificates",
  "certificateHelp.names":
    "By an authority that whoever checks it trusts. A renewal changes nothing.",
  "certificateHelp.pins":
    "By its SHA-256, whoever issued it; self-signed will do. Each renewal has to be agreed on.",
  ourPins: "SHA-256 of our certificate",
  theirPins: "SHA-256 of their certificate",
  pinsHelp:
    "64 hexadecimal digits, with or without colons; one per line. Enter the next one, too, before it is put to use. openssl x509 -noout -fingerprint -sha256 -in cert.pem",
  certificateUsed: "{name} shows “{label}”, valid until {until}.",
  certificateNone: "No certificate is in use for {names}",
  certificateNoneBody:
    "With mutual TLS the link does not come up before one is. Put it to use for XMPP, for one of these domains.",
  toCertificates: "Certificates",

  identityAbout: "How each side knows who opened a connection. The strongest comes first.",
  weKnown: "How they know us when we open",
  theyKnown: "How we know them when they open",
  "knownBy.certificate": "By certificate",
  "knownBy.address_and_port": "By address and source port",
  "knownBy.address": "By address alone",
  "knownBy.reverse_dns": "By reverse DNS",
  "knownBy.implicit": "Not at all",
  "knownByHelp.certificate":
    "Worth most: nobody else has the key, wherever the connection comes from.",
  "knownByHelp.address_and_port":
    "Worth as much as your network: whoever can send from that address and port is taken for them. Routers that translate addresses break it.",
  "knownByHelp.address": "Weaker: every program and person behind that address is taken for them.",
  "knownByHelp.reverse_dns":
    "Worth as much as whoever keeps that zone; only with DNSSEC, by a resolver on this very machine.",
  "knownByHelp.implicit":
    "Worth nothing: whoever finds the port speaks for all their domains. NOT RECOMMENDED (XEP-0361 §4.2.1).",
  implicitTitle: "Anybody who reaches the port could speak for the other side",
  implicitBody: "Only where nobody else can reach it, by the network itself.",
  sourceAddresses: "Addresses that connections come from",
  sourceAddressesHelp: "IP addresses as the other side sees them, one per line.",
  sourceAddressesOptional:
    "One per line; may stay empty. With them, connections from elsewhere are not even looked at.",
  sourcePort: "Source port",
  sourcePortHelp:
    "Connections are opened from this port, and no other. Above 1023, and not one that listens.",
  hostName: "Host name",
  hostNameHelp: "What the address must lead back to.",

  habitsAbout:
    "What is usual stands there already: change it only for a reason that the other side knows.",
  connections: "Connections",
  "connections.shared": "One for both directions",
  "connections.own": "One for each direction",
  "connectionsHelp.shared": "Whoever opened it: both sides send on it. Saves half of all set-ups.",
  "connectionsHelp.own": "Each side sends only on the connection that it opened.",
  ownOneWay:
    "One side could never send: it may not open, and may not use the other’s connection. Let either side open, or choose one for both directions.",
  compression: "Compression",
  "compression.none": "Uncompressed",
  "compression.deflate": "Deflate",
  "compressionHelp.none": "For fast lines, on which the bytes that it saves are not missed.",
  "compressionHelp.deflate":
    "For slow lines, below some 64 kbit/s: a conversation takes a fifth of its bytes. At 2400 bit/s a chat message of 450 bytes takes 0.6 s rather than 1.5 s, later ones 0.3 s.",
  compressionLeaksTitle: "With TLS, compression lets others guess what TLS hides",
  compressionLeaks:
    "Whoever sees the encrypted line, and may also send stanzas over this link, can try out words: if the line carries fewer bytes, they stood in somebody else’s stanza before. Compress only where that is worth less than the time.",
  onInvalid: "A stanza outside the agreement",
  "onInvalid.close": "Ends the connection",
  "onInvalid.bounce": "Gets an error, and is counted",
  "onInvalidHelp.close": "A wrong setting shows at once, on both sides.",
  "onInvalidHelp.bounce": "One wrong stanza does not cost all others a new connection.",
  maxStanzaBytes: "Largest stanza, in bytes",
  maxStanzaBytesHelp:
    "10000 to 16777216. Larger ones get an error. At 2400 bit/s, 10000 bytes take 33 seconds.",
  maxStanza: "Largest stanza",
  keepalive: "Keepalive after",
  idle: "Idle close after",
  keepaliveSeconds: "Keepalive, in seconds",
  keepaliveSecondsHelp:
    "After so long a silence of ours one space is sent, against routers that forget. 10 to 86400; empty: none.",
  idleSeconds: "Close when idle, after seconds",
  idleSecondsHelp:
    "Without a stanza for so long, whoever opened the connection closes it. Empty: it is opened at once and kept.",
  idleWaitsOurs:
    "Only they may open. After an idle close, what we send waits until they do, two minutes at most; then it goes back to its sender as an error.",
  idleWaitsTheirs:
    "Only we may open. After an idle close, what they send waits until we have something to say, two minutes at most; then it goes back to its sender as an error.",
  language: "Language",
  languageHelp: "Of stanzas that name none, such as en or de-CH. Empty: none.",
  version: "Version of the standard",
  "version.0.3": "0.3, as published",
  "version.0.0.1": "0.0.1, the first draft",
  "versionHelp.0.3": "Connections end with a closing tag on both sides.",
  "versionHelp.0.0.1": "For old implementations: connections end with TCP alone.",
  ownTitle: "Ours alone",
  priority: "Priority",
  priorityHelp:
    "Of several links to the same domains, the lowest number that works is used. Several are NOT RECOMMENDED but for fail-over.",
  fallsBack: "Fall back to a normal stream while the link does not work",
  fallsBackShort: "Falls back to streams",
  fallsBackHelp:
    "Needs DNS and a network on which normal federation works. Otherwise stanzas wait, then go back to their senders.",

  ourSide: "Our side",
  theirSide: "Their side",
  bothSides: "Both sides",
  ownSide: "Ours alone",
  domains: "Domains",
  listens: "Listens on",
  listensNot: "accepts no connections",
  at: "{host} port {port}",
  opens: "Opens connections",
  opensNot: "no",
  opensFrom: "Comes from",
  opensAnywhere: "any address",
  opensFromPort: "{addresses}, port {port}",
  isKnown: "Is known",
  certificate: "Certificate",
  certificateNotUsed: "none is shown",
  pinIs: "SHA-256 {pin}",
  none: "none",
  kept: "never: kept open",
  never: "never",
  seconds: "{count, plural, one {one second} other {# seconds}}",
  bytesIs: "{count} bytes",
  all: "all",
  asRouted: "as the system routes",
  yes: "yes",
  no: "no",

  reviewAbout: "Read it once as if the other operator had sent it.",
  importAbout:
    "As the other operator wants it, seen from your side. Making the link is agreeing to all of it.",
  checking: "Being checked …",
  faultsTitle: "This cannot work yet",
  notOursTitle: "Not federated by this appliance: {names}",
  notOursBody:
    "Stanzas of these names do not go over the link before this appliance federates them itself.",
  notAllowedTitle: "Federation with {names} is not allowed yet",
  notAllowedBody:
    "Your federation policy refuses them, on this link too. As trusted peers they are checked once an hour, by one ping across the link, which opens it if nothing else does; the peer’s page changes that.",
  addPeer: "Add {domain} as trusted peer",
  peerAdded: "{domain} is a trusted peer.",
  fingerprint: "Fingerprint of the agreement",
  fingerprintAbout: "The other side sees the same digits once it holds the same agreement.",

  "fault.missing": "Please fill this in.",
  "fault.bad_port": "A whole number from 1 to 65535, please.",
  "fault.bad_number": "A whole number within these bounds, please.",
  "fault.bad_address": "IP addresses only, such as 192.0.2.1 or 2001:db8::1.",
  "fault.bad_language": "A language tag such as en or de-CH, please.",
  "fault.bad_pin": "A SHA-256 has 64 hexadecimal digits.",
  "fault.same_domain": "One of these is on our side, too.",
  "fault.needs_tls": "Without TLS nobody shows a certificate: choose another way.",
  "fault.needs_address": "This way needs an address.",
  "fault.needs_both": "For this, both sides have to open connections.",
  "fault.consent": "Type the link’s name as it stands above.",
  "fault.x2x.address": "This is not an IP address such as 192.0.2.1 or 2001:db8::1.",
  "fault.x2x.nobody_opens": "Nobody may open a connection.",
  "fault.x2x.needs_both":
    "One connection for each direction needs both sides to open: the side that may not has none.",
  "fault.x2x.nobody_listens": "One side opens connections, but the other listens nowhere.",
  "fault.x2x.no_domains": "One side has no domain.",
  "fault.x2x.same_domain": "A domain is on both sides.",
  "fault.x2x.needs_tls": "Known by certificate, but without TLS nobody shows one.",
  "fault.x2x.needs_certificate":
    "With mutual TLS it has to be agreed what each certificate must be.",
  "fault.x2x.needs_address": "Known by address, but no address is agreed.",
  "fault.x2x.needs_port": "Known by source port, but no port is agreed.",
  "fault.x2x.needs_host_name": "Known by reverse DNS, but no host name is agreed.",
  "fault.x2x.needs_pin": "Certain certificates are agreed, but none is named.",
  "fault.x2x.place_taken":
    "“{link}” listens on this port already, and one of the two links listens on all addresses. Give each an “Address to listen on” of its own, or agree on another port.",
  "fault.x2x.place_security":
    "“{link}” listens on this port, one of the two with TLS and one without. A port has TLS or none: agree on another one, or choose another “Address to listen on”.",
  "fault.x2x.place_peer":
    "“{link}” listens on this port, and nothing that a connection shows would tell the two links apart. Agree on another port, on other addresses, source ports or certificates of their side, or choose another “Address to listen on”.",
  ofField: "{what}: {fault}",
} as const;

/** The other side's half as a letter: they read it, so “you” is the agreement’s first side. Plain text. */
export const x2xLetterText = {
  subject: "X2X link {name}: your half of the agreement",
  greeting: "Hello,",
  opening:
    "please set up an X2X link (XEP-0361 {version}) with us. This is your half of the agreement. It holds no secret.",
  domainsYou: "Your domains: {list}.",
  domainsWe: "Our domains: {list}.",
  listensYou: "You listen on {host}, TCP port {port}.",
  listensYouNot: "You accept no connections on this link.",
  listensWe: "We listen on {host}, TCP port {port}.",
  listensWeNot: "We accept no connections on this link.",
  opensYou:
    "You open connections{addresses, select, none {} other { from {addresses}}}. {knownBy, select, certificate {We know you by your certificate.} address_and_port {We know you by that address and by source port {port}, which you must bind.} address {We know you by that address.} reverse_dns {We know you by reverse DNS of your address, which must lead to {hostName}.} other {We do not check who connects.}}",
  opensYouNot: "You open no connections to us.",
  opensWe:
    "We open connections{addresses, select, none {} other { from {addresses}}}. {knownBy, select, certificate {You know us by our certificate.} address_and_port {You know us by that address and by source port {port}.} address {You know us by that address.} reverse_dns {You know us by reverse DNS of our address, which must lead to {hostName}.} other {You do not check who connects.}}",
  opensWeNot: "We open no connections to you.",
  security:
    "{security, select, plain {There is no TLS on this link: the network protects it.} other {TLS 1.3 begins with the first byte, without STARTTLS, and both sides show a certificate.}}",
  certificateYou:
    "{by, select, pins {Your certificate must have the SHA-256 {pins}.} other {Your certificate must be valid for one of your domains.}}",
  certificateWe:
    "{by, select, pins {Our certificate has the SHA-256 {pins}.} other {Our certificate is valid for one of our domains.}}",
  compression:
    "{compression, select, deflate {All that is sent is compressed, in each direction as one stream of zlib’s format (RFC 1950) with dictionary 1 of docs/x2x-profile.md, flushed behind the stanzas that are sent together.} other {Nothing is compressed.}}",
  connections:
    "{connections, select, own {Each side sends only on the connection that it opened.} other {Both sides send on one connection, whoever opened it.}}",
  onInvalid:
    "A stanza whose from or to is not agreed {onInvalid, select, bounce {gets an error} other {ends the connection}}.",
  maxStanza: "The largest stanza has {bytes} bytes.",
  keepalive:
    "{seconds, select, none {No keepalives are sent.} other {After {seconds} seconds of silence one space is sent as keepalive.}}",
  idle: "{seconds, select, none {Connections are kept open.} other {After {seconds} seconds without a stanza whoever opened a connection closes it.}}",
  language:
    "{language, select, none {No language is agreed.} other {The language of stanzas that name none is {language}.}}",
  fingerprint:
    "The fingerprint of the agreement is {fingerprint}. Please read it to us by telephone.",
  closing: "Thank you!",
} as const;
