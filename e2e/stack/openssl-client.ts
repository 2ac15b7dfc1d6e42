import { spawn } from "node:child_process";
import { until } from "./wait.ts";

const PATIENCE_MS = 15_000;
/** The last line of what `s_client` says of a handshake, whether it came to an end or not. */
const TOLD = /^ *Verify return code: .*$/m;

export interface OpensslDial {
  /** Options of `openssl s_client` beside where to. */
  readonly args: readonly string[];
  /** Typed after the handshake; a line of `R` renegotiates. */
  readonly say?: string;
  /** It is ended once this holds of what was printed; by default once the handshake has been told. */
  readonly isEnough?: (printed: string) => boolean;
}

/** Dials with `openssl s_client` and returns all that it printed, whether or not it liked what it found. */
export async function dialWithOpenssl(
  place: { readonly host: string; readonly port: number },
  { args, say, isEnough = () => true }: OpensslDial,
): Promise<string> {
  const connect = `${place.host}:${place.port}`;
  const child = spawn("openssl", ["s_client", "-connect", connect, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  let printed = "";
  let isOver = false;
  for (const output of [child.stdout, child.stderr])
    output.setEncoding("utf8").on("data", (text: string) => (printed += text));
  child.once("error", (error) => (printed += error.message));
  child.once("close", () => (isOver = true));
  child.stdin.on("error", () => undefined);
  const what = `openssl s_client ${args.join(" ")} at ${connect}`;
  try {
    await until(
      `the handshake of ${what}`,
      PATIENCE_MS,
      () => isOver || TOLD.test(printed) || undefined,
    );
    if (say !== undefined) child.stdin.write(say);
    await until(`enough from ${what}`, PATIENCE_MS, () => {
      if (isOver || isEnough(printed)) return true;
      throw new Error(printed.slice(-1_000));
    });
  } finally {
    child.kill("SIGKILL");
    if (!isOver) await until(`the end of ${what}`, PATIENCE_MS, () => isOver || undefined);
  }
  return printed;
}

/** What `s_client` found: null where no handshake came to an end. */
export interface OpensslFindings {
  readonly version: string | null;
  readonly suite: string | null;
  /** Not one that was begun anew. */
  readonly isResumed: boolean;
  readonly commonName: string | null;
  readonly isVerified: boolean;
  readonly alpn: string | null;
}

export function findingsOf(printed: string): OpensslFindings {
  const [, kind, version, suite] =
    /^(New|Reused), (TLSv[\d.]+|SSLv3), Cipher is (\S+)$/m.exec(printed) ?? [];
  return {
    version: version ?? null,
    suite: suite ?? null,
    isResumed: kind === "Reused",
    commonName: /^subject=.*?CN ?= ?(\S+)$/m.exec(printed)?.[1] ?? null,
    isVerified: /^Verification: OK$/m.test(printed),
    alpn: /^ALPN protocol: (\S+)$/m.exec(printed)?.[1] ?? null,
  };
}
