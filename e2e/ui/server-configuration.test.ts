import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Page } from "playwright";
import { type RunningProcess, startProcess } from "../stack/processes.ts";
import { COMPONENT_PORT } from "../stack/prosody.ts";
import { isListening } from "../stack/wait.ts";
import { chooseComponent, openOffice } from "./office.ts";

const office = await openOffice("ui-server-configuration");
const servers: RunningProcess[] = [];
after(async () => {
  for (const server of servers) await server.stop();
});

test("the lines for Prosody, pasted as they are, attach the component", async () => {
  await attachWithPastedLines("prosody", "prosody.example", (folder, domain, blocks) => {
    assert.equal(blocks.length, 2);
    const [global = "", component = ""] = blocks;
    const configuration = join(folder, "prosody.cfg.lua");
    const own = [
      "run_as_root = true",
      `pidfile = "${join(folder, "prosody.pid")}"`,
      `data_path = "${folder}"`,
      'log = { { levels = { min = "info" }, to = "console" } }',
      "c2s_ports = {}",
      "s2s_ports = {}",
      'modules_enabled = { "disco" }',
    ];
    const lines = [...own, global, `VirtualHost "${domain}"`, component, ""];
    writeFileSync(configuration, lines.join("\n"));
    return { command: "/usr/bin/prosody", args: ["-F", "--config", configuration], env: {} };
  });
});

test("the lines for ejabberd, pasted as they are, attach the component", async () => {
  await attachWithPastedLines("ejabberd", "ejabberd.example", (folder, domain, blocks) => {
    assert.equal(blocks.length, 1);
    const configuration = join(folder, "ejabberd.yml");
    const own = ["hosts:", `  - "${domain}"`, "loglevel: info", "modules:", "  mod_disco: {}"];
    own.push("listen:");
    writeFileSync(configuration, [...own, ...blocks, ""].join("\n"));
    const libraries = readdirSync("/usr/lib", { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name.endsWith("-linux-gnu"))
      .map((entry) => join("/usr/lib", entry.name));
    return {
      command: "erl",
      args: ["-noinput", "+Bd", "+sbwt", "none", "+S", "1"].concat(
        ["-mnesia", "dir", JSON.stringify(join(folder, "database"))],
        ["-s", "ejabberd"],
      ),
      env: {
        HOME: folder,
        EJABBERD_CONFIG_PATH: configuration,
        EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
        ERL_LIBS: libraries.join(":"),
      },
    };
  });
});

type Launch = (
  folder: string,
  domain: string,
  blocks: readonly string[],
) => { command: string; args: readonly string[]; env: Readonly<Record<string, string>> };

async function attachWithPastedLines(kind: string, domain: string, launch: Launch): Promise<void> {
  const address = office.world.address();
  const { page, close } = await office.owner("/domains/new");
  await page.getByRole("textbox", { name: "Domain" }).fill(domain);
  await page.getByRole("button", { name: "Continue" }).click();
  await chooseComponent(page);
  await page.getByLabel("Your XMPP server", { exact: true }).selectOption(kind);
  await page.getByLabel("Server’s address").fill(address);
  const folder = join(office.world.folder, kind);
  mkdirSync(folder);
  const { command, args, env } = launch(folder, domain, await linesOf(page));
  const server = startProcess({
    name: kind,
    command,
    args,
    env,
    cwd: folder,
    logFile: join(folder, "console.log"),
  });
  servers.push(server);
  await server.ready(30_000, () => isListening(address, COMPONENT_PORT));
  await page.getByRole("button", { name: "I have done that: attach and test" }).click();
  await page.getByText("Attached: everything that can be tested").waitFor({ timeout: 30_000 });
  const listed = page.getByRole("listitem").filter({ hasText: "your server lists the component" });
  await listed.getByText("done").waitFor();
  await close();
}

/** What the page gives to paste, block by block. */
async function linesOf(page: Page): Promise<string[]> {
  await page.getByRole("heading", { name: "Put this into your server" }).waitFor();
  return await page.locator("pre").allInnerTexts();
}
