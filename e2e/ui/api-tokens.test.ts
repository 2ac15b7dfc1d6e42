import assert from "node:assert/strict";
import { test } from "node:test";
import { createClient } from "../stack/client.ts";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-tokens");

test("a token is made, shown once, works, and is refused once it is revoked", async () => {
  const { page, assertClean, close } = await office.owner("/tokens");
  await page.getByRole("button", { name: "Make a token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What it is for").fill("Prometheus");
  await dialog.getByRole("radio", { name: "Auditor" }).check();
  await dialog.getByRole("button", { name: "Make a token" }).click();
  const region = dialog.getByRole("region", { name: "API token" });
  const token = (await region.innerText()).trim();
  await assertClean("the new token");
  await dialog.getByRole("button", { name: "Done" }).click();
  assert.equal((await page.content()).includes(token), false, "the token is still in the page");

  const script = createClient(office.appliance.url, token);
  assert.equal((await script.request("GET", "/api/v1/settings")).status, 200);
  const denied = await script.request("PATCH", "/api/v1/settings", { statusTitle: "x" });
  assert.equal(denied.status, 403);

  const row = page.getByRole("row", { name: /Prometheus/ });
  await row.getByRole("button", { name: "Revoke" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await row.waitFor({ state: "detached" });
  assert.equal((await script.request("GET", "/api/v1/settings")).status, 401);
  await assertClean("the tokens");
  await close();
});
