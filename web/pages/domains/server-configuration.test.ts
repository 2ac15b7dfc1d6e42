import assert from "node:assert/strict";
import { test } from "node:test";
import { type ComponentSettings, configurationFor, isLoopback } from "./server-configuration.ts";

const local: ComponentSettings = {
  name: "wave.example.com",
  domain: "example.com",
  host: "127.0.0.1",
  port: 5347,
  security: "plain",
  secret: "s3cret",
};

test("Prosody on the same machine needs the component only: its port is open on loopback", () => {
  assert.deepEqual(configurationFor("prosody", local), [
    {
      kind: "lines",
      place: "prosodyComponent",
      code: 'Component "wave.example.com"\n    component_secret = "s3cret"',
    },
  ]);
});

test("Prosody elsewhere has to listen on the address that is dialled", () => {
  const [global] = configurationFor("prosody", { ...local, host: "192.0.2.7", port: 5350 });
  assert.equal(global?.place, "prosodyGlobal");
  assert.equal(global?.code, 'component_ports = { 5350 }\ncomponent_interfaces = { "192.0.2.7" }');
});

test("Prosody does not listen on the other loopback addresses unless it is told to", () => {
  const [global] = configurationFor("prosody", { ...local, host: "127.0.0.2" });
  assert.equal(global?.code, 'component_ports = { 5347 }\ncomponent_interfaces = { "127.0.0.2" }');
});

test("Prosody behind a host name listens on every address", () => {
  const [global] = configurationFor("prosody", { ...local, host: "xmpp.example.com" });
  assert.match(global?.code ?? "", /component_interfaces = \{ "\*" \}/);
});

test("ejabberd gets a listener with the component's own password", () => {
  const [part] = configurationFor("ejabberd", local);
  assert.equal(
    part?.code,
    [
      "  -",
      "    port: 5347",
      '    ip: "127.0.0.1"',
      "    module: ejabberd_service",
      "    access: all",
      "    global_routes: false",
      "    hosts:",
      '      "wave.example.com":',
      '        password: "s3cret"',
    ].join("\n"),
  );
});

test("ejabberd with TLS says so", () => {
  const [part] = configurationFor("ejabberd", { ...local, security: "tls", host: "[2001:db8::1]" });
  assert.match(part?.code ?? "", /\n {4}tls: true\n/);
  assert.match(part?.code ?? "", /ip: "2001:db8::1"/);
});

test("Openfire is told the part before its own domain", () => {
  const values = configurationFor("openfire", { ...local, port: 5275 }).map((part) => part.code);
  assert.deepEqual(values, ["5275", "wave", "s3cret"]);
});

test("no name or secret can leave its quotes", () => {
  const hostile = { ...local, name: 'a"\n}b', secret: 'x"; os.exit() --' };
  for (const kind of ["prosody", "ejabberd"] as const)
    for (const { code } of configurationFor(kind, hostile)) {
      assert.doesNotMatch(code, /x"; os/);
      assert.doesNotMatch(code, /^\}b/m);
    }
});

for (const [host, expected] of [
  ["127.0.0.1", true],
  ["127.9.8.7", true],
  ["localhost", true],
  ["::1", true],
  ["[::1]", true],
  ["127.0.0.1.example.com", false],
  ["10.0.0.1", false],
  ["::", false],
  ["localhost.example.com", false],
] as const)
  test(`${host} ${expected ? "stays within" : "leaves"} the machine`, () => {
    assert.equal(isLoopback(host), expected);
  });
