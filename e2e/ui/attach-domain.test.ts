import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Page } from "playwright";
import type { XmppServer } from "../stack/prosody.ts";
import { SECRET } from "../stack/world.ts";
import { chooseComponent, openOffice } from "./office.ts";

const office = await openOffice("ui-domains");
const domain = "initech-corp.com";
const name = `wave.${domain}`;
let server: XmppServer;

before(async () => {
  server = await office.world.prosody({ domain, components: [name] });
});

test("an address of a web page instead of a domain is refused, and its cleaned value taken by a click", async () => {
  const { page, assertClean, close } = await office.owner("/domains");
  await page.getByRole("link", { name: "Add a domain" }).click();
  await page.getByRole("textbox", { name: "Domain" }).fill("https://bücher.example/");
  await page.getByRole("button", { name: "Continue" }).click();
  const alert = page.getByRole("alert");
  await alert.waitFor();
  await assertClean("a name that is none");
  await alert.getByRole("button", { name: "Use bücher.example" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await chooseComponent(page);
  await page.getByRole("heading", { name: "Attach bücher.example to your XMPP server" }).waitFor();
  await page.getByRole("link", { name: "Do this later" }).click();
  await page.getByText("xn--bcher-kva.example", { exact: true }).first().waitFor();
  await page.getByRole("heading", { name: "Neither attached nor federated from here" }).waitFor();
  await assertClean("a domain that is not attached");
  await close();
});

test("a plain connection to another machine waits until its host is typed", async () => {
  const { page, assertClean, close } = await office.owner("/domains/new");
  await nameIt(page, "consent.example");
  const submit = page.getByRole("button", { name: "I have done that: attach and test" });
  await page.getByLabel("Server’s address").fill("192.0.2.7");
  await page.getByText("The connection to 192.0.2.7 would not be encrypted").waitFor();
  assert.equal(await submit.isDisabled(), true);
  await assertClean("the consent");
  await page.getByLabel("Type 192.0.2.7 to do it all the same").fill("192.0.2.7");
  assert.equal(await submit.isEnabled(), true);
  await page.getByLabel("Your XMPP server", { exact: true }).selectOption("openfire");
  assert.equal(await page.getByLabel("Component port").inputValue(), "5275");
  await page.getByRole("radio", { name: "TLS" }).check();
  assert.equal(await page.getByLabel("Component port").inputValue(), "5276");
  assert.equal(await submit.isEnabled(), true);
  await close();
});

test("a domain is attached, tested step by step, and its live state follows the server", async () => {
  const { page, assertClean, close } = await office.owner("/domains/new");
  await nameIt(page, domain);
  await page.getByLabel("Server’s address").fill(server.address);
  await page.getByRole("button", { name: "The server has a secret already" }).click();
  await page.getByRole("textbox", { name: "Secret from your server" }).fill("not the secret");
  await page.getByText("Only printable ASCII characters").waitFor();
  await page.getByRole("textbox", { name: "Secret from your server" }).fill("wrong-secret");
  await page.getByRole("button", { name: "I have done that: attach and test" }).click();
  await page.getByText("It is not attached yet").waitFor();
  const step = page.getByRole("listitem").filter({ hasText: "Prove the secret" }).first();
  await step.getByText("failed").waitFor();
  await assertClean("a test that failed");
  await page.getByRole("button", { name: "Enter the secret again" }).click();
  const again = page.getByRole("dialog");
  await again.getByRole("textbox", { name: "Secret from your server" }).fill("wrong-again");
  await assertClean("the secret, to be entered again");
  await again.getByRole("button", { name: "Save" }).click();
  await again.waitFor({ state: "detached" });
  await page.getByText("It is not attached yet").waitFor();

  await page.getByRole("link", { name: "Go on to the DNS records" }).click();
  const panel = page.getByRole("region", { name: "Attachment" });
  await panel.getByText("Not attached").waitFor();
  await panel.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Change address or secret" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("The secret stays as it is").waitFor();
  await dialog.getByRole("button", { name: "Set a new secret" }).click();
  await dialog.getByRole("button", { name: "The server has a secret already" }).click();
  await dialog.getByRole("textbox", { name: "Secret from your server" }).fill(SECRET);
  await assertClean("the change of a secret");
  await dialog.getByRole("button", { name: "Save" }).click();
  await panel.getByText("Attached", { exact: true }).waitFor({ timeout: 30_000 });

  await panel.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Test", exact: true }).click();
  await page.getByRole("dialog").getByText("done").nth(3).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Close" }).click();

  await server.kill();
  await panel.getByText("Not attached").waitFor({ timeout: 30_000 });
  await panel.getByText("Nothing listens on").waitFor();
  await assertClean("a domain whose server is gone");
  await server.start();
  await panel.getByRole("button", { name: "Try now" }).click();
  await panel.getByText("Attached", { exact: true }).waitFor({ timeout: 60_000 });
  await close();
});

test("a component is switched off, and Undo attaches it again; the domain goes by typing its name", async () => {
  const { page, assertClean, close } = await office.owner("/domains");
  await page.getByRole("link", { name: domain }).click();
  const panel = page.getByRole("region", { name: "Attachment" });
  await panel.getByText("Attached", { exact: true }).waitFor();
  await panel.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await panel.getByText("Switched off").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await panel.getByText("Attached", { exact: true }).waitFor({ timeout: 60_000 });

  await page.getByRole("button", { name: `More for ${domain}` }).click();
  await page.getByRole("menuitem", { name: "Remove the domain" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill(domain);
  await assertClean("the removal of a domain");
  await page.getByRole("dialog").getByRole("button", { name: "Remove the domain" }).click();
  await page.getByRole("heading", { name: "Domains", level: 1 }).waitFor();
  await page.getByRole("link", { name: domain }).waitFor({ state: "detached" });
  await close();
});

test("a name of mixed scripts is shown as it is in DNS, with a warning, before it is attached", async () => {
  const { page, assertClean, close } = await office.owner("/domains/new");
  await nameIt(page, "\u0430pple.example");
  await page.getByText("xn--pple-43d.example", { exact: true }).first().waitFor();
  await page.getByText(/^Letters of (Cyrillic, Latin|Latin, Cyrillic)$/).waitFor();
  await assertClean("a look-alike");
  await close();
});

async function nameIt(page: Page, typed: string): Promise<void> {
  await page.getByRole("textbox", { name: "Domain" }).fill(typed);
  await page.getByRole("button", { name: "Continue" }).click();
  await chooseComponent(page);
  await page.getByRole("heading", { name: /^Attach / }).waitFor();
}
