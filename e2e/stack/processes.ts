import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { GaveUp, until, within } from "./wait.ts";

export interface ProcessOptions {
  /** Shown in errors and above the log. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Standard output and error go here, appended. */
  readonly logFile: string;
  /** Another user to run as; only root can ask for one. */
  readonly user?: string;
  /** Asks the process to end; SIGKILL follows when it has not after `stopTimeoutMs`. */
  readonly stopSignal?: NodeJS.Signals;
  readonly stopTimeoutMs?: number;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly isRunning: () => boolean;
  /** Resolves with how the process ended, whoever ended it. */
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Polls until ready; fails at once, with the log's end, when the process has ended. What fails is killed. */
  readonly ready: (timeoutMs: number, probe: () => Promise<boolean>) => Promise<void>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends the process by its id and waits until it is gone. */
  readonly stop: () => Promise<void>;
  /** SIGKILL, and waits until it is gone. */
  readonly kill: () => Promise<void>;
  readonly logTail: (lines?: number) => string;
}

/**
 * Starts a real server. It ends with us even when we are killed: `setpriv` (util-linux) has the kernel send it a
 * signal when its parent dies.
 */
export function startProcess(options: ProcessOptions): RunningProcess {
  const { name, logFile, stopSignal = "SIGTERM", stopTimeoutMs = 10_000 } = options;
  const log = openSync(logFile, "a");
  const child = spawn("setpriv", setprivArguments(options), {
    cwd: options.cwd,
    env: { ...baseEnvironment(), ...options.env },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name}: setpriv (util-linux) could not be started`);

  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: null, signal: null }));
  });
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const logTail = (lines = 40) => tailOf(logFile, lines);

  const kill = async () => {
    if (isRunning()) child.kill("SIGKILL");
    await within(`${name}'s end after SIGKILL`, 5000, ended);
  };
  return {
    name,
    pid,
    logFile,
    isRunning,
    ended,
    logTail,
    kill,
    signal: (signal) => void child.kill(signal),
    ready: async (timeoutMs, probe) => {
      await until(`${name} to be ready`, timeoutMs, async () => {
        if (!isRunning()) throw new GaveUp(`${name} ended before it was ready:\n${logTail()}`);
        return (await probe()) ? true : undefined;
      }).catch(async (error: unknown) => {
        // Nobody who could stop it will ever have it.
        await kill();
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(error instanceof GaveUp ? reason : `${reason}\n${logTail()}`);
      });
    },
    stop: async () => {
      if (isRunning()) child.kill(stopSignal);
      await within(`${name}'s end`, stopTimeoutMs, ended).catch(kill);
    },
  };
}

function setprivArguments(options: ProcessOptions): string[] {
  const stopSignal = options.stopSignal ?? "SIGTERM";
  const user =
    options.user === undefined
      ? []
      : [`--reuid=${options.user}`, `--regid=${options.user}`, "--clear-groups"];
  return [
    ...user,
    `--pdeathsig=${stopSignal.replace("SIG", "")}`,
    "--",
    options.command,
    ...options.args,
  ];
}

/** What a server gets of our environment: nothing that changes what it does from machine to machine. */
function baseEnvironment(): Record<string, string> {
  const kept = ["PATH", "HOME", "LANG", "TMPDIR"];
  return Object.fromEntries(
    kept.flatMap((key) => {
      const value = process.env[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

export function tailOf(file: string, lines: number): string {
  if (!existsSync(file)) return `(no ${file})`;
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-lines).join("\n");
}
