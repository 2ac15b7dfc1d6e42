import { randomUUID } from "node:crypto";
import { connect, createServer, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, TLSSocket } from "node:tls";
import { until, within } from "../stack/wait.ts";
import type { CertificateFiles } from "../stack/openssl.ts";

/** The other end of streams by the thousand, in as little as a stream needs: STARTTLS, EXTERNAL, both ways. */
export interface FarPeer {
  /** Opens one stream as `from` and logs in; resolves when stanzas could be sent. */
  readonly open: (stream: {
    readonly from: string;
    readonly to: string;
    readonly host: string;
    readonly port: number;
    /** Which of this machine's addresses it comes from: servers bound how many may come from one. */
    readonly localAddress: string;
  }) => Promise<Socket>;
  /** Streams that were opened to it and have carried a message. */
  readonly carried: () => number;
  /** Resolves when so many have. */
  readonly untilCarried: (count: number, timeoutMs: number) => Promise<void>;
  /** Ends all streams. */
  readonly hangUp: () => void;
  readonly stop: () => Promise<void>;
}

const LOGIN_MS = 30_000;
const HEADER = (attributes: string) =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' ${attributes}>`;
const features = (inside: string) => `<stream:features>${inside}</stream:features>`;
const STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const EXTERNAL =
  "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
const SUCCESS = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
const auth = (from: string) =>
  `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>${Buffer.from(from).toString("base64")}</auth>`;

export async function startFarPeer(options: {
  readonly address: string;
  readonly port: number;
  readonly certificate: CertificateFiles;
}): Promise<FarPeer> {
  const { chain, key } = options.certificate;
  const secureContext = createSecureContext({ cert: chain, key });
  const sockets = new Set<Socket>();
  const keep = <T extends Socket>(socket: T): T => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    return socket;
  };
  let carried = 0;

  const server = createServer({ noDelay: true }, (socket) => {
    // A stream that does not get so far is missing among those that carried something.
    serve(keep(socket)).catch(() => socket.destroy());
  });
  async function serve(plain: Socket): Promise<void> {
    const greet = async (socket: Socket, inside: string) => {
      const header = await said(socket, /<stream:stream[^>]*>/);
      const to = /\sto=['"]([^'"]*)/.exec(header)?.[1] ?? "";
      socket.write(HEADER(`id='${randomUUID()}' from='${to}'`) + features(inside));
    };
    await greet(plain, STARTTLS);
    await said(plain, /<starttls[^>]*>/);
    plain.write(PROCEED);
    const socket = keep(
      new TLSSocket(plain, {
        isServer: true,
        secureContext,
        requestCert: true,
        rejectUnauthorized: false,
      }),
    );
    await greet(socket, EXTERNAL);
    await said(socket, /<auth[^>]*>[^<]*<\/auth>|<auth[^>]*\/>/);
    socket.write(SUCCESS);
    await greet(socket, "");
    await said(socket, /<\/message>/);
    carried += 1;
    // A server that hears nothing more must not be heard either.
    socket.resume();
  }

  async function open({
    from,
    to,
    host,
    port,
    localAddress,
  }: Parameters<FarPeer["open"]>[0]): Promise<Socket> {
    const plain = keep(connect({ host, port, localAddress, noDelay: true }));
    const header = HEADER(`from='${from}' to='${to}'`);
    plain.write(header);
    await said(plain, /<starttls[^]*<\/stream:features>/);
    plain.write(STARTTLS);
    await said(plain, /<proceed/);
    const socket = keep(
      connectTls({ socket: plain, secureContext, servername: to, rejectUnauthorized: false }),
    );
    socket.write(header);
    await said(socket, /EXTERNAL[^]*<\/stream:features>/);
    socket.write(auth(from));
    await said(socket, /<success/);
    socket.write(header);
    await said(socket, /<stream:features\s*\/>|<\/stream:features>/);
    socket.resume();
    return socket;
  }

  function hangUp(): void {
    for (const socket of sockets) socket.destroy();
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host: options.address, port: options.port, backlog: 1024 }, resolve);
  });
  return {
    open: (stream) => within(`a stream of ${stream.from}`, LOGIN_MS, open(stream)),
    carried: () => carried,
    untilCarried: async (count, timeoutMs) =>
      void (await until(`${count} streams`, timeoutMs, () => {
        if (carried >= count) return true;
        throw new Error(`there are ${carried}`);
      })),
    hangUp,
    stop: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      hangUp();
      await closed;
    },
  };
}

/** Reads until `what` was said; the bytes of one stage of a stream never run into the next one here. */
function said(socket: Socket, what: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const listen = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (!what.test(text)) return;
      socket.off("data", listen);
      socket.off("close", fail);
      socket.pause();
      resolve(text);
    };
    const fail = () => reject(new Error(`the stream ended, waiting for ${what.source}: ${text}`));
    socket.on("data", listen);
    socket.on("close", fail);
    socket.resume();
  });
}
