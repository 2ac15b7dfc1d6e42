import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Page } from "playwright";
import { peer, type PeerRequest } from "#contract/peers.ts";
import { settings } from "#contract/settings.ts";
import { openBrowser, openWindow, signIn, VIEWS, type View } from "../stack/browser.ts";
import { until } from "../stack/wait.ts";
import { createWorld, recommendedRecords } from "../stack/world.ts";

const world = await createWorld("ui-watch");
const browser = await openBrowser();
after(async () => {
  await browser.close();
  await world.end();
});
const site = await world.site("initech-corp.com");
const PEER = "mortal.example";
const server = await world.prosody({ domain: PEER });
await world.dns.setZone(PEER, recommendedRecords(server));
// The shortest interval stands far beyond these tests: every check is asked for.
const terms: PeerRequest = {
  ...{ domain: PEER, label: "Mortal", expects: "xmpp" },
  ...{ failuresUntilDown: 1, checkIntervalSeconds: 3600 },
};
const { id } = await site.client.read(peer, "POST", "/api/v1/peers", terms);

async function open(path: string, view?: View) {
  const window = await openWindow(browser, site.appliance, view);
  await signIn(window, path);
  return window;
}

test("a peer goes down while its page is open: the cause, the trace of that moment and the incident", async () => {
  const { page, assertClean, close } = await open(`/peers/${id}`);
  const main = page.getByRole("main");
  await main.getByText("Up", { exact: true }).first().waitFor();
  await page.getByText(/of checks reached it/).waitFor();
  await assertClean("a peer that is up");
  await server.kill();
  await checkUntilShown(page, "Down");
  await main
    .getByText(/refused the connection on port 5269/)
    .first()
    .waitFor();
  const incidents = page.getByRole("region", { name: "Incidents" });
  await incidents.getByText("Outage").waitFor();
  await assertClean("a peer that is down");
  await page.getByRole("link", { name: "Show the trace of this change" }).click();
  await page.getByRole("region", { name: /refused the connection on port 5269/ }).waitFor();
  await page.getByText("from a check").waitFor();
  await close();
});

test("the overview begins with it; it is acknowledged, and somebody has seen it", async () => {
  const { page, assertClean, close } = await open("/");
  const attention = page.getByRole("region", { name: "Needs attention" });
  const first = attention.getByRole("listitem").first();
  await first.getByText(/refused the connection on port 5269/).waitFor();
  await first.getByText("The other side").waitFor();
  await page.getByRole("link", { name: "1 down" }).waitFor();
  await assertClean("an overview with something to attend to");
  await first.getByRole("link", { name: PEER }).click();
  const incidents = page.getByRole("region", { name: "Incidents" });
  await incidents.getByRole("button", { name: "Acknowledge" }).click();
  await incidents.getByText("seen by owner").waitFor();
  await close();
});

test("the strip of 90 days is one tab stop; each day is named and reached by keys", async () => {
  const { page, close } = await open(`/peers/${id}`);
  const strip = page.getByRole("group", { name: new RegExp(`^${PEER}`) });
  await page.getByText(/of checks reached it/).waitFor();
  const today = strip.getByRole("img").last();
  await today.focus();
  assert.match((await today.getAttribute("aria-label")) ?? "", /reachable.*one incident$/);
  const tabStops = await strip
    .getByRole("img")
    .evaluateAll((bars) => bars.filter((bar) => bar.getAttribute("tabindex") === "0").length);
  assert.equal(tabStops, 1);
  await page.keyboard.press("ArrowLeft");
  const named = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  assert.match(await named(), /: nothing measured$/);
  const yesterday = await named();
  await page.keyboard.press("Home");
  assert.notEqual(await named(), yesterday);
  await page.keyboard.press("End");
  assert.match(await named(), /one incident$/);
  await page
    .getByRole("region", { name: "The last 90 days" })
    .getByRole("button", { name: "Show as table" })
    .click();
  await page.getByRole("rowheader").nth(89).waitFor();
  await close();
});

test("the status page asks for sign-in until it is public; then it tells anybody, without addresses", async () => {
  const visitor = await openWindow(browser, site.appliance);
  const { page, assertClean, close } = visitor;
  await page.goto("/status");
  await page.getByText("This status page is not public").waitFor();
  await assertClean("a status page that is not public");
  await site.client.read(settings, "PATCH", "/api/v1/settings", {
    isStatusPublic: true,
    statusTitle: "Federation of Initech",
  });
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Federation of Initech" }).waitFor();
  await page.getByRole("heading", { name: "Federation is down" }).waitFor();
  await page.getByRole("heading", { level: 3, name: "Mortal" }).waitFor();
  await page.getByText("Its server did not accept connections.").waitFor();
  assert.doesNotMatch(await page.content(), /127\.0\.\d+\.\d+:?5269|127\.0\.\d+\.\d+<\/code>/);
  await close();
});

for (const view of VIEWS)
  test(`overview, peer and status hold with an outage, ${view.theme}, ${view.width} px`, async () => {
    const { page, assertClean, close } = await open("/", view);
    await page
      .getByText(/refused the connection/)
      .first()
      .waitFor();
    await assertClean("the overview");
    await page.goto("/status");
    await page.getByText("Outage").first().waitFor();
    await assertClean("the status page");
    await close();
  });

test("the peer comes back: up on the open page, and the incident has an end", async () => {
  const { page, assertClean, close } = await open(`/peers/${id}`);
  await page.getByText("Down", { exact: true }).first().waitFor();
  await server.start();
  await checkUntilShown(page, "Up");
  await page
    .getByRole("region", { name: "Incidents" })
    .getByText(/^lasted /)
    .waitFor();
  await page.getByRole("button", { name: "Ping", exact: true }).click();
  const ping = page.getByRole("dialog", { name: `Ping of ${PEER}` });
  await ping.getByText("XMPP ping").first().waitFor();
  await assertClean("a ping of a peer");
  await close();
});

test("a link that breaks is seen within a second, with its reason, the next attempt and its history", async () => {
  const { page, assertClean, close } = await open("/connections");
  const row = page.getByRole("row").filter({ hasText: "your XMPP server" });
  await row.getByText("Attached").waitFor();
  await assertClean("connections");
  await site.server.kill();
  const brokenAt = performance.now();
  await row.getByText("Attached").waitFor({ state: "detached" });
  const seenMs = performance.now() - brokenAt;
  assert.ok(seenMs < 3_000, `seen after ${Math.round(seenMs)} ms`);
  await row.getByText("Waiting to try again").waitFor();
  await page
    .getByRole("cell", { name: /Its link is not attached/ })
    .first()
    .waitFor();
  await row.getByText(/attempt/).waitFor();
  await assertClean("a broken link");
  await page
    .getByRole("button", { name: /^History of wave\.initech-corp\.com/ })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Attached", { exact: true }).first().waitFor();
  await assertClean("the history of a link");
  await dialog.getByRole("button", { name: "Close" }).click();
  await site.server.start();
  await row.getByText("Attached").waitFor({ timeout: 60_000 });
  await close();
});

/** Asks for checks until the open page shows the state by itself. */
async function checkUntilShown(page: Page, state: string): Promise<void> {
  await until(`the page to say ${state}`, 60_000, async () => {
    await site.client.send("POST", "/api/v1/checks", { peerId: id });
    await page
      .getByRole("banner")
      .or(page.getByRole("main"))
      .getByText(state, { exact: true })
      .first()
      .waitFor({ timeout: 5_000 });
    return true;
  });
}
