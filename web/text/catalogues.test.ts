import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createIntl } from "react-intl";

const web = join(import.meta.dirname, "..");
const sources = readdirSync(web, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/.test(path) && !/^(dist|text)\b|\.test\.ts$/.test(path))
  .map((path) => readFileSync(join(web, path), "utf8"))
  .join("\n");
// Keys that are put together: t(`step_${name}`) and t(`${key}Title`).
const patterns = [...sources.matchAll(/`([\w.-]*)\$\{[^`]+\}([\w.-]*)`/g)]
  .filter(([, before, after]) => before !== "" || after !== "")
  .map(([, before = "", after = ""]) => ({ before, after }));
const { formatters } = createIntl({ locale: "en" });

for (const file of readdirSync(import.meta.dirname).filter((name) =>
  /^[\w-]+(?<!\.test)\.ts$/.test(name),
)) {
  const exports = (await import(join(import.meta.dirname, file))) as Record<string, unknown>;
  for (const [name, value] of Object.entries(exports)) {
    if (!isCatalogue(value)) continue;
    test(`${file}: every message of ${name} can be read`, () => {
      for (const [key, message] of Object.entries(value))
        assert.doesNotThrow(() => formatters.getMessageFormat(message, "en"), `${key}: ${message}`);
    });
    test(`${file}: every message of ${name} is said somewhere`, () => {
      const unsaid = Object.keys(value).filter(
        (key) =>
          !new RegExp(`["'.]${RegExp.escape(key)}\\b|\\b${RegExp.escape(key)}:`).test(sources) &&
          !patterns.some(({ before, after }) => key.startsWith(before) && key.endsWith(after)),
      );
      assert.deepEqual(unsaid, []);
    });
    test(`${file}: ${name} has typographic apostrophes, which ICU never takes for quotes`, () => {
      const straight = Object.entries(value).filter(([, message]) =>
        /'[{}<|#]|[{}<>|#]'/.test(message),
      );
      assert.deepEqual(straight, []);
    });
  }
}

function isCatalogue(value: unknown): value is Record<string, string> {
  return (
    typeof value === "object" &&
    value !== null &&
    Object.keys(value).length > 0 &&
    Object.values(value).every((one) => typeof one === "string")
  );
}
