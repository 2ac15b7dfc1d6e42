import assert from "node:assert/strict";
import { test } from "node:test";
import { digAt } from "./dig.ts";

const line = "dig +short -t SRV _xmpp-server._tcp.example.com";
const rest = "+short -t SRV _xmpp-server._tcp.example.com";

test("a command asks the resolver that the self-test asked", () => {
  assert.equal(digAt(line, "192.0.2.53:53"), `dig @192.0.2.53 ${rest}`);
  assert.equal(digAt(line, "192.0.2.53"), `dig @192.0.2.53 ${rest}`);
  assert.equal(digAt(line, "127.0.0.1:5354"), `dig @127.0.0.1 -p 5354 ${rest}`);
  assert.equal(digAt(line, "[2001:db8::53]:53"), `dig @2001:db8::53 ${rest}`);
  assert.equal(digAt(line, "[2001:db8::53]:5353"), `dig @2001:db8::53 -p 5353 ${rest}`);
  assert.equal(digAt(line, undefined), line);
});
