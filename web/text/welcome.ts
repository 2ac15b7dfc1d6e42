/** Words of the guide through the first run. */
export const welcomeText = {
  title: "Welcome, {name}",
  intro:
    "Six steps lead to a domain that federates and that you can watch. You can leave at any point: what is done stays done.",
  later: "You find this guide again on the <a>overview</a> until its steps are done.",
  allDone: "Every step is done: the <a>overview</a> says from now on what needs attention.",
  reminder: "Setting up goes on",
  progress: "{done} of {total} first steps are done.",
  done: "done",
  open: "Open the guide",
  domainTitle: "Add your domain",
  domainBody:
    "Beside your Prosody, ejabberd or Openfire, whose configuration you get in exact lines, or federated by this appliance itself. You are asked which.",
  domainAction: "Add your domain",
  attachTitle: "See it attached, or open to other servers",
  attachBody:
    "The domain’s page says how each of its names stands, and what is wrong, if anything is.",
  attachAction: "Open the domain",
  certificateTitle: "Upload your certificate",
  certificateBody:
    "It is checked against every name you serve. Put to use, it proves the names that the appliance federates itself, and secures this dashboard by HTTPS.",
  certificateAction: "Add a certificate",
  recordsTitle: "Publish your DNS records",
  recordsBody:
    "The domain’s page has the lines for your zone, and turns each record green once resolvers outside see it.",
  recordsAction: "See what is missing",
  traceTitle: "Trace a domain you want to reach",
  traceBody:
    "Thirteen steps show how it is found, what was tried, and whose fault it is if it fails.",
  traceAction: "Trace a domain",
  peerTitle: "Add a trusted peer",
  peerBody: "Peers are checked day and night; the status page shows how the night went.",
  peerAction: "Add a peer",
} as const;
