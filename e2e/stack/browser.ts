import assert from "node:assert/strict";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright";
import { type Appliance, OWNER } from "./appliance.ts";
import { chromiumOptions } from "./chromium.ts";

export interface View {
  readonly theme: "light" | "dark";
  readonly width: number;
}

/** Every page must hold in each of these. */
export const VIEWS: readonly View[] = [
  { theme: "light", width: 1280 },
  { theme: "dark", width: 1280 },
  { theme: "light", width: 320 },
  { theme: "dark", width: 320 },
];

const ACTION_TIMEOUT_MS = 30_000;
/** `PICTURES=docs/pictures npm run test:ui` keeps a picture of everything that is asserted clean. */
const PICTURES = process.env["PICTURES"];

/** One person's window: what the page complained of is kept, and `assertClean` fails on it. */
export interface Window {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Axe finds nothing, nothing is wider than the window, and the console stayed silent. */
  readonly assertClean: (where: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function openBrowser(): Promise<Browser> {
  return await chromium.launch(chromiumOptions());
}

export async function openWindow(
  browser: Browser,
  appliance: Appliance,
  view: View = { theme: "light", width: 1280 },
): Promise<Window> {
  const context = await browser.newContext({
    baseURL: appliance.url,
    colorScheme: view.theme,
    viewport: { width: view.width, height: 900 },
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(ACTION_TIMEOUT_MS);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    // A refused request is the page's business to show; the browser says so on the console too.
    const isRefusal = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isRefusal) complaints.push(message.text());
  });
  return {
    page,
    context,
    assertClean: async (where) => {
      // Every page has one once it is there; what is empty is always clean.
      await page.locator("h1").first().waitFor();
      // Our pages have no frames; its other mode opens a page of its own to join what it found in each.
      const found = await new AxeBuilder({ page }).setLegacyMode(true).analyze();
      const violations = found.violations.map(
        ({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join("; ")}`,
      );
      assert.deepEqual(violations, [], `axe in ${where}, ${view.theme}, ${view.width} px`);
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      assert.ok(overflow <= 0, `${where} is ${overflow} px wider than ${view.width} px`);
      assert.deepEqual(complaints, [], `the console in ${where}`);
      if (PICTURES === undefined) return;
      const file = `${where.replaceAll(/[^a-z0-9]+/gi, "-")}-${view.theme}-${view.width}.png`;
      await page.screenshot({ path: join(PICTURES, file), fullPage: true });
    },
    close: () => context.close(),
  };
}

/** Signs the owner in by the session's route, without the form, and opens `path`. */
export async function signIn(window: Window, path = "/"): Promise<void> {
  const { page } = window;
  const answer = await page.request.post("/api/v1/session", { data: OWNER });
  assert.ok(answer.ok(), `sign-in: ${answer.status()} ${await answer.text()}`);
  await page.goto(path);
}
