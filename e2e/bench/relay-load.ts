import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { within } from "../stack/wait.ts";
import { attachLean, type Place } from "./lean-component.ts";

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

const STANZA_BYTES = 670;
const CLOSING_TAG = Buffer.from("</message>");
const STALL_MS = 20_000;

/*
 * The load for every kind of server alike, in a thread of its own: two components on plain sockets, one sends, the
 * other counts closing tags. One pair's stanzas arrive in order (RFC 6120 §10.1), so the n-th to arrive is the n-th
 * that was sent; what the sender hears back is an error and ends the run.
 */
if (parentPort !== null) await main(parentPort, workerData as LoadPlan);

async function main(port: NonNullable<typeof parentPort>, plan: LoadPlan): Promise<void> {
  const [sender, receiver] = await Promise.all([attachLean(plan.from), attachLean(plan.to)]);
  sender.on("data", (bytes) => {
    // Between stanzas a server may send a space to see whether we are there (RFC 6120 §4.6.1).
    if (bytes.toString().trim() !== "")
      throw new Error(`${plan.from.name} was told: ${bytes.toString().slice(0, 500)}`);
  });
  const stanza = stanzaOf(plan);
  port.on("message", (order: LoadOrder) => {
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
