import pg from "pg";
import { type Browser, chromium, type Page } from "playwright";
import { peerPage } from "#contract/peers.ts";
import { type Appliance, OWNER } from "../stack/appliance.ts";
import { chromiumOptions } from "../stack/chromium.ts";
import type { Client } from "../stack/client.ts";
import { createWorld } from "../stack/world.ts";
import { type Benchmark, type Figure, median, repeat } from "./benchmark.ts";

/** "At once": nobody waits for it. */
const PAGE_MS = 100;
const SHOWN_MS = 1000;

export const peersTable: Benchmark = {
  name: "peers-table",
  about:
    "a table of 10 000 peers with their health: a page by the API, and in Chromium from the click",
  run: async (scale) => {
    const rows = scale === "whole" ? 10_000 : 300;
    const times = scale === "whole" ? 7 : 1;
    const world = await createWorld("bench");
    let browser: Browser | undefined;
    try {
      const postgres = await world.postgres({ isFast: true });
      const databaseUrl = await postgres.createDatabase("bench");
      const appliance = await world.appliance({ databaseUrl, env: { LOG_LEVEL: "warn" } });
      const client = await appliance.setUp();
      await addPeers(databaseUrl, rows);
      const figures = await timePages(client, rows, times);

      browser = await chromium.launch(chromiumOptions());
      const opened = browser;
      const table = await repeat(times, () => openTable(opened, appliance, rows));
      const shown = { unit: "ms", goal: { atMost: SHOWN_MS } };
      const of = (key: keyof Opened) => median(table.map((one) => one[key]));
      return [
        ...figures,
        { name: "first rows shown, from the click", value: of("shownMs"), ...shown },
        { name: "found by search, from the last key", value: of("foundMs"), ...shown },
      ];
    } finally {
      await browser?.close();
      await world.end();
    }
  },
};

/** In the database, as by the API it would take a minute; none is due, as the table is measured. */
async function addPeers(databaseUrl: string, rows: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `insert into peers (domain, unicode, stance, label, created_by)
       select domain, domain, 'trusted', 'Peer number ' || i, 'bench'
       from (select i, 'p' || i || '.bench.example' as domain from generate_series(1, $1::int) as i) as named`,
      [rows],
    );
    await client.query(
      `insert into peer_health (peer_id, state, since, last_check_at, next_check_at, discover_ms)
       select id, (array['up', 'up', 'up', 'degraded', 'down', 'unknown'])[1 + floor(random() * 6)],
         now() - random() * interval '30 days', now(), now() + interval '1 day', random() * 500 from peers`,
    );
    await client.query("analyze");
  } finally {
    await client.end();
  }
}

async function timePages(client: Client, rows: number, times: number): Promise<Figure[]> {
  const pages = {
    "first page, by domain": "sort=domain",
    "first page, by state": "sort=state",
    "first page, by time in it": "sort=-since",
    "search that finds one": `q=p${rows}.`,
    "search that finds many": "q=bench",
  };
  const figures: Figure[] = [];
  for (const [name, query] of Object.entries(pages)) {
    const durations = await repeat(times, async () => {
      const from = performance.now();
      const found = await client.read(peerPage, "GET", `/api/v1/peers?limit=50&${query}`);
      if (found.items.length === 0) throw new Error(`${query} finds nothing`);
      return performance.now() - from;
    });
    figures.push({ name, value: median(durations), unit: "ms", goal: { atMost: PAGE_MS } });
  }
  return figures;
}

interface Opened {
  readonly shownMs: number;
  readonly foundMs: number;
}

async function openTable(browser: Browser, appliance: Appliance, rows: number): Promise<Opened> {
  const page = await browser.newPage();
  const since = async (act: () => Promise<void>, shown: () => Promise<void>) => {
    const from = performance.now();
    await act();
    await shown();
    return performance.now() - from;
  };
  try {
    await signIn(page, appliance);
    // In each frame: a locator looks again after up to half a second.
    const rowsAre = (atLeast: number, atMost: number, text: string) => async () => {
      await page.waitForFunction(
        (wanted) => {
          const shown = [...document.querySelectorAll("tbody tr")];
          const isRight = shown.every((row) => row.textContent.includes(wanted.text));
          return isRight && shown.length >= wanted.atLeast && shown.length <= wanted.atMost;
        },
        { atLeast, atMost, text },
      );
    };
    const shownMs = await since(
      () => page.getByRole("link", { name: "Peers", exact: true }).first().click(),
      rowsAre(20, rows, "bench.example"),
    );
    const wanted = `p${rows}.bench.example`;
    const foundMs = await since(
      () => page.getByRole("searchbox").first().fill(wanted),
      rowsAre(1, 1, wanted),
    );
    return { shownMs, foundMs };
  } finally {
    await page.context().close();
  }
}

/** By the session's route: the form is not what is measured. */
async function signIn(page: Page, appliance: Appliance): Promise<void> {
  const answer = await page.request.post(`${appliance.url}/api/v1/session`, { data: OWNER });
  if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);
  await page.goto(appliance.url, { waitUntil: "networkidle" });
}
