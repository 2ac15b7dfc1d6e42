import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";

const execute = promisify(execFile);
const WHOLE_SECONDS = 300;

const finding = z.object({ id: z.string(), severity: z.string(), finding: z.string() });
/** One line of testssl's own: `OK` and `INFO` are no faults, `WARN` could not be found out, the others are. */
export type TlsFinding = z.infer<typeof finding>;

/**
 * Has testssl.sh judge a port that begins with TLS. `checks` are its options: `-p` versions, `-s` kinds of suites, `-f`
 * forward secrecy, `-S` what the server shows by default, `-U` known holes. Asks no name server and nobody else.
 */
export async function judgeTls(
  place: { readonly host: string; readonly port: number; readonly name: string },
  options: {
    readonly checks: readonly string[];
    readonly folder: string;
    readonly rootFile: string;
  },
): Promise<readonly TlsFinding[]> {
  const file = join(options.folder, `testssl-${place.host}-${place.port}.json`);
  const still = ["--quiet", "--warnings", "off", "--color", "0", "--nodns", "none"];
  const about = ["--ip", place.host, "--add-ca", options.rootFile, "--jsonfile", file];
  const target = `${place.name}:${place.port}`;
  // Its exit code counts what it found; timeout(1) ends what it started, too.
  const { stdout } = await execute(
    "timeout",
    ["-k", "5", String(WHOLE_SECONDS), "testssl", ...still, ...about, ...options.checks, target],
    { cwd: options.folder },
  ).catch((error: unknown) => ({ stdout: String(error) }));
  if (!existsSync(file)) throw new Error(`testssl found nothing out: ${stdout.slice(-2_000)}`);
  return z.array(finding).parse(JSON.parse(readFileSync(file, "utf8")));
}
