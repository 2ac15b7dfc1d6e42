import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser } from "playwright";
import type { Appliance } from "../stack/appliance.ts";
import { openBrowser, openWindow, signIn, VIEWS } from "../stack/browser.ts";
import { runPing } from "../stack/operations.ts";
import { createWorld, type NativeSite, recommendedRecords } from "../stack/world.ts";

const remote = "acmewave.com";
const world = await createWorld("ui-two-appliances");
let browser: Browser;
let site: NativeSite;
/** Shares the database with the site's appliance, which has all the streams. */
let second: Appliance;

before(async () => {
  const databaseUrl = await world.database();
  const env = { MASTER_KEY_FILE: join(world.folder, "shared.key") };
  site = await world.nativeSite("initech-corp.com", { appliance: { databaseUrl, env } });
  second = await world.appliance({ databaseUrl, env });
  const prosody = await world.prosody({ domain: remote });
  await world.dns.setZone(remote, recommendedRecords(prosody));
  await runPing(site.client, remote);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await world.end();
});

for (const view of VIEWS)
  test(`streams of another appliance are listed and named, and what is not heard is said, in ${view.theme} at ${view.width} px`, async () => {
    const window = await openWindow(browser, second, view);
    await signIn(window, "/connections/streams");
    const { page, assertClean, close } = window;
    await page.getByText("2 appliances share this database").waitFor();
    const row = page.getByRole("row").filter({ hasText: remote }).first();
    await row.getByText(/on \S+/).waitFor();
    await assertClean("streams of two appliances");
    await row.getByRole("link", { name: remote }).click();
    await page.getByRole("heading", { name: `Stream with ${remote}` }).waitFor();
    const connection = page.getByRole("region", { name: "Connection", exact: true });
    await connection.getByText("Appliance").waitFor();
    await page.getByRole("region", { name: "Live view" }).getByText("is not heard here").waitFor();
    await assertClean("a stream of another appliance");
    await connection.getByRole("link", { name: /initech-corp\.com/ }).click();
    await page
      .getByRole("link", { name: /live stream/ })
      .first()
      .waitFor();
    await close();
  });

test("a stream of another appliance is closed from here, and an appliance that is gone is named", async () => {
  const window = await openWindow(browser, second);
  await signIn(window, "/connections/streams?direction=out");
  const { page, assertClean, close } = window;
  await page.getByRole("link", { name: remote }).first().click();
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).last().click();
  await page.getByText("This stream has ended").waitFor();
  await site.appliance.kill();
  await page.goto("/connections/streams");
  await page.getByText("An appliance does not answer: streams are missing here").waitFor();
  await assertClean("streams that are missing");
  assert.equal(await page.getByRole("row").filter({ hasText: remote }).count(), 0);
  await close();
});
