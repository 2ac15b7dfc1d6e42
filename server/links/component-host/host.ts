import type { Socket } from "node:net";
import type { TLSSocketOptions } from "node:tls";
import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import { type Domain, parseDomain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import type { StanzaErrorCondition } from "#protocol/xmpp/stanza-error.ts";
import { createJids } from "#links/jids.ts";
import { hostedFinding } from "./findings.ts";
import { createHostedName, type HostedName, type HostedStatus } from "./hosted-name.ts";
import { createInstance, type Instance, type InstanceView } from "./instance.ts";
import { componentHostLimits, type ComponentHostLimits } from "./limits.ts";
import { type ComponentListener, createListener, type ListenAddress } from "./listener.ts";

/** A name that a component may attach under. */
export interface HostedComponent {
  readonly linkId: string;
  readonly name: Domain;
  readonly secret: string;
}

/** The accepting side of XEP-0114: components of anybody's attach to it by name and secret. */
export interface ComponentHost {
  /**
   * Gives a stanza to the component of that name, in order per sender. `taken`: written, or waiting to be; what then
   * cannot be handed over comes back by `onBounce`. `full`: the component does not read. `absent`: no such name, or
   * it has been away for longer than stanzas wait. Never throws.
   */
  readonly deliver: (name: Domain, stanza: XmlElement) => "taken" | "full" | "absent";
  /** Replaces the names. The streams of a name that is gone, or whose secret is another, are ended. */
  readonly configure: (components: readonly HostedComponent[]) => void;
  /** What is bounded otherwise than until now. */
  readonly limit: (limits: Partial<ComponentHostLimits>) => void;
  /** The port, open whenever there is a name to attach under; null: none. What is attached stays so. */
  readonly listenAt: (address: ListenAddress | null) => void;
  /** Ends all streams politely (`system-shutdown`) and the port; resolves when nothing of them is left. */
  readonly stop: () => Promise<void>;
  readonly statuses: () => readonly HostedStatus[];
  /** The connected instances of one link, for its page. */
  readonly instances: (linkId: string) => readonly InstanceView[];
  /** Ends one instance's stream politely; false when there is none of that id. It may come again. */
  readonly close: (instanceId: string) => boolean;
  /** Where it listens, or why it does not; both null: nobody needs it, or it is about to. */
  readonly listening: () => { readonly port: number | null; readonly problem: Finding | null };
}

export interface ComponentHostDeps {
  readonly primitives: Primitives;
  /** For each connection off loopback, TLS from its first byte; null: there is no certificate. */
  readonly tls: () => TLSSocketOptions | null;
  readonly limits?: Partial<ComponentHostLimits>;
  /** Unpredictable, without spaces, 128 bits or more. */
  readonly newId: () => string;
  readonly now: () => Date;
  /** With both addresses, `from` in the component's own name. */
  readonly onStanza: (linkId: string, name: Domain, stanza: XmlElement, sizeBytes: number) => void;
  /** Too big or too deep: name and attributes. The component has had its answer. */
  readonly onRefused: (linkId: string, name: Domain, head: XmlElement, sizeBytes: number) => void;
  /** A stanza that `deliver` took and nobody got: its sender is to be told. */
  readonly onBounce: (linkId: string, stanza: XmlElement, condition: StanzaErrorCondition) => void;
  readonly onStatus: (linkId: string, status: HostedStatus) => void;
  /** A bug in what handles a stanza: the streams live on. */
  readonly onBug: (error: unknown) => void;
}

export function createComponentHost(deps: ComponentHostDeps): ComponentHost {
  /** One object for all: what is set later counts for those that are connected, too. */
  const limits: ComponentHostLimits = { ...componentHostLimits, ...deps.limits };
  const names = new Map<Domain, HostedName>();
  const connections = new Set<Instance>();
  const parse = createJids(deps.primitives);
  /** Undefined: nobody has said yet. */
  let place: ListenAddress | null | undefined;
  let listener: ComponentListener | null = null;
  const { keepaliveMs, idleMs, pingMs, stallMs } = limits;
  const pulse = setInterval(beat, Math.max(5, Math.min(keepaliveMs, idleMs, pingMs, stallMs) / 4));
  pulse.unref();

  function listenAt(next: ListenAddress | null): void {
    const isSame = next?.host === place?.host && next?.port === place?.port;
    if (isSame && place !== undefined) return;
    place = next;
    void listener?.close();
    listener = next === null ? null : listen(next);
    if (names.size > 0) listener?.open();
    tellProblem();
  }

  function listen(address: ListenAddress): ComponentListener {
    const opened = createListener({
      address,
      tls: deps.tls,
      limits,
      onConnection: accept,
      onChange: () => {
        if (listener === opened) tellProblem();
      },
    });
    return opened;
  }

  function tellProblem(): void {
    const { problem } = listening();
    for (const hosted of names.values()) hosted.notePort(problem);
  }

  function listening(): { port: number | null; problem: Finding | null } {
    if (listener !== null) return listener.state();
    return { port: null, problem: place === null ? hostedFinding("hosted.no_port", {}) : null };
  }

  function accept(socket: Socket, isEncrypted: boolean, settled: () => void): void {
    /** The name as it was when the component attached: another one may have its place later. */
    let hosted: HostedName | null = null;
    const instance = createInstance({
      socket,
      isEncrypted,
      limits,
      parse,
      primitives: deps.primitives,
      newId: deps.newId,
      now: deps.now,
      handlers: {
        admit(to) {
          const asked = to === null ? null : parseDomain(to, deps.primitives);
          const found = asked?.ok === true ? names.get(asked.value.ascii) : undefined;
          if (found === undefined) return { name: null, condition: "host-unknown" };
          hosted = found;
          if (found.instances().length < limits.maxInstancesPerName) return found;
          return { name: found.name, condition: "conflict" };
        },
        onAttached() {
          settled();
          // What was so at its header need not be so at its handshake: name, secret, and how many there are.
          if (hosted === null || names.get(hosted.name) !== hosted) instance.close("reset");
          else if (hosted.instances().length >= limits.maxInstancesPerName)
            instance.close("conflict");
          else hosted.add(instance);
        },
        onDetached: () => hosted?.remove(instance),
        onFailed: (_name, why) => hosted?.noteError(why),
        onStanza(stanza, sizeBytes) {
          if (hosted !== null) deps.onStanza(hosted.linkId, hosted.name, stanza, sizeBytes);
        },
        onRefused(head, sizeBytes) {
          if (hosted !== null) deps.onRefused(hosted.linkId, hosted.name, head, sizeBytes);
        },
        onLost(stanzas) {
          if (hosted === null) return;
          for (const stanza of stanzas) bounce(hosted.linkId, stanza);
        },
        onBug: deps.onBug,
      },
    });
    connections.add(instance);
    void instance.ended.then(() => connections.delete(instance));
  }

  function bounce(linkId: string, stanza: XmlElement): void {
    try {
      deps.onBounce(linkId, stanza, "remote-server-timeout");
    } catch (error) {
      deps.onBug(error);
    }
  }

  function configure(components: readonly HostedComponent[]): void {
    const wanted = new Map(components.map((component) => [component.name, component]));
    for (const [name, hosted] of names) {
      const next = wanted.get(name);
      if (next?.linkId === hosted.linkId && next.secret === hosted.secret) continue;
      names.delete(name);
      // RFC 6120 §4.9.3.16: the context of its security is another. It may come back and be told what is so.
      for (const instance of [...hosted.instances()]) instance.close("reset");
      hosted.retire();
    }
    for (const [name, component] of wanted) if (!names.has(name)) names.set(name, host(component));
    if (names.size === 0) void listener?.close();
    else listener?.open();
  }

  function host(component: HostedComponent): HostedName {
    const hosted = createHostedName({
      ...component,
      limits,
      parse,
      now: deps.now,
      onBounce: (stanza) => bounce(component.linkId, stanza),
      onStatus: (status) => deps.onStatus(component.linkId, status),
    });
    hosted.notePort(listening().problem);
    return hosted;
  }

  function beat(): void {
    const now = performance.now();
    for (const instance of connections) instance.beat(now);
  }

  return {
    configure,
    limit: (next) => void Object.assign(limits, next),
    listenAt,
    listening,
    deliver: (name, stanza) => names.get(name)?.deliver(stanza) ?? "absent",
    statuses: () => [...names.values()].map((hosted) => hosted.status()),
    instances(linkId) {
      const hosted = [...names.values()].find((one) => one.linkId === linkId);
      return (hosted?.instances() ?? []).map((instance) => instance.view());
    },
    close(instanceId) {
      const instance = [...connections].find((one) => one.id === instanceId);
      instance?.close(null);
      return instance !== undefined;
    },
    async stop() {
      clearInterval(pulse);
      const closed = listener?.close();
      for (const instance of connections) instance.close("system-shutdown");
      await Promise.all([...connections].map((instance) => instance.ended));
      await closed;
      for (const hosted of names.values()) hosted.retire();
    },
  };
}
