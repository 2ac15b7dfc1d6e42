import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { connect, isIPv6 } from "node:net";
import { decodeAnswer, encodeQuery, type Question, type Received } from "./dns-message.ts";

export interface DnsServer {
  readonly address: string;
  readonly port: number;
}

export type Exchanged =
  | {
      readonly kind: "answer";
      readonly transport: "udp" | "tcp";
      readonly sizeBytes: number;
      readonly received: Extract<Received, { kind: "answer" }>;
    }
  | { readonly kind: "malformed"; readonly transport: "udp" | "tcp" }
  | { readonly kind: "timeout"; readonly transport: "udp" | "tcp" }
  /** Refused by the network: no route, or nobody listens there. */
  | { readonly kind: "unreachable"; readonly transport: "udp" | "tcp" };

/** When a UDP query is sent again, each time from a new port with a new id. */
const resendAfterMs = [1_000, 3_000];

/**
 * One question to one resolver: by UDP from connected sockets on random ports, by TCP when the answer
 * was cut, without EDNS when the resolver does not know it. Always resolves within `timeoutMs`.
 */
export async function exchange(
  server: DnsServer,
  question: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Exchanged> {
  const deadline = performance.now() + timeoutMs;
  const left = () => Math.max(1, deadline - performance.now());
  let byUdp = await askByUdp(server, question, true, left(), signal);
  if (byUdp.kind === "answer" && byUdp.received.message.rcode === "FORMERR")
    byUdp = await askByUdp(server, question, false, left(), signal);
  if (byUdp.kind !== "answer" || !byUdp.received.isTruncated) return byUdp;
  return askByTcp(server, question, left(), signal);
}

function askByUdp(
  server: DnsServer,
  question: Question,
  hasEdns: boolean,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    const sockets: UdpSocket[] = [];
    const timers: NodeJS.Timeout[] = [];
    let isOver = false;
    const finish = (outcome: Exchanged) => {
      if (isOver) return;
      isOver = true;
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.close();
      signal.removeEventListener("abort", onAbort);
      resolve(outcome);
    };
    const onAbort = () => finish({ kind: "timeout", transport: "udp" });
    const send = () => {
      const { id, bytes } = encodeQuery(question, hasEdns);
      const socket = createSocket(isIPv6(server.address) ? "udp6" : "udp4");
      sockets.push(socket);
      socket.on("error", () => finish({ kind: "unreachable", transport: "udp" }));
      socket.on("message", (message) => {
        const received = decodeAnswer(message, id, question);
        if (received.kind === "foreign") return;
        if (received.kind === "broken") return finish({ kind: "malformed", transport: "udp" });
        finish({ kind: "answer", transport: "udp", sizeBytes: message.length, received });
      });
      // Connected: the kernel drops what comes from any other address or port.
      socket.connect(server.port, server.address, () => {
        if (!isOver) socket.send(bytes);
      });
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);
    timers.push(setTimeout(() => finish({ kind: "timeout", transport: "udp" }), timeoutMs));
    for (const delayMs of resendAfterMs)
      if (delayMs < timeoutMs) timers.push(setTimeout(send, delayMs));
    send();
  });
}

function askByTcp(
  server: DnsServer,
  question: Question,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Exchanged> {
  return new Promise((resolve) => {
    const { id, bytes } = encodeQuery(question, true);
    const socket = connect({ host: server.address, port: server.port, noDelay: true });
    let pending = Buffer.alloc(0);
    const finish = (outcome: Exchanged) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      resolve(outcome);
    };
    const onAbort = () => finish({ kind: "timeout", transport: "tcp" });
    const timer = setTimeout(onAbort, timeoutMs);
    signal.addEventListener("abort", onAbort);
    socket.on("error", () => finish({ kind: "unreachable", transport: "tcp" }));
    socket.on("end", () => finish({ kind: "malformed", transport: "tcp" }));
    socket.on("connect", () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(bytes.length);
      socket.write(Buffer.concat([length, bytes]));
    });
    socket.on("data", (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2) {
        const size = pending.readUInt16BE(0);
        if (pending.length < 2 + size) return;
        const received = decodeAnswer(pending.subarray(2, 2 + size), id, question);
        pending = pending.subarray(2 + size);
        if (received.kind === "foreign") continue;
        // RFC 2181 §9: what was cut is not to be used, and there is nothing longer than TCP.
        if (received.kind === "broken" || received.isTruncated)
          return finish({ kind: "malformed", transport: "tcp" });
        return finish({ kind: "answer", transport: "tcp", sizeBytes: size, received });
      }
    });
  });
}
