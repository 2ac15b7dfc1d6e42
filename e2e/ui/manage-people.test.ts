import assert from "node:assert/strict";
import { test } from "node:test";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-people");
const grace = { name: "Grace", password: "seven quiet green lamps" };

test("an owner invites an auditor, who may look everywhere and change nothing", async () => {
  const owner = await office.owner("/users");
  await owner.page.getByRole("button", { name: "Invite somebody" }).click();
  const dialog = owner.page.getByRole("dialog");
  await dialog.getByRole("radio", { name: "Auditor" }).check();
  await owner.assertClean("the invitation dialog");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await dialog.getByRole("region", { name: "Invitation link" }).innerText();
  await dialog.getByRole("button", { name: "Done" }).click();
  await owner.page.getByRole("table", { name: "Open invitations" }).waitFor();

  const guest = await office.visitor();
  await guest.page.goto(link.trim());
  await guest.page.getByRole("heading", { name: "You are invited" }).waitFor();
  await guest.assertClean("the invitation");
  await guest.page.getByLabel("Your name").fill(grace.name);
  await guest.page.getByRole("textbox", { name: "Password" }).fill(grace.password);
  await guest.page.getByRole("button", { name: "Create my account" }).click();
  await guest.page.getByRole("button", { name: /^Signed in as Grace, auditor/ }).waitFor();

  await guest.page.goto("/settings");
  await guest.page.getByText("You can look but not change").waitFor();
  assert.equal(await guest.page.getByRole("button", { name: "Save" }).count(), 0);
  assert.equal(await guest.page.getByRole("radio", { name: "Everybody" }).isDisabled(), true);
  await guest.page.goto("/domains");
  await guest.page.getByRole("heading", { name: "No domain yet" }).waitFor();
  assert.equal(await guest.page.getByRole("link", { name: "Add a domain" }).count(), 0);
  await guest.page.goto("/users");
  await guest.page.getByText("Only owners can change people").waitFor();
  assert.equal(await guest.page.getByRole("link", { name: "API tokens" }).count(), 0);
  await guest.assertClean("people, as an auditor");

  const late = await office.visitor();
  await late.page.goto(link.trim());
  await late.page.getByLabel("Your name").fill("Mallory");
  await late.page.getByRole("textbox", { name: "Password" }).fill(grace.password);
  await late.page.getByRole("button", { name: "Create my account" }).click();
  await late.page.getByRole("alert").getByText("This invitation cannot be used").waitFor();
  for (const window of [owner, guest, late]) await window.close();
});

test("a role is changed and taken back; who is disabled is thrown out at once", async () => {
  const owner = await office.owner("/users");
  const guest = await office.visitor();
  await guest.page.request.post("/api/v1/session", { data: grace });
  await guest.page.goto("/audit");
  await guest.page.getByRole("heading", { name: "Audit log" }).waitFor();

  const menu = owner.page.getByRole("button", { name: "Actions for Grace" });
  await menu.click();
  await owner.assertClean("the actions for a person");
  await owner.page.getByRole("menuitem", { name: "Make admin" }).click();
  const row = owner.page.getByRole("row", { name: /Grace/ });
  await row.getByText("Admin", { exact: true }).waitFor();
  await owner.page.getByRole("button", { name: "Undo" }).click();
  await row.getByText("Auditor", { exact: true }).waitFor();

  await menu.click();
  await owner.page.getByRole("menuitem", { name: "Disable" }).click();
  await row.getByText("Disabled").waitFor();
  await guest.page.getByRole("heading", { name: "Sign in" }).waitFor();
  for (const window of [owner, guest]) await window.close();
});

test("a person is removed by typing the name; the last owner stays", async () => {
  const { page, assertClean, close } = await office.owner("/users");
  await page.getByRole("button", { name: "Actions for Grace" }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog");
  const remove = dialog.getByRole("button", { name: "Remove" });
  assert.equal(await remove.isDisabled(), true);
  await dialog.getByRole("textbox").fill("Grac");
  assert.equal(await remove.isDisabled(), true);
  await assertClean("the removal dialog");
  await dialog.getByRole("textbox").fill("Grace");
  await remove.click();
  await page.getByRole("row", { name: /Grace/ }).waitFor({ state: "detached" });

  await page.getByRole("button", { name: "Actions for owner" }).click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await page.getByRole("alert").getByText("The last owner has to stay").waitFor();
  await close();
});
