import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";

const header = (features: string) =>
  "<stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' xmlns:db='jabber:server:dialback' " +
  "id='1' from='peer.example' to='us.example' version='1.0'><stream:features><dialback xmlns='urn:xmpp:features:dialback'/>" +
  `${features}</stream:features>`;

const verifyRequest = /<db:verify from="([^"]+)" to="([^"]+)" id="([^"]+)"/g;

/** A server in clear that takes any dialback of `us.example` to `peer.example`, has its word on any key of any name, and then does as it is told. */
export interface ScriptedReceiver {
  readonly port: number;
  /** The id of the ping that follows the stanza with that id; when it is read. */
  readonly pinged: (
    afterStanza: string,
  ) => Promise<{ readonly id: string; readonly socket: Socket }>;
  readonly read: (stanza: string) => Promise<Socket>;
  readonly pings: () => readonly string[];
  /** So many connections were made to it. */
  readonly connections: () => number;
  /** All of the latest connection. */
  readonly heard: () => string;
  readonly stop: () => void;
}

/**
 * `verdict`: what it says of keys that are said to be its own; `before`: for what it waits with that, or with its word on a login;
 * `features`: what it offers beside dialback.
 */
export async function startScriptedReceiver(
  verdict: "valid" | "invalid" = "valid",
  before: { readonly login?: Promise<void>; readonly verdict?: Promise<void> } = {},
  features = "",
): Promise<ScriptedReceiver> {
  let heard = "";
  let connections = 0;
  let latest: Socket | null = null;
  const waiting = new Set<() => void>();
  const server = createServer((socket) => {
    latest = socket;
    connections++;
    heard = "";
    const answers: [RegExp, string][] = [
      [/<stream:stream[^>]*>/, header(features)],
      [/<db:result/, "<db:result from='peer.example' to='us.example' type='valid'/>"],
    ];
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      heard += String(bytes);
      const [next] = answers;
      if (next !== undefined && next[0].test(heard)) {
        answers.shift();
        const isLogin = answers.length === 0;
        void Promise.resolve(isLogin ? before.login : undefined).then(() => socket.write(next[1]));
      }
      for (const [, from, to, id] of String(bytes).matchAll(verifyRequest))
        void Promise.resolve(before.verdict).then(() =>
          socket.write(`<db:verify from='${to}' to='${from}' id='${id}' type='${verdict}'/>`),
        );
      if (heard.endsWith("</stream:stream>")) socket.end("</stream:stream>");
      for (const look of waiting) look();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");

  function wait<T>(find: () => T | null): Promise<T> {
    return new Promise((resolve) => {
      const look = () => {
        const found = find();
        if (found === null) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  }
  const place = (stanza: string) =>
    heard.indexOf(`<message from="us.example" to="peer.example" id="${stanza}"`);
  const pings = (text: string) =>
    [...text.matchAll(/<iq [^>]*id="([^"]+)"[^>]*><ping /g)].map(([, id]) => id ?? "");
  return {
    port: (server.address() as AddressInfo).port,
    read: (stanza) => wait(() => (place(stanza) < 0 ? null : latest)),
    pinged: (afterStanza) =>
      wait(() => {
        const at = place(afterStanza);
        const id = at < 0 ? undefined : pings(heard.slice(at))[0];
        return id === undefined || latest === null ? null : { id, socket: latest };
      }),
    heard: () => heard,
    pings: () => pings(heard),
    connections: () => connections,
    stop() {
      latest?.destroy();
      server.close();
    },
  };
}
