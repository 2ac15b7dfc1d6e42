import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestApp, PASSWORD, SETUP_CODE } from "#testing/app.ts";

const { request, store } = await openTestApp({ isSetUp: false });
const setUp = (name: string, code: string, address = "127.0.0.1") =>
  request(
    "nobody",
    "POST",
    "/api/v1/setup",
    { code, name, password: PASSWORD },
    { remoteAddress: address },
  );

test("a wrong setup code makes nobody, and guessing is throttled per address", async () => {
  for (let count = 0; count < 5; count++) {
    const answer = await setUp("eve", "WRONG-CODE", "127.0.0.66");
    assert.equal(answer.json().code, "setup.code_wrong");
  }
  assert.equal((await setUp("eve", SETUP_CODE, "127.0.0.66")).json().code, "auth.throttled");
  assert.equal((await request("nobody", "GET", "/api/v1/setup")).json().isRequired, true);
});

test("a short password is refused by its field", async () => {
  const answer = await request("nobody", "POST", "/api/v1/setup", {
    code: SETUP_CODE,
    name: "ada",
    password: "short",
  });
  assert.equal(answer.json().errors[0].field, "body.password");
});

test("ten setups at once with the right code make one owner", async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, index) =>
      setUp(`owner${index}`, ` ${SETUP_CODE.toLowerCase()} `),
    ),
  );
  const codes = answers.map((answer) => answer.statusCode).sort();
  assert.deepEqual(codes, [201, ...Array(9).fill(409)]);
  const { rows } = await store.pool.query("select role from users");
  assert.deepEqual(rows, [{ role: "owner" }]);
});

test("after setup the code is gone from the database", async () => {
  const { rows } = await store.pool.query("select key from settings where key like 'setup%'");
  assert.deepEqual(rows, []);
  assert.equal((await setUp("mallory", SETUP_CODE)).json().code, "setup.done");
});
