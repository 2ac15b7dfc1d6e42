import assert from "node:assert/strict";
import { test } from "node:test";
import type { Finding } from "#contract/traces.ts";
import { beginFor } from "#testing/resolution-world.ts";
import { noAgreedWays } from "#testing/agreed-ways.ts";
import { scriptedCarrier } from "#testing/scripted-carrier.ts";
import { primitives } from "../primitives.ts";
import { systemClock, type Clock } from "./clock.ts";
import type { Connector } from "./connect.ts";
import { startDiscovery } from "./discover.ts";
import type { DnsResolver } from "./dns.ts";
import { noDial } from "./drive.ts";
import type { Login } from "./login.ts";
import type { OpenedStream } from "./opened-stream.ts";

const address: DnsResolver["lookup"] = ({ name, type }, { onProgress }) => {
  const records = type === "A" ? [{ name: `${name}.`, type, ttl: 60, data: "127.0.0.7" }] : [];
  const report = {
    resolver: "192.0.2.53:53",
    deciding: true,
    transport: "udp" as const,
    outcome: type === "A" ? ("answer" as const) : ("nodata" as const),
    rcode: "NOERROR",
    records,
    authenticData: false,
    negativeTtl: null,
    sizeBytes: 50,
    ageMs: null,
    reason: null,
    leftOut: 0,
    startedAt: 0,
    endedAt: 0,
  };
  onProgress({ reports: [report], isDecided: true, isFinal: true });
};
const never: Pick<Connector, "dial" | "judge"> = {
  dial: () => new Promise(() => {}),
  judge: () => new Promise(() => {}),
};

function start(changes: {
  login?: Login;
  lookup?: DnsResolver["lookup"];
  connector?: typeof never;
  clock?: Clock;
}) {
  const faults: unknown[] = [];
  const discovery = startDiscovery(
    {
      dns: {
        servers: ["192.0.2.53:53"],
        lookup: changes.lookup ?? address,
        ask: () => assert.fail("not used"),
      },
      connector: changes.connector ?? never,
      carrier: scriptedCarrier({}),
      agreed: noAgreedWays,
      primitives,
      clock: changes.clock ?? systemClock,
      onFault: (error) => `fault ${faults.push(error)}`,
    },
    {
      begin: beginFor("acmewave.com"),
      from: "wave.example.com",
      tls: "required",
      minTls: "TLSv1.2",
      login: changes.login ?? null,
      isLive: true,
      onChange: () => {},
    },
  );
  return { discovery, faults };
}

test("a bug in what carries out the work ends its step as internal, with a reference", async () => {
  const connector: typeof never = { ...never, dial: () => Promise.reject(new Error("a bug")) };
  const { discovery, faults } = start({ connector });
  const state = await discovery.done;
  assert.ok(faults.length > 0);
  const [dial] = Object.values(state.facts.dials);
  assert.ok(dial?.outcome?.kind === "failed");
  assert.deepEqual(dial.outcome.note, { code: "internal", params: { reference: "fault 1" } });
});

test("a resolver that throws does not leave the trace waiting", async () => {
  const lookup: DnsResolver["lookup"] = () => {
    throw new Error("a bug");
  };
  const { discovery, faults } = start({ lookup });
  const state = await discovery.done;
  assert.equal(state.lifecycle, "ended");
  assert.ok(faults.length >= 4);
});

test("a bug in the machine's own surroundings ends the trace and not the process", async () => {
  let isBroken = false;
  const clock: Clock = {
    now() {
      if (isBroken) throw new Error("no time");
      return 1;
    },
  };
  const { discovery, faults } = start({ clock });
  isBroken = true;
  discovery.cancel("alice");
  const state = await discovery.done;
  assert.deepEqual([state.lifecycle, state.cutShort?.kind], ["ended", "cancelled"]);
  assert.equal(faults.length, 1);
});

test("cancel aborts what is under way", async () => {
  let aborted = 0;
  const connector: typeof never = {
    ...never,
    dial: (_work, { signal }) => {
      signal.addEventListener("abort", () => (aborted += 1));
      return new Promise(() => {});
    },
  };
  const { discovery } = start({ connector });
  await new Promise((resolve) => setImmediate(resolve));
  discovery.cancel("alice");
  const state = await discovery.done;
  assert.deepEqual(state.cutShort, { kind: "cancelled", by: "alice" });
  assert.equal(aborted, 1);
});

test("RFC 8305 §5: of two addresses that are ready at once, the second does not log in beside the first", async () => {
  const two: DnsResolver["lookup"] = (question, options) =>
    address(question, {
      ...options,
      onProgress: (progress) =>
        options.onProgress({
          ...progress,
          reports: progress.reports.map((report) => ({
            ...report,
            records: ["127.0.0.7", "127.0.0.8"].flatMap((data) =>
              report.records.map((record) => ({ ...record, data })),
            ),
          })),
        }),
    });
  const seen: string[] = [];
  let isBusy = false;
  const login: Login = {
    credentials: null,
    async logIn({ stream, signal }) {
      assert.equal(isBusy, false);
      seen.push(`${stream.address}${signal.aborted ? " given up" : ""}`);
      if (signal.aborted) return { kind: "failed", finding: lost };
      isBusy = true;
      await new Promise((resolve) => setTimeout(resolve, 600));
      isBusy = false;
      return { kind: "authenticated", by: "external", isKept: true };
    },
  };
  const connector: typeof never = {
    judge: never.judge,
    async dial(work, { logIn, signal, onProgress }) {
      assert.ok(logIn);
      // TCP takes so long that the second address is tried beside it.
      await new Promise((resolve) => setTimeout(resolve, 300));
      const auth = { name: "auth", status: "running", startedAt: 0, endedAt: null } as const;
      onProgress({ ...noDial, phases: [auth] });
      const stream = { address: work.address } as OpenedStream;
      const onLine = () => {};
      const request = { stream, from: "wave.example.com", to: work.domain, signal, onLine };
      const end = await logIn(request);
      const refusal = end.kind === "failed" ? { refusal: end.finding } : {};
      return { report: noDial, outcome: { kind: "connected", notes: [], ...refusal }, chain: [] };
    },
  };
  const { discovery } = start({ lookup: two, connector, login });
  const state = await discovery.done;
  // It is told once the first one is done, and ends what it was handed.
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seen, ["127.0.0.7", "127.0.0.8 given up"]);
  const [first, second] = Object.values(state.facts.dials);
  assert.deepEqual([first?.outcome?.kind, second?.outcome?.kind], ["connected", "stopped"]);
});

const lost: Finding = { code: "s2s.lost", params: {}, owner: "network", severity: "error" };
