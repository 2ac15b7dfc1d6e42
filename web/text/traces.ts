const target = "<c>{host}</c> port {port}";

/** Words of the trace pages that are not about a finding. */
export const traceWords = {
  "step.1": "Look up the SRV records of {domain}",
  "step.2": "Put the servers in order and find their addresses",
  "step.3": "Without SRV records: look up the address of {domain} itself",
  "step.4": "Decide whether {domain} has an address",
  "step.5": "Connect to the server and ask for its services",
  "step.6": "Find the Wave service among the services",
  "step.7": "Look up and reach the Wave service’s own address",
  "step.8": "Decide whether the Wave service was reached",
  "step.9": "Guess the Wave service’s name",
  "step.10": "Look up the guess",
  "step.11": "Reach the guess and ask whether it is a Wave service",
  "step.12": "Ready: the Wave service is known and reached",
  "step.13": "No connection to a Wave service",

  "status.pending": "Waiting",
  "status.running": "Running",
  "status.ok": "OK",
  "status.warning": "Warning",
  "status.failed": "Failed",
  "status.skipped": "Skipped",
  "status.not_reached": "Not reached",
  "status.reused": "Reused",

  "xmpp.label": "XMPP",
  "xmpp.reachable": "reachable",
  "xmpp.warning": "reachable with warnings",
  "xmpp.unreachable": "unreachable",
  "xmpp.unknown": "not known",
  "xmpp.pending": "looking",
  "wave.label": "Wave",
  "wave.found": "found",
  "wave.guessed": "found by guessing",
  "wave.none": "none",
  "wave.unknown": "not known",
  "wave.pending": "looking",

  "verdict.running": "Step {step} of 13: {title}.",
  "verdict.starting": "The trace begins.",
  "verdict.cancelled": "Stopped by {name}. What was found until then is kept below.",
  "verdict.cancelledByNobody": "Stopped before its end. What was found until then is kept below.",
  "verdict.reachable.found":
    "<c>{domain}</c> can be reached, and its Wave service is <c>{jid}</c>.",
  "verdict.reachable.guessed":
    "<c>{domain}</c> can be reached. It does not list a Wave service, but the guess <c>{jid}</c> is one.",
  "verdict.reachable.none": "<c>{domain}</c> can be reached for chat. It has no Wave service.",
  "verdict.reachable.unknown":
    "<c>{domain}</c> can be reached. Whether it has a Wave service could not be found out.",
  "verdict.warning.found":
    "<c>{domain}</c> can be reached, and its Wave service is <c>{jid}</c>, but something needs a look.",
  "verdict.warning.guessed":
    "<c>{domain}</c> can be reached and the guess <c>{jid}</c> is its Wave service, but something needs a look.",
  "verdict.warning.none":
    "<c>{domain}</c> can be reached for chat, but something needs a look. It has no Wave service.",
  "verdict.warning.unknown":
    "<c>{domain}</c> can be reached, but something needs a look. Whether it has a Wave service could not be found out.",
  "verdict.unreachable.found":
    "<c>{domain}</c> itself cannot be reached, but its Wave service <c>{jid}</c> can.",
  "verdict.unreachable.guessed":
    "<c>{domain}</c> itself cannot be reached, but the guess <c>{jid}</c> is a Wave service that can.",
  "verdict.unreachable.none": "<c>{domain}</c> cannot be reached.",
  "verdict.unreachable.unknown":
    "<c>{domain}</c> cannot be reached. Whether it has a Wave service could not be found out.",
  "verdict.unknown.found":
    "The Wave service of <c>{domain}</c> is <c>{jid}</c>. Nothing else was found out.",
  "verdict.unknown.guessed":
    "The guess <c>{jid}</c> is the Wave service of <c>{domain}</c>. Nothing else was found out.",
  "verdict.unknown.none": "Whether <c>{domain}</c> can be reached was not found out.",
  "verdict.unknown.unknown": "Whether <c>{domain}</c> can be reached was not found out.",

  "because.step": "step {step}",
  "because.srv.answered": "Not needed: the SRV records of step 1 rule it out.",
  "because.srv.none": "Not needed: {where} found no SRV record to put in order.",
  "because.override.used": "Not needed: you set host and port for this peer, so DNS was not asked.",
  "because.agreed.used": "Not needed: an X2X link reaches the domain ({where}).",
  "because.agreed.down": "Not tried: the link is down, and no other way is allowed ({where}).",
  "because.agreed.brief":
    "Not asked: this check only looks whether the domain is reached, to spare the line.",
  "because.wave.same_host": "Not needed: the domain itself is the Wave service ({where}).",
  "because.wave.found": "Not needed: {where} settled where the Wave service is.",
  "because.wave.not_listed": "Not needed: {where} found no Wave service in the list.",
  "because.trace.ready": "Not reached, and that is good: the trace ended at step 12.",
  "because.trace.failed": "Not reached: the trace ended at step 13.",
  "because.trace.cancelled": "Not reached: the trace was stopped.",
  "because.trace.deadline": "Not reached: the time for a trace was used up.",
  "because.reading.strict": "Not reached: {where} failed, and the strict reading ends there.",
  "because.skipped": "Skipped because of {where}.",
  "because.not_reached": "Not reached because of {where}.",
  "because.skipped.finding": "Skipped because of {where}: {headline}",
  "because.not_reached.finding": "Not reached because of {where}: {headline}",

  "result.waiting": "Waits for the steps before it.",
  "result.asking": "Asking <c>{resolver}</c> for the {type} record of <c>{question}</c> …",
  "result.connecting": `Connecting to <c>{address}</c> port {port}, {phase, select,
    tcp {TCP} stream {stream header} starttls {STARTTLS} tls {TLS} restart {stream after TLS}
    certificate {certificate} auth {login} other {starting}} …`,
  "result.crossing": "Sending a ping across the X2X link “{link}” …",
  "result.agreed": "A ping across the X2X link “{link}” was answered.",
  "result.asking.items":
    "Asking <c>{to}</c> for its services{source, select, probe {} other {, through your XMPP server}} …",
  "result.asking.info":
    "Asking <c>{to}</c> what it is{source, select, probe {} other {, through your XMPP server}} …",
  "result.srv": `${target}{more, plural, =0 {} one { and one more} other { and # more}}.`,
  "result.order": `${target} comes first{count, plural, =1 {: it is the only one} other {, then # more}}.`,
  "result.order.addresses": `${target} comes first, at <c>{addresses}</c>{more, plural, =0 {} one { and one more} other { and # more}}.`,
  "result.addresses":
    "<c>{addresses}</c>{more, plural, =0 {} one { and one more} other { and # more}}.",
  "result.connected": "Connected to <c>{address}</c> port {port} with {tls}.",
  "result.connected.items":
    "Connected to <c>{address}</c> port {port} with {tls}. {count, plural, =0 {It lists no service.} one {It lists one service.} other {It lists # services.}}",
  "result.wave": `<c>{jid}</c> is a Wave service{matched, select,
    identity { by its identity} feature { by its feature} both { by identity and feature} other {}}.`,
  "result.items":
    "{count, plural, =0 {It lists no service.} one {It lists one service.} other {It lists # services.}}",
  "result.reused": "Same address and port: the connection of {age} ago serves.",
  "result.dns.nxdomain": "<c>{question}</c> does not exist (NXDOMAIN).",
  "result.dns.nodata": "<c>{question}</c> has no {type} record.",
  "result.dns.failed": "<c>{question}</c> gave no answer ({outcome}).",
  "result.none": "Nothing was recorded.",

  "decision.override.used": "You set host and port for this peer; DNS was not asked.",
  "decision.agreed.crossed": "The X2X link carries what is asked; nothing is dialled.",
  "decision.agreed.known": "An X2X link reaches <c>{jid}</c>; DNS was not asked.",
  "decision.address.found": "It has an address, so on to step 5.",
  "decision.reading.strict": "It has none. The strict reading ends here, at step 13.",
  "decision.reading.overview": "It has none. The overview reading still guesses, at step 9.",
  "decision.item.reached": "It was reached, so on to step 12.",
  "decision.item.unreachable": "It was not reached, so the name is guessed, at step 9.",
  "decision.guess": "The guess is <c>{jid}</c>.",
  "decision.ready": "<c>{jid}</c> is the Wave service.",
  "decision.no_wave": "The server is there for chat, but no Wave service was found.",
  "decision.unreachable": "No way to a Wave service was found.",
  "decision.other": "Decided: <c>{decision}</c>.",

  "path.label": "The way that was found",
  "path.link": "X2X link",
  "path.srv": "SRV",
  "path.fallback": "own address",
  "path.override": "set by you",
  "path.tls": "{version}",
  "path.noTls": "no TLS",
  "path.notServed": "does not serve the domain",
  "path.turnedAway": "turned us away",
  "path.noStream": "no XMPP stream",
  "path.certificate.ok": "certificate trusted",
  "path.certificate.bad": "certificate not accepted",
  "path.login.external": "logged in by certificate",
  "path.login.dialback": "logged in by dialback",
  "path.login.refused": "login refused",
  "path.wave.found": "Wave service",
  "path.wave.guessed": "Wave service, guessed",
  "path.wave.none": "no Wave service",
  "path.wave.unknown": "Wave service not known",
  "path.stopped": "stopped here",
} as const;

export type TraceWord = keyof typeof traceWords;
