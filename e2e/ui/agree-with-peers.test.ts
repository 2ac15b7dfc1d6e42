import assert from "node:assert/strict";
import { test } from "node:test";
import { peerPage } from "#contract/peers.ts";
import { settings } from "#contract/settings.ts";
import { VIEWS } from "../stack/browser.ts";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-peers");
const list = async (query = "") =>
  (await (await office.client()).read(peerPage, "GET", `/api/v1/peers${query}`)).items;

test("a pasted address is cleaned by a button; the peer is added on the terms that were chosen", async () => {
  const { page, assertClean, close } = await office.owner("/peers");
  await page.getByRole("heading", { name: "No peers yet" }).waitFor();
  await assertClean("no peers");
  await page.getByRole("link", { name: "Add peer" }).first().click();
  await page.getByRole("textbox", { name: "Domain" }).fill("https://acmewave.com/");
  await page.getByRole("button", { name: "Add peer" }).click();
  await page.getByRole("button", { name: "Use acmewave.com" }).click();
  await page.getByRole("radio", { name: "XMPP and Wave" }).check();
  await page.getByLabel("Label").fill("Acme");
  await page.getByLabel("Every", { exact: true }).selectOption({ label: "hour" });
  await page.getByRole("button", { name: "Add peer" }).click();
  await page.getByRole("heading", { level: 1, name: "acmewave.com" }).waitFor();
  const [added] = await list();
  assert.deepEqual(
    [added?.domain, added?.expects, added?.label, added?.checkIntervalSeconds, added?.tlsPolicy],
    ["acmewave.com", "wave", "Acme", 3600, "required"],
  );
  await close();
});

test("a look-alike is shown for what it is while it is typed, and in the list", async () => {
  const { page, assertClean, close } = await office.owner("/peers/new");
  await page.getByRole("textbox", { name: "Domain" }).fill("аcmewave.com");
  await page.getByText("xn--cmewave-1fg.com").waitFor();
  await page.getByText("Letters of Latin, Cyrillic").waitFor();
  await assertClean("a look-alike in the form");
  await page.getByRole("radio", { name: "Blocked" }).check();
  await page.getByRole("button", { name: "Block domain" }).click();
  await page.getByText("This domain is blocked").waitFor();
  await assertClean("a blocked peer");
  await page.goto("/peers?stance=blocked");
  await page.getByText(/^Letters of/).waitFor();
  await page.getByText("xn--cmewave-1fg.com").waitFor();
  await close();
});

test("no TLS is agreed to only by typing the domain, and the form says who makes the connections", async () => {
  const { page, assertClean, close } = await office.owner("/peers/new");
  await page.getByRole("textbox", { name: "Domain" }).fill("radio.example");
  await page.getByText("that server makes the connections and follows its own settings").waitFor();
  await page.getByRole("radio", { name: "Never" }).check();
  const add = page.getByRole("button", { name: "Add peer" });
  const consent = page.getByLabel(/^Type radio\.example to confirm/);
  await consent.fill("radio");
  assert.equal(await add.isDisabled(), true);
  await consent.fill("radio.example");
  await assertClean("the consent to no TLS");
  await add.click();
  await page.getByRole("heading", { level: 1, name: "radio.example" }).waitFor();
  assert.equal((await list("?q=radio"))[0]?.tlsPolicy, "never");
  await close();
});

test("what exists already is led to; terms are changed and hold", async () => {
  const { page, assertClean, close } = await office.owner("/peers/new?domain=acmewave.com");
  await page.getByRole("button", { name: "Add peer" }).click();
  await page.getByRole("alert").waitFor();
  await assertClean("a peer that exists already");
  await page.goto("/peers");
  await page.getByRole("link", { name: "acmewave.com", exact: true }).click();
  await page.getByRole("tab", { name: "Terms" }).click();
  await page.getByLabel("Down after").selectOption({ label: "5 failures in a row" });
  await page.getByLabel("Host").fill("xmpp.acmewave.com");
  await page.getByRole("button", { name: "Save terms" }).click();
  await page.getByText("The terms are saved").waitFor();
  await assertClean("a peer's terms");
  const changed = (await list("?q=acmewave")).find(({ domain }) => domain === "acmewave.com");
  assert.deepEqual([changed?.failuresUntilDown, changed?.overrideHost], [5, "xmpp.acmewave.com"]);
  await close();
});

