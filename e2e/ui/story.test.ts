import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Page } from "playwright";
import { OWNER, SETUP_CODE } from "../stack/appliance.ts";
import { openWindow, type View, type Window } from "../stack/browser.ts";
import { SECRET } from "../stack/world.ts";
import { beginFirstDay, type FirstDay } from "./first-day.ts";
import { chooseComponent } from "./office.ts";

const VIEWS: readonly View[] = [
  { theme: "light", width: 1280 },
  { theme: "dark", width: 320 },
];

for (const view of VIEWS) {
  describe(`the whole story, ${view.theme}, ${view.width} px`, () => {
    let day: FirstDay;
    let window: Window;
    let page: Page;

    before(async () => {
      day = await beginFirstDay();
      window = await openWindow(day.browser, day.appliance, view);
      ({ page } = window);
    });
    after(() => day.end());

    test("the setup code makes the first account", async () => {
      await page.goto("/");
      await page.getByLabel("Setup code").fill(SETUP_CODE);
      await page.getByLabel("Your name").fill(OWNER.name);
      await page.getByLabel("Password", { exact: true }).fill(OWNER.password);
      await window.assertClean("setup");
      await page.getByRole("button", { name: "Create the owner’s account" }).click();
      await page.getByRole("heading", { name: `Welcome, ${OWNER.name}` }).waitFor();
      await window.assertClean("welcome");
    });

    test("a pasted address is no domain: the cleaned value is offered", async () => {
      await page.getByRole("link", { name: "Add your domain" }).click();
      await page.getByRole("textbox", { name: "Domain" }).fill(`https://${day.domain}/`);
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByRole("button", { name: `Use ${day.domain}` }).click();
    });

    test("the domain is attached to the XMPP server, and the test says so", async () => {
      const attach = page.getByRole("button", { name: "I have done that: attach and test" });
      const beside = page.getByRole("radio", { name: "Beside it, as a component of your server" });
      const next = page.getByRole("button", { name: "Continue" });
      await beside.or(next).first().waitFor();
      if (!(await beside.isVisible())) await next.click();
      await chooseComponent(page);
      await page.getByLabel("Server’s address").fill(day.server.address);
      await page.getByRole("button", { name: "The server has a secret already" }).click();
      await page.getByLabel("Secret from your server’s configuration").fill(SECRET);
      const lines = await page
        .getByRole("region", { name: "prosody.cfg.lua, at the end" })
        .innerText();
      assert.match(lines, new RegExp(`Component "${day.wave}"`));
      await window.assertClean("attach");
      await attach.click();
      await page.getByText("Attached: everything that can be tested from here works.").waitFor();
      await window.assertClean("the attachment's test");
    });

    test("the settings let it dial loopback and ask a resolver outside", async () => {
      await page.goto("/settings");
      const found = page.getByRole("region", { name: "How domains are found" });
      await found.getByRole("switch", { name: "Dial private addresses" }).check();
      await page.getByLabel("Resolvers outside").fill(day.world.dns.server);
      await found.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved", { exact: true }).first().waitFor();
    });

    test("missing DNS records are named; published as the page shows them, they turn green", async () => {
      await page.goto("/domains");
      await page.getByRole("link", { name: day.domain }).first().click();
      const outside = page.getByRole("region", { name: "Outside and inside" });
      await outside.getByRole("button", { name: "Edit" }).click();
      await page.getByLabel("Its public addresses").fill(day.server.address);
      await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
      const others = page.getByRole("region", { name: "What others find" });
      await others.getByText("missing").first().waitFor();
      await others.getByRole("button", { name: "Test now" }).click();
      await others.getByRole("article").filter({ hasText: "missing" }).nth(3).waitFor();
      await window.assertClean("missing records");

      const lines = others.getByRole("region", { name: /^Zone line for / });
      await lines.nth(3).waitFor();
      const records = (await lines.allInnerTexts()).map((text) => text.trim());
      await day.world.dns.setZone(day.domain, records);
      await others.getByRole("button", { name: "Test now" }).click();
      await others.getByText("Every record is published as it should be.").waitFor();
      await window.assertClean("published records");
    });

    test("a certificate is dropped, checked and saved; nothing of its key comes back", async () => {
      await page.goto("/certificates/new");
      const { chainFile, keyFile } = day.certificate;
      await page.locator('input[type="file"]').setInputFiles([keyFile, chainFile]);
      await page.getByText("The key belongs to the certificate").waitFor();
      await page.getByText(`covered by dns:${day.wave}`).waitFor();
      await window.assertClean("the certificate's preview");
      await page.getByRole("button", { name: "Save", exact: true }).click();
      await page.getByRole("heading", { level: 1, name: day.domain }).waitFor();
      assert.doesNotMatch(await page.content(), /PRIVATE KEY/);
    });

    test("acmewave.com is traced: 13 steps, reachable, its wave service found", async () => {
      await page.goto("/traces");
      await page.getByRole("textbox", { name: "Domain" }).first().fill(day.peer);
      await page.getByRole("button", { name: "Trace", exact: true }).click();
      const steps = page.getByRole("region", { name: "The 13 steps" });
      await page.getByRole("button", { name: "Run again" }).waitFor();
      assert.equal(await steps.getByRole("heading", { level: 3 }).count(), 13);
      const verdict = await page.getByRole("main").innerText();
      assert.match(verdict, /XMPP\s+reachable/i);
      assert.match(verdict, /Wave\s+found/i);
      assert.ok(verdict.includes(`wave.${day.peer}`));
      await window.assertClean("a trace");
    });

    test("from the trace it becomes a trusted peer, is checked, and is up", async () => {
      await page.getByRole("link", { name: "Add as peer" }).click();
      await page.getByRole("heading", { level: 1, name: "Add a peer" }).waitFor();
      await window.assertClean("the peer's form");
      await page.getByRole("button", { name: /^Add/ }).last().click();
      await page.getByRole("heading", { level: 1, name: day.peer }).waitFor();
      await page.getByText("Up", { exact: true }).first().waitFor();
      await window.assertClean("a peer");
    });

    test("the status page is switched on, and shows the peer to anybody", async () => {
      await page.goto("/settings");
      const status = page.getByRole("region", { name: "Public status page" });
      await status.getByRole("switch", { name: "Anybody may see it" }).check();
      await status.getByRole("button", { name: "Save" }).click();
      await page.getByText("Saved", { exact: true }).first().waitFor();
      const visitor = await openWindow(day.browser, day.appliance, view);
      await visitor.page.goto("/status");
      await visitor.page.getByText(day.peer).first().waitFor();
      await visitor.assertClean("the public status page");
      await visitor.close();
    });

    test("the overview says that nothing needs attention", async () => {
      await page.goto("/");
      await page.getByText(day.peer).first().waitFor();
      await window.assertClean("the overview");
    });
  });
}
