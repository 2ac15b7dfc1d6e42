import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { connect, type Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { until, within } from "../stack/wait.ts";

/** Where a component attaches (XEP-0114). */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly name: string;
  readonly secret: string;
}

export interface LoadPlan {
  readonly from: Place;
  readonly to: Place;
}

export interface LoadOrder {
  /** Stanzas under way at most: the next is sent when one has arrived. */
  readonly window: number;
  readonly forMs: number;
}

export interface LoadResult {
  readonly stanzas: number;
  readonly seconds: number;
  /** From the write of a stanza to the read of its last byte, in ms. */
  readonly p50: number;
  readonly p99: number;
}

export const STANZA_BYTES = 670;
const CLOSING_TAG = Buffer.from("</message>");
const ATTACH_MS = 20_000;
const STALL_MS = 20_000;

/*
 * The load for every kind of server alike, in a thread of its own: two components on plain sockets, one sends, the
 * other counts closing tags. One pair's stanzas arrive in order (RFC 6120 §10.1), so the n-th to arrive is the n-th
 * that was sent; what the sender hears back is an error and ends the run.
 */
if (parentPort !== null) await main(parentPort, workerData as LoadPlan);

async function main(port: NonNullable<typeof parentPort>, plan: LoadPlan): Promise<void> {
  const [sender, receiver] = await Promise.all([attach(plan.from), attach(plan.to)]);
  sender.on("data", (bytes) => {
    // Between stanzas a server may send a space to see whether we are there (RFC 6120 §4.6.1).
    if (bytes.toString().trim() !== "")
      throw new Error(`${plan.from.name} was told: ${bytes.toString().slice(0, 500)}`);
  });
  const stanza = stanzaOf(plan);
  port.on("message", (order: LoadOrder) => {
    console.error("order", order);
    void run(sender, receiver, stanza, order).then((result) => port.postMessage(result));
  });
  port.postMessage("attached");
}

function stanzaOf({ from, to }: LoadPlan): Buffer {
  const head = `<message from='load@${from.name}/bench' to='sink@${to.name}' id='relay-1' type='chat'><body>`;
  const tail = "</body></message>";
  const stanza = Buffer.from(head + "x".repeat(STANZA_BYTES - head.length - tail.length) + tail);
  assert.equal(stanza.length, STANZA_BYTES);
  return stanza;
}

async function run(
  sender: Socket,
  receiver: Socket,
  stanza: Buffer,
  { window, forMs }: LoadOrder,
): Promise<LoadResult> {
  const batch = Buffer.concat(Array.from({ length: window }, () => stanza));
  const sentAt = new Float64Array(window);
  const latencies: number[] = [];
  let sent = 0;
  let tail: Buffer = Buffer.alloc(0);
  const startedAt = performance.now();
  const send = (count: number) => {
    const now = performance.now();
    for (let index = 0; index < count; index += 1) sentAt[(sent + index) % window] = now;
    sent += count;
    sender.write(batch.subarray(0, count * stanza.length));
  };
  const done = new Promise<void>((resolve) => {
    receiver.on("data", (bytes) => {
      const now = performance.now();
      const all = tail.length === 0 ? bytes : Buffer.concat([tail, bytes]);
      let arrived = 0;
      let end = 0;
      for (let at = all.indexOf(CLOSING_TAG); at !== -1; at = all.indexOf(CLOSING_TAG, end)) {
        latencies.push(now - (sentAt[latencies.length % window] ?? Number.NaN));
        arrived += 1;
        end = at + CLOSING_TAG.length;
      }
      // Only what may be the beginning of a closing tag is looked at again.
      tail = Buffer.from(all.subarray(Math.max(end, all.length - CLOSING_TAG.length + 1)));
      if (now - startedAt < forMs) return arrived > 0 ? send(arrived) : undefined;
      if (latencies.length === sent) resolve();
    });
  });
  send(window);
  await within(`all of ${window} at once`, forMs + STALL_MS, done);
  receiver.removeAllListeners("data");
  const seconds = (performance.now() - startedAt) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  const quantile = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return { stanzas: latencies.length, seconds, p50: quantile(0.5), p99: quantile(0.99) };
}

async function attach(place: Place): Promise<Socket> {
  return await until(`${place.name} to attach`, ATTACH_MS, async () => {
    const socket = connect({ host: place.host, port: place.port, noDelay: true });
    try {
      return await within(`the handshake of ${place.name}`, 5_000, shakeHands(socket, place));
    } catch (error) {
      socket.destroy();
      throw error;
    }
  });
}

function shakeHands(socket: Socket, { name, secret }: Place): Promise<Socket> {
  socket.write(
    `<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='${name}'>`,
  );
  return new Promise((resolve, reject) => {
    let text = "";
    let hasAnswered = false;
    socket.on("error", reject);
    socket.on("close", () => reject(new Error(`closed: ${text}`)));
    socket.on("data", (bytes) => {
      text += bytes.toString();
      const id = /<stream:stream[^>]*\sid=['"]([^'"]+)/.exec(text)?.[1];
      if (id !== undefined && !hasAnswered) {
        hasAnswered = true;
        const digest = createHash("sha1")
          .update(id + secret)
          .digest("hex");
        socket.write(`<handshake>${digest}</handshake>`);
      }
      if (!/<handshake\s*\/>|<\/handshake>/.test(text)) return;
      socket.removeAllListeners("data");
      resolve(socket);
    });
  });
}
