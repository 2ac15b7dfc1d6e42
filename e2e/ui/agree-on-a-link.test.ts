import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright";
import { type X2xLink, x2xLinkPage } from "#contract/x2x.ts";
import {
  openBrowser,
  openWindow,
  signIn,
  type View,
  VIEWS,
  type Window,
} from "../stack/browser.ts";
import { runPing, runTrace } from "../stack/operations.ts";
import { until } from "../stack/wait.ts";
import { createWorld, type NativeSite } from "../stack/world.ts";

const world = await createWorld("ui-x2x");
const PORT = "5271";
const UP_MS = 20_000;
let browser: Browser;
let ship: NativeSite;
let shore: NativeSite;
/** What the ship's page exported. */
let half = "";

before(async () => {
  [ship, shore] = await Promise.all([
    world.nativeSite("ship.example", { settings: { federationMode: "trusted_only" } }),
    world.nativeSite("shore.example"),
  ]);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await world.end();
});

async function owner(site: NativeSite, path: string, view?: View): Promise<Window> {
  const window = await openWindow(browser, site.appliance, view);
  await signIn(window, path);
  return window;
}

async function linkOf(site: NativeSite): Promise<X2xLink> {
  const { items } = await site.client.read(x2xLinkPage, "GET", "/api/v1/x2x-links");
  const [only] = items;
  assert.ok(only);
  return only;
}

const heading = (page: Page, name: string) => page.getByRole("heading", { name, level: 2 });
const digitsOf = async (page: Page) =>
  (/(?:\d{5}\s+){5}\d{5}/.exec(await page.locator("main").innerText())?.[0] ?? "").replaceAll(
    /\s+/g,
    " ",
  );

async function next(page: Page, to: string): Promise<void> {
  await page.getByRole("button", { name: "Next" }).click();
  await heading(page, to).waitFor();
}

/** The fields of a fieldset. */
const group = (page: Page, name: string): Locator => page.getByRole("group", { name });

test("before there is a link, the page says in two sentences what they are for, and offers both ways", async () => {
  const { page, assertClean, close } = await owner(ship, "/connections");
  await page.getByRole("link", { name: "X2X links" }).click();
  await page.getByRole("heading", { name: "No X2X link yet" }).waitFor();
  await page.getByRole("link", { name: "Import the other side’s half" }).waitFor();
  await assertClean("no x2x links");
  await close();
});

test("the wizard names what is missing where it is missing, goes back without a loss, and needs a typed name for plain", async () => {
  const { page, assertClean, close } = await owner(ship, "/connections/x2x");
  await page.getByRole("link", { name: "Make a link" }).click();
  await heading(page, "Who").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Please fill this in.").nth(2).waitFor();
  await assertClean("x2x wizard, nothing filled in");
  await page.getByLabel("Name of the link").fill("to shore");
  await page.getByRole("checkbox", { name: "ship.example", exact: true }).check();
  await page.getByLabel("Their domains").fill("ship.example");
  await page.getByText("One of these is on our side, too.").waitFor();
  await page.getByLabel("Their domains").fill("shore.example");
  await next(page, "Direction");
  const theirs = group(page, "Where they listen");
  await theirs.getByLabel("Host").fill("192.0.2.1");
  await theirs.getByLabel("Port").fill("99999");
  await page.getByRole("radio", { name: "We do" }).check();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("A whole number from 1 to 65535").waitFor();
  await theirs.getByLabel("Port").fill(PORT);
  await next(page, "Security");
  await page.getByText("ship.example shows “").waitFor();
  await page.getByRole("radio", { name: "None" }).check();
  await page.getByText("Everything on this link can be read").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("Type the link’s name as it stands above.").waitFor();
  await assertClean("x2x wizard, plain");
  await page.getByLabel("Type to shore to do it all the same").fill("to shore");
  await next(page, "Identity");
  assert.equal(await page.getByRole("radio", { name: "By certificate" }).count(), 0);
  await page.goBack();
  await heading(page, "Security").waitFor();
  await page.getByRole("radio", { name: "Mutual TLS" }).check();
  await next(page, "Identity");
  await page.getByRole("radio", { name: "By address and source port" }).check();
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText("This way needs an address.").waitFor();
  await page.getByRole("radio", { name: "By certificate" }).check();
  await next(page, "Habits");
  await page.getByLabel("Close when idle").fill("600");
  await page.getByText("Only we may open. After an idle close").waitFor();
  await assertClean("x2x wizard, habits");
  await close();
});

