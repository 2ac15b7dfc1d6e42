import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setupState } from "#contract/people.ts";
import { type AddressBlock, claimBlock } from "./addresses.ts";
import { createClient } from "./client.ts";
import { makeFolder, type TemporaryFolder } from "./folders.ts";
import { startProcess } from "./processes.ts";
import { within } from "./wait.ts";

const root = dirname(dirname(import.meta.dirname));
const FIRST_START_MS = 120_000;
/** Loose, for two busy cores; `npm run bench start` has the figure. */
const SECOND_START_MS = 20_000;
const STOP_MS = 15_000;

describe("a copy of the tracked files, with the machine's own Node", () => {
  let temporary: TemporaryFolder;
  let block: AddressBlock;
  let folder: string;

  before(async () => {
    temporary = makeFolder("clone");
    block = await claimBlock();
    folder = join(temporary.path, "clone");
    mkdirSync(folder);
    const tracked = execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8" });
    for (const file of tracked.split("\0").filter((name) => name !== "")) {
      cpSync(join(root, file), join(folder, file));
    }
    // As `npm install` left them; without the stamps, which say what was built here before.
    execFileSync("cp", ["-al", join(root, "node_modules"), join(folder, "node_modules")]);
    execFileSync("rm", ["-rf", join(folder, "node_modules/.cache")]);
  });
  after(async () => {
    await block.release();
    temporary.remove();
  });

  const npmStart = async (timeoutMs: number) => {
    const address = block.next();
    const anonymous = createClient(`http://${address}:8080`, null);
    const npm = startProcess({
      name: "npm start",
      command: "npm",
      args: ["start"],
      cwd: folder,
      env: { HOST: address, DATA_DIR: join(temporary.path, "data"), PATH: ownPath() },
      logFile: join(temporary.path, `start-${address}.log`),
      stopTimeoutMs: STOP_MS,
    });
    await npm.ready(timeoutMs, async () => {
      return (await anonymous.request("GET", "/readyz")).status === 200;
    });
    return { npm, anonymous };
  };

  test("npm start builds the dashboard, makes the database and serves the setup page; SIGTERM drains and ends with 0", async () => {
    const { npm, anonymous } = await npmStart(FIRST_START_MS);
    try {
      assert.match(npm.logTail(), /building the dashboard/);
      assert.match(npm.logTail(), /Setup code: \S{4}-\S{4}-\S{4}/);
      const { body, headers } = await anonymous.request("GET", "/setup");
      assert.match(String(body), /<div id="root">/);
      assert.match(headers.get("content-type") ?? "", /text\/html/);
      assert.deepEqual(await anonymous.read(setupState, "GET", "/api/v1/setup"), {
        isRequired: true,
      });
      npm.signal("SIGTERM");
      assert.deepEqual(await within("the end", STOP_MS, npm.ended), { code: 0, signal: null });
    } finally {
      await npm.stop();
    }
  });

  test("the second npm start installs and builds nothing", async () => {
    const { npm } = await npmStart(SECOND_START_MS);
    try {
      assert.doesNotMatch(npm.logTail(), /installing|building/);
    } finally {
      await npm.stop();
    }
  });
});

test("SIGTERM while it waits for its database ends it at once, with 0", async () => {
  const temporary = makeFolder("early-signal");
  const block = await claimBlock();
  const silent = createServer();
  try {
    const address = block.next();
    silent.listen(0, address);
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const appliance = startProcess({
      name: "appliance",
      command: process.execPath,
      args: ["server/start.ts"],
      cwd: root,
      env: {
        HOST: address,
        DATA_DIR: join(temporary.path, "data"),
        DATABASE_URL: `postgresql://nobody@${address}:${port}/none`,
      },
      logFile: join(temporary.path, "appliance.log"),
    });
    await once(silent, "connection", { signal: AbortSignal.timeout(FIRST_START_MS) });
    appliance.signal("SIGTERM");
    const ended = await within("the end", STOP_MS, appliance.ended);
    assert.deepEqual(ended, { code: 0, signal: null }, appliance.logTail());
  } finally {
    silent.close();
    await block.release();
    temporary.remove();
  }
});

/** Without the pinned Node in front: npm has to find it by itself, whatever the machine's Node is. */
function ownPath(): string {
  const entries = (process.env["PATH"] ?? "").split(":");
  return entries.filter((entry) => !entry.includes("node_modules")).join(":");
}
