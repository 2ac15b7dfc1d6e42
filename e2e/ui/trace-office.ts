import { after } from "node:test";
import type { Browser } from "playwright";
import { openBrowser, openWindow, signIn, type View, type Window } from "../stack/browser.ts";
import { WAVE_IDENTITY } from "../stack/component.ts";
import { createWorld, recommendedRecords, type Site, type World } from "../stack/world.ts";
import { startSilentServer } from "./silent-server.ts";

/** An attached appliance with domains around it that go well and wrong in ways that are known. */
export interface TraceOffice {
  readonly world: World;
  readonly site: Site;
  readonly window: (path: string, view?: View) => Promise<Window>;
}

export const GOOD = "acmewave.com";
/** Two servers in DNS, and nothing listens on either. */
export const DEAD = "dead.example";
/** Its server accepts connections and says nothing. */
export const SILENT = "silent.example";
export const NOBODY = "nobody.example";

/** Opens it for a file's tests and closes it after them. */
export async function openTraceOffice(purpose: string): Promise<TraceOffice> {
  const world = await createWorld(purpose);
  const silentAddress = world.address();
  const silent = await startSilentServer(silentAddress);
  let browser: Browser | undefined;
  after(async () => {
    await browser?.close();
    await silent.close();
    await world.end();
  });
  const [site, peer] = await Promise.all([
    world.site("initech-corp.com"),
    world.prosody({ domain: GOOD, components: [`wave.${GOOD}`] }),
  ]);
  await world.component(peer, { name: `wave.${GOOD}`, identities: [WAVE_IDENTITY] });
  await world.dns.setZone(GOOD, recommendedRecords(peer));
  await world.dns.setZone(DEAD, [
    "_xmpp-server._tcp IN SRV 10 0 5269 first",
    "_xmpp-server._tcp IN SRV 20 0 5269 second",
    `first IN A ${world.address()}`,
    `second IN A ${world.address()}`,
  ]);
  await world.dns.setZone(SILENT, [
    "_xmpp-server._tcp IN SRV 10 0 5269 xmpp",
    `xmpp IN A ${silentAddress}`,
  ]);
  return {
    world,
    site,
    window: async (path, view) => {
      browser ??= await openBrowser();
      const window = await openWindow(browser, site.appliance, view);
      await signIn(window, path);
      return window;
    },
  };
}
