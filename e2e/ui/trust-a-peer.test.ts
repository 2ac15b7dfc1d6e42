import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import pg from "pg";
import { type Authentication, authenticationList } from "#contract/peer-trust.ts";
import { type Peer, peer as peerSchema, peerPage } from "#contract/peers.ts";
import { auditPage } from "#contract/people.ts";
import { settings } from "#contract/settings.ts";
import { VIEWS } from "../stack/browser.ts";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-trust");
const folder = mkdtempSync(join(tmpdir(), "trust-a-peer-"));
after(() => rmSync(folder, { recursive: true }));

/** A certificate as the other side's admin has it, and what openssl prints of it there. */
function makeCertificate(name: string) {
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, {
      cwd: folder,
      timeout: 30_000,
      stdio: ["ignore", "pipe", "ignore"],
    });
  const subject = ["-subj", `/CN=${name}`, "-days", "90", "-nodes"];
  openssl(
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    ...subject,
    "-keyout",
    "k",
    "-out",
    "c",
  );
  return {
    pem: readFileSync(join(folder, "c"), "utf8"),
    keyPem: readFileSync(join(folder, "k"), "utf8"),
    printed: openssl("x509", "-in", "c", "-noout", "-fingerprint", "-sha256").toString(),
  };
}

async function addPeer(domain: string, terms: object = {}): Promise<Peer> {
  const client = await office.client();
  return client.read(peerSchema, "POST", "/api/v1/peers", { domain, ...terms });
}
async function saved(domain: string): Promise<Peer> {
  const { items } = await (
    await office.client()
  ).read(peerPage, "GET", `/api/v1/peers?q=${domain}`);
  const found = items.find((one) => one.domain === domain);
  assert(found);
  return found;
}
const proved = async ({ id }: Peer): Promise<Authentication | undefined> => {
  const client = await office.client();
  const list = await client.read(authenticationList, "GET", `/api/v1/peers/${id}/authentications`);
  return list.items[0];
};

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();
const known = (letter: string, age: number) => ({
  fingerprint: Array(32).fill(letter.repeat(2)).join(":"),
  publicKey: Array(32).fill(`${letter}0`).join(":"),
  subject: "CN=acmewave.com",
  issuer: letter === "A" ? "C=US, O=Let's Encrypt, CN=E7" : "CN=Somebody else",
  notBefore: daysAgo(age),
  notAfter: daysAgo(age - 90),
  seenAt: daysAgo(age),
});
const side = (refusedAt: string | null) => ({
  strongest: "certificate",
  since: daysAgo(120),
  lastBy: "pkix",
  lastAt: daysAgo(0),
  hasCertificate: true,
  refusedAt,
});

/** Remembers of a peer what links of our own would have met. */
async function meet(peer: Peer, what: { held?: boolean; refused?: boolean } = {}): Promise<void> {
  const client = new pg.Client(office.databaseUrl);
  await client.connect();
  const held = what.held === true ? JSON.stringify({ ...known("B", 0), direction: "in" }) : null;
  const inbound = JSON.stringify(side(what.refused === true ? daysAgo(0) : null));
  const values = [peer.domain, peer.id, inbound, JSON.stringify([known("A", 20)]), held];
  await client.query(
    "insert into authentications (domain, peer_id, inbound, certificates, held) values ($1, $2, $3, $4, $5)",
    values,
  );
  await client.end();
}

