import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CertificateFiles } from "./openssl.ts";
import { startProcess, type RunningProcess } from "./processes.ts";
import { isListening } from "./wait.ts";

export const S2S_PORT = 5269;
export const COMPONENT_PORT = 5347;

export interface XmppHost {
  readonly domain: string;
  readonly certificate: CertificateFiles;
  /** Further addresses to list in disco#items, such as a service on another server. */
  readonly discoItems?: readonly string[];
}

export interface XmppComponent {
  readonly name: string;
  readonly secret: string;
  readonly certificate: CertificateFiles;
  /** False: the server does not list the component among its own host's items. */
  readonly isListed?: boolean;
}

export interface XmppServerOptions {
  readonly folder: string;
  readonly address: string;
  /** Address and port of the DNS server to ask. */
  readonly dns: { readonly address: string; readonly port: number };
  readonly hosts: readonly XmppHost[];
  readonly components?: readonly XmppComponent[];
  /** PEM file of the authority that peers' certificates must come from. */
  readonly rootFile: string;
  readonly s2sPort?: number;
  /**
   * True as in Prosody's own configuration: a stream needs a valid certificate from either side. False falls back
   * to dialback, and lets in a probe that shows no certificate. ejabberd asks for none of an incoming stream.
   */
  readonly isStrict?: boolean;
  /** Whether streams between servers are encrypted: by default they must be. */
  readonly tls?: "required" | "optional" | "none";
  /** By default true. */
  readonly dialback?: boolean;
  /** A further port where TLS begins with the first byte (XEP-0368); Prosody only. */
  readonly directTlsPort?: number;
  /** Modules of Prosody's own beside the usual ones, such as `smacks`. */
  readonly modules?: readonly string[];
  /** True: as an operator would run it, for measuring; by default everything is logged. */
  readonly isQuiet?: boolean;
  /** Measured without ejabberd's habit of waiting awake for what comes next. */
  readonly isSleepy?: boolean;
}

export interface XmppServer {
  readonly address: string;
  readonly process: RunningProcess;
  readonly s2sPort: number;
  readonly componentPort: number;
  /** All that it has logged so far, in the words of its most talkative level. */
  readonly log: () => string;
  /** SIGKILL: the machine's power went. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
  /** Starts the same server again, with its data. */
  readonly start: () => Promise<void>;
}

/** A Prosody of its own: server-to-server streams need TLS and, by default, a certificate of the tests' authority. */
export async function startProsody(options: XmppServerOptions): Promise<XmppServer> {
  const { address } = options;
  const s2sPort = options.s2sPort ?? S2S_PORT;
  const folder = join(options.folder, `prosody-${address}`);
  mkdirSync(join(folder, "data"), { recursive: true });
  const configuration = join(folder, "prosody.cfg.lua");
  writeFileSync(configuration, configurationText(folder, { ...options, s2sPort }));

  const start = async () => {
    const process = startProcess({
      name: `prosody at ${address}`,
      command: "/usr/bin/prosody",
      args: ["-F", "--config", configuration],
      cwd: folder,
      logFile: join(folder, "prosody.log"),
    });
    await process.ready(45_000, async () => {
      const { components = [], directTlsPort = s2sPort } = options;
      const ports = [s2sPort, directTlsPort, ...(components.length > 0 ? [COMPONENT_PORT] : [])];
      const isUp = await Promise.all(ports.map((port) => isListening(address, port)));
      return isUp.every(Boolean);
    });
    return process;
  };
  return restartable({ address, s2sPort, logFile: join(folder, "prosody.log") }, start);
}

/** A server that can be killed and started again while its handle stays the same. */
export async function restartable(
  place: { readonly address: string; readonly s2sPort: number; readonly logFile: string },
  start: () => Promise<RunningProcess>,
): Promise<XmppServer> {
  const { address, s2sPort, logFile } = place;
  let current = await start();
  return {
    address,
    s2sPort,
    componentPort: COMPONENT_PORT,
    get process() {
      return current;
    },
    log: () => readFileSync(logFile, "utf8"),
    kill: () => current.kill(),
    stop: () => current.stop(),
    start: async () => {
      if (!current.isRunning()) current = await start();
    },
  };
}

function configurationText(
  folder: string,
  options: XmppServerOptions & { readonly s2sPort: number },
): string {
  const { address, dns, tls: encryption = "required" } = options;
  const modules = ["disco", "saslauth", "s2s", "s2s_auth_certs", "ping", "posix"]
    .concat(encryption === "none" ? [] : ["tls"])
    .concat(options.dialback === false ? [] : ["dialback"], options.modules ?? []);
  const [host] = options.hosts;
  return [
    "run_as_root = true",
    `pidfile = ${quote(join(folder, "prosody.pid"))}`,
    `data_path = ${quote(join(folder, "data"))}`,
    `certificates = ${quote(folder)}`,
    `log = { { levels = { min = ${quote(options.isQuiet === true ? "warn" : "debug")} }, to = "console", timestamps = "%H:%M:%S" } }`,
    `interfaces = { ${quote(address)} }`,
    `s2s_ports = { ${options.s2sPort} }`,
    `component_interfaces = { ${quote(address)} }`,
    `component_ports = { ${COMPONENT_PORT} }`,
    "c2s_ports = {}",
    ...(options.directTlsPort === undefined || host === undefined
      ? []
      : [
          `s2s_direct_tls_ports = { ${options.directTlsPort} }`,
          `s2s_direct_tls_ssl = ${tls(host.certificate, options.rootFile)}`,
        ]),
    `s2s_require_encryption = ${encryption === "required"}`,
    `s2s_secure_auth = ${options.isStrict !== false}`,
    "use_ipv6 = false",
    `ssl = { cafile = ${quote(options.rootFile)} }`,
    'authentication = "internal_hashed"',
    'storage = "memory"',
    `modules_enabled = { ${modules.map(quote).join(", ")} }`,
    'modules_disabled = { "c2s", "offline" }',
    // libunbound asks nobody on loopback unless it is told to, and answers .test by itself.
    `unbound = { resolvconf = false; hoststxt = false; forward = ${quote(`${dns.address}@${dns.port}`)};`,
    '  options = { ["do-not-query-localhost:"] = "no"; ["cache-max-ttl:"] = "1"; ["cache-max-negative-ttl:"] = "1" } }',
    ...options.hosts.flatMap((host) => [
      `VirtualHost ${quote(host.domain)}`,
      `  ssl = ${tls(host.certificate, options.rootFile)}`,
      `  disco_items = { ${(host.discoItems ?? []).map((jid) => `{ ${quote(jid)}, "" }`).join(", ")} }`,
    ]),
    ...(options.components ?? []).flatMap((component) => [
      `Component ${quote(component.name)}`,
      `  component_secret = ${quote(component.secret)}`,
      `  ssl = ${tls(component.certificate, options.rootFile)}`,
      `  modules_enabled = { ${(options.modules ?? []).map(quote).join(", ")} }`,
      ...(component.isListed === false ? ["  disco_hidden = true"] : []),
    ]),
    "",
  ].join("\n");
}

function tls(certificate: CertificateFiles, rootFile: string): string {
  const { keyFile, chainFile } = certificate;
  return `{ key = ${quote(keyFile)}, certificate = ${quote(chainFile)}, cafile = ${quote(rootFile)} }`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}
