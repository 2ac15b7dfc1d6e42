import type { LaunchOptions } from "playwright";

/** How to launch Debian's Chromium; as root it cannot make its sandbox. */
export function chromiumOptions(): LaunchOptions {
  const isRoot = process.getuid?.() === 0;
  return {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: isRoot ? ["--no-sandbox"] : [],
  };
}
