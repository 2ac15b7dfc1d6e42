import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { COMPONENT_PORT, S2S_PORT } from "../stack/prosody.ts";
import { within } from "../stack/wait.ts";
import type { World } from "../stack/world.ts";
import type { CopyPlan } from "./copier.ts";
import type { Place } from "./lean-component.ts";

const READY_MS = 20_000;

/** Two programs that only copy what a component sends to the other's component, over TLS as servers do. */
export interface Copiers {
  readonly components: readonly [Place, Place];
  readonly pids: readonly number[];
  readonly stop: () => void;
}

export async function startCopiers(world: World): Promise<Copiers> {
  const [near, far] = [world.address(), world.address()];
  const s2s = { host: far, port: S2S_PORT };
  const certificate = await world.authority.issue({ names: ["copy.example"] });
  const children: ChildProcess[] = [];
  const start = async (plan: CopyPlan) => {
    const child = fork(new URL("./copier.ts", import.meta.url));
    children.push(child);
    child.send(plan);
    await within("a copier to be ready", READY_MS, once(child, "message"));
  };
  // The near one connects to the far one as it starts.
  await start({ host: far, componentPort: COMPONENT_PORT, s2s, certificate });
  await start({ host: near, componentPort: COMPONENT_PORT, s2s, certificate: null });
  const place = (host: string) => {
    return { host, port: COMPONENT_PORT, name: `${host}.copy.example`, secret: "" };
  };
  return {
    components: [place(near), place(far)],
    pids: children.flatMap(({ pid }) => pid ?? []),
    stop: () => children.forEach((child) => child.kill()),
  };
}
