import { beginFor, runIn, waveService, type Run, type World } from "./resolution-world.ts";

// What the tests of the resolution machine share: the Wave documents' own example, and views of a run.

export const srv = "SRV _xmpp-server._tcp.acmewave.com";
export const direct = "SRV _xmpps-server._tcp.acmewave.com";
export const waveSrv = "SRV _xmpp-server._tcp.wave.acmewave.com";
export const secure = { kind: "secure" } as const;
export const silent = { kind: "silent" } as const;
/** The Wave documents' own example: SRV for both names at one host, a wave service in disco. */
export const example: World = {
  dns: {
    [srv]: ["10 0 5269 acmewave.com."],
    [waveSrv]: ["10 0 5269 acmewave.com."],
    "A acmewave.com": ["127.0.0.7"],
  },
  servers: { "127.0.0.7:5269": secure },
  disco: {
    "items acmewave.com": { items: ["wave.acmewave.com"] },
    "info wave.acmewave.com": waveService,
  },
};
export const run = (world: World, changes: Parameters<typeof beginFor>[1] = {}) =>
  runIn(world, beginFor("acmewave.com", changes));
export const verdict = ({ view }: Run) => `${view.xmpp}/${view.wave}/${view.jid}`;
export const status = ({ view }: Run, step: number) => view.steps[step - 1]?.status;
export const because = ({ view }: Run, step: number) => view.steps[step - 1]?.because;
export const codes = ({ view }: Run) => view.findings.map((finding) => finding.code);
export const attempts = ({ view }: Run, step: number) => view.steps[step - 1]?.attempts ?? [];
