import assert from "node:assert/strict";
import { test } from "node:test";
import { type NativeDraft, readNative } from "./native-draft.ts";

const draft: NativeDraft = {
  name: "wave.example.com",
  host: "wave.example.com",
  port: "5269",
  addresses: "203.0.113.7, 2001:db8::7",
};

test("beside a server, only the one name points at the appliance", () => {
  assert.deepEqual(readNative(draft, "example.com", "beside").zoneLines, [
    "_xmpp-server._tcp.wave.example.com. 3600 IN SRV 10 0 5269 wave.example.com.",
    "wave.example.com. 3600 IN A 203.0.113.7",
    "wave.example.com. 3600 IN AAAA 2001:db8::7",
  ]);
});

test("instead of a server, the domain and its wave. name do", () => {
  const reading = readNative({ ...draft, host: "fed.example.com" }, "example.com", "instead");
  assert.deepEqual(reading.names, ["example.com", "wave.example.com"]);
  assert.deepEqual(reading.zoneLines.slice(0, 2), [
    "_xmpp-server._tcp.example.com. 3600 IN SRV 10 0 5269 fed.example.com.",
    "_xmpp-server._tcp.wave.example.com. 3600 IN SRV 10 0 5269 fed.example.com.",
  ]);
});

test("while something is missing or wrong there are no lines to copy", () => {
  const wrong: Partial<NativeDraft>[] = [
    { name: " " },
    { host: "" },
    { port: "0" },
    { port: "70000" },
    { addresses: "203.0.113.7 xmpp" },
  ];
  for (const part of wrong) {
    const reading = readNative({ ...draft, ...part }, "example.com", "beside");
    assert.equal(reading.isReady, false, JSON.stringify(part));
    assert.deepEqual(reading.zoneLines, []);
  }
  assert.equal(readNative({ ...draft, name: "" }, "example.com", "instead").isReady, true);
});
