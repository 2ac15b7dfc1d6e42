import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a real XMPP server is to host: component names with their secrets. */
export interface ServerOptions {
  readonly address: string;
  readonly domain: string;
  readonly components: Readonly<Record<string, string>>;
  /** ejabberd's own default: every component stream gets the names of all components. */
  readonly isSpreading?: boolean;
  /** PEM files for the component port: only ejabberd has TLS there. */
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  /** Server-to-server streams with TLS, by STARTTLS and direct, that take certificates of this root. */
  readonly s2s?: {
    readonly certificateFile: string;
    readonly keyFile: string;
    readonly rootFile: string;
    readonly directPort: number;
  };
}

export interface RealServer {
  readonly address: string;
  readonly componentPort: number;
  readonly clientPort: number;
  readonly serverPort: number;
  /** SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const ports = { componentPort: 5347, clientPort: 5222, serverPort: 5269 };

/** Debian's Prosody in the foreground, with a configuration of its own. */
export async function startProsodyHost(options: ServerOptions): Promise<RealServer> {
  const { address, domain } = options;
  return run(options, (folder) => {
    const lines = [
      "run_as_root = true",
      `pidfile = "${folder}/prosody.pid"`,
      `data_path = "${folder}/data"`,
      'log = { { levels = { min = "info" }, to = "console" } }',
      `interfaces = { "${address}" }`,
      `component_interfaces = { "${address}" }`,
      `component_ports = { ${ports.componentPort} }`,
      `c2s_ports = { ${ports.clientPort} }`,
      `s2s_ports = { ${ports.serverPort} }`,
      "c2s_direct_tls_ports = {}",
      ...prosodyFederation(options.s2s),
      "use_ipv6 = false",
      'authentication = "internal_hashed"',
      'storage = "memory"',
      'modules_enabled = { "disco", "tls", "saslauth", "c2s", "s2s", "s2s_auth_certs", "dialback", "ping", "posix" }',
      `VirtualHost "${domain}"`,
      ...Object.entries(options.components).flatMap(([name, secret]) => [
        `Component "${name}"`,
        `  component_secret = ${JSON.stringify(secret)}`,
      ]),
    ];
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "prosody.cfg.lua"), `${lines.join("\n")}\n`);
    return {
      command: "/usr/bin/prosody",
      args: ["-F", "--config", join(folder, "prosody.cfg.lua")],
      env: {},
    };
  });
}

function prosodyFederation(s2s: ServerOptions["s2s"]): string[] {
  if (s2s === undefined) return ["s2s_direct_tls_ports = {}"];
  const { certificateFile, keyFile, rootFile, directPort } = s2s;
  const files = `key = "${keyFile}", certificate = "${certificateFile}", cafile = "${rootFile}"`;
  return [
    `s2s_direct_tls_ports = { ${directPort} }`,
    `s2s_direct_tls_ssl = { ${files} }`,
    `ssl = { ${files} }`,
  ];
}

