import type { LaunchOptions } from "playwright";

/** How to launch Debian's Chromium, the one without a window of its own; as root it cannot make its sandbox. */
export function chromiumOptions(): LaunchOptions {
  const isRoot = process.getuid?.() === 0;
  return {
    executablePath: "/usr/bin/chromium-headless-shell",
    headless: true,
    args: isRoot ? ["--no-sandbox"] : [],
  };
}
