import { createSocket } from "node:dgram";
import { decode, encode, type Packet } from "dns-packet";
import { DNS_PORT } from "./knot.ts";

export interface FickleDns {
  /** As DNS_SERVERS wants it. */
  readonly server: string;
  /** How often the address of `name` was asked for. */
  readonly asked: (name: string) => number;
  readonly stop: () => Promise<void>;
}

/**
 * A name server whose answers for the names in `addresses` change with every question: the first, the second, ..., and
 * then the last one again; all of them live for no time at all. What else is asked, `upstream` is asked.
 */
export async function startFickleDns(
  address: string,
  upstream: string,
  addresses: Readonly<Record<string, readonly string[]>>,
): Promise<FickleDns> {
  const near = createSocket("udp4");
  const asked = new Map<string, number>();
  near.on("message", (bytes, asker) => {
    const reply = (answer: Buffer) => near.send(answer, asker.port, asker.address);
    const packet = decode(bytes);
    const [question] = packet.questions ?? [];
    const name = question?.name.toLowerCase() ?? "";
    const script = addresses[name];
    if (question === undefined || script === undefined) return pass(bytes, upstream, reply);
    const times = asked.get(name) ?? 0;
    const data = script[Math.min(times, script.length - 1)] ?? "";
    const type = data.includes(":") ? "AAAA" : "A";
    const isAsked = question.type === type;
    if (isAsked) asked.set(name, times + 1);
    const answers: Packet["answers"] = isAsked ? [{ name, type, ttl: 0, class: "IN", data }] : [];
    reply(encode({ type: "response", id: packet.id, questions: [question], answers }));
  });
  await new Promise<void>((resolve, reject) => {
    near.once("error", reject);
    near.bind({ address, port: DNS_PORT }, resolve);
  });
  return {
    server: `${address}:${DNS_PORT}`,
    asked: (name) => asked.get(name) ?? 0,
    stop: () => new Promise<void>((resolve) => near.close(() => resolve())),
  };
}

function pass(question: Buffer, upstream: string, reply: (answer: Buffer) => void): void {
  const far = createSocket("udp4");
  far.on("error", () => far.close());
  far.on("message", (answer) => {
    reply(answer);
    far.close();
  });
  far.unref();
  far.send(question, DNS_PORT, upstream);
}