/** Debian's ejabberd, run by Erlang directly: no distribution, no epmd. */
export async function startEjabberdHost(options: ServerOptions): Promise<RealServer> {
  const { address: ip, domain, components, tls, s2s } = options;
  return run(options, (folder) => {
    const configuration = {
      hosts: [domain],
      loglevel: "info",
      listen: [
        { port: ports.clientPort, ip, module: "ejabberd_c2s" },
        { port: ports.serverPort, ip, module: "ejabberd_s2s_in" },
        ...(s2s === undefined
          ? []
          : [{ port: s2s.directPort, ip, module: "ejabberd_s2s_in", tls: true }]),
        {
          port: ports.componentPort,
          ip,
          module: "ejabberd_service",
          access: "all",
          global_routes: options.isSpreading ?? false,
          ...(tls === undefined ? {} : { tls: true, certfile: join(folder, "both.pem") }),
          hosts: Object.fromEntries(
            Object.entries(components).map(([name, password]) => [name, { password }]),
          ),
        },
      ],
      ...(s2s === undefined
        ? {}
        : {
            certfiles: [s2s.certificateFile, s2s.keyFile],
            s2s_cafile: s2s.rootFile,
            s2s_use_starttls: "required",
          }),
      modules: {
        mod_disco: {},
        mod_ping: {},
        ...(s2s === undefined ? {} : { mod_s2s_dialback: {} }),
      },
    };
    if (tls !== undefined)
      writeFileSync(
        join(folder, "both.pem"),
        readFileSync(tls.certificateFile, "utf8") + readFileSync(tls.keyFile, "utf8"),
      );
    // JSON is YAML.
    writeFileSync(join(folder, "ejabberd.yml"), JSON.stringify(configuration));
    const libraries = /^ERL_LIBS='?([^'\n]+)'?$/m.exec(
      readFileSync("/usr/sbin/ejabberdctl", "utf8"),
    );
    return {
      command: "erl",
      args: [
        "-noinput",
        "+Bd",
        "+sbwt",
        "none",
        "+S",
        "1",
        "-mnesia",
        "dir",
        JSON.stringify(join(folder, "data")),
        "-s",
        "ejabberd",
      ],
      env: {
        HOME: folder,
        EJABBERD_CONFIG_PATH: join(folder, "ejabberd.yml"),
        EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
        ERL_CRASH_DUMP: join(folder, "crash.dump"),
        ERL_LIBS: libraries?.[1] ?? "",
      },
    };
  });
}

async function run(
  options: ServerOptions,
  prepare: (folder: string) => { command: string; args: string[]; env: Record<string, string> },
): Promise<RealServer> {
  const folder = mkdtempSync(join(tmpdir(), "xmpp-server-"));
  const { command, args, env } = prepare(folder);
  let child: ChildProcess | null = null;
  let output = "";

  async function start(): Promise<void> {
    // The kernel ends it with us, even if we are killed.
    const started = spawn("setpriv", ["--pdeathsig=TERM", "--", command, ...args], {
      cwd: folder,
      env: { PATH: process.env["PATH"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr])
      stream.on("data", (data: Buffer) => (output = (output + String(data)).slice(-4000)));
    const deadline = performance.now() + 30_000;
    while (!(await isListening(options.address, ports.componentPort))) {
      if (started.exitCode !== null || performance.now() > deadline)
        throw new Error(`${command} did not start:\n${output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    const late = setTimeout(() => child?.kill("SIGKILL"), 8_000);
    await ended;
    clearTimeout(late);
  }

  await start();
  return {
    address: options.address,
    ...ports,
    start,
    kill: () => end("SIGKILL"),
    async stop() {
      await end("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isListening(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (isUp: boolean) => {
      socket.destroy();
      resolve(isUp);
    };
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}

/** A relay before a server, which can go silent without closing anything, as a firewall does. */
export async function startRelay(target: { address: string; port: number }, address: string) {
  const pairs = new Set<{ near: Socket; far: Socket; isSilent: boolean }>();
  const server = createServer((near) => {
    const far = connect({ host: target.address, port: target.port });
    const pair = { near, far, isSilent: false };
    pairs.add(pair);
    const link = (from: Socket, to: Socket) => {
      from.on("data", (data: Uint8Array) => void (pair.isSilent || to.write(data)));
      from.on("error", () => {});
      from.on("close", () => void (pair.isSilent || to.destroy()));
    };
    link(near, far);
    link(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    host: address,
    port: (server.address() as AddressInfo).port,
    /** From now on nothing passes over the connections that there are. */
    silence: () => {
      for (const pair of pairs) pair.isSilent = true;
    },
    /** The server learns that the silenced connections are dead. */
    release: () => {
      for (const pair of pairs) if (pair.isSilent) pair.far.destroy();
    },
    close: async () => {
      for (const { near, far } of pairs) {
        near.destroy();
        far.destroy();
      }
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
