import { createHash, randomUUID } from "node:crypto";
import { connect, type Socket } from "node:net";
import { SaxesParser, type SaxesTagNS } from "saxes";
import { within } from "./wait.ts";

const NS_COMPONENT = "jabber:component:accept";
const NS_DISCO_INFO = "http://jabber.org/protocol/disco#info";
const NS_DISCO_ITEMS = "http://jabber.org/protocol/disco#items";
const NS_PING = "urn:xmpp:ping";
const NS_RECEIPTS = "urn:xmpp:receipts";
const NS_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas";
const HANDSHAKE_TIMEOUT_MS = 15_000;

/** An element as the tests' own parser gives it. */
export interface Node {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Node[];
  text: string;
}

export interface ComponentOptions {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly secret: string;
  /** Identities (`category/type`) and features that disco#info shows; with none the component answers nothing. */
  readonly identities?: readonly string[];
  readonly features?: readonly string[];
  /** Sees every stanza that comes, before it is answered. */
  readonly onStanza?: (stanza: Node) => void;
}

export interface Component {
  /** Sends an IQ get and waits for its answer. */
  readonly query: (to: string, payload: string, timeoutMs: number) => Promise<Node>;
  /** Sends a stanza as it is written here. */
  readonly send: (xml: string) => void;
  readonly close: () => void;
}

export const WAVE_IDENTITY = "collaboration/google-wave";
export const WAVE_FEATURE = "http://waveprotocol.org/protocol/0.2/waveserver";

/**
 * A peer's service behind a real XMPP server (XEP-0114): answers disco, pings and the Wave ping as configured. It
 * stands in for software that is not ours, so it shares no code with the appliance.
 */
export async function attachComponent(options: ComponentOptions): Promise<Component> {
  const socket = connect({ host: options.host, port: options.port });
  const waiting = new Map<string, (answer: Node) => void>();
  let isAttached: () => void = () => undefined;
  const attached = new Promise<void>((resolve, reject) => {
    isAttached = resolve;
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`${options.name}: the server closed the stream`)));
  });
  attached.catch(() => undefined);

  readStream(socket, {
    header: (id) => socket.write(`<handshake>${handshake(id, options.secret)}</handshake>`),
    stanza: (stanza) => {
      if (stanza.name === "handshake") return isAttached();
      options.onStanza?.(stanza);
      const type = stanza.attributes["type"];
      const id = stanza.attributes["id"] ?? "";
      if (stanza.name === "iq" && (type === "result" || type === "error"))
        return waiting.get(id)?.(stanza);
      const answer = answerTo(stanza, options);
      if (answer !== undefined) socket.write(answer);
    },
  });
  socket.write(
    `<stream:stream xmlns="${NS_COMPONENT}" xmlns:stream="http://etherx.jabber.org/streams" to="${options.name}">`,
  );
  await within(`${options.name}'s handshake`, HANDSHAKE_TIMEOUT_MS, attached).catch(
    (error: unknown) => {
      socket.destroy();
      throw error;
    },
  );
  return {
    close: () => socket.destroy(),
    send: (xml) => void socket.write(xml),
    query: (to, payload, timeoutMs) => {
      const id = randomUUID();
      const answer = new Promise<Node>((resolve) => waiting.set(id, resolve));
      socket.write(`<iq type="get" id="${id}" from="${options.name}" to="${to}">${payload}</iq>`);
      return within(`${to}'s answer to ${payload}`, timeoutMs, answer).finally(() =>
        waiting.delete(id),
      );
    },
  };
}

export const query = {
  info: `<query xmlns="${NS_DISCO_INFO}"/>`,
  items: `<query xmlns="${NS_DISCO_ITEMS}"/>`,
  ping: `<ping xmlns="${NS_PING}"/>`,
};

function handshake(streamId: string, secret: string): string {
  return createHash("sha1").update(`${streamId}${secret}`, "utf8").digest("hex");
}

/** The XML to send back, if anything: a component without identities stays silent, as a hung one does. */
function answerTo(stanza: Node, options: ComponentOptions): string | undefined {
  if (options.identities === undefined) return undefined;
  const { from = "", to = "", id = "" } = stanza.attributes;
  const back = `id="${escape(id)}" from="${escape(to)}" to="${escape(from)}"`;
  const payload = stanza.children[0];
  const wantsReceipt = stanza.children.some(
    ({ name, namespace }) => name === "request" && namespace === NS_RECEIPTS,
  );
  if (stanza.name === "message" && wantsReceipt) {
    return `<message ${back}><received xmlns="${NS_RECEIPTS}" id="${escape(id)}"/></message>`;
  }
  if (stanza.name !== "iq") return undefined;
  switch (payload?.namespace) {
    case NS_DISCO_INFO: {
      const identities = options.identities.map((identity) => {
        const [category = "", type = ""] = identity.split("/");
        return `<identity category="${escape(category)}" type="${escape(type)}"/>`;
      });
      const features = (options.features ?? []).map(
        (feature) => `<feature var="${escape(feature)}"/>`,
      );
      return `<iq type="result" ${back}><query xmlns="${NS_DISCO_INFO}">${identities.join("")}${features.join("")}</query></iq>`;
    }
    case NS_DISCO_ITEMS:
      return `<iq type="result" ${back}><query xmlns="${NS_DISCO_ITEMS}"/></iq>`;
    case NS_PING:
      return `<iq type="result" ${back}/>`;
    default:
      return `<iq type="error" ${back}><error type="cancel"><service-unavailable xmlns="${NS_STANZAS}"/></error></iq>`;
  }
}

interface StreamEvents {
  readonly header: (id: string) => void;
  readonly stanza: (stanza: Node) => void;
}

function readStream(socket: Socket, events: StreamEvents): void {
  const parser = new SaxesParser({ xmlns: true });
  const open: Node[] = [];
  parser.on("opentag", (tag) => {
    const node = nodeOf(tag);
    if (tag.local === "stream") return events.header(node.attributes["id"] ?? "");
    open.at(-1)?.children.push(node);
    open.push(node);
  });
  parser.on("text", (text) => {
    const current = open.at(-1);
    if (current !== undefined) current.text += text;
  });
  parser.on("closetag", () => {
    const node = open.pop();
    if (node !== undefined && open.length === 0) events.stanza(node);
  });
  parser.on("error", () => socket.destroy());
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => parser.write(text));
}

function nodeOf(tag: SaxesTagNS): Node {
  const attributes = Object.fromEntries(
    Object.values(tag.attributes).map((attribute) => [attribute.local, attribute.value]),
  );
  return { name: tag.local, namespace: tag.uri, attributes, children: [], text: "" };
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
