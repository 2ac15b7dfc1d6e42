import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const compress = promisify(brotliCompress);
const FIRST_LOAD_LIMIT_BYTES = 220_000;
const upstream = process.env["WAVEGATE_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), brotli()],
  resolve: {
    // One module per icon, so that the development server does not read all of them at once.
    alias: { "@tabler/icons-react": "@tabler/icons-react/dist/esm/icons/index.mjs" },
  },
  server: {
    proxy: Object.fromEntries(
      ["/api", "/readyz", "/healthz", "/metrics"].map((path) => [path, { target: upstream }]),
    ),
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Nothing inlined: the content security policy allows our own files only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 800,
  },
});

/** Writes a `.br` beside each text asset, prints the first load's size, and fails when it is too big. */
function brotli(): Plugin {
  let directory = "";
  return {
    name: "wavegate-brotli",
    apply: "build",
    configResolved(config) {
      directory = resolve(config.root, config.build.outDir);
    },
    async writeBundle() {
      const sizes = new Map<string, number>();
      for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|svg|html|woff2)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = await readFile(path);
        const isText = !entry.name.endsWith(".woff2");
        const packed = isText
          ? await compress(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } })
          : bytes;
        if (isText && entry.name !== "index.html") await writeFile(`${path}.br`, packed);
        sizes.set(path.slice(directory.length), packed.length);
      }
      const shell = await readFile(join(directory, "index.html"), "utf8");
      const linked = [...shell.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? "");
      const fonts = [...sizes.keys()].filter((path) => path.endsWith(".woff2"));
      const first = [
        "/index.html",
        ...linked,
        ...fonts.filter((path) => /latin-wght/.test(path) && !/-ext/.test(path)),
      ];
      const total = first.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
      for (const path of first) console.log(`  ${path} ${sizes.get(path) ?? "?"} B brotli`);
      console.log(
        `first load: ${(total / 1000).toFixed(1)} kB brotli (limit ${FIRST_LOAD_LIMIT_BYTES / 1000})`,
      );
      if (total > FIRST_LOAD_LIMIT_BYTES) this.error("the first load is larger than its limit");
    },
  };
}
