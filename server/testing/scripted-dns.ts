import { createSocket, type RemoteInfo } from "node:dgram";
import { createServer, type Socket } from "node:net";
import { decode, encode, type Answer, type Packet } from "dns-packet";

export interface ScriptedQuery {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly transport: "udp" | "tcp";
  readonly hasEdns: boolean;
  /** 1 for the first packet about this question. */
  readonly times: number;
  readonly from: RemoteInfo | null;
}

/** What the server does with a query: sends these packets (after a while), or nothing. */
export type ScriptedReply =
  | readonly Buffer[]
  | { readonly delayMs: number; readonly packets: readonly Buffer[] };

export interface ScriptedDns {
  readonly address: string;
  readonly port: number;
  readonly queries: readonly ScriptedQuery[];
  readonly stop: () => Promise<void>;
}

/** A DNS server that answers each query as the script says: honestly, wrongly, twice or never. */
export async function startScriptedDns(
  address: string,
  script: (query: ScriptedQuery) => ScriptedReply,
): Promise<ScriptedDns> {
  const queries: ScriptedQuery[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const connections = new Set<Socket>();
  const take = (
    bytes: Buffer,
    transport: "udp" | "tcp",
    from: RemoteInfo | null,
    send: (packet: Buffer) => void,
  ) => {
    const packet = decode(bytes);
    const [question] = packet.questions ?? [];
    if (question === undefined) return;
    const times =
      queries.filter((q) => q.name === question.name && q.type === question.type).length + 1;
    const query: ScriptedQuery = {
      id: packet.id ?? 0,
      name: question.name,
      type: question.type,
      transport,
      hasEdns: (packet.additionals ?? []).some((record) => record.type === "OPT"),
      times,
      from,
    };
    queries.push(query);
    const reply = script(query);
    const later = "packets" in reply;
    const packets = later ? reply.packets : reply;
    const timer = setTimeout(
      () => {
        timers.delete(timer);
        for (const each of packets) send(each);
      },
      later ? reply.delayMs : 0,
    );
    timers.add(timer);
  };

  const tcp = createServer((socket) => {
    connections.add(socket);
    socket.on("close", () => connections.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      const size = chunk.readUInt16BE(0);
      take(chunk.subarray(2, 2 + size), "tcp", null, (packet) => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(packet.length);
        socket.write(Buffer.concat([length, packet]));
      });
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, address, resolve));
  const bound = tcp.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  const udp = createSocket("udp4");
  udp.on("message", (bytes, from) =>
    take(bytes, "udp", from, (packet) => udp.send(packet, from.port, from.address)),
  );
  await new Promise<void>((resolve) => udp.bind(port, address, resolve));

  return {
    address,
    port,
    queries,
    async stop() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of connections) socket.destroy();
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await new Promise<void>((resolve) => tcp.close(() => resolve()));
    },
  };
}

/** An honest response to the query, with changes. */
export function respond(
  query: ScriptedQuery,
  answers: Answer[],
  changes: Partial<Packet> & { rcode?: keyof typeof rcodes } = {},
): Buffer {
  const { rcode, ...rest } = changes;
  return encode({
    type: "response",
    id: query.id,
    questions: [{ name: query.name, type: query.type as "A", class: "IN" }],
    answers,
    ...rest,
    flags: (rest.flags ?? 0) | rcodes[rcode ?? "NOERROR"],
  });
}

const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };

export const address = (name: string, data: string, ttl = 60): Answer => ({
  type: "A",
  name,
  data,
  ttl,
});
export const alias = (name: string, data: string, ttl = 60): Answer => ({
  type: "CNAME",
  name,
  data,
  ttl,
});
export const authority = (name: string, minimum = 60): Answer => ({
  type: "SOA",
  name,
  ttl: 900,
  data: { mname: "ns", rname: "h", serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
});
