import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createVault, loadMasterKey } from "./vault.ts";

const vault = createVault(Buffer.alloc(32, 7));

test("a sealed value opens in its place only", () => {
  const sealed = vault.seal("opensesame", "links/1");
  assert.equal(Buffer.from(vault.open(sealed, "links/1")).toString(), "opensesame");
  assert.throws(() => vault.open(sealed, "links/2"));
});

test("a sealed value that was changed in any byte does not open", () => {
  const sealed = vault.seal("opensesame", "links/1");
  for (let index = 0; index < sealed.length; index++) {
    const changed = Uint8Array.from(sealed);
    changed[index] = (changed[index] ?? 0) ^ 1;
    assert.throws(() => vault.open(changed, "links/1"), `byte ${index}`);
  }
  for (let length = 0; length < sealed.length; length++)
    assert.throws(() => vault.open(sealed.subarray(0, length), "links/1"), `length ${length}`);
});

test("another key does not open it, and two seals of one value differ", () => {
  const sealed = vault.seal("opensesame", "links/1");
  assert.throws(() => createVault(Buffer.alloc(32, 8)).open(sealed, "links/1"));
  assert.notDeepEqual(sealed, vault.seal("opensesame", "links/1"));
});

test("the master key file is made once, with mode 0600, and a damaged one is refused", () => {
  const directory = mkdtempSync(join(tmpdir(), "wavegate-vault-"));
  try {
    const path = join(directory, "deep", "master.key");
    const made = loadMasterKey(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual(loadMasterKey(path), made);
    writeFileSync(path, readFileSync(path, "utf8").slice(0, 40));
    assert.throws(() => loadMasterKey(path), /64 hexadecimal digits/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
