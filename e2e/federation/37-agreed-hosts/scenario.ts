import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProcess } from "../../stack/processes.ts";
import { within } from "../../stack/wait.ts";
import type { Scenario } from "../scenario.ts";

const INSIDE = fileURLToPath(new URL("inside.ts", import.meta.url));
const TAKES_MS = 280_000;

export const scenario: Scenario = {
  title:
    "XEP-0361 between two hosts, each with a network of its own: known by address and source port, on one connection or two, in either version, and back after a port that rests",
  run: async (world) => {
    const databases = [await world.database(), await world.database()].map((url) =>
      bySocket(url, world.folder),
    );
    const story = startProcess({
      name: "two hosts",
      command: "unshare",
      args: ["--user", "--map-root-user", "--net", process.execPath, INSIDE, world.folder].concat(
        databases,
      ),
      logFile: join(world.folder, "two-hosts.log"),
    });
    try {
      const { code } = await within("the story of two hosts", TAKES_MS, story.ended);
      if (code !== 0) throw new Error(story.logTail(200));
    } finally {
      await story.stop();
    }
  },
};

/** The same database by its socket in the file system, which reaches into other networks. */
function bySocket(url: string, folder: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `postgres://wavegate@localhost:${port}${pathname}?host=${folder}/postgres-${hostname}`;
}
