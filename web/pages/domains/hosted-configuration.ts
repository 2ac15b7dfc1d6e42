/** Components whose configuration we can write. */
export type HostedProgram = "biboumi" | "slidge" | "wave";
export const HOSTED_PROGRAMS: readonly HostedProgram[] = ["biboumi", "slidge", "wave"];

export interface HostedSettings {
  /** The component's name. */
  readonly name: string;
  /** Where it connects to this appliance. */
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}

/** Exactly what the component's configuration must say so that it connects here (XEP-0114), as lines of a file. */
export function hostedConfiguration(program: HostedProgram, settings: HostedSettings): string {
  const { name, port, secret } = settings;
  const host = reachableHost(settings.host);
  switch (program) {
    case "biboumi":
      return lines("=", [
        ["hostname", name],
        ["password", secret],
        ["xmpp_server_ip", host],
        ["port", String(port)],
      ]);
    case "slidge":
      return lines("=", [
        ["jid", name],
        ["secret", secret],
        ["server", host],
        ["port", String(port)],
        // Without it, only accounts of the host "127.0.0.1" could register with many of its versions.
        ["user-jid-validator", `.*@${name.slice(name.indexOf(".") + 1)}`],
      ]);
    case "wave": {
      // It joins the two with a dot, and calls the second one the XMPP domain.
      const dot = name.indexOf(".");
      return lines(" = ", [
        ["enable_federation", "true"],
        ["xmpp_component_name", name.slice(0, dot)],
        ["xmpp_server_hostname", name.slice(dot + 1)],
        ["xmpp_jid", name],
        ["xmpp_server_ip", host],
        ["xmpp_server_component_port", String(port)],
        ["xmpp_server_secret", secret],
      ]);
    }
  }
}

/** An address to connect to: what listens on every address is reached at this machine's own. */
function reachableHost(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  return host === "::" ? "::1" : host;
}

function lines(sign: string, pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([key, value]) => key + sign + value).join("\n");
}