test("one side makes the link: reviewed, its peer trusted, and the half is there as file and letter", async () => {
  const { page, assertClean, close } = await owner(ship, "/connections/x2x/new");
  const [here, there] = [ship.appliance.address, shore.appliance.address];
  await page.getByLabel("Name of the link").fill("to shore");
  for (const name of [ship.domain, ship.wave])
    await page.getByRole("checkbox", { name, exact: true }).check();
  await page.getByLabel("Their domains").fill(`${shore.domain}\n${shore.wave}`);
  await next(page, "Direction");
  await group(page, "Where they listen").getByLabel("Host").fill(there);
  await page.getByLabel("Address to connect from").fill(here);
  await group(page, "Where we listen").getByLabel("Host").fill(here);
  await page.getByLabel("Address to listen on").fill(here);
  await next(page, "Security");
  await next(page, "Identity");
  await next(page, "Habits");
  await page.getByRole("radio", { name: "Deflate" }).check();
  await page.getByText("With TLS, compression lets").waitFor();
  await assertClean("x2x wizard, compressed");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByText(`Federation with ${shore.domain}, ${shore.wave} is not allowed`).waitFor();
  await assertClean("x2x wizard, review");
  for (const domain of [shore.domain, shore.wave]) {
    await page.getByRole("button", { name: `Add ${domain} as trusted peer` }).click();
    await page.getByText(`${domain} is a trusted peer.`).waitFor();
  }
  await page.getByText("is not allowed yet").waitFor({ state: "detached" });
  const reviewed = await digitsOf(page);
  await page.getByRole("button", { name: "Make the link" }).click();
  await page.getByRole("heading", { name: "Made: now the other side", level: 1 }).waitFor();
  assert.equal(await digitsOf(page), reviewed);
  half = await page.getByRole("region", { name: "Their half as JSON" }).innerText();
  const letter = await page.getByRole("region", { name: "The letter" }).innerText();
  assert.ok(letter.includes(`Your domains: ${shore.domain}, ${shore.wave}.`), letter);
  assert.ok(letter.includes("dictionary 1 of docs/x2x-profile.md"), letter);
  assert.ok(letter.includes(`We listen on ${here}, TCP port ${PORT}.`), letter);
  assert.ok(letter.includes(reviewed), letter);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download" }).click(),
  ]);
  assert.equal(download.suggestedFilename(), "x2x-to-shore.json");
  await assertClean("x2x half");
  await close();
});

test("what is no half is refused in a sentence, and one that was changed on its way by its fingerprint", async () => {
  const { page, assertClean, close } = await owner(shore, "/connections/x2x/import");
  const field = page.getByLabel("Or paste its content");
  const read = page.getByRole("button", { name: "Read it" });
  const { agreement, ...rest } = JSON.parse(half) as { agreement: Record<string, unknown> };
  for (const [text, said] of [
    ["Hello,", "This is not JSON."],
    ["{}", "not the half of an X2X agreement"],
    [JSON.stringify({ ...rest, agreement, x2xAgreement: 2 }), "a newer Wavegate"],
    [JSON.stringify({ ...rest, agreement: { ...agreement, sides: [] } }), "The field sides is"],
  ] as const) {
    await field.fill(text);
    await read.click();
    await page.getByRole("alert").getByText(said).waitFor();
  }
  await assertClean("x2x import, refused");
  await page.locator("input[type=file]").setInputFiles({
    name: "large.json",
    mimeType: "application/json",
    buffer: Buffer.alloc(3 * 1024 * 1024, " "),
  });
  await page.getByRole("alert").getByText("This is too large").waitFor();
  await field.fill(JSON.stringify({ ...rest, agreement: { ...agreement, idleSeconds: 77 } }));
  await read.click();
  await page.getByText("The file carries another fingerprint").waitFor();
  assert.equal(await page.getByRole("button", { name: "Make the link" }).isDisabled(), true);
  await assertClean("x2x import, changed on its way");
  await close();
});

