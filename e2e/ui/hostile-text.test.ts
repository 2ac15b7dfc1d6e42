import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright";
import { peer } from "#contract/peers.ts";
import { openBrowser, openWindow, signIn } from "../stack/browser.ts";
import { runPing, runTrace } from "../stack/operations.ts";
import { until } from "../stack/wait.ts";
import { createWorld, type NativeSite } from "../stack/world.ts";
import { agree } from "../federation/native-traffic.ts";
import { CHATTY, ENDING, LOUD, MARKUP, NOWHERE, startLoudServers } from "./loud-servers.ts";

/** What must not reach a page or a log as it came: it turns the writing, moves the cursor, or cannot be seen. */
const UNSEEN = /(?![\t\n])\p{Cc}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

const world = await createWorld("ui-hostile-text");
let browser: Browser;
let site: NativeSite;
let loud: Awaited<ReturnType<typeof startLoudServers>>;

before(async () => {
  site = await world.nativeSite("initech-corp.com");
  loud = await startLoudServers(world, site);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await loud?.close();
  await world.end();
});

/** What is shown, and whatever else of it may be read out or copied. */
async function textOf(page: Page): Promise<string> {
  return await page.evaluate(() => {
    const attributes = [...document.querySelectorAll("*")].flatMap((element) =>
      [...element.attributes].map(({ value }) => value),
    );
    return [document.title, document.body.innerText, ...attributes].join("\n");
  });
}

/** Nothing of a stranger's became part of the page or works on who reads it. */
async function assertHarmless(page: Page, where: string): Promise<string> {
  const text = await textOf(page);
  const [found] = UNSEEN.exec(text) ?? [];
  assert.equal(found, undefined, `${where} has U+${found?.codePointAt(0)?.toString(16)} in it`);
  const made = await page.evaluate(() => ({
    elements: document.querySelectorAll("[onerror], [onload], img[src=x]").length,
    isRun: "pwned" in globalThis,
  }));
  assert.deepEqual(made, { elements: 0, isRun: false }, where);
  return text;
}

async function owner() {
  const window = await openWindow(browser, site.appliance);
  await signIn(window, "/");
  return window;
}

test("A29: traces show what a server says of itself, its certificate and its records as text", async () => {
  const window = await owner();
  const { page } = window;
  const shown = new Map<string, string>();
  for (const domain of [ENDING, CHATTY, NOWHERE]) {
    const { id } = await runTrace(site.client, domain);
    let all = "";
    for (const step of [1, 5, 6, 12]) {
      await page.goto(`/t/${id}?step=${step}`);
      const sheet = page.getByRole("region", { name: new RegExp(`^Evidence of step ${step}:`) });
      await sheet.waitFor();
      for (const tab of await sheet.getByRole("tab").all()) {
        await tab.click();
        all += await assertHarmless(page, `${domain}, step ${step}, ${await tab.innerText()}`);
      }
    }
    await window.assertClean(`the trace of ${domain}`);
    shown.set(domain, all);
  }
  for (const domain of [ENDING, CHATTY])
    assert.ok(shown.get(domain)?.includes(MARKUP), `the words of ${domain} are there to be read`);
  assert.match(shown.get(ENDING) ?? "", /\\u\{202e\}gpj\.exe/);
  assert.match(shown.get(NOWHERE) ?? "", /<img\.src=x>onerror=pwned/);
  await window.close();
});

test("A29: pings, live view, streams, failures, peers and their incidents show it as text, too", async () => {
  const window = await owner();
  const { page } = window;
  const peerId = await agree(site.client, { domain: ENDING, failuresUntilDown: 1 });
  await site.client.send("POST", "/api/v1/checks", { peerId });
  await until("the peer to be down", 40_000, async () => {
    const { health } = await site.client.read(peer, "GET", `/api/v1/peers/${peerId}`);
    return health?.state === "down" ? true : undefined;
  });
  for (const [remote, region, words] of [
    [ENDING, "Recent failures", "a rule of its own forbids it"],
    [CHATTY, "Live view", "gpj.exe"],
  ] as const) {
    await page.goto(`/connections/pair?local=${site.wave}&remote=${remote}`);
    const view = page.getByRole("region", { name: "Live view" });
    await view.getByRole("button", { name: "Start" }).click();
    await view.getByRole("timer").waitFor();
    await runPing(site.client, remote);
    await page.getByRole("region", { name: region }).getByText(words).first().waitFor();
    await assertHarmless(page, `the pair of us and ${remote}`);
  }
  await page.goto(`/ping?domain=${CHATTY}`);
  await page.getByRole("button", { name: "Ping", exact: true }).click();
  await page.getByText("service-unavailable").first().waitFor();
  await assertHarmless(page, "a ping");
  for (const [path, words] of [
    ["/", ENDING],
    ["/connections", CHATTY],
    ["/connections/streams", CHATTY],
    ["/peers", ENDING],
    [`/peers/${peerId}`, ENDING],
    ["/traces", ENDING],
  ] as const) {
    await page.goto(path);
    await page.getByRole("main").getByText(words).first().waitFor();
    await assertHarmless(page, path);
  }
  await window.close();
});

test("A29: no answer of the API has in it what a terminal obeys, and one line of the log stays one line", async () => {
  for (const domain of [ENDING, CHATTY]) {
    const pong = JSON.stringify(await runPing(site.client, domain));
    assert.doesNotMatch(pong, UNSEEN);
    assert.ok(!pong.includes(LOUD));
  }
  const log = readFileSync(site.appliance.process.logFile, "utf8");
  assert.doesNotMatch(log, UNSEEN);
  const banner = /^$|^Wavegate is at |^Setup code: /;
  for (const line of log.split("\n")) {
    if (banner.test(line)) continue;
    assert.doesNotThrow(() => JSON.parse(line) as unknown, `a line of the log: ${line}`);
  }
});
