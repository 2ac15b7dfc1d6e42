import { createHash } from "node:crypto";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { textOf, type XmlElement } from "#protocol/xmpp/element.ts";
import { createStreamReader } from "#protocol/xmpp/reader.ts";

/** One component's connection, as the scripted server sees it. */
export interface HostStream {
  readonly socket: Socket;
  /** The component's header, once read. */
  readonly to: string;
  readonly say: (text: string | Uint8Array) => void;
  readonly end: () => void;
}

export interface HostScript {
  readonly secret?: string;
  /** Stream id of every stream; may hold what XML must escape. */
  readonly streamId?: string;
  /** Instead of the usual beginning; return true to keep the host silent afterwards. */
  readonly onConnect?: (socket: Socket) => boolean;
  /** Instead of the answer to a header. */
  readonly onHeader?: (stream: HostStream) => boolean;
  readonly onAttached?: (stream: HostStream) => void;
  readonly onStanza?: (stanza: XmlElement, stream: HostStream) => void;
  readonly tls?: { cert: string; key: string };
}

export const hostHeader = (name: string, id: string) =>
  "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' " +
  `xmlns:stream='http://etherx.jabber.org/streams' from='${name}' id='${id.replaceAll("&", "&amp;").replaceAll("'", "&apos;")}'>`;

/**
 * The accepting side of XEP-0114, to be as badly behaved as a test wants it. It checks the handshake,
 * and gives what components say to the script. For what servers really do there are real ones.
 */
export async function startComponentHost(script: HostScript, address = "127.0.11.1") {
  const secret = script.secret ?? "s3cret";
  const id = script.streamId ?? "stream-1";
  const sockets = new Set<Socket>();
  const headers: string[] = [];
  let connections = 0;

  function serve(socket: Socket): void {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    if (script.onConnect?.(socket) === true) return void socket.resume();
    const reader = createStreamReader({
      contentNamespaces: ["jabber:component:accept"],
      maxElementBytes: 1 << 20,
      maxDepth: 200,
      oversize: "close",
    });
    let stream: HostStream | null = null;
    let isAttached = false;
    socket.on("data", (data: Uint8Array) => {
      for (const event of reader.write(data)) {
        if (event.kind === "opened") {
          const to = event.header.to ?? "";
          headers.push(to);
          stream = { socket, to, say: (text) => void socket.write(text), end: () => socket.end() };
          if (script.onHeader?.(stream) !== true) stream.say(hostHeader(to, id));
        } else if (event.kind === "element" && stream !== null) {
          if (!isAttached && event.element.name === "handshake") {
            const wanted = createHash("sha1")
              .update(id + secret, "utf8")
              .digest("hex");
            if (textOf(event.element) !== wanted) {
              socket.end(
                "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>",
              );
              continue;
            }
            isAttached = true;
            stream.say("<handshake/>");
            script.onAttached?.(stream);
          } else {
            script.onStanza?.(event.element, stream);
          }
        } else if (event.kind === "closed") {
          socket.end("</stream:stream>");
        }
      }
    });
  }

  const server =
    script.tls === undefined ? createServer(serve) : createTlsServer(script.tls, serve);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    host: address,
    port: (server.address() as AddressInfo).port,
    headers,
    connections: () => connections,
    openSockets: () => sockets.size,
    /** Cuts every connection without a word. */
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
