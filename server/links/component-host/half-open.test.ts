import { connect } from "node:net";
import { test } from "node:test";
import { name, secret, startHost } from "#testing/hosted-components.ts";
import { componentHeader, handshake, until } from "#testing/raw-component.ts";

for (const { what, header, key, end } of [
  {
    what: "is refused",
    header: componentHeader("other.example"),
    key: null,
    end: /<host-unknown /,
  },
  {
    what: "has the wrong secret",
    header: componentHeader(name),
    key: "wrong",
    end: /<not-authorized /,
  },
  { what: "says nothing", header: "", key: null, end: /<connection-timeout / },
  {
    what: "is closed by an admin",
    header: componentHeader(name),
    key: secret,
    end: /<handshake\/><\/stream:stream>$/,
  },
])
  test(`RFC 6120 §4.4: a connection that ${what} and does not end is ended all the same`, async () => {
    const { service, host } = startHost({ limits: { negotiationMs: 300, closeMs: 100 } });
    await until(() => service.listening().port !== null);
    const port = service.listening().port ?? 0;
    const socket = connect({ host, port, allowHalfOpen: true });
    let heard = "";
    let isGone = false;
    socket.on("data", (bytes) => (heard += String(bytes)));
    socket.on("error", () => (isGone = true));
    socket.write(header);
    if (key !== null) {
      await until(() => heard.includes(" id="));
      socket.write(handshake(/ id="([^"]+)"/.exec(heard)?.[1] ?? "", key));
    }
    if (key === secret) {
      await until(() => service.instances("link-1").length === 1);
      for (const { id } of service.instances("link-1")) service.close(id);
    }
    await until(() => end.test(heard));
    await until(() => {
      // Only who writes sees that nobody is there any more.
      socket.write(" ");
      return isGone;
    });
    await service.stop();
  });
