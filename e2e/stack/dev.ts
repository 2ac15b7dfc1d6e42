import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { WAVE_IDENTITY } from "./component.ts";
import { requireDebianPackages } from "./debian.ts";
import { createWorld, recommendedRecords, SECRET, type World } from "./world.ts";

const root = dirname(dirname(import.meta.dirname));
const say = (text: string) => process.stdout.write(`${text}\n`);
const SERVER_URL = "http://127.0.0.1:8080";
const SETUP_CODE = "DEVELOPMENT";

await main();

/** `npm run dev`: two XMPP servers and their DNS, the appliance restarted at each change, and Vite in front. */
async function main(): Promise<void> {
  requireDebianPackages(say);
  const world = await createWorld("dev");
  const children: ChildProcess[] = [];
  const ended = new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  try {
    say(await startServers(world));
    children.push(
      run("node", ["--watch", join(root, "server/start.ts")], {
        SETUP_CODE,
        DATA_DIR: join(root, "data/dev"),
        DNS_SERVERS: world.dns.server,
        NODE_EXTRA_CA_CERTS: world.authority.rootFile,
      }),
      run("vite", [join(root, "web")], { WAVEGATE_URL: SERVER_URL }),
    );
    await Promise.race([ended, ...children.map(untilExit)]);
  } finally {
    for (const child of children) child.kill("SIGTERM");
    await Promise.all(children.map(untilExit));
    await world.end();
  }
}

/** initech-corp.com waits for the appliance; acmewave.com is a peer that works. Returns what to type into the page. */
async function startServers(world: World): Promise<string> {
  const [ours, theirs] = ["initech-corp.com", "acmewave.com"];
  const server = await world.prosody({ domain: ours, components: [`wave.${ours}`] });
  const peer = await world.prosody({ domain: theirs, components: [`wave.${theirs}`] });
  await world.component(peer, { name: `wave.${theirs}`, identities: [WAVE_IDENTITY] });
  await world.dns.setZone(ours, recommendedRecords(server));
  await world.dns.setZone(theirs, recommendedRecords(peer));
  return [
    "",
    `setup code      ${SETUP_CODE}`,
    `your domain     ${ours}, component wave.${ours} at ${server.address} port ${server.componentPort}`,
    `its secret      ${SECRET}`,
    `a peer          ${theirs} (allow private targets in the settings first: everything here is on loopback)`,
    "",
  ].join("\n");
}

function run(command: string, args: readonly string[], env: Record<string, string>): ChildProcess {
  return spawn("setpriv", ["--pdeathsig=TERM", "--", command, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
}

function untilExit(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}