test("the other side imports the file: the same fingerprint, the link comes up, and a ping crosses it", async () => {
  const { page, assertClean, close } = await owner(shore, "/connections/x2x/import");
  await page.locator("input[type=file]").setInputFiles({
    name: "half.json",
    mimeType: "application/json",
    buffer: Buffer.from(half),
  });
  await page.getByText("have the fingerprint that it carries").waitFor();
  const { fingerprint } = await linkOf(ship);
  assert.equal(await digitsOf(page), fingerprint);
  await page.getByText(`${shore.domain} shows “`).waitFor();
  await page.getByLabel("Address to listen on").fill(shore.appliance.address);
  await page.getByLabel("Address to connect from").fill(shore.appliance.address);
  const name = page.getByLabel("Name of the link here");
  assert.equal(await name.inputValue(), `to ${ship.domain}`, "not the name that they go by");
  await name.fill("to ship");
  await assertClean("x2x import");
  await page.getByRole("button", { name: "Make the link" }).click();
  await page.getByRole("heading", { name: "to ship", level: 1 }).waitFor();
  await page.getByRole("region", { name: "State" }).getByText("Up", { exact: true }).waitFor({
    timeout: UP_MS,
  });
  const pong = await runPing(ship.client, shore.domain);
  assert.equal(pong.wave.status, "answered", JSON.stringify(pong));
  assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
  const connections = page.getByRole("region", { name: "Connections" });
  await connections
    .getByText(/TLS 1\.3, /)
    .first()
    .waitFor();
  // Live: the counters come without a reload.
  await connections
    .getByText(/^[1-9]\d* in, |, [1-9]\d* out$/)
    .first()
    .waitFor({ timeout: UP_MS });
  assert.equal((await linkOf(shore)).fingerprint, fingerprint);
  await page.getByText("12 round trips and about").waitFor();
  await page.getByText(/went over the line instead of .* saved/).waitFor({ timeout: UP_MS });
  await assertClean("x2x link");
  await close();
});

test("peers and domains name the link that carries them, and the list shows it", async () => {
  const { page, assertClean, close } = await owner(ship, "/peers");
  await page.getByRole("link", { name: shore.domain, exact: true }).click();
  await page.getByText("By X2X link").waitFor();
  await assertClean("a peer by x2x");
  await page.goto(`/domains/${ship.domainId}`);
  await page.getByText("By X2X link").waitFor();
  await page.getByRole("link", { name: "to shore" }).click();
  await page.getByRole("heading", { name: "to shore", level: 1 }).waitFor();
  await page.goto("/connections/x2x");
  const row = page.getByRole("row").filter({ hasText: "to shore" });
  await row.getByText("Up", { exact: true }).waitFor();
  await row.getByText(`${ship.domain}, ${ship.wave} with ${shore.domain}, ${shore.wave}`).waitFor();
  await assertClean("x2x links");
  await close();
});

test("a trace of the other side goes over the link and says so first; with the link down it says why, and what else there is", async () => {
  const found = await runTrace(ship.client, shore.domain);
  const { page, assertClean, close } = await owner(ship, `/t/${found.id}`);
  await page.getByText("A ping across the X2X link “to shore” was answered.").first().waitFor();
  await page.getByText("Not needed: an X2X link reaches the domain").first().waitFor();
  await page.getByRole("button", { name: "Look up the SRV records of shore.example" }).click();
  await page.getByText("Last proof of life").waitFor();
  await page.getByText("nothing else: stanzas come back as errors").waitFor();
  await assertClean("trace over a link");
  const path = `/api/v1/x2x-links/${(await linkOf(shore)).id}`;
  await shore.client.send("PATCH", path, { isEnabled: false });
  const down = await until("the link to be down", 90_000, async () => {
    const trace = await runTrace(ship.client, shore.domain);
    if (trace.headline?.code === "x2x.refused") return trace;
    throw new Error(JSON.stringify(trace.findings));
  });
  await page.goto(`/t/${down.id}`);
  await page.getByText("where “to shore” connects to.").first().waitFor();
  await page.getByText("by the X2X link “to shore” only").first().waitFor();
  await page.getByText("Not tried: the link is down").first().waitFor();
  await assertClean("trace of a link that is down");
  await shore.client.send("PATCH", path, { isEnabled: true });
  await until("the link to work again", UP_MS, async () =>
    (await runTrace(ship.client, shore.domain)).xmpp === "reachable" ? true : undefined,
  );
  await close();
});

