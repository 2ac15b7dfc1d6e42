/** Words of the settings. */
export const settingsText = {
  title: "Settings",
  intro:
    "What is not for starting up. The environment (HOST, PORT, DATABASE_URL and so on) is described in the documentation.",
  save: "Save",
  saved: "Saved",
  notSaved: "Not saved yet",
  federationTitle: "Who may federate",
  federationIntro: "The block list counts in both modes.",
  modeOpen: "Everybody",
  modeOpenMeans: "Any domain may exchange stanzas with yours, unless it is blocked.",
  modeTrusted: "Trusted peers only",
  modeTrustedMeans:
    "Strangers are refused: their questions are answered with “forbidden”, their messages are dropped and counted.",
  strangerDialback: "Strangers may prove who they are by dialback",
  strangerDialbackMeans:
    "Where their certificate proves nothing. Off: only a certificate of a trusted authority counts, on names that you federate yourself. Peers have terms of their own.",
  strangerTls: "Strangers must use TLS",
  strangerTlsMeans:
    "Off: a stranger without TLS is put up with, where dialback is allowed, and everything can be read on the way.",
  resolutionTitle: "How domains are found",
  reading: "Reading of the connection rules",
  readingHint: "A peer can have its own.",
  readingOverview:
    "Overview: also guess wave.DOMAIN when the domain itself does not resolve. Finds more.",
  readingStrict: "Strict: stop when the domain itself does not resolve.",
  privateTargets: "Dial private addresses",
  privateTargetsMeans:
    "Allows traces and checks to connect to loopback and private networks. Needed in a closed network; elsewhere it would let a foreign DNS record point the appliance at your inside.",
  ports: "Other SRV ports to dial",
  portsHint:
    "Server ports are dialled always. Name further ports below 1024 here, separated by commas.",
  portsBad: "“{value}” is not a port: a whole number from 1 to 65535.",
  resolversTitle: "Resolvers outside",
  resolversIntro:
    "The self-test asks them what the world sees of your domains. They must not be your own; one per line, address:port.",
  resolvers: "Addresses",
  resolversBad: "“{value}” is not an address: for example 9.9.9.9:53 or [2620:fe::fe]:53.",
  retentionTitle: "How long traces are kept",
  retention: "Days",
  retentionHint: "1 to 3650. Pinned traces stay until you delete them.",
  retentionBad: "A whole number from 1 to 3650, please.",
  statusTitle: "Public status page",
  statusIntro:
    "Shows the health of your peers to anybody, without names of people, notes or addresses.",
  statusPublic: "Anybody may see it at {address}",
  statusName: "Its title",
  statusOpen: "Open the status page",
  appearanceTitle: "Appearance",
  appearanceIntro: "Kept in this browser only.",
  auto: "As the system",
  light: "Light",
  dark: "Dark",
  aboutTitle: "About",
  aboutVersion: "Wavegate {version}",
  aboutApi: "API description (OpenAPI 3.1)",
  aboutMetrics: "Prometheus metrics",
} as const;
