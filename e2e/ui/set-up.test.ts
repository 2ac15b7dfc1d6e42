import assert from "node:assert/strict";
import { test } from "node:test";
import { SETUP_CODE } from "../stack/appliance.ts";
import { fillSignIn, openOffice } from "./office.ts";

const office = await openOffice("ui-set-up");
const ada = { name: "Ada", password: "nine small blue teapots" };

test("whoever opens a new appliance is led to setup, and a wrong code makes no account", async () => {
  const window = await office.visitor();
  const { page } = window;
  await page.goto("/peers");
  await page.getByRole("heading", { name: "Set up this appliance" }).waitFor();
  assert.equal(new URL(page.url()).pathname, "/setup");
  await window.assertClean("setup");

  await page.getByRole("button", { name: "Create the owner’s account" }).click();
  await page.getByText("At least 10 characters, please.").waitFor();
  await page.getByLabel("Setup code").fill("WRONG-CODE-HERE");
  await page.getByLabel("Your name").fill(ada.name);
  await page.getByRole("textbox", { name: "Password" }).fill(ada.password);
  await page.getByRole("button", { name: "Create the owner’s account" }).click();
  await page.getByRole("alert").getByText("The setup code is wrong").waitFor();
  await window.assertClean("setup, refused");
  await window.close();
});

test("the right code makes the owner, signs in, and shows the first steps", async () => {
  const window = await office.visitor();
  const { page } = window;
  await page.goto("/setup");
  await page.getByLabel("Setup code").fill(SETUP_CODE.toLowerCase());
  await page.getByLabel("Your name").fill(ada.name);
  await page.getByRole("textbox", { name: "Password" }).fill(ada.password);
  await page.getByRole("button", { name: "Create the owner’s account" }).click();
  await page.getByRole("heading", { name: "Welcome, Ada" }).waitFor();
  const next = page.locator('li[aria-current="step"]');
  await next.getByRole("link", { name: "Add your domain" }).waitFor();
  assert.equal(await page.locator("main li h2").count(), 6);
  await window.assertClean("the first steps");

  await page.goto("/");
  await page.getByText("0 of 6 first steps are done.").waitFor();

  await page.goto("/setup");
  await page.getByRole("heading", { name: "It is set up already" }).waitFor();
  await window.close();
});

test("who is not signed in signs in and is back where they wanted to go", async () => {
  const window = await office.visitor();
  const { page } = window;
  await page.goto("/audit?resource=users");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await window.assertClean("sign-in");
  await fillSignIn(page, { ...ada, password: "not the password" });
  await page.getByRole("alert").getByText("Name or password is wrong").waitFor();
  await fillSignIn(page, ada);
  await page.getByRole("heading", { name: "Audit log" }).waitFor();
  assert.equal(page.url(), `${office.appliance.url}/audit?resource=users`);

  await page.getByRole("button", { name: /^Signed in as Ada/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.goto("/settings");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await window.close();
});

for (const next of ["//elsewhere.example/", "https://elsewhere.example/", "/\\elsewhere.example"])
  test(`a sign-in link that leads elsewhere (${next}) leads to the overview`, async () => {
    const window = await office.visitor();
    const { page } = window;
    await page.goto(`/login?next=${encodeURIComponent(next)}`);
    await fillSignIn(page, ada);
    await page.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
    assert.equal(new URL(page.url()).origin, office.appliance.url);
    await window.close();
  });
