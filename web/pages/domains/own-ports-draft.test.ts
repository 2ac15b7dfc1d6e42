import assert from "node:assert/strict";
import { test } from "node:test";
import { draftOf, readOwnPorts } from "./own-ports-draft.ts";

const saved = { address: "192.0.2.1", port: 5301, directTlsPort: 5311, isAlsoShared: false };

test("what is saved reads back as it is, none as none", () => {
  assert.deepEqual(readOwnPorts(draftOf(saved)).value, saved);
  assert.equal(readOwnPorts(draftOf(null)).value, null);
});

test("a port with STARTTLS is needed where the shared ports do not answer", () => {
  const draft = { ...draftOf(saved), port: "" };
  assert.deepEqual(
    [readOwnPorts(draft).isPortBad, readOwnPorts({ ...draft, isAlsoShared: true }).isPortBad],
    [true, false],
  );
  const none = { ...draft, isAlsoShared: true, directTlsPort: "" };
  assert.equal(readOwnPorts(none).value, undefined);
});

test("the same port twice, no port and no address are refused", () => {
  const draft = draftOf(saved);
  assert.equal(readOwnPorts({ ...draft, directTlsPort: "5301" }).isDirectTlsPortBad, true);
  assert.equal(readOwnPorts({ ...draft, port: "65536" }).isPortBad, true);
  assert.equal(readOwnPorts({ ...draft, address: "localhost" }).isAddressBad, true);
  assert.equal(readOwnPorts({ ...draft, address: "" }).value?.address, null);
});
