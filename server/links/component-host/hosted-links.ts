import type { TLSSocketOptions } from "node:tls";
import type { HostedInstances } from "#contract/links.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import type { LinkStatus, ManagedLink } from "#links/link.ts";
import type { Router } from "#links/router.ts";
import { hostedFinding } from "./findings.ts";
import { createComponentHost, type HostedComponent } from "./host.ts";
import type { HostedStatus } from "./hosted-name.ts";
import type { ComponentHostLimits } from "./limits.ts";
import { isLoopback, type ListenAddress } from "./listener.ts";

/** Links whose name is federated by ourselves and belongs to a component that connects to us. */
export interface HostedLinks {
  /**
   * The link of a component, over the native link of its name: while it is started a component may attach with the
   * secret. `native` is given what to tell its own status to.
   */
  readonly attach: (
    native: (onStatus: (status: LinkStatus) => void) => ManagedLink,
    secret: string,
    onStatus: (status: LinkStatus) => void,
  ) => ManagedLink;
  /** Another secret for a link that is started: what is connected with the old one is ended, all else goes on. */
  readonly useSecret: (linkId: string, secret: string) => void;
  /** Where components connect (a port of null: nowhere), and what is bounded otherwise than by default. */
  readonly follow: (terms: {
    readonly address: string;
    readonly port: number | null;
    readonly limits: Partial<ComponentHostLimits>;
  }) => void;
  readonly deliver: (name: Domain, stanza: XmlElement) => "taken" | "full" | "absent";
  /** Whether this appliance holds a link. */
  readonly isHeld: (linkId: string) => boolean;
  /** What is connected to a link of this appliance now. */
  readonly instances: (linkId: string) => HostedInstances;
  /** Ends the stream of one instance of that link; false when there is none of that id. */
  readonly closeInstance: (linkId: string, instanceId: string) => boolean;
  readonly stop: () => Promise<void>;
}

export interface HostedLinksDeps {
  readonly primitives: Primitives;
  readonly router: Pick<Router, "submit" | "undelivered" | "discard">;
  readonly tls: () => TLSSocketOptions | null;
  readonly limits?: Partial<ComponentHostLimits>;
  readonly newId: () => string;
  readonly now: () => Date;
  readonly onBug: (error: unknown) => void;
}

interface Attached {
  readonly link: ManagedLink;
  readonly component: HostedComponent;
  readonly tell: () => void;
}

export function createHostedLinks(deps: HostedLinksDeps): HostedLinks {
  const { router } = deps;
  const attached = new Map<string, Attached>();
  let place: ListenAddress | null = null;
  const host = createComponentHost({
    primitives: deps.primitives,
    tls: deps.tls,
    ...(deps.limits === undefined ? {} : { limits: deps.limits }),
    newId: deps.newId,
    now: deps.now,
    onStanza(linkId, _name, stanza, sizeBytes) {
      const link = attached.get(linkId)?.link;
      if (link !== undefined) router.submit(link, stanza, sizeBytes);
    },
    onRefused(linkId, _name, head, sizeBytes) {
      const link = attached.get(linkId)?.link;
      if (link !== undefined) router.discard(link, head, sizeBytes);
    },
    onBounce(linkId, stanza, condition) {
      const link = attached.get(linkId)?.link;
      if (link !== undefined) router.undelivered(link, stanza, condition);
    },
    onStatus: (linkId) => attached.get(linkId)?.tell(),
    onBug: deps.onBug,
  });

  function configure(leaving?: string): void {
    const staying = [...attached].filter(([linkId]) => linkId !== leaving);
    host.configure(staying.map(([, { component }]) => component));
  }

  function statusOf(linkId: string): HostedStatus | undefined {
    return host.statuses().find((status) => status.linkId === linkId);
  }

  return {
    deliver: host.deliver,
    attach(native, secret, onStatus) {
      const link = native(() => tell());
      const { id, name } = link;
      const status = () => combine(link.status(), statusOf(id));
      const tell = () => onStatus(status());
      const hosted: ManagedLink = {
        ...link,
        status,
        start() {
          attached.set(id, { link: hosted, component: { linkId: id, name, secret }, tell });
          configure();
          link.start();
        },
        async stop() {
          // What waits for the component goes back to its senders, for which its link is needed once more.
          configure(id);
          attached.delete(id);
          await link.stop();
        },
      };
      return hosted;
    },
    useSecret(linkId, secret) {
      const entry = attached.get(linkId);
      if (entry === undefined) return;
      attached.set(linkId, { ...entry, component: { ...entry.component, secret } });
      configure();
      entry.tell();
    },
    follow({ address, port, limits }) {
      host.limit(limits);
      place = port === null ? null : { host: address, port };
      host.listenAt(place);
    },
    isHeld: (linkId) => attached.has(linkId),
    instances(linkId) {
      const { port, problem } = host.listening();
      return {
        port: {
          host: place?.host ?? "",
          port: place?.port ?? 0,
          isTls: place !== null && !isLoopback(place.host),
          isOpen: port !== null,
          problem,
        },
        waitingStanzas: statusOf(linkId)?.waitingStanzas ?? 0,
        items: host.instances(linkId).map((view) => ({
          ...view,
          attachedAt: view.attachedAt?.toISOString() ?? null,
        })),
      };
    },
    closeInstance: (linkId, instanceId) =>
      host.instances(linkId).some(({ id }) => id === instanceId) && host.close(instanceId),
    stop: host.stop,
  };
}

/** Attached is what can be reached from outside and has somebody there; why not is told by whoever is at fault. */
function combine(native: LinkStatus, hosted: HostedStatus | undefined): LinkStatus {
  if (native.state !== "attached" || hosted === undefined) return native;
  const { name, since, lastError } = hosted;
  if (hosted.instances > 0) return { ...native, since, lastError };
  const why = lastError ?? hostedFinding("hosted.absent", { name });
  return { ...native, state: "waiting", since, lastError: why };
}
