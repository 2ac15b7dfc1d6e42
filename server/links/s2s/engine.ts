import type { Finding } from "#contract/traces.ts";
import type { Primitives } from "#protocol/primitives.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import type { XmlElement } from "#protocol/xmpp/element.ts";
import type { LinkStatus, ManagedLink } from "#links/link.ts";
import type { FederationPolicy } from "#links/policy.ts";
import type { Bounce, Proof } from "#links/router.ts";
import type { OwnCertificates } from "./credentials.ts";
import type { S2sLimits } from "./limits.ts";
import type { LoginCost } from "./login.ts";
import type { ListenAddress } from "./listener.ts";
import type { StreamOpener } from "./opener.ts";
import type { Listening } from "./own-names.ts";
import type { ReachBack } from "./reach-back.ts";
import type { RouteStatus } from "./route.ts";
import type { StreamView } from "./stream-view.ts";
import type { Taps } from "./tap.ts";
import type { TraceLogin } from "./trace-login.ts";
import type { PeerTrust } from "./trust.ts";

/** What native links need of the rest of the appliance. */
export interface S2sServices {
  readonly opener: StreamOpener;
  readonly trust: PeerTrust;
  readonly certificates: OwnCertificates;
  /** Sealed in the database, the same for all appliances on it (XEP-0185 §2). */
  readonly dialbackSecret: string;
  readonly limits?: S2sLimits;
}

export interface S2sDeps extends S2sServices {
  readonly primitives: Primitives;
  readonly policy: FederationPolicy;
  readonly now: () => Date;
  readonly random: () => number;
  readonly onStanza: (
    link: ManagedLink,
    stanza: XmlElement,
    sizeBytes: number,
    proof: Proof,
  ) => void;
  readonly onRefused: (link: ManagedLink, head: XmlElement, sizeBytes: number) => void;
  readonly onBounce: (link: ManagedLink, stanza: XmlElement, why: Bounce) => void;
  readonly onRoute: (linkId: string, remote: Domain, status: RouteStatus) => void;
  /** A bug in what handles a stanza: the streams live on. */
  readonly onBug: (error: unknown) => void;
  /** What claimed to be `remote` on a stream to us was not believed. */
  readonly onRejected: (linkId: string, remote: Domain, finding: Finding) => void;
  /** Another way that was agreed for a pair of domains goes first; `none`: a stream of ours it is. */
  readonly agreed?: (
    local: Domain,
    remote: Domain,
    stanza: XmlElement,
    xml: string,
  ) => "sent" | "full" | "down" | "none";
}

/** Our own server-to-server streams, for all names that we federate ourselves. */
export interface S2s {
  /** The link of one name; it serves while it is started. */
  readonly attach: (name: {
    readonly id: string;
    readonly kind: "s2s" | "hosted";
    readonly name: Domain;
    readonly onStatus: (status: LinkStatus) => void;
  }) => ManagedLink;
  /** Where to listen, and what is bounded otherwise than by default. */
  readonly configure: (terms: Listening & { readonly limits: Partial<S2sLimits> }) => Promise<void>;
  /** The terms of peers have changed: every stream that is open is judged anew. */
  readonly recheck: () => Promise<void>;
  /** Whether this appliance federates a name itself, now. */
  readonly isServed: (name: Domain) => boolean;
  /** The ports of this appliance that answer for a name. */
  readonly places: (name: Domain) => readonly ListenAddress[];
  readonly streams: () => readonly StreamView[];
  /** The same, counted, at little cost. */
  readonly standings: () => Iterable<Pick<StreamView, "direction" | "state">>;
  /** Closes one stream; false when there is none of that id. */
  readonly closeStream: (id: string) => boolean;
  /** Listens to what is said with a remote domain; returns the end of it. */
  readonly tap: Taps["open"];
  /** For other connections on which the same peers speak. */
  readonly taps: Pick<Taps, "hasListeners" | "isOn" | "say">;
  /** Sends one ping over a stream without a way back, and waits for the stream that the peer opens to answer it. */
  readonly reachBack: (
    local: Domain,
    remote: Domain,
    timeoutMs: number,
  ) => Promise<ReachBack | Finding>;
  /** For traces: how a stream that they opened logs in as `local`; null when that name is not served. */
  readonly loginFor: (local: string) => TraceLogin | null;
  /** Opens a stream from a name of ours now, anew where one is open; false when the name is not served here. */
  readonly reconnect: (local: Domain, remote: Domain) => boolean;
  /** The link of a name that is served here. */
  readonly linkOf: (name: Domain) => ManagedLink | null;
  /** Sends by a stream whatever else was agreed; what cannot be sent goes back. */
  readonly fallBack: (stanza: XmlElement) => void;
  /** Ends the streams that carry a pair in order, once what waits for them is sent; null when there is none. */
  readonly leave: (local: Domain, remote: Domain) => Promise<void> | null;
  /** What waits for a remote domain, and whether its stream is made; null when nothing is remembered of it. */
  readonly route: (local: Domain, remote: Domain) => RouteStatus | null;
  /** What the last login of a pair took; null: none since the start. */
  readonly loginCost: (local: Domain, remote: Domain) => LoginCost | null;
  /** Stanzas that were written and never shown to have arrived, since the start. */
  readonly unproven: () => number;
  readonly stop: () => Promise<void>;
}
