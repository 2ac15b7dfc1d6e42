import assert from "node:assert/strict";
import { test } from "node:test";
import { linkState } from "./link-state.ts";

test("a hosted name whose port is shut is not open, whether its component is connected or not", () => {
  const lastError = {
    code: "s2s.listen_failed",
    params: {},
    owner: "us",
    severity: "error",
  } as const;
  const hosted = { kind: "hosted", state: "waiting" } as const;
  assert.equal(linkState({ ...hosted, lastError }).word, "stateNotOpen");
  assert.equal(linkState({ ...hosted, lastError: null }).word, "stateNobody");
});
