/** XMPP servers whose configuration we can write. */
export type ServerKind = "prosody" | "ejabberd" | "openfire";
export type Security = "plain" | "tls";

export interface ComponentSettings {
  /** The component's name: the domain or below it. */
  readonly name: string;
  readonly domain: string;
  /** Where the appliance dials the server. */
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly secret: string;
}

/** A piece to put somewhere: lines of a file, or one value of a form. */
export interface ConfigurationPart {
  readonly kind: "lines" | "value";
  /** Key of its description in the texts. */
  readonly place: ConfigurationPlace;
  readonly code: string;
}

export type ConfigurationPlace =
  | "prosodyGlobal"
  | "prosodyComponent"
  | "ejabberdListen"
  | "openfirePort"
  | "openfireSubdomain"
  | "openfireSecret";

const DEFAULT_PORT = {
  prosody: { plain: 5347, tls: 5347 },
  ejabberd: { plain: 5347, tls: 5347 },
  openfire: { plain: 5275, tls: 5276 },
} as const satisfies Record<ServerKind, Record<Security, number>>;

/** The component port that this kind of server has unless it is told otherwise. */
export function defaultPort(kind: ServerKind, security: Security): number {
  return DEFAULT_PORT[kind][security];
}

/** Exactly what has to be set in the server so that the appliance can attach (XEP-0114). */
export function configurationFor(
  kind: ServerKind,
  settings: ComponentSettings,
): readonly ConfigurationPart[] {
  switch (kind) {
    case "prosody":
      return prosody(settings);
    case "ejabberd":
      return ejabberd(settings);
    case "openfire":
      return openfire(settings);
  }
}

function prosody({ name, host, port, secret }: ComponentSettings): readonly ConfigurationPart[] {
  const component: ConfigurationPart = {
    kind: "lines",
    place: "prosodyComponent",
    code: `Component ${quote(name)}\n    component_secret = ${quote(secret)}`,
  };
  // Prosody opens port 5347 for components by itself, on these two addresses only.
  const isOpenAnyway = /^(127\.0\.0\.1|localhost|\[?::1\]?)$/i.test(host);
  if (isOpenAnyway && port === DEFAULT_PORT.prosody.plain) return [component];
  const lines = [
    `component_ports = { ${port} }`,
    `component_interfaces = { ${quote(listenAddress(host, "*"))} }`,
  ];
  return [{ kind: "lines", place: "prosodyGlobal", code: lines.join("\n") }, component];
}

function ejabberd({
  name,
  host,
  port,
  security,
  secret,
}: ComponentSettings): readonly ConfigurationPart[] {
  // Without the key: a second "listen:" in the file would replace every listener that is there.
  const lines = [
    "  -",
    `    port: ${port}`,
    `    ip: ${quote(listenAddress(host, "::"))}`,
    "    module: ejabberd_service",
    "    access: all",
    // Without it every component's stream gets the stanzas of all components of the listener.
    "    global_routes: false",
    ...(security === "tls" ? ["    tls: true"] : []),
    "    hosts:",
    `      ${quote(name)}:`,
    `        password: ${quote(secret)}`,
  ];
  return [{ kind: "lines", place: "ejabberdListen", code: lines.join("\n") }];
}

function openfire({ name, domain, port, secret }: ComponentSettings): readonly ConfigurationPart[] {
  const subdomain = name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : name;
  return [
    { kind: "value", place: "openfirePort", code: String(port) },
    { kind: "value", place: "openfireSubdomain", code: subdomain },
    { kind: "value", place: "openfireSecret", code: secret },
  ];
}

/** Whether the connection stays within the machine: only then may it be plain without a second thought. */
export function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/i.test(host.trim());
}

// What the server listens on: the very address if it is one, else every address that it has.
function listenAddress(host: string, every: string): string {
  if (host.toLowerCase() === "localhost") return "127.0.0.1";
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return host;
  const v6 = /^\[?([0-9a-f]*:[0-9a-f:.]+)\]?$/i.exec(host)?.[1];
  return v6 ?? every;
}

// Lua and YAML read a double-quoted string alike as far as JSON's escapes of printable ASCII go.
function quote(text: string): string {
  return JSON.stringify(text);
}
