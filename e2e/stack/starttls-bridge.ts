import { connect, createServer, type Socket } from "node:net";

interface Place {
  readonly host: string;
  readonly port: number;
}

export interface StartTlsBridge {
  readonly stop: () => Promise<void>;
}

/**
 * A port that begins with TLS in front of one that comes to it by STARTTLS (RFC 6120 §5.4.2), for tools that do not
 * know how servers do that. `hello` is the header of the stream.
 */
export async function bridgeStartTls(
  at: Place,
  target: Place,
  hello: string,
): Promise<StartTlsBridge> {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on("error", () => other.destroy());
      one.once("close", () => {
        open.delete(one);
        other.destroy();
      });
    }
    near.pause();
    far.write(hello);
    let heard = "";
    let isAsked = false;
    const listen = (bytes: Buffer) => {
      heard += bytes.toString("latin1");
      if (!isAsked && heard.includes("</stream:features>")) {
        isAsked = true;
        far.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
      }
      if (!/<proceed[^>]*>$/.test(heard)) return;
      far.off("data", listen);
      near.pipe(far);
      far.pipe(near);
    };
    far.on("data", listen);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(at, resolve);
  });
  return {
    stop: async () => {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
