import type { Socket } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { within } from "../stack/wait.ts";
import { attachLean, type Place } from "./lean-component.ts";

export interface MixedPlan {
  /** The n-th of the one talks with the n-th of the other, both ways. */
  readonly left: readonly Place[];
  readonly right: readonly Place[];
}

export interface MixedOrder {
  /** Of each pair and direction, under way at most. */
  readonly window: number;
  readonly forMs: number;
}

export interface MixedResult {
  readonly stanzas: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Of those pairs and directions that had least and most. */
  readonly least: number;
  readonly most: number;
}

const STALL_MS = 30_000;
/** Bodies in turn: chat, presence-like, a page of text. */
const BODY_BYTES = [60, 500, 20, 1_500, 150, 4_000] as const;

/** One pair of addresses, one direction. */
interface Lane {
  readonly from: Socket;
  readonly addresses: string;
  sent: number;
  arrived: number;
  bytes: number;
}

/*
 * Messages of mixed sizes between all pairs at the same time, both ways, in a thread of its own. Each is numbered:
 * what arrives out of order within its pair, twice or not at all ends the run.
 */
if (parentPort !== null) await main(parentPort, workerData as MixedPlan);

async function main(port: NonNullable<typeof parentPort>, plan: MixedPlan): Promise<void> {
  const lanes: Lane[] = [];
  let onArrival = (_lane: Lane) => {};
  const attachAll = (places: readonly Place[]) => Promise.all(places.map(attachLean));
  const [left, right] = await Promise.all([attachAll(plan.left), attachAll(plan.right)]);
  for (const [pair, one] of plan.left.entries()) {
    const other = plan.right[pair];
    const sockets = [left[pair], right[pair]] as const;
    if (other === undefined || sockets[0] === undefined || sockets[1] === undefined)
      throw new Error("each has its counterpart");
    lanes.push(lane(sockets[0], sockets[1], one.name, other.name));
    lanes.push(lane(sockets[1], sockets[0], other.name, one.name));
  }

  function lane(from: Socket, to: Socket, sender: string, receiver: string): Lane {
    const addresses = `from='a@${sender}/x' to='b@${receiver}/y'`;
    const made: Lane = { from, addresses, sent: 0, arrived: 0, bytes: 0 };
    let rest = "";
    to.on("data", (bytes: Buffer) => {
      rest += bytes.toString("latin1");
      let end = 0;
      for (let at = rest.indexOf("</message>"); at !== -1; at = rest.indexOf("</message>", end)) {
        const id = /\sid=["'](\d+)["']/.exec(rest.slice(end, end + 400))?.[1];
        if (Number(id) !== made.arrived || rest.slice(end, end + 400).includes("type='error'"))
          throw new Error(`${sender}: ${id} arrived, ${made.arrived} was next`);
        end = at + "</message>".length;
        made.arrived += 1;
        onArrival(made);
      }
      rest = rest.slice(end);
    });
    return made;
  }

  port.on("message", (order: MixedOrder) => {
    const before = lanes.map(({ arrived, bytes }) => ({ arrived, bytes }));
    const startedAt = performance.now();
    const done = new Promise<void>((resolve) => {
      onArrival = (arrived) => {
        if (performance.now() - startedAt < order.forMs) return send(arrived, 1);
        if (lanes.every(({ sent, arrived: there }) => sent === there)) resolve();
      };
    });
    for (const each of lanes) send(each, order.window);
    void within("all that was sent", order.forMs + STALL_MS, done).then(() => {
      const counts = lanes.map(({ arrived }, at) => arrived - (before[at]?.arrived ?? 0));
      const bytes = lanes.map((each, at) => each.bytes - (before[at]?.bytes ?? 0));
      const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
      const result: MixedResult = {
        stanzas: sum(counts),
        bytes: sum(bytes),
        seconds: (performance.now() - startedAt) / 1_000,
        least: Math.min(...counts),
        most: Math.max(...counts),
      };
      port.postMessage(result);
    });
  });
  port.postMessage("attached");
}

function send(lane: Lane, count: number): void {
  let text = "";
  for (let n = 0; n < count; n += 1) {
    const size = BODY_BYTES[lane.sent % BODY_BYTES.length] ?? 0;
    text += `<message ${lane.addresses} id='${lane.sent++}'><body>${"x".repeat(size)}</body></message>`;
  }
  lane.bytes += text.length;
  lane.from.write(text);
}
