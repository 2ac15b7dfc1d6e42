import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { before, test } from "node:test";
import { connect } from "node:tls";
import type { Page } from "playwright";
import { localDomain } from "#contract/domains.ts";
import { type CertificateFiles, shownFingerprint } from "../stack/openssl.ts";
import { openOffice } from "./office.ts";

const HTTPS_PORT = 8443;
const office = await openOffice("ui-certificates", { env: { HTTPS_PORT: String(HTTPS_PORT) } });
const domain = "initech-corp.com";
const passphrase = "open sesame";
let first: CertificateFiles;
let second: CertificateFiles;
let encryptedKey: string;
let domainId: string;
const views = [
  { theme: "light", width: 1280 },
  { theme: "dark", width: 1280 },
  { theme: "light", width: 320 },
  { theme: "dark", width: 320 },
] as const;

before(async () => {
  const { authority, folder } = office.world;
  const names = [domain, `wave.${domain}`];
  first = await authority.issue({ names, signedBy: "intermediate" });
  second = await authority.issue({ names: [...names, "more.example"], signedBy: "intermediate" });
  encryptedKey = join(folder, "encrypted.pem");
  const secret = ["-passout", `pass:${passphrase}`];
  execFileSync("openssl", [
    "pkcs8",
    "-topk8",
    "-in",
    first.keyFile,
    "-out",
    encryptedKey,
    ...secret,
  ]);
  const client = await office.client();
  ({ id: domainId } = await client.read(localDomain, "POST", "/api/v1/domains", { domain }));
});

test("a key of another certificate, and a text that is cut off, cannot be saved", async () => {
  const { page, assertClean, close } = await office.owner("/certificates");
  await page.getByRole("heading", { name: "No certificate yet" }).waitFor();
  await page.getByText(`Port ${HTTPS_PORT} waits for a certificate`).waitFor();
  await page.getByRole("link", { name: "Add a certificate" }).click();
  await page.locator("input[type=file]").setInputFiles([first.chainFile, second.keyFile]);
  await page.getByText("The key does not belong to").waitFor();
  assert.equal(await page.getByRole("button", { name: "Save", exact: true }).isDisabled(), true);
  await assertClean("an upload that cannot be saved");

  await page
    .getByRole("button", { name: /^Leave out/ })
    .first()
    .click();
  await page.getByText("Or paste the text").click();
  await page.getByLabel("Text that begins with").fill(first.chain.slice(0, 300));
  await page.getByRole("button", { name: "Add this text" }).click();
  await page.getByText("is cut off").waitFor();
  await close();
});

test("an encrypted key asks for its passphrase; checked and saved, the certificate serves HTTPS", async () => {
  const { page, assertClean, close } = await office.owner("/certificates/new");
  await page.locator("input[type=file]").setInputFiles([encryptedKey, first.chainFile]);
  const field = page.getByRole("textbox", { name: "Passphrase of the key" });
  await field.fill("not this one");
  await page.getByRole("button", { name: "Open the key" }).click();
  await page.getByRole("alert").getByText("The passphrase does not open the key").waitFor();
  await assertClean("a wrong passphrase");
  await field.fill(passphrase);
  await page.getByRole("button", { name: "Open the key" }).click();
  await page.getByText("private key", { exact: false }).first().waitFor();
  await page.getByText("The key belongs to the certificate").waitFor();
  await assertClean("the checks of an upload");
  await page.getByLabel("What you call it").fill("First");
  await page.getByRole("button", { name: "Save and use for HTTPS" }).click();
  await page.getByRole("heading", { name: "First", level: 1 }).waitFor();
  await page.getByText("In use for HTTPS").waitFor();
  await page
    .getByText(/serves it\.$/)
    .first()
    .waitFor();
  await assertClean("a certificate in use");
  assert.equal(await servedFingerprint(), await fingerprintOn(page));
  assert.equal((await page.content()).includes("PRIVATE KEY"), false);
  await close();
});

