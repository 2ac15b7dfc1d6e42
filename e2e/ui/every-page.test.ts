import assert from "node:assert/strict";
import { before, test } from "node:test";
import { certificate } from "#contract/certificates.ts";
import { localDomain } from "#contract/domains.ts";
import { VIEWS } from "../stack/browser.ts";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-pages");
const pages = new Map<string, string>();

before(async () => {
  const client = await office.client();
  const made = await client.read(localDomain, "POST", "/api/v1/domains", {
    domain: "initech-corp.com",
    label: "Head office",
    advertisedHost: "xmpp.initech-corp.com",
    advertisedPort: 31_423,
    insideHost: "127.0.0.9",
  });
  await client.send("POST", "/api/v1/links", {
    domainId: made.id,
    name: "wave.initech-corp.com",
    host: "127.0.0.9",
    port: 5347,
    secret: "not-used-by-anybody",
  });
  const issued = await office.world.authority.issue({ names: ["initech-corp.com"] });
  const files = [
    { name: "fullchain.pem", text: issued.chain },
    { name: "privkey.pem", text: issued.key },
  ];
  // Keys are taken over HTTPS or on the machine itself, where these tests are.
  const kept = await client.read(certificate, "POST", "/api/v1/certificates", { files });
  for (const [name, path] of [
    ["welcome", "/welcome"],
    ["domains", "/domains"],
    ["domain", `/domains/${made.id}`],
    ["new-domain", "/domains/new"],
    ["beside-or-instead", `/domains/new?domain=${made.id}`],
    ["attach", `/domains/new?domain=${made.id}&way=component`],
    ["certificates", "/certificates"],
    ["certificate", `/certificates/${kept.id}`],
    ["new-certificate", "/certificates/new"],
    ["people", "/users"],
    ["tokens", "/tokens"],
    ["audit", "/audit"],
    ["settings", "/settings"],
    ["account", "/account"],
    ["missing", "/no/such/page"],
    ["removed", "/domains/00000000-0000-4000-8000-000000000000"],
  ] as const)
    pages.set(name, path);
});

for (const view of VIEWS)
  test(`every page holds in ${view.theme} at ${view.width} px`, async () => {
    const window = await office.owner("/welcome", view);
    for (const [name, path] of pages) {
      await window.page.goto(path);
      await window.page.getByRole("heading", { level: 1 }).waitFor();
      await window.page.waitForFunction(
        () => document.querySelector("main .mantine-Loader-root") === null,
      );
      await window.assertClean(name);
    }
    await window.close();
  });

test("by keyboard alone: past the navigation, into another page, through a menu and out of a dialog", async () => {
  const { page, close } = await office.owner("/users");
  await page.getByRole("row", { name: /owner/ }).waitFor();
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim() ?? "");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Skip to the page");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "Invite somebody");
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.waitForFunction(
    () => document.activeElement?.textContent?.includes("Invite") === true,
  );

  const menu = page.getByRole("button", { name: "Actions for owner" });
  await menu.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });

  await page.getByRole("link", { name: "Settings" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  await page.waitForFunction(() => document.activeElement?.id === "page");
  await close();
});

test("a phone's navigation opens, says so, and closes when a page is chosen", async () => {
  const window = await office.owner("/users", { theme: "light", width: 320 });
  const { page } = window;
  assert.equal(await page.getByRole("link", { name: "Settings" }).isVisible(), false);
  const button = page.getByRole("button", { name: "Open the menu" });
  assert.equal(await button.getAttribute("aria-expanded"), "false");
  await button.click();
  await window.assertClean("the open navigation");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings", level: 1 }).waitFor();
  await page.getByRole("button", { name: "Open the menu" }).waitFor();
  await window.close();
});
