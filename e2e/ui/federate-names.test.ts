import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import type { Page } from "playwright";
import { VIEWS } from "../stack/browser.ts";
import { attachComponent, type Component } from "../stack/component.ts";
import { COMPONENT_PORT, type XmppServer } from "../stack/prosody.ts";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-native");
const beside = "beside.example";
const instead = "instead.example";
const components: Component[] = [];
let server: XmppServer;
after(() => {
  for (const component of components) component.close();
});

before(async () => {
  server = await office.world.prosody({ domain: beside });
  const client = await office.client();
  const { address } = office.appliance;
  await client.send("PATCH", "/api/v1/settings", {
    allowPrivateTargets: true,
    outsideResolvers: [office.world.dns.server],
    s2sAddress: address,
    componentAddress: address,
  });
  await office.world.dns.setZone(beside, [
    `_xmpp-server._tcp IN SRV 10 0 ${server.s2sPort} xmpp`,
    `xmpp IN A ${server.address}`,
  ]);
  await office.world.dns.setZone(instead, []);
});

async function nameIt(page: Page, domain: string): Promise<void> {
  await page.getByRole("textbox", { name: "Domain" }).fill(domain);
  await page.getByRole("button", { name: "Continue" }).click();
  await page
    .getByRole("heading", { name: "Beside an existing server, or instead of one?" })
    .waitFor();
}

