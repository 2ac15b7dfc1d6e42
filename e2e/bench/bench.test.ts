import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomeOf } from "./benchmark.ts";
import { benchmarks } from "./benchmarks.ts";

for (const benchmark of benchmarks) {
  test(`${benchmark.name} runs and gives figures`, async (t) => {
    const figures = await benchmark.run("sample");
    assert.ok(figures.length > 0);
    for (const figure of figures) {
      const { name, value, unit } = figure;
      if (benchmark.isExact === true) assert.notEqual(outcomeOf(figure), "miss", name);
      t.diagnostic(`${name}: ${value} ${unit}`);
      assert.ok(
        (Number.isFinite(value) && value >= 0) || name.startsWith("growth"),
        `${name} is ${value}`,
      );
    }
  });
}
