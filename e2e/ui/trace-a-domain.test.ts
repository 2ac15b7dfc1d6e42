import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import type { Page } from "playwright";
import { trace } from "#contract/traces.ts";
import { VIEWS } from "../stack/browser.ts";
import { DEAD, GOOD, NOBODY, openTraceOffice, SILENT } from "./trace-office.ts";

const office = await openTraceOffice("ui-trace");

test("a reachable domain: both verdicts, the way, 13 steps and their evidence", async () => {
  const { page, assertClean, close } = await office.window("/traces");
  await begin(page, GOOD);
  await ended(page);
  assert.match(await page.getByRole("main").innerText(), /XMPP\s+reachable\s+Wave\s+found/);
  const way = page.getByRole("list", { name: "The way that was found" });
  assert.match(
    await way.innerText(),
    /acmewave\.com[^]*SRV[^]*TLS 1\.3[^]*certificate trusted[^]*wave\.acmewave\.com/,
  );
  assert.deepEqual(await statuses(page), [
    ...["ok", "ok", "skipped", "skipped", "ok", "ok", "ok", "ok"],
    ...["skipped", "skipped", "skipped", "ok", "skipped"],
  ]);
  await page.getByText("Not needed: the SRV records of step 1 rule it out.").first().waitFor();

  await step(page, 5).click();
  const sheet = page.getByRole("region", { name: /^Evidence of step 5/ });
  await sheet.getByText("our probe").first().waitFor();
  await sheet.getByText("your XMPP server").first().waitFor();
  await assertClean("the result of step 5");
  await sheet.getByRole("tab", { name: "Certificate" }).click();
  await sheet.getByText(`Trusted, and it is for ${GOOD}`).waitFor();
  await sheet.getByRole("region", { name: "PEM" }).waitFor();
  await assertClean("the certificate of step 5");
  await sheet.getByRole("tab", { name: "Stanzas" }).click();
  assert.match(await sheet.innerText(), /urn:ietf:params:xml:ns:xmpp-tls/);
  await assertClean("the stanzas of step 5");
  await sheet.getByRole("tab", { name: "Raw JSON" }).click();
  assert.match(await sheet.innerText(), /"number": 5/);
  // What is open is part of the address: somebody else sees the same.
  assert.match(page.url(), /step=5&tab=raw/);
  await page.reload();
  await sheet.getByText('"number": 5').waitFor();
  await page.keyboard.press("Escape");

  await step(page, 1).click();
  const records = page.getByRole("region", { name: /^Evidence of step 1:/ });
  await records.getByRole("tab", { name: "Records" }).click();
  assert.match(
    await records.innerText(),
    /_xmpp-server\._tcp\.acmewave\.com\.\s+\d+\s+IN\s+SRV\s+10 0 5269/,
  );
  assert.match(
    await records.innerText(),
    /dig @127\.0\.\d+\.\d+ -p 5354 _xmpp-server\._tcp\.acmewave\.com SRV/,
  );
  await assertClean("the records of step 1");
  await close();
});

test("a silent server: rows never move, time and attempts are told, cancelling keeps what there is", async () => {
  const { page, assertClean, close } = await office.window("/traces");
  await begin(page, SILENT);
  await page.getByText("Connecting to").first().waitFor();
  const before = await tops(page);
  await page
    .getByText(/so far$/)
    .first()
    .waitFor();
  await assertClean("a running trace");
  assert.deepEqual(await tops(page), before, "the 13 rows stay where they are");
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("Stopped by owner.").first().waitFor();
  await ended(page);
  assert.equal((await statuses(page)).length, 13);
  assert.deepEqual((await statuses(page)).slice(0, 2), ["ok", "ok"]);
  const said = page.getByRole("status").filter({ hasText: "The trace has ended." });
  await said.waitFor({ state: "attached" });
  await assertClean("a cancelled trace");
  await close();
});

