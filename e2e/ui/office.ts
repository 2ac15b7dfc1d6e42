import { after } from "node:test";
import type { Browser, Page } from "playwright";
import { type Appliance, type ApplianceOptions, OWNER } from "../stack/appliance.ts";
import { openBrowser, openWindow, signIn, type View, type Window } from "../stack/browser.ts";
import type { Client } from "../stack/client.ts";
import { createWorld, type World } from "../stack/world.ts";

/** One operator's surroundings: an appliance, and windows of a browser on it. */
export interface Office {
  readonly world: World;
  readonly appliance: Appliance;
  readonly databaseUrl: string;
  /** A window of somebody who is not signed in. */
  readonly visitor: (view?: View) => Promise<Window>;
  /** A window of the owner, opened at `path`. */
  readonly owner: (path?: string, view?: View) => Promise<Window>;
  /** The owner's API client; sets the appliance up when it is first asked for. */
  readonly client: () => Promise<Client>;
}

/** Opens an office for the file's tests and closes it after them. */
export async function openOffice(
  purpose: string,
  options: Partial<ApplianceOptions> = {},
): Promise<Office> {
  const world = await createWorld(purpose);
  let browser: Browser | undefined;
  after(async () => {
    await browser?.close();
    await world.end();
  });
  const databaseUrl = await world.database();
  const appliance = await world.appliance({ databaseUrl, ...options });
  let client: Promise<Client> | undefined;
  const owned = () => (client ??= appliance.setUp());
  const visitor = async (view?: View) => {
    browser ??= await openBrowser();
    return await openWindow(browser, appliance, view);
  };
  return {
    world,
    appliance,
    databaseUrl,
    visitor,
    client: owned,
    owner: async (path = "/", view) => {
      await owned();
      const window = await visitor(view);
      await signIn(window, path);
      return window;
    },
  };
}

/** Fills the sign-in form and sends it. */
export async function fillSignIn(
  page: Page,
  { name, password }: { name: string; password: string } = OWNER,
): Promise<void> {
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** In the wizard, beside the domain's server, as its component: the usual way. */
export async function chooseComponent(page: Page): Promise<void> {
  await page.getByRole("radio", { name: "Beside it, as a component of your server" }).check();
  await page.getByRole("button", { name: "Continue" }).click();
}
