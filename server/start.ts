import { mkdirSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { join, resolve } from "node:path";
import "./fast-imports.ts";

// Nothing to drain while it starts: what is half done, a kill would leave as well.
const leave = () => process.exit(0);
process.on("SIGTERM", leave).on("SIGINT", leave);

// What `npm start` runs: the appliance, with what makes its start quick. In the data directory, because code that
// others could write would be run; and what is wrong with that directory is said by the appliance itself.
const dataDirectory = resolve(process.env["DATA_DIR"]?.trim() || "data");
try {
  mkdirSync(dataDirectory, { recursive: true, mode: 0o700 });
  enableCompileCache(join(dataDirectory, "compile-cache"));
} catch {
  // It starts without.
}
await import("./main.ts");
process.off("SIGTERM", leave).off("SIGINT", leave);
// What was compiled is written when the process ends, by Node itself and in one piece: amid its work nothing else would be
// served for as long as that takes, seconds on a busy machine. After a kill the next start is slower once.
