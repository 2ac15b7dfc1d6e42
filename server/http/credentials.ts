import { argon2, createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const hashArgon2 = promisify(argon2);
// RFC 9106 §4, second recommended option scaled to interactive login: 64 MiB, 3 passes, one lane.
const COST = { memory: 65_536, passes: 3, parallelism: 1, tagLength: 32 };

/** Argon2id in PHC string format, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const tag = await hashArgon2("argon2id", { ...COST, message: password.normalize("NFC"), nonce });
  return `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${base64(nonce)}$${base64(tag)}`;
}

/** Whether the password belongs to the hash; constant time in the tag. A hash of another form is false. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const match =
    /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash);
  if (match === null) return false;
  const [, memory, passes, parallelism, nonce = "", tag = ""] = match;
  const expected = Buffer.from(tag, "base64");
  const actual = await hashArgon2("argon2id", {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: expected.length,
    message: password.normalize("NFC"),
    nonce: Buffer.from(nonce, "base64"),
  });
  return timingSafeEqual(expected, actual);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64").replace(/=+$/, "");
}

/** A random secret of 256 bits with a prefix that scanners recognise, and the hash that is stored. */
export function newSecret(prefix: string): { secret: string; hash: Uint8Array } {
  const secret = `${prefix}_${randomBytes(32).toString("base64url")}`;
  return { secret, hash: hashSecret(secret) };
}

/** SHA-256: enough for a secret of 256 random bits. */
export function hashSecret(secret: string): Uint8Array {
  return createHash("sha256").update(secret).digest();
}

/** Setup codes are read off a terminal: case and surrounding blanks do not count. */
export function hashSetupCode(code: string): Uint8Array {
  return createHash("sha256").update(code.trim().toUpperCase()).digest();
}
