import type { Browser } from "playwright";
import type { Appliance } from "../stack/appliance.ts";
import { openBrowser } from "../stack/browser.ts";
import { WAVE_IDENTITY } from "../stack/component.ts";
import type { CertificateFiles } from "../stack/openssl.ts";
import type { XmppServer } from "../stack/prosody.ts";
import { createWorld, recommendedRecords, type World } from "../stack/world.ts";

/** What an operator has on the first day: an XMPP server, a certificate, an empty zone, a peer, and a new appliance. */
export interface FirstDay {
  readonly world: World;
  readonly browser: Browser;
  /** Nobody has set it up. */
  readonly appliance: Appliance;
  readonly domain: string;
  readonly wave: string;
  readonly server: XmppServer;
  readonly certificate: CertificateFiles;
  readonly peer: string;
  readonly end: () => Promise<void>;
}

export async function beginFirstDay(): Promise<FirstDay> {
  const world = await createWorld("first-day");
  const browser = await openBrowser();
  const end = async () => {
    await browser.close();
    await world.end();
  };
  try {
    const domain = "initech-corp.com";
    const wave = `wave.${domain}`;
    const server = await world.prosody({ domain, components: [wave] });
    const peer = "acmewave.com";
    const peerServer = await world.prosody({ domain: peer, components: [`wave.${peer}`] });
    await world.component(peerServer, { name: `wave.${peer}`, identities: [WAVE_IDENTITY] });
    await world.dns.setZone(peer, recommendedRecords(peerServer));
    await world.dns.setZone(domain, []);
    const certificate = await world.authority.issue({
      names: [domain, wave],
      key: "rsa",
      signedBy: "intermediate",
    });
    const appliance = await world.appliance({ databaseUrl: await world.database() });
    return { world, browser, appliance, domain, wave, server, certificate, peer, end };
  } catch (error) {
    await end();
    throw error;
  }
}