test("one side changes the security: both fingerprints are shown, and the link's page names the field", async () => {
  const { page, assertClean, close } = await owner(ship, "/connections/x2x");
  await page.getByRole("link", { name: "to shore" }).click();
  await page.getByRole("link", { name: "Change" }).click();
  await heading(page, "Security").waitFor();
  await page.getByText("The agreement stays as it is").waitFor();
  await page.getByRole("radio", { name: "None" }).check();
  await page.getByLabel("Type to shore to do it all the same").fill("to shore");
  await group(page, "How we know them").getByLabel("Addresses").fill(shore.appliance.address);
  await group(page, "How they know us").getByLabel("Addresses").fill(ship.appliance.address);
  await page.getByRole("heading", { name: "New fingerprint" }).waitFor();
  await assertClean("x2x edit");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The agreement has changed").waitFor();
  await page.getByRole("link", { name: "Go to the link" }).click();
  await page.getByText("No TLS", { exact: true }).waitFor();
  await page.getByText(/Field “Security”: for/).waitFor({ timeout: UP_MS });
  await assertClean("x2x link with a mismatch");
  await close();
  const other = await owner(shore, "/connections/x2x");
  await other.page.getByRole("link", { name: "to ship" }).click();
  await other.page.getByText(/Field “Security”: for our side/).waitFor({ timeout: UP_MS });
  await other.assertClean("x2x link with a mismatch, other side");
  await other.close();
});

for (const view of VIEWS)
  test(`list, link, half, edit, wizard and import hold in ${view.theme} at ${view.width} px`, async () => {
    const { id } = await linkOf(ship);
    const { page, assertClean, close } = await owner(ship, "/connections/x2x", view);
    await page.getByRole("link", { name: "to shore" }).waitFor();
    await assertClean("x2x list");
    for (const [path, shown] of [
      [`/${id}`, "What the link saves"],
      [`/${id}/half`, "As a letter"],
      [`/${id}/edit`, "Habits"],
      ["/new", "Who"],
      ["/new?step=direction", "Direction"],
      ["/new?step=security", "Security"],
      ["/new?step=identity", "Identity"],
      ["/new?step=habits", "Habits"],
      ["/import", "Import the other side’s half"],
    ] as const) {
      await page.goto(`/connections/x2x${path}`);
      await page.getByRole("heading", { name: shown }).waitFor();
      await assertClean(`x2x${path.replace(id, "ID")}`);
    }
    await page.getByLabel("Or paste its content").fill(half);
    await page.getByRole("button", { name: "Read it" }).click();
    await page.getByText("This is the half that you exported yourself").waitFor();
    await assertClean("x2x import of one’s own half");
    await close();
  });

test("a link is switched off and on, and removed only after its name was typed", async () => {
  const { page, close } = await owner(shore, "/connections/x2x");
  await page.getByRole("link", { name: "to ship" }).click();
  const more = page.getByRole("button", { name: "More" });
  await more.click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await page.getByText("Nothing is sent or accepted on this link.").waitFor();
  await more.click();
  await page.getByRole("menuitem", { name: "Switch on" }).click();
  await page.getByText("Nothing is sent or accepted").waitFor({ state: "detached" });
  await more.click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: "Remove" });
  assert.equal(await confirm.isDisabled(), true);
  await dialog.getByRole("textbox").fill("to ship");
  await confirm.click();
  await page.getByRole("heading", { name: "No X2X link yet" }).waitFor();
  await close();
});
