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
    hooks: { streamWrite: escapeUnseen },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** In JSON: what pino leaves of a stranger's text that a terminal obeys, or that makes lines of one. */
function escapeUnseen(line: string): string {
  return line.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
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
