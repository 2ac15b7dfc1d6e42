import assert from "node:assert/strict";
import { test } from "node:test";
import { settings } from "#contract/settings.ts";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-settings");

test("a setting is saved, taken back by Undo, and both stand in the audit log", async () => {
  const client = await office.client();
  const mode = async () => (await client.read(settings, "GET", "/api/v1/settings")).federationMode;
  const { page, assertClean, close } = await office.owner("/settings");
  const panel = page.getByRole("region", { name: "Who may federate" });
  assert.equal(await panel.getByRole("button", { name: "Save" }).isDisabled(), true);
  await panel.getByRole("radio", { name: "Trusted peers only" }).check();
  await panel.getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").getByText("Saved").waitFor();
  assert.equal(await mode(), "trusted_only");
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForFunction(async () => {
    const answer = await fetch("/api/v1/settings");
    const body: unknown = await answer.json();
    return (body as { federationMode: string }).federationMode === "open";
  });
  await assertClean("the settings");

  await page.goto("/audit?resource=settings");
  await page.getByRole("button", { name: "What changed" }).last().click();
  const change = page.getByRole("dialog").getByRole("row", { name: /federationMode/ });
  assert.match(await change.innerText(), /open\s+trusted_only/);
  await assertClean("an entry of the audit log");
  await close();
});

test("what cannot be a port or a resolver is marked, named and not sent", async () => {
  const { page, assertClean, close } = await office.owner("/settings");
  const panel = page.getByRole("region", { name: "How domains are found" });
  await panel.getByLabel("Other SRV ports to dial").fill("443, http");
  await panel.getByText("“http” is not a port").waitFor();
  await panel.getByLabel("Resolvers outside").fill("dns.example.net");
  await panel.getByText("“dns.example.net” is not an address").waitFor();
  await assertClean("settings with mistakes");
  let isSent = false;
  page.on("request", (request) => {
    isSent ||= request.method() === "PATCH";
  });
  await panel.getByRole("button", { name: "Save" }).click();
  assert.equal(isSent, false);

  await panel.getByLabel("Other SRV ports to dial").fill("443");
  await panel.getByLabel("Resolvers outside").fill("9.9.9.9");
  await panel.getByRole("button", { name: "Save" }).click();
  await page.getByRole("status").getByText("Saved").waitFor();
  const client = await office.client();
  const saved = await client.read(settings, "GET", "/api/v1/settings");
  assert.deepEqual(saved.extraSrvPorts, [443]);
  assert.deepEqual(saved.outsideResolvers, ["9.9.9.9:53"]);
  await close();
});

test("what the appliance refuses stays in the form as it was typed, and what is no address is marked", async () => {
  const { page, close } = await office.owner("/settings");
  const panel = page.getByRole("region", { name: "Ports for other servers and for components" });
  const address = panel.getByLabel("Address for other servers");
  await address.fill("127.0.0.300");
  await panel.getByText("An IP address, please.").waitFor();
  await address.fill("1::2::3");
  await panel.getByLabel("Port for components").fill("5399");
  await panel.getByRole("button", { name: "Save" }).click();
  await panel.getByRole("alert").waitFor();
  assert.equal(await address.inputValue(), "1::2::3");
  assert.equal(await panel.getByLabel("Port for components").inputValue(), "5399");
  await close();
});

test("a chosen appearance holds against the system's, also before the page's own code runs", async () => {
  const { page, close } = await office.owner("/settings", { theme: "light", width: 1280 });
  await page
    .getByRole("region", { name: "Appearance" })
    .getByRole("radio", { name: "Dark" })
    .check();
  const scheme = () =>
    page.evaluate(() => document.documentElement.getAttribute("data-mantine-color-scheme"));
  assert.equal(await scheme(), "dark");
  await page.route("**/assets/index-*.js", (route) => route.abort());
  await page.reload({ waitUntil: "domcontentloaded" });
  assert.equal(await scheme(), "dark");
  await close();
});
