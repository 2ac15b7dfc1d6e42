import { after, test } from "node:test";
import { openBrowser, openWindow, signIn } from "../stack/browser.ts";
import { createWorld } from "../stack/world.ts";

const NOTICED_MS = 30_000;
const RECOVERED_MS = 60_000;

const world = await createWorld("ui-outage");
const browser = await openBrowser();
after(async () => {
  await browser.close();
  await world.end();
});

test("while PostgreSQL is away a banner says so, and the page recovers by itself", async () => {
  const postgres = await world.postgres({ isFast: true });
  const appliance = await world.appliance({ databaseUrl: await postgres.createDatabase("ui") });
  await appliance.setUp();
  const window = await openWindow(browser, appliance);
  await signIn(window, "/peers");
  const { page } = window;
  await page.getByRole("heading", { level: 1, name: "Peers" }).waitFor();
  const banner = page.getByText("The database does not answer:");

  await postgres.stop();
  await banner.first().waitFor({ timeout: NOTICED_MS });
  await window.assertClean("a page without its database");
  await postgres.start();
  await banner.first().waitFor({ state: "detached", timeout: RECOVERED_MS });
  await page.getByRole("heading", { name: "No peers yet" }).waitFor();
  await window.assertClean("the page after the outage");
  await window.close();
});
