import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { z } from "zod";
import { openOffice } from "./office.ts";

const office = await openOffice("ui-api-routes");
const description = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
});

test("every route that the dashboard calls is one that the appliance describes", async () => {
  const { body } = await office.appliance.anonymous.request("GET", "/api/v1/openapi.json");
  const { paths } = description.parse(body);
  const offered = new Set(
    Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map(
        (method) => `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, ":")}`,
      ),
    ),
  );
  const called = ["routes.ts", "watch-routes.ts"].flatMap((file) => {
    const text = readFileSync(new URL(`../../web/api/${file}`, import.meta.url), "utf8");
    return [...text.matchAll(/"((?:GET|POST|PUT|PATCH|DELETE) \/api\/v1\/[^"]*)":/g)].map(
      ([, route = ""]) => route.replaceAll(/:\w+/g, ":"),
    );
  });
  assert.ok(called.length > 40, `only ${called.length} routes were read`);
  assert.deepEqual(
    called.filter((route) => !offered.has(route)),
    [],
  );
});
