import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright";
import { auditPage } from "#contract/people.ts";
import { type Stream, streamPage } from "#contract/streams.ts";
import {
  openBrowser,
  openWindow,
  signIn,
  type View,
  VIEWS,
  type Window,
} from "../stack/browser.ts";
import { runPing } from "../stack/operations.ts";
import { S2S_PORT, type XmppServer } from "../stack/prosody.ts";
import { until } from "../stack/wait.ts";
import { createWorld, type NativeSite, recommendedRecords } from "../stack/world.ts";

const domain = "initech-corp.com";
const remote = "acmewave.com";
const world = await createWorld("ui-streams");
let browser: Browser;
let site: NativeSite;
let prosody: XmppServer;
/** Which of our two names asks: the appliance chooses. */
let local: string;

before(async () => {
  site = await world.nativeSite(domain, { settings: { outsideResolvers: [world.dns.server] } });
  prosody = await world.prosody({ domain: remote });
  await world.dns.setZone(remote, recommendedRecords(prosody));
  await runPing(site.client, remote);
  const [asked] = await streams();
  local = asked?.local ?? domain;
  await closeAll();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await world.end();
});

async function owner(path: string, view?: View): Promise<Window> {
  const window = await openWindow(browser, site.appliance, view);
  await signIn(window, path);
  return window;
}

async function streams(): Promise<Stream[]> {
  return (await site.client.read(streamPage, "GET", `/api/v1/streams?remote=${remote}`)).items;
}

/** Closes all streams with the Prosody, and waits until they are gone. */
async function closeAll(): Promise<void> {
  for (const { id } of await streams())
    await site.client.request("DELETE", `/api/v1/streams/${id}`);
  await until("all streams to be closed", 15_000, async () =>
    (await streams()).length === 0 ? true : undefined,
  );
}

const pairPath = (of = remote) => `/connections/pair?local=${local}&remote=${of}`;

test("before anything is sent there is no stream, and the page says when there will be", async () => {
  const { page, assertClean, close } = await owner("/connections");
  await page.getByRole("link", { name: "Live streams" }).click();
  await page.getByRole("heading", { name: "No stream is open" }).waitFor();
  await assertClean("no streams");
  await close();
});

test("streams with a Prosody are listed, filtered in the address, and opened", async () => {
  const pong = await runPing(site.client, remote);
  assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
  const { page, assertClean, close } = await owner("/connections/streams");
  const rows = page.getByRole("row").filter({ hasText: remote });
  await rows.first().waitFor();
  assert.ok((await rows.count()) >= 1);
  await page.getByLabel("Opened by").selectOption("out");
  await page.waitForURL(/direction=out/);
  await assertClean("streams");
  await rows.first().getByRole("link", { name: remote }).click();
  await page.getByRole("heading", { name: `Stream with ${remote}`, level: 1 }).waitFor();
  const security = page.getByRole("region", { name: "Security" });
  await security.getByText("Yes, TLS 1.3").waitFor();
  await security.getByText("By their certificate").waitFor();
  await security.getByText("an authority that this appliance trusts").waitFor();
  const certificate = page.getByRole("region", { name: "Certificate", exact: true });
  await certificate
    .getByText(/SHA-256/)
    .first()
    .waitFor();
  await assertClean("a stream");
  await close();
});

test("a trace of a name of our own shows its login: on the way, in the phases, and what it is kept for", async () => {
  await closeAll();
  const { page, assertClean, close } = await owner("/traces");
  await page.getByRole("textbox", { name: "Domain", exact: true }).fill(remote);
  await page.getByRole("button", { name: "Trace", exact: true }).click();
  await page.getByRole("button", { name: "Run again" }).waitFor({ timeout: 45_000 });
  const way = page.getByRole("list", { name: "The way that was found" });
  assert.match(await way.innerText(), /certificate trusted[^]*logged in by certificate/);
  await way.getByText("logged in by certificate").click();
  const sheet = page.getByRole("region", { name: /^Evidence of step 5/ });
  await sheet.getByRole("list", { name: "Phases" }).getByText("Login").waitFor();
  await sheet.getByText(/the connection is kept and carries what is asked next/).waitFor();
  assert.equal(await sheet.getByText(/· your XMPP server/).count(), 0);
  await assertClean("the login of step 5");
  await sheet.getByRole("tab", { name: "Stanzas" }).click();
  assert.match(await sheet.innerText(), /mechanism="EXTERNAL">…</);
  await close();
});

