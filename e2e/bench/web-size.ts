import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import type { Benchmark } from "./benchmark.ts";

const DIST = fileURLToPath(new URL("../../web/dist", import.meta.url));
const GOAL_KB = 220;

export const webSize: Benchmark = {
  name: "web-size",
  about: "what index.html makes a browser load before anything is shown, in brotli as served",
  isExact: true,
  run: async () => {
    const files = firstLoad(DIST);
    const sizeOf = (wanted: RegExp) =>
      files.filter(({ path }) => wanted.test(path)).reduce((total, { bytes }) => total + bytes, 0) /
      1000;
    await Promise.resolve();
    return [
      { name: "first load", value: sizeOf(/./), unit: "kB", goal: { atMost: GOAL_KB } },
      { name: "scripts of it", value: sizeOf(/\.js$/), unit: "kB" },
      { name: "styles of it", value: sizeOf(/\.css$/), unit: "kB" },
      { name: "fonts of it", value: sizeOf(/\.woff2$/), unit: "kB" },
    ];
  },
};

export interface LoadedFile {
  readonly path: string;
  /** As sent: compressed, unless it is by itself. */
  readonly bytes: number;
}

/**
 * The files of a first load: the page, what it links, what those scripts import statically, and the fonts that its
 * styles name for Latin text. What is imported dynamically is a later load.
 */
export function firstLoad(directory: string): LoadedFile[] {
  const loaded = new Map<string, LoadedFile>();
  const load = (path: string): void => {
    if (loaded.has(path)) return;
    const bytes = readFileSync(join(directory, path));
    loaded.set(path, { path, bytes: sentBytes(directory, path, bytes) });
    const text = bytes.toString("utf8");
    for (const next of linkedBy(path, text)) load(next);
  };
  load("/index.html");
  return [...loaded.values()];
}

function linkedBy(path: string, text: string): string[] {
  const found = (pattern: RegExp) => [...text.matchAll(pattern)].map((match) => match[1] ?? "");
  const beside = (name: string) => join(path, "..", name);
  if (path.endsWith(".html")) return found(/(?:src|href)="(\/[^"]+)"/g);
  if (path.endsWith(".js")) return found(/(?:import|from)\s*"(\.\/[^"]+\.js)"/g).map(beside);
  // A browser loads the ranges that the text needs: all pages have plain Latin.
  if (path.endsWith(".css"))
    return found(/url\(([^)]+latin-wght[^)]+)\)/g).map((name) =>
      name.startsWith("/") ? name : beside(name),
    );
  return [];
}

function sentBytes(directory: string, path: string, bytes: Buffer): number {
  if (path.endsWith(".woff2")) return bytes.length;
  const packed = join(directory, `${path}.br`);
  return existsSync(packed) ? readFileSync(packed).length : brotliCompressSync(bytes).length;
}
