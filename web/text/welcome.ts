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
  domainTitle: "Add your domain and attach it to your XMPP server",
  domainBody:
    "The appliance connects to your Prosody, ejabberd or Openfire as a component. You get the exact lines for its configuration.",
  domainAction: "Add your domain",
  attachTitle: "See the component attached",
  attachBody:
    "The domain’s page tests the connection step by step and says what is wrong, if anything is.",
  attachAction: "Open the domain",
  certificateTitle: "Upload your certificate",
  certificateBody:
    "It is checked against every name you serve. Activated, it also secures this dashboard by HTTPS.",
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
