import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { eq } from "drizzle-orm";
import type { Database } from "./database.ts";
import { vaultProbe } from "./schema.ts";

const VERSION = 1;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PROBE = "wavegate vault probe";

/** Seals secrets under the master key. `context` names the place (table, row) and is authenticated. */
export interface Vault {
  readonly seal: (plain: Uint8Array | string, context: string) => Uint8Array;
  /** Throws when the key is another one or the value was moved from its place. */
  readonly open: (sealed: Uint8Array, context: string) => Uint8Array;
}

/** AES-256-GCM: version byte, 12-byte nonce, ciphertext, 16-byte tag. */
export function createVault(masterKey: Uint8Array): Vault {
  if (masterKey.length !== 32) throw new Error("a master key has 32 bytes");
  return {
    seal(plain, context) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv("aes-256-gcm", masterKey, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([
        Buffer.of(VERSION),
        nonce,
        cipher.update(plain),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
    },
    open(sealed, context) {
      if (sealed[0] !== VERSION || sealed.length < 1 + NONCE_BYTES + TAG_BYTES)
        throw new Error("not a sealed value");
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", masterKey, nonce)
        .setAAD(Buffer.from(context))
        .setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      return Buffer.concat([
        decipher.update(sealed.subarray(1 + NONCE_BYTES, sealed.length - TAG_BYTES)),
        decipher.final(),
      ]);
    },
  };
}

/** Reads the master key, or makes one with mode 0600. A file that is not 64 hex digits is refused. */
export function loadMasterKey(path: string): Uint8Array {
  if (!existsSync(path)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(path, `${randomBytes(32).toString("hex")}\n`, { mode: 0o600, flag: "wx" });
    chmodSync(path, 0o600);
  }
  const text = readFileSync(path, "utf8").trim();
  if (!/^[0-9a-f]{64}$/i.test(text))
    throw new Error(`${path} is not a master key: 64 hexadecimal digits are expected`);
  return Buffer.from(text, "hex");
}

/** Fails when the database was sealed with another master key; a new database is marked with this one. */
export async function proveMasterKey(db: Database, vault: Vault): Promise<void> {
  await db
    .insert(vaultProbe)
    .values({ id: 1, sealed: vault.seal(PROBE, "vault_probe/1") })
    .onConflictDoNothing();
  const [row] = await db.select().from(vaultProbe).where(eq(vaultProbe.id, 1));
  try {
    if (
      row === undefined ||
      Buffer.from(vault.open(row.sealed, "vault_probe/1")).toString() !== PROBE
    )
      throw new Error("no probe");
  } catch {
    throw new Error(
      "the master key does not open this database: restore the key it was made with (MASTER_KEY_FILE)",
    );
  }
}
