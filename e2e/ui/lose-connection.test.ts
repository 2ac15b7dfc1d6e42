import assert from "node:assert/strict";
import { before, test } from "node:test";
import { type Appliance, OWNER } from "../stack/appliance.ts";
import { openBrowser, openWindow, signIn } from "../stack/browser.ts";
import type { Postgres } from "../stack/postgres.ts";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-live");
let postgres: Postgres;
let appliance: Appliance;

before(async () => {
  postgres = await office.world.postgres({ isFast: true });
  appliance = await office.world.appliance({
    databaseUrl: await postgres.createDatabase("wavegate"),
  });
  await appliance.setUp();
});

test("what another person changes is on the page within a second, unless updates are paused", async () => {
  const { page, assertClean, close } = await office.owner("/tokens");
  const client = await office.client();
  const make = (name: string) => client.send("POST", "/api/v1/tokens", { name, role: "auditor" });
  await page.getByRole("row", { name: /tests/ }).waitFor();
  await make("first");
  await page.getByRole("row", { name: /first/ }).waitFor({ timeout: 3_000 });

  await page.getByRole("button", { name: /^Signed in as/ }).click();
  await page.getByRole("menuitem", { name: "Pause live updates" }).click();
  await page.getByRole("status").getByText("Live updates are paused").waitFor();
  await assertClean("a paused page");
  await make("second");
  await make("third");
  await client.request("GET", "/api/v1/tokens");
  assert.equal(await page.getByRole("row", { name: /second/ }).count(), 0);
  await page.getByRole("button", { name: "Resume live updates" }).click();
  await page.getByRole("row", { name: /second/ }).waitFor({ timeout: 3_000 });
  await close();
});

test("an appliance that is gone is told on the page, which recovers by itself", async () => {
  const { page, assertClean, close } = await office.owner("/users");
  await page.getByRole("row", { name: /owner/ }).waitFor();
  await office.appliance.kill();
  await page.getByText("The appliance does not answer.").waitFor({ timeout: 20_000 });
  await assertClean("the banner of an appliance that is gone");
  await office.appliance.start();
  await page
    .getByText("The appliance does not answer.")
    .waitFor({ state: "detached", timeout: 60_000 });
  await close();
});

test("a database that is away is told with what to check, and the page recovers by itself", async () => {
  const browser = await openBrowser();
  const window = await openWindow(browser, appliance);
  const { page } = window;
  await signIn(window, "/users");
  await page.getByRole("row", { name: new RegExp(OWNER.name) }).waitFor();
  await postgres.stop();
  const banner = page.getByRole("status").getByText("The database does not answer");
  await banner.waitFor({ timeout: 40_000 });
  await window.assertClean("the banner of a database that is away");
  await page.getByRole("link", { name: "Settings" }).click();
  await page
    .getByRole("alert")
    .getByText("The database does not answer")
    .waitFor({ timeout: 30_000 });
  await postgres.start();
  await banner.waitFor({ state: "detached", timeout: 60_000 });
  await page.getByRole("region", { name: "Who may federate" }).waitFor({ timeout: 30_000 });
  await browser.close();
});
