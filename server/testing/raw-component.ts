import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import { createStreamReader, type ReaderEvent } from "#protocol/xmpp/reader.ts";

export interface RawComponent {
  readonly socket: Socket;
  readonly say: (text: string | Uint8Array) => void;
  /** All that came, as text. */
  readonly heard: () => string;
  /** The stream's elements, `<handshake/>` and errors included. */
  readonly elements: () => readonly XmlElement[];
  /** Id of the host's header, once it came. */
  readonly streamId: () => string | null;
  readonly isClosed: () => boolean;
  /** Says header and handshake and waits for the answer. */
  readonly attach: (name: string, secret: string) => Promise<void>;
}

export const componentHeader = (name: string, namespace = "jabber:component:accept") =>
  `<?xml version='1.0'?><stream:stream xmlns='${namespace}' xmlns:stream='http://etherx.jabber.org/streams' to='${name}'>`;

export function handshake(streamId: string, secret: string): string {
  const digest = createHash("sha1")
    .update(streamId + secret, "utf8")
    .digest("hex");
  return `<handshake>${digest}</handshake>`;
}

/** A component's side of XEP-0114 that says what a test makes it say, and keeps what it hears. */
export async function connectRawComponent(host: string, port: number): Promise<RawComponent> {
  const socket = connect({ host, port, noDelay: true });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => void socket.once("connect", resolve));
  const reader = createStreamReader({
    contentNamespaces: ["jabber:component:accept"],
    maxElementBytes: 1 << 26,
    maxDepth: 1000,
    oversize: "close",
  });
  const events: ReaderEvent[] = [];
  let heard = "";
  let isClosed = false;
  socket.on("data", (data: Buffer) => {
    heard += data.toString();
    events.push(...reader.write(data));
  });
  socket.on("close", () => (isClosed = true));
  const elements = () =>
    events.flatMap((event) => (event.kind === "element" ? [event.element] : []));
  const streamId = () => {
    const opened = events.find((event) => event.kind === "opened");
    return opened?.header.id ?? null;
  };
  const say = (text: string | Uint8Array) => void socket.write(text);
  return {
    socket,
    say,
    heard: () => heard,
    elements,
    streamId,
    isClosed: () => isClosed,
    async attach(name, secret) {
      say(componentHeader(name));
      await until(() => streamId() !== null);
      say(handshake(streamId() ?? "", secret));
      await until(() => elements().some((one) => one.name === "handshake"));
    },
  };
}

export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("waited 5 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
