import assert from "node:assert/strict";
import { test } from "node:test";
import { parseServer, readConfig } from "./config.ts";

test("an empty environment gives the documented defaults", () => {
  const config = readConfig({});
  assert.equal(config.host, "127.0.0.1");
  assert.equal(config.port, 8080);
  assert.equal(config.httpsPort, null);
  assert.equal(config.databaseUrl, null);
  assert.ok(config.dataDirectory.endsWith("/data"));
  assert.ok(config.masterKeyFile.endsWith("/data/master.key"));
  assert.deepEqual(config.dnsServers, []);
  assert.equal(config.logLevel, "info");
});

test("every bad key is named at once", () => {
  const env = {
    HOST: "here",
    PORT: "99999",
    HTTPS_PORT: "-1",
    PUBLIC_URL: "ftp://x",
    TRUSTED_PROXIES: "10.0.0.0/8,proxy",
    DATABASE_URL: "mysql://x",
    DNS_SERVERS: "1.1.1.1:53,dns.example",
    SETUP_CODE: "short",
    LOG_LEVEL: "loud",
  };
  assert.throws(
    () => readConfig(env),
    (error: Error) => Object.keys(env).every((key) => error.message.includes(key)),
  );
});

test("resolvers are address, address:port or [v6]:port", () => {
  assert.deepEqual(parseServer("192.0.2.1"), { address: "192.0.2.1", port: 53 });
  assert.deepEqual(parseServer("127.0.0.1:5354"), { address: "127.0.0.1", port: 5354 });
  assert.deepEqual(parseServer("2001:db8::1"), { address: "2001:db8::1", port: 53 });
  assert.deepEqual(parseServer("[2001:db8::1]:5353"), { address: "2001:db8::1", port: 5353 });
  for (const bad of ["", "dns.example:53", "1.2.3.4:0", "1.2.3.4:70000", "[1.2.3.4"])
    assert.equal(parseServer(bad), null, bad);
});
