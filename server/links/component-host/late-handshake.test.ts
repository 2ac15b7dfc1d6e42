import assert from "node:assert/strict";
import { test } from "node:test";
import { name, outgoing, secret, startHost } from "#testing/hosted-components.ts";
import { componentHeader, handshake, until } from "#testing/raw-component.ts";

/** As far as the host's header: the digest is all that is missing. */
async function begin({ connect }: Pick<ReturnType<typeof startHost>, "connect">) {
  const component = await connect();
  component.say(componentHeader(name));
  await until(() => component.streamId() !== null);
  return component;
}

for (const { what, components } of [
  { what: "secret is changed", components: [{ linkId: "link-1", name, secret: "another" }] },
  { what: "name is taken away", components: [] },
])
  test(`XEP-0114 §3: a component whose ${what} between header and handshake is not attached`, async () => {
    const host = startHost();
    const component = await begin(host);
    host.service.configure(components);
    component.say(handshake(component.streamId() ?? "", secret));
    component.say(outgoing(`from='lobby@${name}' to='kim@acmewave.com'`));
    await until(component.isClosed);
    assert.match(component.heard(), /<reset [^>]*\/><\/stream:error><\/stream:stream>$/);
    assert.deepEqual(host.stanzas, []);
    assert.deepEqual(host.service.instances("link-1"), []);
  });

test("RFC 6120 §13.12: connections that shake hands at the same time are no more than may be attached", async () => {
  const host = startHost({ limits: { maxInstancesPerName: 1 } });
  const [first, second] = [await begin(host), await begin(host)];
  for (const component of [first, second])
    component.say(handshake(component.streamId() ?? "", secret));
  await until(second.isClosed);
  assert.match(second.heard(), /<conflict /);
  assert.equal(first.isClosed(), false);
  assert.equal(host.service.instances("link-1").length, 1);
});
