import { spawn } from "node:child_process";

export interface CommandOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The whole group of processes is killed when this is over. */
  readonly timeoutMs: number;
}

export interface CommandResult {
  /** Null when it was killed. */
  readonly code: number | null;
  /** Standard output and error as they came. */
  readonly output: string;
  readonly isTimedOut: boolean;
}

/** Runs one program to its end, in a process group of its own so that nothing it started outlives it. */
export function runCommand(options: CommandOptions): Promise<CommandResult> {
  const child = spawn(options.command, [...options.args], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));

  let isTimedOut = false;
  const endGroup = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended already.
    }
  };
  const timer = setTimeout(() => {
    isTimedOut = true;
    endGroup("SIGTERM");
    setTimeout(() => endGroup("SIGKILL"), 5000).unref();
  }, options.timeoutMs);
  const interrupted = () => endGroup("SIGTERM");
  process.once("exit", interrupted);

  return new Promise((resolve) => {
    const finish = (code: number | null, extra = "") => {
      clearTimeout(timer);
      process.off("exit", interrupted);
      endGroup("SIGKILL");
      resolve({ code, output: Buffer.concat(chunks).toString("utf8") + extra, isTimedOut });
    };
    child.once("error", (error) => finish(null, `${options.command}: ${error.message}\n`));
    child.once("close", (code) => finish(code));
  });
}
