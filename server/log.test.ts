import assert from "node:assert/strict";
import { test } from "node:test";
import { DrizzleQueryError } from "drizzle-orm/errors";
import { createLogger } from "./log.ts";

function logged(error: unknown): string {
  const lines: string[] = [];
  createLogger("info", { write: (line) => lines.push(line) }).error(
    { err: error },
    "request failed",
  );
  return lines.join("");
}

test("a failed statement is logged with its place and reason, without its parameters and rows", () => {
  const cause = Object.assign(new Error("could not extend file"), {
    code: "53100",
    detail: "Failing row contains (ada, $argon2id$hash).",
  });
  const query = 'insert into "users" ("name", "password_hash") values ($1, $2)';
  const line = logged(new DrizzleQueryError(query, ["ada", "$argon2id$hash"], cause));
  assert.ok(!line.includes("argon2id"), line);
  const { err } = JSON.parse(line) as { err: Record<string, string> };
  assert.equal(err["message"], `Failed query: ${query}`);
  assert.equal(err["sqlState"], "53100");
  assert.equal(err["cause"], "could not extend file");
  assert.match(err["stack"] ?? "", /^\s+at .*log\.test\.ts/);
});

test("any other error is logged whole, with its causes", () => {
  const line = logged(new Error("outer", { cause: new TypeError("inner") }));
  assert.match(line, /outer: inner/);
  assert.match(line, /log\.test\.ts/);
});

test("headers and fields that hold secrets are masked", () => {
  const lines: string[] = [];
  const logger = createLogger("info", { write: (line) => lines.push(line) });
  logger.info({ req: { headers: { authorization: "Bearer wgt_1", cookie: "wgs_1" } } });
  logger.info({ body: { password: "hunter2", secret: "s3cret", passphrase: "open" } });
  assert.ok(!/wgt_1|wgs_1|hunter2|s3cret|"open"/.test(lines.join("")), lines.join(""));
});

test("whatever a stranger's text does, a line stays one line, and no terminal obeys it", () => {
  const text = "a\nb\u001b[2J\u009b2J\u007f\u202egpj\u2028c\u2066\ufeff";
  const line = logged(new Error(text));
  assert.match(line, /^[\x20-\x7e]+\n$/);
  assert.match((JSON.parse(line) as { err: { message: string } }).err.message, /^a\nb/);
  assert.ok((JSON.parse(line) as { err: { message: string } }).err.message.includes(text));
});
