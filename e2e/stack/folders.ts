import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface TemporaryFolder {
  readonly path: string;
  /** Unless KEEP_STACK is set, for looking into configurations and logs. */
  readonly remove: () => void;
}

/** A new folder under the system's temporary one; other users may look in, as PostgreSQL does not run as root. */
export function makeFolder(purpose: string): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), `wavegate-${purpose}-`));
  chmodSync(path, 0o755);
  const isKept = process.env["KEEP_STACK"] !== undefined;
  return { path, remove: () => isKept || rmSync(path, { recursive: true, force: true }) };
}
