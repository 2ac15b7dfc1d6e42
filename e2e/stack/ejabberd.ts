import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startProcess } from "./processes.ts";
import {
  COMPONENT_PORT,
  restartable,
  S2S_PORT,
  type XmppServer,
  type XmppServerOptions,
} from "./prosody.ts";
import { isListening } from "./wait.ts";

export interface EjabberdOptions extends XmppServerOptions {
  /**
   * Addresses of the names that its SRV answers lead to. ejabberd asks DNS for SRV only; for addresses it calls the
   * system's resolver, so it gets an /etc/hosts of its own (in a mount namespace: the machine's is not touched).
   */
  readonly addresses: Readonly<Record<string, string>>;
}

/** An ejabberd of its own, as {@link startProsody}: Erlang runs it directly, without distribution or epmd. */
export async function startEjabberd(options: EjabberdOptions): Promise<XmppServer> {
  const { address } = options;
  const s2sPort = options.s2sPort ?? S2S_PORT;
  const folder = join(options.folder, `ejabberd-${address}`);
  for (const part of ["data", "home"]) mkdirSync(join(folder, part), { recursive: true });
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const environment = {
    HOME: join(folder, "home"),
    EJABBERD_CONFIG_PATH: write("ejabberd.yml", configurationText({ ...options, s2sPort })),
    EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
    ERL_CRASH_DUMP: join(folder, "erl_crash.dump"),
    ERL_INETRC: write("inetrc", inetrcText(options.dns)),
    ERL_LIBS: librariesFolder(),
  };
  const hosts = Object.entries({ localhost: "127.0.0.1", ...options.addresses });
  const hostsFile = write("hosts", hosts.map(([name, at]) => `${at} ${name}\n`).join(""));
  const namespace = process.getuid?.() === 0 ? ["--mount"] : ["--mount", "--map-root-user"];
  // One scheduler that does not spin: a test server must leave the two cores alone, unless it is measured.
  const sleepy = ["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"];
  const measured = options.isSleepy === true ? sleepy : [];
  const schedulers = options.isQuiet === true ? measured : ["+sbwt", "none", "+S", "1"];
  const erlang = ["erl", "-noinput", "+Bd", ...schedulers];
  const database = ["-mnesia", "dir", JSON.stringify(join(folder, "data")), "-s", "ejabberd"];

  const logFile = environment.EJABBERD_LOG_PATH;
  return restartable({ address, s2sPort, logFile }, async () => {
    const started = startProcess({
      name: `ejabberd at ${address}`,
      command: "unshare",
      args: [
        ...namespace,
        "--",
        "sh",
        "-c",
        'mount --bind "$0" /etc/hosts && exec "$@"',
        hostsFile,
      ].concat(erlang, database),
      cwd: folder,
      env: environment,
      logFile: join(folder, "console.log"),
    });
    await started.ready(90_000, async () => {
      const isUp = await Promise.all(
        [s2sPort, COMPONENT_PORT].map((port) => isListening(address, port)),
      );
      return isUp.every(Boolean);
    });
    return started;
  });
}

function configurationText(options: XmppServerOptions & { readonly s2sPort: number }): string {
  const { address } = options;
  const components = options.components ?? [];
  const certificates = [...options.hosts, ...components].flatMap(({ certificate }) => [
    certificate.chainFile,
    certificate.keyFile,
  ]);
  // JSON is YAML: nothing to indent by hand.
  return JSON.stringify({
    hosts: options.hosts.map((host) => host.domain),
    loglevel: options.isQuiet === true ? "warning" : "debug",
    certfiles: certificates,
    ca_file: options.rootFile,
    s2s_use_starttls: starttls[options.tls ?? "required"],
    s2s_cafile: options.rootFile,
    s2s_dns_timeout: 5,
    listen: [
      { port: options.s2sPort, ip: address, module: "ejabberd_s2s_in" },
      {
        port: COMPONENT_PORT,
        ip: address,
        module: "ejabberd_service",
        access: "all",
        hosts: Object.fromEntries(
          components.map(({ name, secret }) => [name, { password: secret }]),
        ),
      },
    ],
    modules: {
      mod_disco: {
        extra_domains: options.hosts.flatMap((host) => host.discoItems ?? []),
      },
      mod_ping: {},
      ...(options.dialback === false ? {} : { mod_s2s_dialback: {} }),
    },
  });
}

const starttls = { required: "required", optional: "optional", none: false } as const;

/** SRV questions go to our DNS server and nothing else of the machine's resolver is read. */
function inetrcText(dns: { readonly address: string; readonly port: number }): string {
  const address = `{${dns.address.replaceAll(".", ",")}}`;
  return [
    "{lookup, [file, dns]}.",
    '{hosts_file, ""}.',
    '{resolv_conf, ""}.',
    "clear_ns.",
    `{nameserver, ${address}, ${dns.port}}.`,
    "{cache_size, 0}.",
    "",
  ].join("\n");
}

/** Where Debian put ejabberd's Erlang libraries: its own start script knows. */
function librariesFolder(): string {
  const script = readFileSync("/usr/sbin/ejabberdctl", "utf8");
  const folder = /^ERL_LIBS='?([^'\n]+)'?$/m.exec(script)?.[1];
  if (folder === undefined)
    throw new Error("ejabberdctl does not say where ejabberd's libraries are");
  return folder;
}
