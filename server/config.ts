import { isIP } from "node:net";
import { resolve } from "node:path";

/** What the environment says, for booting only; everything else is a setting in the database. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly httpsPort: number | null;
  /** Where browsers reach us, without a trailing slash; null: derived from the request. */
  readonly publicUrl: string | null;
  readonly trustedProxies: readonly string[];
  readonly databaseUrl: string | null;
  readonly dataDirectory: string;
  readonly masterKeyFile: string;
  /** `address:port` of each resolver; empty: the system's. */
  readonly dnsServers: readonly { address: string; port: number }[];
  readonly setupCode: string | null;
  readonly logLevel: string;
}

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** Reads the whole configuration, or throws one error that names every bad key. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const problems: string[] = [];
  const text = (key: string) => {
    const value = env[key]?.trim();
    return value === undefined || value === "" ? null : value;
  };
  const port = (key: string, fallback: number | null): number | null => {
    const value = text(key);
    if (value === null) return fallback;
    const number = Number(value);
    if (/^\d+$/.test(value) && number <= 65_535) return number;
    problems.push(`${key}="${value}" is not a port: a number from 0 to 65535 is expected`);
    return fallback;
  };
  const checked = (key: string, isValid: (value: string) => boolean, expected: string) => {
    const value = text(key);
    if (value !== null && !isValid(value)) problems.push(`${key} is not valid: ${expected}`);
    return value;
  };

  const dataDirectory = resolve(text("DATA_DIR") ?? "data");
  const config: Config = {
    host:
      checked(
        "HOST",
        (v) => isIP(v) !== 0 || v === "localhost",
        "an IP address or localhost is expected",
      ) ?? "127.0.0.1",
    port: port("PORT", 8080) ?? 8080,
    httpsPort: port("HTTPS_PORT", null),
    publicUrl:
      checked(
        "PUBLIC_URL",
        isHttpUrl,
        "a URL that begins with http:// or https:// is expected",
      )?.replace(/\/+$/, "") ?? null,
    trustedProxies: list(text("TRUSTED_PROXIES")).filter((entry) => {
      if (isAddressOrNetwork(entry)) return true;
      problems.push(
        `TRUSTED_PROXIES: "${entry}" is neither an IP address nor a network like 10.0.0.0/8`,
      );
      return false;
    }),
    databaseUrl: checked(
      "DATABASE_URL",
      (v) => /^postgres(ql)?:\/\//.test(v),
      "a URL that begins with postgresql:// is expected",
    ),
    dataDirectory,
    masterKeyFile: resolve(text("MASTER_KEY_FILE") ?? `${dataDirectory}/master.key`),
    dnsServers: list(text("DNS_SERVERS")).flatMap((entry) => {
      const server = parseServer(entry);
      if (server === null)
        problems.push(
          `DNS_SERVERS: "${entry}" is not address:port, e.g. 192.0.2.1:53 or [2001:db8::1]:53`,
        );
      return server ?? [];
    }),
    setupCode: checked("SETUP_CODE", (v) => v.length >= 8, "at least 8 characters are expected"),
    logLevel:
      checked(
        "LOG_LEVEL",
        (v) => LOG_LEVELS.includes(v),
        `one of ${LOG_LEVELS.join(", ")} is expected`,
      ) ?? "info",
  };
  if (problems.length > 0)
    throw new Error(`The environment cannot be used:\n  ${problems.join("\n  ")}`);
  return Object.freeze(config);
}

function list(value: string | null): string[] {
  return (value ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isAddressOrNetwork(value: string): boolean {
  const [address = "", bits, ...rest] = value.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

/** `address`, `address:port` or `[v6]:port`; the port is 53 when it is not given. */
export function parseServer(value: string): { address: string; port: number } | null {
  if (isIP(value) !== 0) return { address: value, port: 53 };
  const match = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:]+)):(?<port>\d{1,5})$/.exec(value);
  const address = match?.groups?.["v6"] ?? match?.groups?.["v4"] ?? "";
  const port = Number(match?.groups?.["port"]);
  return isIP(address) !== 0 && port >= 1 && port <= 65_535 ? { address, port } : null;
}