test("beside a server: who answers is told, only the wave name's record leads here, and it is federated", async () => {
  const { page, assertClean, close } = await office.owner("/domains/new");
  await nameIt(page, beside);
  await page.getByText(`xmpp.${beside} port ${server.s2sPort} answers today`).waitFor();
  await assertClean("the choice beside or instead");
  await page.getByRole("radio", { name: "Beside it, with a connection of its own" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { name: `Federate one name of ${beside}` }).waitFor();
  await page.getByLabel("Public addresses of the appliance").fill("xmpp");
  await page.getByText("“xmpp” is not an IP address.").waitFor();
  await page.getByLabel("Public addresses of the appliance").fill(office.appliance.address);
  const lines = page.getByRole("region", { name: "Zone lines" });
  assert.deepEqual((await lines.innerText()).split("\n"), [
    `_xmpp-server._tcp.wave.${beside}. 3600 IN SRV 10 0 5269 wave.${beside}.`,
    `wave.${beside}. 3600 IN A ${office.appliance.address}`,
  ]);
  await assertClean("a name beside a server");
  const typed = (await lines.innerText())
    .split("\n")
    .map((line) => line.replace(`.${beside}.`, ""));
  await office.world.dns.setZone(beside, [
    `_xmpp-server._tcp IN SRV 10 0 ${server.s2sPort} xmpp`,
    `xmpp IN A ${server.address}`,
    ...typed.map((line) => line.replace(/ 3600 /, " ")),
  ]);
  await page.getByRole("button", { name: `Federate wave.${beside}` }).click();
  const panel = page.getByRole("region", { name: "Attachment" });
  await panel.getByText("Open to other servers").waitFor({ timeout: 30_000 });
  await panel.getByText(`Others dial wave.${beside} port 5269.`).waitFor();
  const card = page.getByRole("article", { name: `_xmpp-server._tcp.wave.${beside}`, exact: true });
  await card.getByText("published", { exact: true }).waitFor({ timeout: 60_000 });
  // The record of the domain itself leads to the server beside, and is none of ours.
  await page.getByText(`Another server keeps ${beside}`).waitFor();
  const others = page.getByRole("article", { name: `_xmpp-server._tcp.${beside}`, exact: true });
  assert.equal(await others.count(), 0);
  await panel.getByText(`wave.${beside} has no certificate for its streams.`).waitFor();
  const outside = page.getByRole("region", { name: "Outside and inside" });
  await outside.getByText(office.appliance.address, { exact: true }).waitFor();
  await assertClean("a domain with a name of its own beside");
  await close();
});

test("instead of a server: nobody answers, the domain and its wave name lead here, one is switched off", async () => {
  const { page, assertClean, close } = await office.owner("/domains/new");
  await nameIt(page, instead);
  await page.getByText(`Nobody answers for ${instead}`).waitFor();
  await page.getByRole("radio", { name: "Instead of one" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Host that others dial").fill(`fed.${instead}`);
  await page.getByLabel("Public addresses of the appliance").fill(office.appliance.address);
  await assertClean("a domain instead of a server");
  await page.getByRole("button", { name: `Federate ${instead}` }).click();
  const panel = page.getByRole("region", { name: "Attachment" });
  await panel.getByText("Open to other servers").nth(1).waitFor({ timeout: 30_000 });
  await panel.getByText(`Others dial fed.${instead} port 5269.`).nth(1).waitFor();
  await panel.getByRole("button", { name: `More for wave.${instead}` }).click();
  await page.getByRole("menuitem", { name: "Change how others reach it" }).click();
  await page.getByRole("dialog").getByRole("radio", { name: "Nothing of its own" }).check();
  await assertClean("the change of a federated name");
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await panel.getByText("Answers pings and disco only.").nth(1).waitFor();
  await panel.getByRole("button", { name: `More for wave.${instead}` }).click();
  await page.getByRole("menuitem", { name: "Switch off" }).click();
  await panel.getByText("Switched off").waitFor();
  await close();
});

test("a component is hosted: its secret is shown once, it connects with it, is closed, and gets a new one", async () => {
  const { page, assertClean, close } = await office.owner("/domains");
  await page.getByRole("link", { name: instead }).click();
  const panel = page.getByRole("region", { name: "Attachment" });
  await panel.getByRole("button", { name: "Add a name" }).click();
  await page.getByRole("menuitem", { name: "Host a component" }).click();
  const dialog = page.getByRole("dialog");
  const name = `irc.${instead}`;
  await dialog.getByLabel("Its name").fill(name);
  await assertClean("a component to host");
  await dialog.getByRole("button", { name: "Add, and make its secret" }).click();
  await dialog.getByText("The secret is shown this once").waitFor();
  const first = await readLines(page);
  assert.equal(first["hostname"], name);
  assert.equal(first["xmpp_server_ip"], office.appliance.address);
  await assertClean("the configuration of a hosted component");
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await dialog.waitFor({ state: "detached" });
  await panel.getByText("No component connected").waitFor();
  assert.ok(!(await page.content()).includes(first["password"] ?? "?"), "shown once");

  await attach(name, first["password"] ?? "");
  const item = panel.getByRole("list", { name: "Connected instances" }).getByRole("listitem");
  await item.waitFor();
  await panel.getByText("Connected", { exact: true }).waitFor();
  await panel.getByText(`${name} has no certificate for its streams.`).waitFor();
  await assertClean("a hosted component that is connected");
  await item.getByRole("button", { name: /Close the connection/ }).click();
  await panel.getByText("No component connected").waitFor();

  await panel.getByRole("button", { name: `More for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Make a new secret" }).click();
  await assertClean("a new secret, asked before");
  await dialog.getByRole("button", { name: "Make a new secret" }).click();
  await dialog.getByText("The secret is shown this once").waitFor();
  const second = await readLines(page);
  assert.notEqual(second["password"], first["password"]);
  await dialog.getByRole("button", { name: "I have copied it" }).click();
  await assert.rejects(attach(name, first["password"] ?? ""));
  await panel.getByText("came as").waitFor();
  await assertClean("a hosted component with a wrong secret");
  await attach(name, second["password"] ?? "");
  await panel.getByText("Connected", { exact: true }).waitFor();
  await close();
});

test("a name gets ports of its own: one that is taken is refused or told, records follow, and all is taken back", async () => {
  const { page, assertClean, close } = await office.owner("/domains");
  await page.getByRole("link", { name: beside }).click();
  const panel = page.getByRole("region", { name: "Attachment" });
  const dialog = page.getByRole("dialog");
  const { address } = office.appliance;
  const change = async () => {
    await panel.getByRole("button", { name: `More for wave.${beside}` }).click();
    await page.getByRole("menuitem", { name: "Change how others reach it" }).click();
  };
  const save = dialog.getByRole("button", { name: "Save" });
  await change();
  await dialog.getByRole("switch", { name: "Ports of its own" }).check();
  assert.equal(await save.isDisabled(), true);
  await dialog.getByLabel("Port with STARTTLS").fill("5269");
  await save.click();
  await dialog.getByText(`${address} port 5269 is the port with STARTTLS of all names`).waitFor();
  await assertClean("a port that is taken by the appliance itself");
  await dialog.getByLabel("Port with STARTTLS").fill("5301");
  await dialog.getByLabel("Port with direct TLS").fill("5311");
  await dialog.getByRole("switch", { name: "The shared ports answer for it, too" }).uncheck();
  assert.equal(await dialog.getByLabel("Port", { exact: true }).inputValue(), "5301");
  await save.click();
  await panel.getByText(`Others dial wave.${beside} port 5301.`).waitFor();
  await panel.getByText("5301 with STARTTLS, 5311 with direct TLS").waitFor();
  const card = page.getByRole("article", { name: `_xmpps-server._tcp.wave.${beside}` });
  await card.getByText(`IN SRV 10 0 5311 wave.${beside}.`).waitFor({ timeout: 60_000 });
  await assertClean("a name with ports of its own");

  const blocker = createServer().listen(5302, address);
  await once(blocker, "listening");
  await change();
  await dialog.getByLabel("Port with STARTTLS").fill("5302");
  await save.click();
  await panel.getByText("Not open").waitFor();
  await panel.getByText("Another program uses it").waitFor();
  await assertClean("a port that another program has");
  blocker.close();
  await panel.getByText("Open to other servers").waitFor({ timeout: 15_000 });
  await change();
  await dialog.getByRole("switch", { name: "Ports of its own" }).uncheck();
  await save.click();
  await panel.getByText(`Others dial wave.${beside} port 5269.`).waitFor();
  await close();
});

for (const view of VIEWS)
  test(`the domain's page with names of every kind holds in ${view.theme} at ${view.width} px`, async () => {
    const { page, assertClean, close } = await office.owner("/domains", view);
    await page.getByRole("link", { name: instead }).click();
    await page.getByRole("heading", { name: `irc.${instead}`, exact: true }).waitFor();
    await assertClean("names of every kind");
    for (const way of ["", "&way=beside", "&way=instead"]) {
      const id = /[0-9a-f-]{36}/.exec(page.url())?.[0] ?? "";
      await page.goto(`/domains/new?domain=${id}${way}`);
      await page.getByRole("heading", { level: 2 }).first().waitFor();
      await page.getByText("Looking who answers").waitFor({ state: "detached" });
      await assertClean(`the wizard${way.replace("&way=", " ")}`);
      await page.goBack();
    }
    await close();
  });

async function attach(name: string, secret: string): Promise<void> {
  const place = { host: office.appliance.address, port: COMPONENT_PORT };
  components.push(
    await attachComponent({ ...place, name, secret, identities: ["component/generic"] }),
  );
}

/** The lines for Biboumi as the dialog shows them. */
async function readLines(page: Page): Promise<Record<string, string>> {
  const text = await page.getByRole("region", { name: "biboumi.cfg" }).innerText();
  return Object.fromEntries(
    text.split("\n").map((line) => [line.split("=")[0] ?? "", line.slice(line.indexOf("=") + 1)]),
  );
}
