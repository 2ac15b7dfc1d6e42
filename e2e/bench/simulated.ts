import { randomUUID } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { TLSSocket, createSecureContext } from "node:tls";
import type { CertificateFiles } from "../stack/openssl.ts";

/**
 * Peers by the thousand, for load that no real server of the tests could stand in for: one listener plays every
 * domain's XMPP server up to TLS, another one plays our own server, to which the appliance attaches its component
 * and which answers as the remote domains would.
 */
export interface Simulation {
  readonly stop: () => Promise<void>;
}

const HEADER = (id: string, from: string, namespace: string) =>
  `<?xml version='1.0'?><stream:stream xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams' id='${id}' from='${from}' version='1.0'>`;
const STARTTLS =
  "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
const PROCEED = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
const SECURED =
  "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms></stream:features>";

/** Speaks XMPP between servers as far as a probe goes: header, STARTTLS, TLS, header. */
export async function simulatePeers(options: {
  readonly address: string;
  readonly port: number;
  readonly certificate: CertificateFiles;
}): Promise<Simulation> {
  const { chain, key } = options.certificate;
  const secureContext = createSecureContext({ cert: chain, key });
  const greet = (socket: Socket, features: string, next: (text: string) => void) => {
    let seen = "";
    const listen = (chunk: Buffer) => {
      seen += chunk.toString("latin1");
      if (/<stream:stream[^>]*>$/.test(seen)) {
        const to = /\sto=['"]([^'"]*)/.exec(seen)?.[1] ?? "";
        socket.write(HEADER(randomUUID(), to, "jabber:server") + features);
        seen = "";
      } else if (seen.includes("</stream:stream>")) socket.end("</stream:stream>");
      else if (seen.endsWith(">")) next(seen);
    };
    socket.on("data", listen);
    socket.on("error", () => socket.destroy());
    return () => socket.off("data", listen);
  };
  const server = createServer({ noDelay: true }, (socket) => {
    const stopListening = greet(socket, STARTTLS, (text) => {
      if (!text.includes("<starttls")) return;
      stopListening();
      socket.write(PROCEED);
      const secured = new TLSSocket(socket, { isServer: true, secureContext });
      greet(secured, SECURED, () => undefined);
    });
  });
  return await listening(server, options.address, options.port);
}

/** Plays our own XMPP server: accepts any component and answers for every remote domain, `wave-` ones as services. */
export async function simulateOwnServer(options: {
  readonly address: string;
  readonly port: number;
}): Promise<Simulation> {
  const server = createServer({ noDelay: true }, (socket) => {
    let pending = "";
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      pending += chunk.toString("utf8");
      const header = /<stream:stream[^>]*\sto=['"]([^'"]*)['"][^>]*>/.exec(pending);
      if (header !== null) {
        socket.write(HEADER(randomUUID(), header[1] ?? "", "jabber:component:accept"));
        pending = pending.slice(header.index + header[0].length);
      }
      for (;;) {
        const stanza = /<(handshake|iq|message|presence)\b[^>]*?(?:\/>|>[\s\S]*?<\/\1>)/.exec(
          pending,
        );
        if (stanza === null) return;
        pending = pending.slice(stanza.index + stanza[0].length);
        socket.write(answerTo(stanza[0]));
      }
    });
  });
  return await listening(server, options.address, options.port);
}

function answerTo(stanza: string): string {
  if (stanza.startsWith("<handshake")) return "<handshake/>";
  const attribute = (name: string) =>
    new RegExp(`^<[^>]*\\s${name}=['"]([^'"]*)`).exec(stanza)?.[1] ?? "";
  const [from, to, id, type] = [
    attribute("from"),
    attribute("to"),
    attribute("id"),
    attribute("type"),
  ];
  const back = `from='${to}' to='${from}' id='${id}'`;
  if (stanza.startsWith("<message") && stanza.includes("<request")) {
    return `<message ${back}><received xmlns='urn:xmpp:receipts' id='${id}'/></message>`;
  }
  if (type !== "get") return "";
  if (stanza.includes("disco#items")) {
    const item = to.startsWith("wave-") ? "" : `<item jid='wave-${to}'/>`;
    return `<iq type='result' ${back}><query xmlns='http://jabber.org/protocol/disco#items'>${item}</query></iq>`;
  }
  if (stanza.includes("disco#info")) {
    return `<iq type='result' ${back}><query xmlns='http://jabber.org/protocol/disco#info'><identity category='collaboration' type='google-wave'/></query></iq>`;
  }
  return `<iq type='result' ${back}/>`;
}

function listening(server: Server, host: string, port: number): Promise<Simulation> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: 1024 }, () =>
      resolve({
        stop: () => {
          for (const socket of open) socket.destroy();
          return new Promise((done) => server.close(() => done()));
        },
      }),
    );
  });
}
