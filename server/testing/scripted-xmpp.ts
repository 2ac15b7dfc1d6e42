import { createServer, type AddressInfo, type Socket } from "node:net";
import { TLSSocket } from "node:tls";

/** What a scripted server does with each connection; `say` writes, `heard` waits for what comes. */
export interface Conversation {
  readonly socket: Socket;
  readonly say: (text: string | Uint8Array) => void;
  /** Resolves with everything received so far once it contains `needle`. */
  readonly heard: (needle: string) => Promise<string>;
  /** Becomes the TLS server on this connection; later `say` and `heard` are inside TLS. */
  readonly secure: (credentials: Credentials) => Promise<void>;
  readonly servername: () => string | null;
  readonly alpn: () => string | false | null;
  readonly wait: (ms: number) => Promise<void>;
}
export interface Credentials {
  readonly key: string;
  readonly cert: string;
  readonly maxVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  readonly minVersion?: "TLSv1" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3";
  readonly ciphers?: string;
  readonly alpn?: readonly string[];
  /** Asks the client for its certificate, and takes any. */
  readonly requestCert?: boolean;
}

export interface ScriptedXmpp {
  readonly address: string;
  readonly port: number;
  readonly accepted: () => number;
  readonly open: () => number;
  readonly stop: () => Promise<void>;
}

/** A TCP server that plays `script` to everybody who connects: honest, hostile, slow or silent. */
export async function startScriptedXmpp(
  address: string,
  script: (conversation: Conversation) => Promise<void> | void,
  port = 0,
): Promise<ScriptedXmpp> {
  const sockets = new Set<Socket>();
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    void Promise.resolve(script(converse(socket))).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.listen(port, address, resolve);
  });
  return {
    address,
    port: (server.address() as AddressInfo).port,
    accepted: () => accepted,
    open: () => sockets.size,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function converse(raw: Socket): Conversation {
  let socket = raw;
  let received = "";
  let servername: string | null = null;
  const waiting = new Set<() => void>();
  const onData = (bytes: Buffer) => {
    received += bytes.toString("latin1");
    for (const check of waiting) check();
  };
  raw.on("error", () => {});
  raw.on("data", onData);
  return {
    get socket() {
      return socket;
    },
    say: (text) => {
      if (socket.writable) socket.write(text);
    },
    heard: (needle) =>
      new Promise((resolve, reject) => {
        const check = () => {
          if (!received.includes(needle)) return;
          waiting.delete(check);
          resolve(received);
        };
        waiting.add(check);
        socket.once("close", () => reject(new Error("closed")));
        check();
      }),
    secure(credentials) {
      raw.off("data", onData);
      received = "";
      const { alpn, ...options } = credentials;
      const secured = new TLSSocket(raw, {
        isServer: true,
        ...options,
        ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
      });
      secured.on("error", () => raw.destroy());
      secured.on("data", onData);
      socket = secured;
      return new Promise((resolve) => {
        secured.once("secure", () => {
          const name = (secured as unknown as { servername?: string | false }).servername;
          servername = name === undefined || name === false ? null : name;
          resolve();
        });
      });
    },
    servername: () => servername,
    alpn: () => (socket instanceof TLSSocket ? socket.alpnProtocol : null),
    wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

export const streamsNamespace = "http://etherx.jabber.org/streams";
export const header = (from: string, attributes = "version='1.0'") =>
  `<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='${streamsNamespace}' from='${from}' id='s1' ${attributes}>`;
export const offersTls =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
export const offersLogin =
  "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms><dialback xmlns='urn:xmpp:features:dialback'/></stream:features>";
export const proceed = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";

const dialbackPrefix = "xmlns:db='jabber:server:dialback' version='1.0'";

/** The server's end of STARTTLS, up to the restarted stream, with these features. */
export async function untilFeatures(
  talk: Conversation,
  domain: string,
  credentials: Credentials,
  features: string,
): Promise<void> {
  await talk.heard("<stream:stream");
  talk.say(header(domain) + offersTls);
  await talk.heard("<starttls");
  talk.say(proceed);
  await talk.secure(credentials);
  await talk.heard("<stream:stream");
  // XEP-0220 §2.4.1: who declares it may be spoken to by dialback, whatever its features say.
  const attributes = features.includes(offersDialback) ? dialbackPrefix : undefined;
  talk.say(`${header(domain, attributes)}<stream:features>${features}</stream:features>`);
}

export const offersExternal =
  "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
export const offersDialback = "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";

/** An honest server up to its features, by STARTTLS or, with `isDirect`, TLS from the first byte. */
export function honest(domain: string, credentials: Credentials, isDirect = false) {
  return async (talk: Conversation): Promise<void> => {
    if (isDirect) await talk.secure(credentials);
    else {
      await talk.heard("<stream:stream");
      talk.say(header(domain) + offersTls);
      await talk.heard("<starttls");
      talk.say(proceed);
      await talk.secure(credentials);
    }
    await talk.heard("<stream:stream");
    talk.say(header(domain) + offersLogin);
    await talk.heard("</stream:stream>");
    talk.say("</stream:stream>");
    talk.socket.end();
  };
}
