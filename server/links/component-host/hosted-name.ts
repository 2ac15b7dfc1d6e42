import type { Finding } from "#contract/traces.ts";
import type { Domain, Jid } from "#protocol/xmpp/address.ts";
import { headOf, type XmlElement } from "#protocol/xmpp/element.ts";
import { ns } from "#protocol/xmpp/namespaces.ts";
import { serialize } from "#protocol/xmpp/serialize.ts";
import { pickByWeight } from "./balance.ts";
import type { Instance } from "./instance.ts";
import type { ComponentHostLimits } from "./limits.ts";

/** One hosted name: its instances, and what waits while there is none. */
export interface HostedName {
  readonly linkId: string;
  readonly name: Domain;
  readonly secret: string;
  readonly instances: () => readonly Instance[];
  readonly status: () => HostedStatus;
  readonly deliver: (stanza: XmlElement) => "taken" | "full" | "absent";
  readonly add: (instance: Instance) => void;
  readonly remove: (instance: Instance) => void;
  readonly noteError: (why: Finding) => void;
  /** Why no component can connect at all, or that one can (null). */
  readonly notePort: (problem: Finding | null) => void;
  /** No longer hosted: nothing waits any more. */
  readonly retire: () => void;
}

export interface HostedStatus {
  readonly linkId: string;
  readonly name: Domain;
  /** Connected instances. */
  readonly instances: number;
  /** Since when there is one, or none. */
  readonly since: Date;
  /** Why there is none, or why one of them ended or was refused; null since the last one came. */
  readonly lastError: Finding | null;
  /** Stanzas that wait for the first instance. */
  readonly waitingStanzas: number;
}

export interface HostedNameDeps {
  readonly linkId: string;
  readonly name: Domain;
  readonly secret: string;
  readonly limits: ComponentHostLimits;
  readonly parse: (address: string) => Jid | null;
  readonly now: () => Date;
  readonly onBounce: (stanza: XmlElement) => void;
  readonly onStatus: (status: HostedStatus) => void;
}

/**
 * Each sender is served by one instance (by a hash of its bare address), so that the order of its stanzas is kept, and
 * only the senders of an instance that comes or goes change over. Without any instance stanzas wait, but only for
 * `absenceMs` from the loss of the last one: a restart is bridged, and who is really away is not waited for each time.
 */
export function createHostedName(deps: HostedNameDeps): HostedName {
  const { linkId, name, limits } = deps;
  const instances: Instance[] = [];
  let since = deps.now();
  let lastError: Finding | null = null;
  let errorNotedAt = -Infinity;
  let parked: { readonly xml: string; readonly stanza: XmlElement }[] = [];
  let parkedLength = 0;
  let patience: NodeJS.Timeout | null = null;
  let isRetired = false;
  let portProblem: Finding | null = null;

  function deliver(stanza: XmlElement): "taken" | "full" | "absent" {
    const only = instances[0];
    if (only === undefined) return park(stanza);
    const chosen = instances.length === 1 ? only : pickByWeight(instances, senderOf(stanza));
    return chosen.send(textOf(stanza), stanza);
  }

  function park(stanza: XmlElement): "taken" | "absent" {
    if (patience === null || parked.length >= limits.maxParkedStanzas) return "absent";
    const xml = textOf(stanza);
    if (parkedLength + xml.length > limits.maxParkedLength) return "absent";
    parked.push({ xml, stanza: headOf(stanza) });
    parkedLength += xml.length;
    return "taken";
  }

  /** Their bare address; what is none has no order to keep. */
  function senderOf(stanza: XmlElement): string {
    const from = stanza.attributes["from"] ?? "";
    const jid = deps.parse(from);
    return jid === null ? from : `${jid.local ?? ""}@${jid.domain}`;
  }

  function textOf(stanza: XmlElement): string {
    return serialize(stanza, { contentNamespace: ns.component });
  }

  function wait(): void {
    patience = setTimeout(() => bounceParked(), limits.absenceMs);
  }

  function takeParked(): typeof parked {
    if (patience !== null) clearTimeout(patience);
    patience = null;
    const taken = parked;
    parked = [];
    parkedLength = 0;
    return taken;
  }

  function bounceParked(): void {
    for (const { stanza } of takeParked()) deps.onBounce(stanza);
  }

  function status(): HostedStatus {
    const waitingStanzas = parked.length;
    return { linkId, name, instances: instances.length, since, lastError, waitingStanzas };
  }

  function noteError(why: Finding): void {
    const isNews = why.code !== lastError?.code || performance.now() - errorNotedAt >= 10_000;
    lastError = why;
    // Whoever comes again and again with the same fault is not written down each time.
    if (!isNews) return;
    errorNotedAt = performance.now();
    deps.onStatus(status());
  }

  wait();
  return {
    linkId,
    name,
    secret: deps.secret,
    instances: () => instances,
    status,
    deliver,
    add(instance) {
      instances.push(instance);
      if (instances.length === 1) since = deps.now();
      lastError = null;
      for (const { xml, stanza } of takeParked())
        if (instance.send(xml, stanza) === "full") deps.onBounce(stanza);
      deps.onStatus(status());
    },
    remove(instance) {
      const index = instances.indexOf(instance);
      if (index === -1) return;
      instances.splice(index, 1);
      if (instances.length === 0) {
        since = deps.now();
        if (!isRetired) wait();
      }
      deps.onStatus(status());
    },
    noteError,
    notePort(problem) {
      // One that is attached does not mind that no other could be.
      if (problem !== null && instances.length === 0) noteError(problem);
      if (problem === null && lastError === portProblem && lastError !== null) {
        lastError = null;
        deps.onStatus(status());
      }
      portProblem = problem;
    },
    retire() {
      isRetired = true;
      bounceParked();
    },
  };
}
