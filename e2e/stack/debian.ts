import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Debian packages that the tests run, with a file that only each of them brings. */
const PACKAGES: readonly { readonly name: string; readonly file: string }[] = [
  { name: "postgresql", file: "/usr/lib/postgresql" },
  { name: "prosody", file: "/usr/bin/prosody" },
  { name: "lua-unbound", file: "/usr/share/doc/lua-unbound/copyright" },
  { name: "ejabberd", file: "/usr/sbin/ejabberdctl" },
  { name: "knot", file: "/usr/sbin/knotd" },
  { name: "bind9-dnsutils", file: "/usr/bin/dig" },
  { name: "openssl", file: "/usr/bin/openssl" },
  { name: "chromium-headless-shell", file: "/usr/bin/chromium-headless-shell" },
  { name: "iproute2", file: "/usr/sbin/ip" },
  { name: "faketime", file: "/usr/bin/faketime" },
  { name: "testssl.sh", file: "/usr/bin/testssl" },
];
const POLICY = "/usr/sbin/policy-rc.d";
const POLICY_ASIDE = "/usr/sbin/policy-rc.d.before-wavegate";
const INSTALL_TIMEOUT_MS = 15 * 60_000;

/**
 * Sees to it that every server program the tests start is installed: installs what is missing when this is Debian
 * and we are root, otherwise throws one sentence with the command to type.
 */
export function requireDebianPackages(say: (text: string) => void): void {
  const missing = PACKAGES.filter(({ file }) => !isPresent(file)).map(({ name }) => name);
  if (missing.length === 0) return;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot || !existsSync("/usr/bin/apt-get")) {
    throw new Error(
      `the tests start real servers, and these Debian packages are missing: apt-get install ${missing.join(" ")}`,
    );
  }
  say(`installing Debian packages: ${missing.join(" ")}`);
  withoutServices(() => {
    const environment = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const apt = (args: readonly string[]) =>
      execFileSync("apt-get", [...args], {
        env: environment,
        stdio: ["ignore", "ignore", "inherit"],
        timeout: INSTALL_TIMEOUT_MS,
      });
    apt(["update", "-qq"]);
    apt(["install", "-y", "-qq", "--no-install-recommends", ...missing]);
  });
}

function isPresent(file: string): boolean {
  return existsSync(file) && (file !== "/usr/lib/postgresql" || readdirSync(file).length > 0);
}

/** A package's own service must not start: it would take the ports, and nobody asked for it (invoke-rc.d(8)). */
function withoutServices(install: () => void): void {
  if (existsSync(POLICY) && readFileSync(POLICY, "utf8").includes("exit 101")) return install();
  if (existsSync(POLICY)) renameSync(POLICY, POLICY_ASIDE);
  writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(POLICY, { force: true });
    if (existsSync(POLICY_ASIDE)) renameSync(POLICY_ASIDE, POLICY);
  }
}
