import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright";
import { peerPage } from "#contract/peers.ts";
import { DEAD, GOOD, openTraceOffice } from "./trace-office.ts";

// No pointer anywhere in this file: whoever cannot use one does the same with these keys.
const office = await openTraceOffice("ui-keyboard");

test("by keyboard alone: a trace is begun, read step by step, its evidence opened, turned over and closed", async () => {
  const { page, close } = await office.window("/traces");
  await page.getByRole("heading", { level: 1, name: "Traces" }).waitFor();
  await tabTo(page, /^Domain$/);
  await page.keyboard.type(DEAD);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/t\//);
  await page.getByRole("button", { name: "Run again" }).waitFor();

  await tabTo(page, /^Look up the SRV records/);
  assert.equal(await expanded(page), "false");
  for (let step = 1; step < 5; step += 1) await page.keyboard.press("ArrowDown");
  assert.match(await focused(page), /^Connect to the server/);
  await page.keyboard.press("End");
  assert.match(await focused(page), /^No connection to a Wave service/);
  await page.keyboard.press("Home");
  assert.match(await focused(page), /^Look up the SRV records/);
  for (let step = 1; step < 5; step += 1) await page.keyboard.press("ArrowDown");

  await page.keyboard.press("ArrowRight");
  await page.getByText("tried once, not won").first().waitFor();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.getByText("tried once, not won").count(), 0);

  await page.keyboard.press("Enter");
  const sheet = page.getByRole("region", { name: /^Evidence of step 5/ });
  await sheet.waitFor();
  assert.equal(await expanded(page), "true");
  await page.keyboard.press("ArrowUp");
  await page.getByRole("region", { name: /^Evidence of step 4/ }).waitFor();
  await page.keyboard.press("ArrowDown");
  await sheet.waitFor();
  await tabTo(page, /^Result/);
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await sheet.getByText('"number": 5').waitFor();
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  assert.match(await focused(page), /^Connect to the server/, "focus is back where it came from");
  await close();
});

test("by keyboard alone: a peer is added, found, asked about, switched off, and taken back", async () => {
  const { page, close } = await office.window("/peers");
  await page.getByRole("heading", { level: 1, name: "Peers" }).waitFor();
  await tabTo(page, /^Add peer/);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Add a peer" }).waitFor();
  assert.match(await focused(page), /^Domain/, "the first field has the focus");
  await page.keyboard.type(GOOD);
  await tabTo(page, /^Trusted/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await tabTo(page, /^Also every name below it/);
  await page.keyboard.press("Space");
  await tabTo(page, /^Label/);
  await page.keyboard.type("Acme");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: GOOD }).waitFor();

  await page.goto("/peers");
  await page.getByRole("link", { name: GOOD }).waitFor();
  await tabTo(page, /^What would happen to/);
  await page.keyboard.press("Enter");
  await tabTo(page, /^Domain$/);
  await page.keyboard.type(`conference.${GOOD}`);
  await page.keyboard.press("Enter");
  await page.getByText(`conference.${GOOD} may federate with you`).waitFor();
  await page.getByText(`It is trusted through the peer ${GOOD}.`).waitFor();

  await tabTo(page, /^Search domains/);
  await page.keyboard.type("acme");
  await page.waitForURL(/q=acme/);
  await tabTo(page, new RegExp(`^Choose ${GOOD}`));
  await page.keyboard.press("Space");
  await tabTo(page, /^Switch off/, "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByText("Paused", { exact: true }).waitFor();
  const { items } = await office.site.client.read(peerPage, "GET", "/api/v1/peers");
  assert.deepEqual(
    items.map(({ domain, isEnabled, includeSubdomains, label }) => [
      domain,
      isEnabled,
      includeSubdomains,
      label,
    ]),
    [[GOOD, false, true, "Acme"]],
  );
  await close();
});

/** Presses Tab until what is focused has that name; a person does not know how many there are either. */
async function tabTo(page: Page, name: RegExp, key = "Tab"): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press(key);
    const at = await focused(page);
    if (name.test(at)) return;
    passed.push(at);
  }
  assert.fail(`Tab does not lead to ${String(name)}, but to: ${passed.join(" | ")}`);
}

/** The accessible name, near enough, of what has the focus. */
async function focused(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const element = document.activeElement;
    if (element === null || element === document.body) return "";
    const labels =
      element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement
        ? element.labels
        : null;
    const label = labels?.[0]?.innerText;
    const named = element.getAttribute("aria-label") ?? label ?? element.textContent;
    return named.trim().replaceAll(/\s+/g, " ");
  });
}

async function expanded(page: Page): Promise<string | null> {
  return await page.evaluate(() => document.activeElement?.getAttribute("aria-expanded") ?? null);
}
