import type { Attempt, AttemptOf, Step, Trace } from "#contract/traces.ts";

/** A command that asks again from a shell what the appliance asked. */
export interface Command {
  readonly kind: "dig" | "openssl";
  readonly text: string;
}

const notShellSafe = /[^A-Za-z0-9._:@%+=/[\]-]/;

/**
 * The `dig` line for a question; names that a shell could misread are quoted. Without our resolver it is
 * a line for somebody else, who may not be allowed to ask it.
 */
export function digCommand(attempt: AttemptOf<"dns">, hasResolver = true): string {
  const { resolver, question, transport } = attempt;
  const { host, port } = splitAddress(resolver);
  return [
    "dig",
    ...(hasResolver ? [`@${quote(host)}`] : []),
    ...(port === null || port === 53 || !hasResolver ? [] : ["-p", String(port)]),
    ...(transport === "tcp" ? ["+tcp"] : []),
    // A name may begin with a hyphen; dig would take it for an option.
    ...(question.name.startsWith("-") ? ["-q"] : []),
    quote(question.name),
    quote(question.type),
  ].join(" ");
}

/** The `openssl` line that shows the certificate which an attempt met. */
export function opensslCommand(attempt: AttemptOf<"connect">, domain: string): string {
  const { candidate, address, family } = attempt;
  const at = `${family === 6 ? `[${address}]` : address}:${candidate.port}`;
  const security =
    candidate.security === "starttls"
      ? `-starttls xmpp-server -xmpphost ${quote(domain)}`
      : "-alpn xmpp-server";
  return `openssl s_client -connect ${quote(at)} -servername ${quote(domain)} ${security} -showcerts </dev/null`;
}

/** Every question and dial of some attempts as commands, each once. */
export function commandsFor(
  attempts: readonly Attempt[],
  domain: string,
  { hasResolver }: { readonly hasResolver: boolean } = { hasResolver: true },
): Command[] {
  const commands = attempts.flatMap((attempt): Command[] => {
    if (attempt.kind === "dns" && attempt.outcome !== "not_asked")
      return [{ kind: "dig", text: digCommand(attempt, hasResolver) }];
    if (attempt.kind === "connect")
      return [{ kind: "openssl", text: opensslCommand(attempt, domain) }];
    return [];
  });
  return [...new Map(commands.map((command) => [command.text, command])).values()];
}

/** What the resolvers said, in the form in which zone files and `dig` print it. */
export function recordsText(attempts: readonly Attempt[]): string {
  return attempts
    .filter((attempt) => attempt.kind === "dns")
    .map(answerText)
    .join("\n\n");
}

function answerText(attempt: AttemptOf<"dns">): string {
  const { question, resolver, transport, outcome, rcode, sizeBytes, durationMs } = attempt;
  const facts = [
    `asked ${resolver}${transport === null ? "" : ` over ${transport.toUpperCase()}`}`,
    ...(durationMs === null ? [] : [`${Math.round(durationMs * 10) / 10} ms`]),
    ...(sizeBytes > 0 ? [`${sizeBytes} bytes`] : []),
    ...(attempt.authenticData ? ["validated by the resolver (AD)"] : []),
    attempt.deciding ? "decides" : "compared",
  ];
  const status = rcode ?? outcome.toUpperCase();
  const records = attempt.records.map(
    ({ name, ttl, type, data }) => `${name}\t${ttl}\tIN\t${type}\t${data}`,
  );
  const kept = attempt.negativeTtl === null ? "" : `, kept for ${attempt.negativeTtl} s`;
  const none = outcome === "answer" ? [] : [`;; ${outcome.toUpperCase()}${kept}`];
  return [
    `; ${question.name} ${question.type}: ${facts.join(", ")}`,
    `;; status: ${status}, answers: ${attempt.records.length}`,
    ...none,
    ...records,
  ].join("\n");
}

/** All attempts of a trace, in the order of its steps. */
export function attemptsOf(trace: { readonly steps: readonly Step[] }): Attempt[] {
  return trace.steps.flatMap(({ attempts }) => attempts);
}

/** Commands for a whole trace. */
export function traceCommands(trace: Pick<Trace, "steps" | "domain">): Command[] {
  return commandsFor(attemptsOf(trace), trace.domain);
}

function splitAddress(resolver: string): { host: string; port: number | null } {
  const match = /^\[?([^\]]*?)\]?:(\d{1,5})$/.exec(resolver);
  const isBareV6 = resolver.split(":").length > 2 && !resolver.startsWith("[");
  if (match === null || isBareV6) return { host: resolver.replace(/^\[|\]$/g, ""), port: null };
  return { host: match[1] ?? resolver, port: Number(match[2]) };
}

// A name comes from the network: it must not become a second command when it is pasted.
function quote(text: string): string {
  if (text !== "" && !notShellSafe.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
