// Makes a clone ready to run: npm packages, then the built dashboard; does nothing when both are fresh.
// Plain JavaScript without dependencies, because it runs before they exist, on any Node >= 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const oldestToInstall = [20, 0];
/** `crypto.argon2` and type stripping without a flag. */
const oldestToRun = [24, 7];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, "node_modules", ".cache", "wavegate");
const bundledNode = join(root, "node_modules", ".bin", "node");

if (isOlder(oldestToInstall)) {
  stop(`Wavegate needs Node ${oldestToInstall[0]} or newer to install; this is Node ${version()}.`);
}
installPackages();
if (!existsSync(bundledNode) && isOlder(oldestToRun)) {
  stop(
    `Wavegate needs Node ${oldestToRun.join(".")} or newer; this is Node ${version()}, and none is bundled ` +
      `for ${process.platform}-${process.arch}: install a newer Node and run this again.`,
  );
}
buildWeb();

function installPackages() {
  const wanted = digest(["package.json", "package-lock.json"]);
  if (isStamped("packages", wanted)) return;
  if (!isInstalledByHand()) {
    say("installing npm packages (once; a minute or so)");
    // Dev packages too, whatever NODE_ENV says: the dashboard is built here.
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--include=dev"];
    // The bundled Node will run: that a package wants a newer one than npm's own is no news.
    flags.push("--include=optional", "--loglevel=error");
    const npm = process.env.npm_execpath;
    const [command, first] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
    run("npm install", command, [...first, "install", ...flags]);
  }
  stamp("packages", wanted);
}

/** True when somebody ran npm here after the lock file last changed. */
function isInstalledByHand() {
  const installed = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(installed)) return false;
  return statSync(installed).mtimeMs > statSync(join(root, "package-lock.json")).mtimeMs;
}

function buildWeb() {
  // What the bundle is made of: the browser's own code, the contract, and the pure rules that it shares.
  const wanted = digest(["web", "server/contract", "server/protocol", "package-lock.json"]);
  if (existsSync(join(root, "web/dist/index.html")) && isStamped("web", wanted)) return;
  say("building the dashboard");
  const node = existsSync(bundledNode) ? bundledNode : process.execPath;
  run("The dashboard's build", node, [
    join(root, "node_modules/vite/bin/vite.js"),
    "build",
    "web",
    "--logLevel",
    "warn",
  ]);
  stamp("web", wanted);
}

/** One hash over names and contents: a checkout's times say nothing. */
function digest(paths) {
  const hash = createHash("sha256");
  for (const path of paths) {
    for (const file of filesUnder(path)) {
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

function filesUnder(path) {
  if (!statSync(join(root, path)).isDirectory()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => entry.name !== "dist" && !entry.name.includes(".test."))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => filesUnder(`${path}/${entry.name}`));
}

function isStamped(name, wanted) {
  const file = join(stamps, name);
  return existsSync(file) && readFileSync(file, "utf8") === wanted;
}

function stamp(name, wanted) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), wanted);
}

function run(title, command, args) {
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (result.error) stop(`${title} could not be started: ${result.error.message}`);
  if (result.status !== 0) stop(`${title} failed; what it said is above.`);
}

function isOlder([major, minor]) {
  const [ourMajor, ourMinor] = version().split(".").map(Number);
  return ourMajor < major || (ourMajor === major && ourMinor < minor);
}

function version() {
  return process.versions.node;
}

function say(text) {
  process.stderr.write(`wavegate: ${text}\n`);
}

function stop(text) {
  say(text);
  process.exit(1);
}