test("what would happen to a stranger, and why, with the rule that decides", async () => {
  const client = await office.client();
  const { page, assertClean, close } = await office.owner("/peers?decide=stranger.example");
  await page.getByText("stranger.example may federate with you").waitFor();
  await page.getByText("federation is open to everybody").waitFor();
  const proof =
    "a certificate for its name, from an authority that this appliance trusts; dialback";
  assert.equal(await page.getByText(proof).count(), 2, "each way");
  await assertClean("what a stranger has to prove");
  await client.read(settings, "PATCH", "/api/v1/settings", { federationMode: "trusted_only" });
  await page.reload();
  await page.getByText("stranger.example may not federate with you").waitFor();
  await page.getByText("gets the error forbidden").waitFor();
  await page.getByText("gets the error not-allowed").waitFor();
  await page.getByText("is dropped and counted").waitFor();
  await assertClean("what would happen to a stranger");
  await client.read(settings, "PATCH", "/api/v1/settings", { federationMode: "open" });
  await close();
});

test("several are added by pasting, filtered by address, changed at once, and removed by typing", async () => {
  const { page, assertClean, close } = await office.owner("/peers");
  await page.getByRole("button", { name: "Add several" }).click();
  const dialog = page.getByRole("dialog");
  await dialog
    .getByLabel("Domains")
    .fill("one.example\ntwo.example, three.example\nacmewave.com\nnot a name\n");
  await dialog.getByRole("button", { name: "Add 5 peers" }).click();
  await dialog.getByText("3 added").waitFor();
  await dialog.getByText("exists already").waitFor();
  await dialog.getByText(/is not a domain name/).waitFor();
  await assertClean("what became of a pasted list");
  await dialog.getByRole("button", { name: "Close" }).click();

  await page.getByRole("searchbox", { name: /^Search domains/ }).fill(".example");
  await page.waitForURL(/q=\.example/);
  await page.getByLabel("State").selectOption("unknown");
  await page.waitForURL(/state=unknown/);
  const address = page.url();
  for (const domain of ["one.example", "two.example"])
    await page.getByLabel(`Choose ${domain}`).check();
  const bulk = page.getByRole("region", { name: "2 chosen" });
  await assertClean("two chosen");
  await bulk.getByRole("button", { name: "Block" }).click();
  await page.getByText("2 peers changed").waitFor();
  const blocked = (await list("?stance=blocked&q=.example")).map(({ domain }) => domain);
  assert.deepEqual(blocked.sort(), ["one.example", "two.example"]);

  // The same address shows the same to somebody else.
  const other = await office.owner(address.slice(office.appliance.url.length));
  await other.page.getByRole("link", { name: "three.example" }).waitFor();
  assert.equal(await other.page.getByRole("link", { name: "one.example" }).count(), 0);
  await other.close();

  await page.goto("/peers?q=three");
  await page.getByLabel("Choose three.example").check();
  await page.getByRole("button", { name: "Remove" }).click();
  const confirm = page.getByRole("dialog").getByRole("button", { name: "Remove them" });
  assert.equal(await confirm.isDisabled(), true);
  await page.getByRole("dialog").getByRole("textbox").fill("remove");
  await confirm.click();
  await page.getByText("Nothing matches").waitFor();
  await close();
});

for (const view of VIEWS)
  test(`peers, one peer and the form hold, ${view.theme}, ${view.width} px`, async () => {
    const { page, assertClean, close } = await office.owner("/peers?q=acme", view);
    await page.getByRole("link", { name: "acmewave.com", exact: true }).waitFor();
    await assertClean("the list of peers");
    await page.getByRole("link", { name: "acmewave.com", exact: true }).click();
    await page.getByRole("region", { name: "The last 90 days" }).waitFor();
    await assertClean("a peer");
    await page.goto("/peers/new");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await assertClean("the form");
    await close();
  });
