import assert from "node:assert/strict";
import { test } from "node:test";
import { VIEWS } from "../stack/browser.ts";
import { runTrace } from "../stack/operations.ts";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-find-trace");
const DOMAINS = ["nobody-one.example", "nobody-two.example", "dot.example"];
const client = await office.client();
await office.world.dns.setZone("dot.example", ["_xmpp-server._tcp IN SRV 0 0 0 ."]);
for (const domain of DOMAINS) await runTrace(client, domain);

test("traces are searched and filtered in the address; the same address shows the same to somebody else", async () => {
  const { page, assertClean, close } = await office.owner("/traces");
  await page.getByText("3 entries").waitFor();
  await page.getByRole("searchbox", { name: "Search domains" }).fill("nobody");
  await page.getByText("2 entries").waitFor();
  await page.getByLabel("XMPP").selectOption({ label: "reachable" });
  await page.getByText("Nothing matches").waitFor();
  await assertClean("no trace matches");
  await page.getByRole("button", { name: "Clear search and filters" }).click();
  await page.getByText("3 entries").waitFor();
  await page.getByLabel("XMPP").selectOption({ label: "unreachable" });
  await page.getByRole("columnheader", { name: "Domain" }).getByRole("button").click();
  await page.waitForURL(/sort=domain/);
  const first = page.getByRole("row").nth(1);
  await first.getByRole("link", { name: "dot.example" }).waitFor();
  await first.getByText("says in DNS that it offers no server-to-server service").waitFor();

  const other = await office.owner(page.url().slice(office.appliance.url.length));
  await other.page.getByRole("row").nth(1).getByRole("link", { name: "dot.example" }).waitFor();
  assert.equal(await other.page.getByLabel("XMPP").inputValue(), "unreachable");
  await other.close();
  await close();
});

test("where rows are cards they are sorted by a choice, kept in the address", async () => {
  const view = { theme: "light", width: 320 } as const;
  const { page, assertClean, close } = await office.owner("/traces", view);
  await page.getByText("3 entries").waitFor();
  await page.getByLabel("Sort").selectOption({ label: "Domain, descending" });
  await page.waitForURL(/sort=-domain/);
  await page.getByRole("row").nth(1).getByRole("link", { name: "nobody-two.example" }).waitFor();
  await assertClean("a list sorted by a choice");
  await page.getByLabel("Sort").selectOption({ label: "As usual" });
  await page.waitForURL(/\/traces$/);
  await close();
});

test("a pinned trace is found among the pinned, and its address stays", async () => {
  const { page, close } = await office.owner("/traces?q=dot");
  await page.getByRole("link", { name: "dot.example" }).click();
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await page.getByRole("button", { name: "Unpin" }).waitFor();
  const address = page.url();
  await page.goto("/traces");
  await page.getByText("3 entries").waitFor();
  await page.getByLabel("Pinned only").check();
  await page.getByText("1 entry", { exact: true }).waitFor();
  await page.getByRole("img", { name: "Pinned" }).waitFor();
  await page.goto(address);
  await page.getByRole("heading", { level: 1, name: "dot.example" }).waitFor();
  await close();
});

test("an address of no trace says so, and leads back", async () => {
  const { page, assertClean, close } = await office.owner(
    "/t/00000000-0000-4000-8000-000000000000",
  );
  await page.getByText("It is not there (any more)").waitFor();
  await assertClean("a trace that does not exist");
  await page.getByRole("link", { name: "Traces" }).first().click();
  await page.getByRole("heading", { level: 1, name: "Traces" }).waitFor();
  await close();
});

test("a ping without a link to an XMPP server says that nothing was sent, and why", async () => {
  const { page, assertClean, close } = await office.owner("/ping");
  await page.getByRole("textbox", { name: "Domain" }).fill("https://dot.example/");
  await page.getByRole("button", { name: "Ping", exact: true }).click();
  await page.getByRole("button", { name: "Use dot.example" }).click();
  await page.getByText("Nothing was sent").waitFor();
  await page.getByText("No attached XMPP server of yours could carry the ping.").waitFor();
  await assertClean("a ping that was not sent");
  await close();
});

for (const view of VIEWS)
  test(`overview, connections and ping hold while there is nothing, ${view.theme}, ${view.width} px`, async () => {
    const { page, assertClean, close } = await office.owner("/", view);
    await page.getByText("No domain of yours is set up yet.").waitFor();
    await page.getByText("No peers yet. Trace a domain, then add it with one click.").waitFor();
    await assertClean("an overview of nothing");
    await page.goto("/connections");
    await page.getByText("Nothing is attached yet").waitFor();
    await assertClean("no connections");
    await page.goto("/ping");
    await page.getByRole("heading", { level: 1, name: "Ping a domain" }).waitFor();
    await assertClean("the ping");
    await close();
  });
