import { type Logger, pino } from "pino";
import { sqlState } from "#store/database.ts";

const REDACTED = [
  "req.headers.authorization",
  "req.headers.cookie",
  'res.headers["set-cookie"]',
  "*.password",
  "*.secret",
  "*.passphrase",
  "*.privateKey",
];

/** The appliance's log: JSON lines, without secrets. */
export function createLogger(
  level: string,
  destination?: { write: (line: string) => void },
): Logger {
  const options = {
    level,
    redact: { paths: REDACTED, censor: "•••" },
    serializers: { err: errorForLog },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/**
 * An error as the log shows it. A failed statement carries its parameters, in fields and in the message, and the
 * database's words quote the row: hashes of passwords, sealed keys. Their places stay, the values do not.
 */
export function errorForLog(error: unknown): unknown {
  if (!(error instanceof Error) || !("query" in error)) {
    return error instanceof Error ? pino.stdSerializers.err(error) : error;
  }
  const { cause } = error;
  return {
    type: error.constructor.name,
    message: `Failed query: ${String(error.query)}`,
    sqlState: sqlState(error),
    cause: cause instanceof Error ? cause.message : null,
    stack: (error.stack ?? "")
      .split("\n")
      .filter((line) => /^\s+at /.test(line))
      .join("\n"),
  };
}