test("how a peer has to prove who it is: dialback, TLS, pins as openssl prints them, an authority, a hold", async () => {
  const { page, assertClean, close } = await office.owner("/peers/new");
  const made = makeCertificate("Acme CA");
  await page.getByRole("textbox", { name: "Domain" }).fill("acmewave.com");
  await page.getByRole("checkbox", { name: /^Dialback may do/ }).check();
  await page.getByLabel("Lowest version of TLS").selectOption("1.3");
  const pin = page.getByLabel("Add a pin");
  await pin.fill("AB:CD");
  await pin.blur();
  await page.getByText("This is not a SHA-256 fingerprint").waitFor();
  const add = page.getByRole("button", { name: "Add peer" });
  assert.equal(await add.isDisabled(), true, "what is only typed would be lost");
  await pin.fill(made.pem);
  await pin.blur();
  await page.getByText("This is a whole certificate").waitFor();
  await pin.fill(made.printed);
  await page.getByText("not seen yet").waitFor();
  assert.equal(await pin.inputValue(), "", "what is pasted is taken at once");
  await page.getByText("How to get one").click();
  await page.getByRole("radio", { name: "Hold it until I accept" }).check();
  const authority = page.getByLabel("Authorities of its own");
  await authority.fill(made.keyPem);
  await add.click();
  await page.getByText("This is a private key").first().waitFor();
  await assertClean("a private key in the place of an authority");
  await authority.fill(made.pem);
  await add.click();
  await page.getByRole("heading", { level: 1, name: "acmewave.com" }).waitFor();
  const peer = await saved("acmewave.com");
  assert.deepEqual(
    [peer.allowsDialback, peer.minTls, peer.certificateChange, peer.authorityPem],
    [true, "TLSv1.3", "hold", made.pem],
  );
  assert.deepEqual(peer.pins, [made.printed.trim().split("=")[1]]);
  await page.getByRole("tab", { name: "Terms" }).click();
  await page.getByText("Acme CA", { exact: true }).waitFor();
  await assertClean("the terms of a peer with pins and an authority");
  await page.getByRole("button", { name: /^Remove pin/ }).click();
  await page.getByRole("button", { name: "Save terms" }).click();
  await page.getByText("The terms are saved").waitFor();
  assert.deepEqual((await saved("acmewave.com")).pins, []);
  await close();
});

test("what would happen says how a peer must prove who it is, each way", async () => {
  const { page, close } = await office.owner("/peers?decide=acmewave.com");
  await page.getByText("required, 1.3 or newer").waitFor();
  const proof = page.getByText(
    "a certificate for its name, from the authority named for it or dialback",
  );
  assert.equal(await proof.count(), 2, "who dials, and who is dialled");
  await close();
});

test("test mode is agreed to by typing the domain, shown in red wherever the peer is, and ended by a click", async () => {
  const peer = await addPeer("lab.example");
  const { page, assertClean, close } = await office.owner(`/peers/${peer.id}?tab=terms`);
  await page.getByRole("checkbox", { name: /^Take any certificate/ }).check();
  await page
    .getByText("anybody who dials you, can be this peer by showing any certificate")
    .waitFor();
  const save = page.getByRole("button", { name: "Save terms" });
  assert.equal(await save.isDisabled(), true);
  await page.getByLabel(/^Type lab\.example to confirm that until then/).fill("lab.example");
  await assertClean("the consent to test mode");
  await save.click();
  await page.getByText("Test mode: any certificate is taken").waitFor();
  const { testModeUntil } = await saved("lab.example");
  const left = Date.parse(testModeUntil ?? "") - Date.now();
  assert.ok(left > 6 * DAY_MS && left < 9 * DAY_MS, String(left));
  await assertClean("a peer in test mode");
  await page.goto("/peers?q=lab.example");
  await page.getByText(/^Test mode until/).waitFor();
  await page.goto(`/peers/${peer.id}`);
  await page.getByRole("button", { name: "End test mode now" }).click();
  await page.getByText("Test mode has ended").waitFor();
  assert.equal((await saved("lab.example")).testModeUntil, null);
  const audit = await (await office.client()).read(auditPage, "GET", `/api/v1/audit?q=${peer.id}`);
  assert.ok(audit.items.some(({ action }) => action === "test_mode"));
  await close();
});

