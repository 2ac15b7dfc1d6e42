import type { Domain } from "#protocol/xmpp/address.ts";

/** Whether a remote domain may federate with us; asked for every stanza, in both directions. */
export interface FederationPolicy {
  /** Synchronous, from memory. */
  readonly decide: (domain: Domain) => {
    readonly allowed: boolean;
    /** `self`, `block:PEERID`, `trusted:PEERID`, `mode:open`, `mode:trusted_only`. */
    readonly rule: string;
    readonly peerId: string | null;
  };
}

/** Everybody may: for before the policy is known, and for tests. */
export const openPolicy: FederationPolicy = {
  decide: () => ({ allowed: true, rule: "mode:open", peerId: null }),
};
