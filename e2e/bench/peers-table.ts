import type { Browser } from "playwright";
import { peer } from "#contract/peers.ts";
import type { Appliance } from "../stack/appliance.ts";
import { openBrowser, openWindow, signIn } from "../stack/browser.ts";
import type { Client } from "../stack/client.ts";
import { createWorld } from "../stack/world.ts";
import { type Benchmark, type Figure, forEachAtOnce, median, repeat } from "./benchmark.ts";

export const peersTable: Benchmark = {
  name: "peers-table",
  about: "bytes of a first load in Chromium as they came over the wire; a table of 10 000 peers",
  run: async (scale) => {
    const world = await createWorld("bench");
    let browser: Browser | undefined;
    try {
      const postgres = await world.postgres({ isFast: true });
      const databaseUrl = await postgres.createDatabase("bench");
      const appliance = await world.appliance({ databaseUrl, env: { LOG_LEVEL: "warn" } });
      const client = await appliance.setUp();
      const rows = scale === "whole" ? 10_000 : 300;
      const times = scale === "whole" ? 5 : 1;
      await addPeers(client, rows);

      const opened = await openBrowser();
      browser = opened;
      const kilobytes = await firstLoad(opened, appliance);
      const table = await repeat(times, () => openTable(opened, appliance, rows));
      const figures: Figure[] = [
        { name: "first load", value: kilobytes, unit: "kB", goal: { atMost: 220 } },
        {
          name: `first rows of ${rows} peers, from the click`,
          value: median(table.map(({ shownMs }) => shownMs)),
          unit: "ms",
          goal: { atMost: 1000 },
        },
        {
          name: "found by search, from the last key",
          value: median(table.map(({ foundMs }) => foundMs)),
          unit: "ms",
          goal: { atMost: 1000 },
        },
      ];
      return figures;
    } finally {
      await browser?.close();
      await world.end();
    }
  },
};

async function addPeers(client: Client, rows: number): Promise<void> {
  const names = Array.from({ length: rows }, (_, index) => `p${index}.bench.example`);
  await forEachAtOnce(names, 10, async (domain) => {
    // Disabled: the table is measured, not the checks.
    await client.read(peer, "POST", "/api/v1/peers", { domain, isEnabled: false });
  });
}

/** Everything that the sign-in page and the overview after it made the browser fetch, in kB as transferred. */
async function firstLoad(browser: Browser, appliance: Appliance): Promise<number> {
  const page = await browser.newPage();
  const sizes: Promise<number>[] = [];
  page.on("requestfinished", (request) => {
    if (request.url().includes("/api/")) return;
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
  });
  await page.goto(appliance.url, { waitUntil: "networkidle" });
  const bytes = (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
  await page.close();
  if (bytes === 0) throw new Error("the browser loaded nothing");
  return bytes / 1000;
}

async function openTable(
  browser: Browser,
  appliance: Appliance,
  rows: number,
): Promise<{ shownMs: number; foundMs: number }> {
  const window = await openWindow(browser, appliance);
  try {
    const { page } = window;
    await signIn(window);
    const from = performance.now();
    await page.getByRole("link", { name: "Peers", exact: true }).first().click();
    await page.getByRole("row").nth(20).waitFor();
    const shownMs = performance.now() - from;

    const wanted = `p${rows - 1}.bench.example`;
    await page.getByRole("searchbox").first().fill(wanted);
    const typed = performance.now();
    await page.getByRole("row").filter({ hasText: wanted }).first().waitFor();
    await page.getByRole("row").nth(2).waitFor({ state: "detached" });
    return { shownMs, foundMs: performance.now() - typed };
  } finally {
    await window.close();
  }
}