test("what goes on between two of our own names is marked as that among the connections", async () => {
  const pong = await runPing(site.client, domain);
  assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
  const { page, assertClean, close } = await owner("/connections");
  const own = page.getByRole("row").filter({ hasText: "between your own domains" });
  await own.first().waitFor();
  assert.match(await own.first().innerText(), new RegExp(domain));
  const others = page.getByRole("row").filter({ hasText: remote });
  assert.doesNotMatch(await others.first().innerText(), /your own/);
  await assertClean("our own among the connections");
  await close();
});

test("a stream of ours is made anew from its page", async () => {
  const before = (await streams()).find(({ direction }) => direction === "out");
  assert.ok(before);
  const { page, close } = await owner(`/connections/streams/${before.id}`);
  await page.getByRole("button", { name: "Reconnect" }).click();
  await page.getByText("This stream has ended").waitFor();
  const after = await until("the new stream", 15_000, async () =>
    (await streams()).find(({ direction, state }) => direction === "out" && state === "open"),
  );
  assert.notEqual(after.id, before.id);
  await close();
});

test("a stream is closed on its page, which keeps what was known and says that it has ended", async () => {
  const [first] = await streams();
  assert.ok(first);
  const { page, assertClean, close } = await owner(`/connections/streams/${first.id}`);
  await page.getByRole("button", { name: "Close" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("goes back to its senders").waitFor();
  await assertClean("the question before a stream is closed");
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await page.getByText("This stream has ended").waitFor();
  await page.getByRole("region", { name: "Security" }).getByText("Yes, TLS 1.3").waitFor();
  await assertClean("a stream that has ended");
  await page.reload();
  await page.getByRole("heading", { name: "This stream has ended", level: 1 }).waitFor();
  await assertClean("a stream that is gone");
  await close();
});

test("whoever is asked and comes back is shown with address, encryption and proof", async () => {
  await closeAll();
  const { page, assertClean, close } = await owner(pairPath());
  const card = page.getByRole("region", { name: "Can they reach us?" });
  await card.getByRole("button", { name: "Ask them now" }).click();
  await card.getByText(`Yes: ${remote} reached us after`).waitFor();
  await card.getByText("Yes, TLS 1.3").waitFor();
  await card.getByText("By their certificate").waitFor();
  await card.getByText(/^127\.\d+\.\d+\.\d+ /).waitFor();
  await assertClean("they reach us");
  await card.getByRole("button", { name: "Ask again" }).click();
  await card.getByText("has a stream open to us").waitFor();
  await close();
});

test("whoever is asked and does not come back is told, with what to check", async (t) => {
  const records = recommendedRecords({ address: site.appliance.address, s2sPort: S2S_PORT });
  t.after(() => world.dns.setZone(domain, records));
  await closeAll();
  // What they find in DNS leads to a port on which nobody listens.
  const wrong = { address: site.appliance.address, s2sPort: 5299 };
  await world.dns.setZone(domain, recommendedRecords(wrong));
  const { page, assertClean, close } = await owner(pairPath());
  const card = page.getByRole("region", { name: "Can they reach us?" });
  await card.getByRole("button", { name: "Ask them now" }).click();
  await card.getByText("Waiting for their stream").waitFor();
  await card.getByText(`No stream from ${remote} came within 20 s`).waitFor({ timeout: 40_000 });
  // It looks itself: the record is another than it should be, and nobody is where it leads.
  await card.getByText(`_xmpp-server._tcp.${local}`).first().waitFor({ timeout: 20_000 });
  await card.getByText(/DNS leads to .*, port 5299, and nothing answers there/).waitFor();
  await card.getByText("Ask their admin what it says").waitFor();
  await assertClean("they do not reach us");
  await close();
});

test("the live view shows set-up and stanzas as text, keys masked, and stops; it is in the audit log", async () => {
  await closeAll();
  const { page, assertClean, close } = await owner(pairPath());
  const view = page.getByRole("region", { name: "Live view" });
  await view.getByRole("button", { name: "Start" }).click();
  await view.getByText("Nothing has been said yet").waitFor();
  await view.getByRole("timer").waitFor();
  await runPing(site.client, remote);
  const log = view.getByRole("list", { name: `What is said with ${remote}` });
  await log.getByText("urn:xmpp:ping").first().waitFor();
  await log.getByText("<auth").first().waitFor();
  assert.match((await log.getByText("<auth").first().textContent()) ?? "", />…<\/auth>/);
  assert.equal(await log.locator("iq, ping, auth").count(), 0, "stanzas became elements");
  await assertClean("the live view");

  await view.getByLabel("Show").selectOption("in");
  await until("stanzas out to be left out", 5_000, async () =>
    (await log.getByText("out", { exact: true }).count()) === 0 ? true : undefined,
  );
  await view.getByLabel("Show").selectOption("all");
  await view.getByRole("button", { name: "Pause" }).click();
  const before = await log.getByRole("listitem").count();
  await runPing(site.client, remote);
  await view.getByText(/Paused, \d+ new lines/).waitFor();
  assert.equal(await log.getByRole("listitem").count(), before);
  await view.getByRole("button", { name: "Resume" }).click();
  await until("what came during the pause", 5_000, async () =>
    (await log.getByRole("listitem").count()) > before ? true : undefined,
  );
  await view.getByRole("button", { name: "Stop" }).click();
  await view.getByText("Stopped.").waitFor();
  await until("the end in the audit log", 5_000, async () => {
    const path = "/api/v1/audit?resource=streams";
    const { items } = await site.client.read(auditPage, "GET", path);
    return items[0]?.action === "end_tap" && items[1]?.action === "begin_tap" ? true : undefined;
  });
  await page.goto("/audit?resource=streams");
  const began = page.getByRole("row").filter({ hasText: "Began to listen in" }).first();
  await began.getByText(remote, { exact: true }).waitFor();
  await close();
});

test("a live view ends with the appliance, and says so", async () => {
  const { page, close } = await owner(pairPath());
  const view = page.getByRole("region", { name: "Live view" });
  await view.getByRole("button", { name: "Start" }).click();
  await view.getByRole("timer").waitFor();
  await site.appliance.stop();
  await view.getByText("Ended: the appliance is stopping.").waitFor();
  await site.appliance.start();
  await close();
});

test("a domain that cannot be reached shows why, when it is tried again, and is tried at once", async () => {
  const dead = "gone.example";
  await world.dns.setZone(dead, [
    "_xmpp-server._tcp IN SRV 10 0 5299 xmpp",
    `xmpp IN A ${prosody.address}`,
  ]);
  const { page, assertClean, close } = await owner(pairPath(dead));
  await page.getByText("No stream is open, in either direction.").waitFor();
  await page.getByRole("button", { name: "Connect now" }).click();
  await page.getByText("refused the connection on port 5299").first().waitFor();
  await page.getByRole("button", { name: "Try again now" }).waitFor();
  await page
    .getByRole("region", { name: "Recent failures" })
    .getByText("refused the connection")
    .click();
  await page.getByText("The machine is up, but nothing listens on that port").nth(1).waitFor();
  await assertClean("a domain that fails");
  await page.getByRole("button", { name: "Trace now" }).click();
  await page.waitForURL(/\/t\//);
  await close();
});

for (const view of VIEWS)
  test(`list, stream and pair hold in ${view.theme} at ${view.width} px`, async () => {
    await runPing(site.client, remote);
    const [first] = await streams();
    assert.ok(first);
    const { page, assertClean, close } = await owner("/connections/streams", view);
    await page.getByRole("row").filter({ hasText: remote }).first().waitFor();
    await assertClean("live streams");
    await page.goto(`/connections/streams/${first.id}`);
    await page.getByRole("region", { name: "Security" }).waitFor();
    await assertClean("one stream");
    await page.goto(pairPath());
    const tap = page.getByRole("region", { name: "Live view" });
    await tap.getByRole("button", { name: "Start" }).click();
    await tap.getByRole("timer").waitFor();
    await runPing(site.client, remote);
    await tap.getByText("urn:xmpp:ping").first().waitFor();
    await assertClean("one pair");
    await page.goto("/connections");
    await page.getByRole("link", { name: remote }).first().waitFor();
    await assertClean("connections with streams");
    await close();
  });

test("a domain that is blocked on its page loses its streams and counts as a blocked peer", async () => {
  const pong = await runPing(site.client, remote);
  assert.equal(pong.xmpp.status, "answered", JSON.stringify(pong));
  const { page, assertClean, close } = await owner(pairPath());
  await page
    .getByRole("link", { name: /Stream that/ })
    .first()
    .waitFor();
  await page.getByRole("button", { name: "Block" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Block it" }).click();
  await page.getByText(`${remote} is blocked.`).waitFor();
  await page.getByText("No stream is open, in either direction.").waitFor();
  await page.getByText(`By your rules ${remote} does not federate with you`).waitFor();
  const offers = page.getByRole("button", {
    name: /^(Reconnect|Connect now|Try again now|Block)$/,
  });
  assert.equal(await offers.count(), 0);
  await assertClean("a pair that is blocked");
  const answer = await site.client.request("POST", "/api/v1/streams/reconnections", {
    local,
    remote,
  });
  assert.equal((answer.body as { code: string }).code, "stream.not_allowed");
  await close();
});
