import assert from "node:assert/strict";
import { before, test } from "node:test";
import { localDomain } from "#contract/domains.ts";
import { openOffice } from "./office.ts";
import { attachDomain } from "../stack/operations.ts";
import { COMPONENT_PORT, type XmppServer } from "../stack/prosody.ts";
import { SECRET } from "../stack/world.ts";

const office = await openOffice("ui-records");
const domain = "initech-corp.com";
const wave = `wave.${domain}`;
let server: XmppServer;
let domainId: string;

before(async () => {
  server = await office.world.prosody({ domain, components: [wave] });
  const client = await office.client();
  await client.send("PATCH", "/api/v1/settings", {
    allowPrivateTargets: true,
    outsideResolvers: [office.world.dns.server],
  });
  await office.world.dns.setZone(domain, []);
  const link = await attachDomain(client, {
    domain,
    name: wave,
    host: server.address,
    port: COMPONENT_PORT,
    secret: SECRET,
    terms: {
      advertisedHost: `xmpp.${domain}`,
      advertisedAddresses: [server.address],
      insideHost: server.address,
    },
  });
  domainId = link.domainId;
});

test("what is missing is shown with the line to add; once it is published, its card turns green", async () => {
  const { page, assertClean, close } = await office.owner(`/domains/${domainId}`);
  const card = (name: string) => page.getByRole("article", { name, exact: true });
  const own = card(`_xmpp-server._tcp.${domain}`);
  await own.getByText("missing", { exact: true }).waitFor({ timeout: 60_000 });
  await card(`_xmpp-server._tcp.${wave}`).getByText("missing", { exact: true }).waitFor();
  await own.getByText("As fields of a provider’s form").click();
  await own.getByText("What resolvers say").click();
  await own.getByText("Ask yourself").click();
  await assertClean("a domain whose records are missing");

  const lines = await page.locator("article pre").allInnerTexts();
  const zone = lines
    .join("\n")
    .split("\n")
    .filter((line) => / IN (SRV|A|AAAA) /.test(line));
  assert.ok(zone.length >= 3, lines.join("\n"));
  await office.world.dns.setZone(domain, [...new Set(zone)]);
  await page.getByRole("button", { name: "Test now" }).click();
  await page.getByText("Every record is published as it should be.").waitFor({ timeout: 60_000 });
  await own.getByText("published", { exact: true }).waitFor();
  await assertClean("a domain whose records are right");
  await close();
});

test("an address that is not the one that was set is shown as different, with both", async () => {
  const client = await office.client();
  await client.read(localDomain, "PATCH", `/api/v1/domains/${domainId}`, {
    advertisedAddresses: ["192.0.2.1"],
  });
  const { page, close } = await office.owner(`/domains/${domainId}`);
  const card = page.getByRole("article", { name: `xmpp.${domain}`, exact: true });
  await card.getByText("differs", { exact: true }).waitFor({ timeout: 60_000 });
  await card.getByText("192.0.2.1").first().waitFor();
  await card.getByText(server.address).first().waitFor();
  await close();
});
