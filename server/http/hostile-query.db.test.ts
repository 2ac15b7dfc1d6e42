import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestApp } from "#testing/app.ts";

const { request } = await openTestApp();
const LISTS = ["audit", "connections", "incidents", "peers", "traces"];

test("a list has no sort that it does not name, not even an object's own members", async () => {
  for (const list of LISTS)
    for (const sort of ["nonsense", "constructor", "-toString", "hasOwnProperty"]) {
      const answer = await request("owner", "GET", `/api/v1/${list}?sort=${sort}`);
      assert.equal(answer.statusCode, 400, `${list} ${sort}`);
      assert.equal(answer.json().errors[0].field, "querystring.sort", list);
    }
});

test("a cursor that is none is refused, never taken for the first page", async () => {
  const cast = Buffer.from(
    JSON.stringify([
      "-startedAt",
      "2026-02-31 00:00:00+00",
      "0f8fad5b-d9cb-469f-a165-70867728950e",
    ]),
  ).toString("base64url");
  for (const list of LISTS)
    for (const cursor of ["", "x", "1e3", "-1", "9".repeat(30), "W10", cast]) {
      const answer = await request("owner", "GET", `/api/v1/${list}?cursor=${cursor}`);
      assert.equal(answer.statusCode, 400, `${list} ${cursor}`);
      assert.equal(answer.json().errors[0].field, "querystring.cursor", list);
    }
});

test("half a surrogate pair, which JSON may hold and the database not, is the sender's fault", async () => {
  const half = '"a\\ud800"';
  for (const [method, url, payload] of [
    ["PATCH", "/api/v1/settings", `{"statusTitle":${half}}`],
    ["POST", "/api/v1/domains", `{"domain":"half.example","label":${half}}`],
    ["POST", "/api/v1/domains", '{"domain":"nul.example","label":"a\\u0000"}'],
  ] as const) {
    const headers = { "content-type": "application/json" };
    const answer = await request("owner", method, url, undefined, { payload, headers });
    assert.deepEqual([answer.statusCode, answer.json().code], [400, "request.invalid"], payload);
  }
});
