import assert from "node:assert/strict";
import { test } from "node:test";
import { hostedConfiguration } from "./hosted-configuration.ts";

const settings = { name: "irc.example.com", host: "127.0.0.1", port: 5347, secret: "s3cret" };

test("Biboumi gets its hostname, password and where to connect", () => {
  assert.equal(
    hostedConfiguration("biboumi", settings),
    "hostname=irc.example.com\npassword=s3cret\nxmpp_server_ip=127.0.0.1\nport=5347",
  );
});

test("Slidge gets its JID, secret, server and port, and whose accounts may register", () => {
  assert.equal(
    hostedConfiguration("slidge", { ...settings, port: 5348 }),
    "jid=irc.example.com\nsecret=s3cret\nserver=127.0.0.1\nport=5348\nuser-jid-validator=.*@example.com",
  );
});

test("a Wave server gets its name in two parts, and the whole of it as its JID", () => {
  const text = hostedConfiguration("wave", { ...settings, name: "wave.bücher.example" });
  assert.match(text, /^xmpp_component_name = wave$/m);
  assert.match(text, /^xmpp_server_hostname = bücher\.example$/m);
  assert.match(text, /^xmpp_jid = wave\.bücher\.example$/m);
  assert.match(text, /^xmpp_server_component_port = 5347$/m);
});

test("a port on every address is reached at one of them", () => {
  for (const [host, reached] of [
    ["0.0.0.0", "127.0.0.1"],
    ["::", "::1"],
  ] as const)
    assert.match(
      hostedConfiguration("biboumi", { ...settings, host }),
      new RegExp(`xmpp_server_ip=${reached}$`, "m"),
    );
});