test("a successor is compared with the one in use, put to use, and rolled back by one click", async () => {
  const { page, assertClean, close } = await office.owner("/certificates/new");
  await page.locator("input[type=file]").setInputFiles([second.chainFile, second.keyFile]);
  const compared = page.getByRole("region", { name: "Compared with the one in use" });
  await compared.getByText("more.example").waitFor();
  await page.getByLabel("What you call it").fill("Second");
  await page.getByRole("button", { name: "Save and use for HTTPS" }).click();
  await page.getByRole("heading", { name: "Second", level: 1 }).waitFor();
  await page.getByText("In use for HTTPS").waitFor();
  assert.equal(await servedFingerprint(), await fingerprintOn(page));

  await page.getByRole("link", { name: "Certificates" }).first().click();
  await page.getByRole("link", { name: "First" }).click();
  await page.getByRole("button", { name: "Roll back to this one" }).click();
  await page.getByRole("status").getByText("“First” is in use for HTTPS").waitFor();
  assert.equal(await servedFingerprint(), await fingerprintOn(page));

  await page.goto("/certificates");
  await assertClean("the certificates");
  await page.getByRole("link", { name: "Second" }).click();
  await page.getByRole("button", { name: "More for Second" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("textbox").fill("Second");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByRole("link", { name: "Second" }).waitFor({ state: "detached" });
  await close();
});

test("names that we federate ourselves have no certificate yet: the pages say so, and what to do", async () => {
  const client = await office.client();
  for (const name of [domain, `wave.${domain}`])
    await client.send("POST", "/api/v1/links", { kind: "s2s", domainId, name });
  await client.send("PATCH", "/api/v1/settings", { s2sAddress: office.appliance.address });
  const { page, assertClean, close } = await office.owner("/");
  await page.getByText(`wave.${domain} has no certificate for its streams.`).waitFor();
  await page.goto("/certificates");
  await page.getByText("2 names have no certificate").waitFor();
  await page.getByText("use it for XMPP", { exact: false }).waitFor();
  const names = page.getByRole("region", { name: "Names that this appliance federates" });
  assert.equal(await names.getByRole("link", { name: "First" }).count(), 2);
  await assertClean("names without a certificate");
  await close();
  for (const kind of ["starttls", "direct"] as const)
    assert.equal(await streamFingerprint(domain, kind), null, kind);
});

test("a certificate is used for the names that it covers, all ticked, and the streams show it", async () => {
  for (const view of views) {
    const { page, assertClean, close } = await office.owner("/certificates", view);
    await page.getByRole("link", { name: "First" }).first().click();
    await page.getByRole("button", { name: "Use for XMPP" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Use for 2 names" }).waitFor();
    await assertClean("the use for XMPP");
    await close();
  }
  const { page, assertClean, close } = await office.owner("/certificates");
  await page.getByRole("link", { name: "First" }).first().click();
  await page.getByRole("button", { name: "Use for XMPP" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox", { name: `wave.${domain}` }).uncheck();
  await dialog.getByRole("button", { name: "Use for one name" }).click();
  await page.getByRole("status").getByText(`“First” is in use for ${domain}`).waitFor();
  await page.getByText("In use for XMPP", { exact: true }).waitFor();
  await page.getByText("no certificate for XMPP yet").waitFor();
  const really = page.getByRole("region", { name: "What is really served" });
  for (const kind of ["STARTTLS", "direct TLS"]) {
    const shown = really.locator("dt", { hasText: `${domain}, port with ${kind}` });
    await shown.locator("xpath=following-sibling::dd[1]").getByText("serves it.").waitFor();
  }
  for (const kind of ["starttls", "direct"] as const)
    assert.equal(await streamFingerprint(domain, kind), await fingerprintOn(page), kind);
  await page.getByRole("button", { name: "Use for XMPP" }).click();
  await dialog.getByText("shows it already").waitFor();
  await dialog.getByRole("button", { name: "Use for one name" }).click();
  await page.getByRole("button", { name: "Use for XMPP" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "More for First" }).click();
  assert.equal(await page.getByRole("menuitem", { name: "Remove" }).isDisabled(), true);
  await page.keyboard.press("Escape");
  await assertClean("a certificate in use for XMPP");
  await close();
});

test("a successor takes over all of its names at once; one of them is rolled back by one click", async () => {
  const { page, close } = await office.owner("/certificates/new");
  await page.locator("input[type=file]").setInputFiles([second.chainFile, second.keyFile]);
  await page.getByText(`For XMPP it would be used at ${domain}, wave.${domain}.`).waitFor();
  await page.getByLabel("What you call it").fill("Third");
  await page.getByRole("button", { name: "Save and use for XMPP" }).click();
  await page.getByRole("heading", { name: "Third", level: 1 }).waitFor();
  await page.getByText("In use for XMPP", { exact: true }).waitFor();
  const [old, young] = [await servedFingerprint(), await fingerprintOn(page)];
  assert.equal(await streamFingerprint(`wave.${domain}`, "starttls"), young);
  await page.goto("/certificates");
  await page.getByText("XMPP: 2 names").waitFor();
  await page.getByRole("button", { name: `Roll back to “First” for wave.${domain}` }).click();
  await page.getByRole("status").getByText(`wave.${domain} shows “First” again`).waitFor();
  await page.getByRole("button", { name: `Roll back to “Third” for wave.${domain}` }).waitFor();
  assert.equal(await page.getByText("XMPP: one name").count(), 2);
  for (const kind of ["starttls", "direct"] as const)
    assert.deepEqual(
      [await streamFingerprint(domain, kind), await streamFingerprint(`wave.${domain}`, kind)],
      [young, old],
      kind,
    );
  await close();
  for (const view of views) {
    const window = await office.owner("/certificates", view);
    await window.page.getByText("XMPP: one name").first().waitFor();
    await window.assertClean("certificates in use for XMPP");
    await window.page.getByRole("link", { name: "Third" }).first().click();
    await window.page.getByRole("heading", { name: "Third", level: 1 }).waitFor();
    await window.assertClean("a certificate in use for one name");
    await window.close();
  }
});

/** SHA-256 of the certificate that the appliance's HTTPS port shows now. */
async function servedFingerprint(): Promise<string> {
  const { address } = office.appliance;
  return await new Promise((resolve, reject) => {
    const socket = connect(
      { host: address, port: HTTPS_PORT, servername: domain, rejectUnauthorized: false },
      () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.end();
      },
    );
    socket.setTimeout(10_000, () => socket.destroy(new Error("no TLS within 10 s")));
    socket.once("error", reject);
  });
}

/** SHA-256 of what the appliance's streams show for a name of ours, by header or by SNI. */
function streamFingerprint(name: string, kind: "starttls" | "direct"): Promise<string | null> {
  const { address: host } = office.appliance;
  return shownFingerprint({ host, port: kind === "starttls" ? 5269 : 5270, kind, name });
}

async function fingerprintOn(page: Page): Promise<string> {
  const row = page.locator("dl > dt", { hasText: "Certificate (SHA-256)" }).first();
  return (await row.locator("xpath=following-sibling::dd[1]").innerText()).trim();
}