for (const view of VIEWS)
  test(`a new certificate is compared with the old one, ${view.theme}, ${view.width} px`, async () => {
    const domain = `${view.theme}${view.width}.example`;
    const peer = await addPeer(domain, { certificateChange: "hold", allowsDialback: true });
    await meet(peer, { held: true, refused: true });
    const { page, assertClean, close } = await office.owner(`/peers/${peer.id}`, view);
    await page.getByText(`${domain} shows a new certificate and waits for you`).waitFor();
    const alert = page.getByRole("table").filter({ hasText: "Accepted before" }).first();
    for (const shown of [known("A", 20), known("B", 0)])
      for (const value of [shown.fingerprint, shown.publicKey, shown.issuer])
        assert.equal(await alert.getByText(value, { exact: true }).count(), 1, value);
    await assertClean("a held certificate");
    await page.getByRole("tab", { name: "Trust" }).click();
    await page.getByText("Certificates taken for its own").waitFor();
    await page
      .getByText("dialback alone is refused, since it has proved more before")
      .first()
      .waitFor();
    await assertClean("what a peer has proved");
    await page.getByRole("tab", { name: "Terms" }).click();
    await page.getByRole("checkbox", { name: /^Take any certificate/ }).check();
    await assertClean("the terms of trust");
    await close();
  });

test("an admin accepts the new certificate, or dismisses it; the weaker proof likewise", async () => {
  const peer = await addPeer("held.example", { certificateChange: "hold", allowsDialback: true });
  await meet(peer, { held: true, refused: true });
  const { page, assertClean, close } = await office.owner(`/peers/${peer.id}`);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Accept the new certificate" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(known("B", 0).fingerprint).waitFor();
  await assertClean("accepting a new certificate");
  await dialog.getByRole("button", { name: "Accept it" }).click();
  await page.getByText("counts as its own from now on").waitFor();
  await page.getByText("shows a new certificate and waits").waitFor({ state: "detached" });
  assert.equal((await proved(peer))?.certificates[0]?.fingerprint, known("B", 0).fingerprint);
  await page.getByRole("button", { name: "Accept dialback from now on" }).click();
  await assertClean("accepting a weaker proof");
  await page.getByRole("dialog").getByRole("button", { name: "Accept it" }).click();
  await page.getByText("Dialback is accepted").waitFor();
  assert.equal((await proved(peer))?.inbound?.strongest, "dialback");
  await close();
});

test("somebody else was quicker: the dialog says so", async () => {
  const peer = await addPeer("quick.example", { certificateChange: "hold" });
  await meet(peer, { held: true });
  const { page, close } = await office.owner(`/peers/${peer.id}`);
  await page.getByRole("button", { name: "Accept the new certificate" }).click();
  const { fingerprint } = known("B", 0);
  const body = { kind: "dismissal", domain: peer.domain, fingerprint };
  const client = await office.client();
  await client.request("POST", `/api/v1/peers/${peer.id}/acceptances`, body);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Accept it" }).click();
  await dialog.getByText("not waiting to be accepted any more").waitFor();
  await close();
});

test("the key of a certificate that was met is pinned with a click", async () => {
  const peer = await addPeer("pinned.example");
  await meet(peer);
  const { page, assertClean, close } = await office.owner(`/peers/${peer.id}?tab=trust`);
  await page.getByRole("button", { name: "Pin its key" }).click();
  await assertClean("pinning a key");
  await page.getByRole("dialog").getByRole("button", { name: "Pin it" }).click();
  await page.getByText("The key is pinned").waitFor();
  await page.getByText("a pinned certificate or key").first().waitFor();
  assert.deepEqual((await saved("pinned.example")).pins, [known("A", 20).publicKey]);
  await close();
});

test("strangers prove who they are as the settings say", async () => {
  const { page, assertClean, close } = await office.owner("/settings");
  const panel = page.getByRole("region", { name: "Who may federate" });
  await panel.getByRole("switch", { name: /^Strangers may prove/ }).check();
  await panel.getByRole("switch", { name: /^Strangers must use TLS/ }).uncheck();
  await panel.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved").first().waitFor();
  await assertClean("the settings for strangers");
  const now = await (await office.client()).read(settings, "GET", "/api/v1/settings");
  assert.deepEqual([now.allowsStrangerDialback, now.strangerTlsPolicy], [true, "preferred"]);
  await page.goto("/peers?decide=stranger.example");
  await page.getByText("used where offered, 1.2 or newer").waitFor();
  await close();
});
