import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { firstLoad } from "./web-size.ts";

test("a first load is what the page links and what that imports statically, once, without later pages", () => {
  const folder = mkdtempSync(join(tmpdir(), "wavegate-size-"));
  try {
    mkdirSync(join(folder, "assets"));
    const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
    write("index.html", '<script src="/assets/a.js"></script><link href="/assets/s.css">');
    write("assets/a.js", 'import"./b.js";import{x}from"./c.js";const later=import("./page.js")');
    write("assets/b.js", 'import"./a.js"');
    write("assets/c.js", "export const x=1");
    write("assets/page.js", "later");
    write(
      "assets/s.css",
      "@font-face{src:url(./f-latin-wght.woff2)}@font-face{src:url(./f-cyrillic-wght.woff2)}",
    );
    write("assets/f-latin-wght.woff2", "font");
    write("assets/f-cyrillic-wght.woff2", "font");
    write("assets/c.js.br", "12345");
    const files = firstLoad(folder);
    assert.deepEqual(files.map(({ path }) => path).toSorted(), [
      "/assets/a.js",
      "/assets/b.js",
      "/assets/c.js",
      "/assets/f-latin-wght.woff2",
      "/assets/s.css",
      "/index.html",
    ]);
    assert.equal(files.find(({ path }) => path === "/assets/c.js")?.bytes, 5, "as served");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
