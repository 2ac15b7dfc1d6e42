import assert from "node:assert/strict";
import { after, test } from "node:test";
import pg from "pg";
import { openBrowser, openWindow, signIn } from "../stack/browser.ts";
import { createWorld } from "../stack/world.ts";

const COUNT = 10_000;
/** From the click to rows that can be read, on a machine that other tests share. */
const USABLE_MS = 5_000;

const world = await createWorld("ui-many-peers");
const browser = await openBrowser();
after(async () => {
  await browser.close();
  await world.end();
});

test("ten thousand peers: the list is usable at once; search, sort and pages are the server's", async () => {
  const databaseUrl = await world.database();
  const appliance = await world.appliance({ databaseUrl });
  await appliance.setUp();
  await addPeers(databaseUrl);
  const window = await openWindow(browser, appliance);
  await signIn(window, "/connections");
  const { page, assertClean } = window;
  await page.getByRole("heading", { level: 1, name: "Connections" }).waitFor();

  const startedAt = performance.now();
  await page.getByRole("link", { name: "Peers" }).click();
  await page.getByRole("link", { name: "peer-00001.example" }).waitFor();
  const shownMs = performance.now() - startedAt;
  assert.ok(shownMs < USABLE_MS, `shown after ${Math.round(shownMs)} ms`);
  await page.getByText("10,000 entries").waitFor();
  assert.equal(await page.getByRole("row").count(), 51);

  await page.getByRole("button", { name: "Next page" }).click();
  await page.getByRole("link", { name: "peer-00051.example" }).waitFor();
  await page.getByRole("button", { name: "Previous page" }).click();
  await page.getByRole("link", { name: "peer-00050.example" }).waitFor();
  await page.getByRole("columnheader", { name: "Domain" }).getByRole("button").click();
  await page.getByRole("columnheader", { name: "Domain" }).getByRole("button").click();
  await page.waitForURL(/sort=-domain/);
  await page.getByRole("link", { name: "peer-10000.example" }).waitFor();
  await page.getByRole("searchbox", { name: /^Search domains/ }).fill("peer-07777");
  await page.getByText("1 entry", { exact: true }).waitFor();
  await page.getByRole("link", { name: "peer-07777.example" }).waitFor();
  await assertClean("one of ten thousand");
});

async function addPeers(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    await client.query(
      `insert into peers (id, domain, unicode, stance, is_enabled, created_by)
       select gen_random_uuid(), name, name, 'trusted', false, 'tests'
       from (select 'peer-' || lpad(n::text, 5, '0') || '.example' as name
             from generate_series(1, $1::int) as n) as names`,
      [COUNT],
    );
  } finally {
    await client.end();
  }
}
