import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { claimBlock } from "./addresses.ts";
import { startAppliance } from "./appliance.ts";
import { makeFolder } from "./folders.ts";

test("what the appliance keeps, compiled code included, nobody else can read or write", async () => {
  const folder = makeFolder("data");
  const block = await claimBlock();
  try {
    const address = block.next();
    const appliance = await startAppliance({ folder: folder.path, address });
    await appliance.stop();
    const data = join(folder.path, `appliance-${address}`, "data");
    assert.equal(statSync(data).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(data).toSorted(), [
      "compile-cache",
      "master.key",
      "node-id",
      "pglite",
    ]);
    assert.equal(statSync(join(data, "master.key")).mode & 0o777, 0o600);
    assert.ok(readdirSync(join(data, "compile-cache")).length > 0, "compiled code is kept");
  } finally {
    await block.release();
    folder.remove();
  }
});
