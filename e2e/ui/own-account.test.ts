import assert from "node:assert/strict";
import { test } from "node:test";
import { OWNER } from "../stack/appliance.ts";
import { fillSignIn, openOffice } from "./office.ts";

const office = await openOffice("ui-account");
const renewed = "four patient orange foxes";

test("a person sees where they are signed in and ends a session that is not this one", async () => {
  const here = await office.owner("/account");
  const elsewhere = await office.owner("/account");
  await here.page.reload();
  const sessions = here.page.getByRole("table", { name: "Sessions" });
  await sessions.getByText("This one").waitFor();
  const ends = sessions.getByRole("button", { name: /^End the session of/ });
  const before = await ends.count();
  await ends.first().click();
  await here.page.getByRole("status").getByText("The session is ended").waitFor();
  await here.page.waitForFunction(
    (count) =>
      document.querySelectorAll('table button[aria-label^="End the session"]').length < count,
    before,
  );
  await here.assertClean("the account");
  for (const window of [here, elsewhere]) await window.close();
});

test("a changed password ends the other sessions, and the old one no longer opens the door", async () => {
  const here = await office.owner("/account");
  const elsewhere = await office.owner("/settings");
  await elsewhere.page.getByRole("heading", { name: "Settings" }).waitFor();
  await here.page.getByRole("textbox", { name: "Current password" }).fill("not the password");
  await here.page.getByRole("textbox", { name: "New password" }).fill(renewed);
  await here.page.getByRole("button", { name: "Change the password" }).click();
  await here.page.getByRole("alert").getByText("Name or password is wrong").waitFor();
  assert.equal(new URL(here.page.url()).pathname, "/account");
  await here.page.getByRole("textbox", { name: "Current password" }).fill(OWNER.password);
  await here.page.getByRole("button", { name: "Change the password" }).click();
  await here.page.getByRole("status").getByText("The password is changed").waitFor();

  // By itself: nothing is clicked there.
  await elsewhere.page.getByRole("heading", { name: "Sign in" }).waitFor();
  await fillSignIn(elsewhere.page);
  await elsewhere.page.getByRole("alert").getByText("Name or password is wrong").waitFor();
  await fillSignIn(elsewhere.page, { name: OWNER.name, password: renewed });
  await elsewhere.page.getByRole("heading", { name: "Settings" }).waitFor();
  for (const window of [here, elsewhere]) await window.close();
});
