import assert from "node:assert/strict";
import { test } from "node:test";
import { isUnavailable } from "./availability.ts";

const failed = (cause: Error) => new Error("Failed query: select 1", { cause });
const coded = (code: string) => Object.assign(new Error("it failed"), { code });

test("a database that cannot be reached, is shutting down or fell silent is unavailable", () => {
  const causes = [
    ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "ENOENT"].map(coded),
    // The name of a container that is stopped does not resolve.
    ...["ENOTFOUND", "EAI_AGAIN"].map(coded),
    ...["57P01", "57P02", "57P03", "08006", "53300"].map(coded),
    new Error("Connection terminated unexpectedly"),
    new Error("timeout exceeded when trying to connect"),
    // What a roll-back says on a connection that broke in the middle of its transaction.
    new Error("Client has encountered a connection error and is not queryable"),
    new Error("Client was closed and is not queryable"),
    new AggregateError([coded("ECONNREFUSED")], "", { cause: coded("ECONNREFUSED") }),
  ];
  for (const cause of causes) {
    assert.equal(isUnavailable(cause), true, String(cause));
    assert.equal(isUnavailable(failed(cause)), true, String(cause));
  }
});

test("a statement that the database refused is not", () => {
  for (const cause of [
    ...["23505", "22021", "57014", "40001"].map(coded),
    new TypeError("x is undefined"),
  ])
    assert.equal(isUnavailable(failed(cause)), false, String(cause));
  assert.equal(isUnavailable("ECONNREFUSED"), false);
});
