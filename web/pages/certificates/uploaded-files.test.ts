import assert from "node:assert/strict";
import { test } from "node:test";
import { readFile, withFiles } from "./uploaded-files.ts";

test("bytes survive the way into base64, also more than one slice of them", async () => {
  const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => index % 256);
  const read = await readFile(new File([bytes], "key.der"));
  assert.equal(read?.name, "key.der");
  assert.deepEqual(Uint8Array.from(Buffer.from(read?.base64 ?? "", "base64")), bytes);
});

test("a file that is gone by the time it is read is told, not thrown", async () => {
  const gone = new File(["x"], "gone.pem");
  Object.defineProperty(gone, "arrayBuffer", { value: () => Promise.reject(new Error("gone")) });
  assert.equal(await readFile(gone), null);
});

test("a file of the same name replaces the earlier one; more than twenty are not kept", () => {
  const first = withFiles([{ name: "a", text: "1" }], [{ name: "a", text: "2" }]);
  assert.deepEqual(first, [{ name: "a", text: "2" }]);
  const many = Array.from({ length: 30 }, (_, index) => ({ name: `f${index}`, text: "x" }));
  assert.equal(withFiles([], many).length, 20);
});
