import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceOf } from "./device.ts";

const cases: readonly (readonly [string, string | null])[] = [
  [
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Firefox 140 on Linux",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
    "Edge 156 on Windows",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
    "Safari 19 on iOS",
  ],
  ["curl/8.5.0", "curl 8"],
  ["", null],
  ["<script>alert(1)</script>", null],
];

for (const [userAgent, device] of cases)
  test(`a session of ${JSON.stringify(userAgent.slice(0, 40))} is shown as ${device}`, () => {
    assert.equal(deviceOf(userAgent), device);
  });