test("a dead server: the cause, whose it is, the fix, and a message that the other admin can use", async () => {
  const { page, context, assertClean, close } = await office.window("/traces");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await begin(page, DEAD);
  await ended(page);
  const fix = page.getByRole("region", { name: /refused the connection on port 5269/ });
  await fix.getByText("The other side must fix this").waitFor();
  assert.equal(
    await fix.getByRole("list", { name: "What to do" }).getByRole("listitem").count(),
    2,
  );
  await fix.getByRole("button", { name: "Copy message for the other admin" }).click();
  const letter = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(letter, /^Subject: Federation with dead\.example over XMPP/);
  assert.match(
    letter,
    /Please start the server-to-server listener on 127\.0\.\d+\.\d+ port 5269\./,
  );
  assert.match(letter, /openssl s_client -connect 127\.0\.\d+\.\d+:5269/);
  await fix.getByRole("button", { name: "Read the message first" }).click();
  await assertClean("a failed trace with its message");
  await fix.getByRole("button", { name: "Show step 5" }).first().click();
  await page.getByRole("region", { name: /^Evidence of step 5/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Show as table" }).click();
  await page.getByRole("table", { name: "Every attempt with its times" }).waitFor();
  await assertClean("the waterfall as a table");
  await close();
});

test("skipped steps say because of what, in the words of what failed", async () => {
  const { page, close } = await office.window("/traces");
  await begin(page, NOBODY);
  await ended(page);
  await page
    .getByText(`Skipped because of step 4: The name ${NOBODY} does not exist.`)
    .first()
    .waitFor();
  await page.getByText("Not needed: step 1 found no SRV record to put in order.").waitFor();
  await close();
});

test("a trace is exported as the API gives it, pinned, run again, and becomes a peer", async () => {
  const { page, assertClean, close } = await office.window("/traces");
  await begin(page, GOOD);
  await ended(page);
  const first = page.url();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Export JSON" }).click();
  const file = await download;
  assert.match(file.suggestedFilename(), /^trace-acmewave\.com-.*\.json$/);
  const exported = trace.parse(JSON.parse(await readFile(await file.path(), "utf8")));
  assert.equal(exported.steps.length, 13);
  await page.getByRole("button", { name: "Pin", exact: true }).click();
  await page.getByRole("button", { name: "Unpin" }).waitFor();
  await page.getByRole("button", { name: "Run fresh" }).click();
  await page.waitForURL((url) => url.href !== first && url.pathname.startsWith("/t/"));
  await ended(page);
  await page.getByText("fresh: nothing kept was used").waitFor();
  await page.getByRole("link", { name: "Add as peer" }).click();
  await page.getByRole("radio", { name: "XMPP and Wave" }).waitFor();
  assert.equal(await page.getByRole("radio", { name: "XMPP and Wave" }).isChecked(), true);
  assert.equal(await page.getByRole("textbox", { name: "Domain" }).inputValue(), GOOD);
  await assertClean("the form that a trace fills in");
  await close();
});

for (const view of VIEWS)
  test(`a failed trace and its open evidence hold, ${view.theme}, ${view.width} px`, async () => {
    const { page, assertClean, close } = await office.window("/traces", view);
    await page.getByRole("link", { name: DEAD }).first().waitFor();
    await assertClean("the list of traces");
    await page.getByRole("link", { name: DEAD }).first().click();
    await ended(page);
    await assertClean("a failed trace");
    await step(page, 5).press("ArrowRight");
    await page
      .getByText("2 of 2 tried, none won")
      .or(page.getByText("tried once, not won"))
      .first()
      .waitFor();
    await step(page, 5).press("Enter");
    const sheet = page.getByRole("region", { name: /^Evidence of step 5/ });
    await sheet.waitFor();
    assert.equal(
      await sheet.evaluate((element) => getComputedStyle(element).position),
      view.width >= 1024 ? "fixed" : "static",
    );
    await assertClean("its attempts and evidence");
    assert.deepEqual(await cutOff(page), [], "titles, and what failed, are read whole");
    // A trial click fails where something lies over the button.
    await page.getByRole("link", { name: "Export JSON" }).click({ trial: true, timeout: 5_000 });
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "detached" });
    assert.deepEqual(await cutOff(page), [], "and without the evidence");
    await close();
  });

async function begin(page: Page, domain: string): Promise<void> {
  await page.getByRole("textbox", { name: "Domain", exact: true }).fill(domain);
  await page.getByRole("button", { name: "Trace", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: domain }).waitFor();
}

async function ended(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Run again" }).waitFor({ timeout: 45_000 });
}

function steps(page: Page) {
  return page.getByRole("region", { name: "The 13 steps" }).locator("li[data-status]");
}

function step(page: Page, number: number) {
  return steps(page)
    .nth(number - 1)
    .getByRole("heading", { level: 3 })
    .getByRole("button");
}

/** Texts of rows that do not fit: of titles, and of results that failed or warn. */
async function cutOff(page: Page): Promise<(string | null)[]> {
  return await steps(page).evaluateAll((rows) =>
    rows
      .flatMap((row) => {
        const [result] = row.querySelectorAll("[id$='-result']");
        const isTold = row.matches("[data-status='failed'], [data-status='warning']");
        return [...row.querySelectorAll("h3 button"), ...(isTold && result ? [result] : [])];
      })
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map(({ textContent }) => textContent),
  );
}

async function statuses(page: Page): Promise<(string | null)[]> {
  return await steps(page).evaluateAll((rows) =>
    rows.map((row) => row.getAttribute("data-status")),
  );
}

async function tops(page: Page): Promise<number[]> {
  return await steps(page).evaluateAll((rows) =>
    rows.map((row) => Math.round(row.getBoundingClientRect().top + window.scrollY)),
  );
}
