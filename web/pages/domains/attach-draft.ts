import { isPort } from "./domain-draft.ts";
import { defaultPort, isLoopback, type Security, type ServerKind } from "./server-configuration.ts";

/** What stands in the form, as typed. */
export interface AttachDraft {
  readonly server: ServerKind;
  readonly name: string;
  readonly host: string;
  /** Null: the server's usual port. */
  readonly port: string | null;
  readonly security: Security;
  /** Kept: the secret that the appliance has already. Own: one that the server has already. */
  readonly secretFrom: "kept" | "generated" | "own";
  readonly generated: string;
  readonly own: string;
  /** The host, typed again. */
  readonly consent: string;
}

/** What is sent; a null secret stays as it is. */
export interface AttachValues {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly security: Security;
  readonly secret: string | null;
  readonly plainConsent?: string;
}

export interface DraftReading {
  readonly port: string;
  readonly secret: string;
  readonly isNameMissing: boolean;
  readonly isHostMissing: boolean;
  readonly isPortValid: boolean;
  readonly isSecretValid: boolean;
  /** A plain connection to another machine: the host has to be typed again. */
  readonly needsConsent: boolean;
  /** Null while something is not valid. */
  readonly values: AttachValues | null;
}

/** Judges a draft, field by field. */
export function readDraft(draft: AttachDraft): DraftReading {
  const name = draft.name.trim();
  const host = draft.host.trim();
  const port = draft.port ?? String(defaultPort(draft.server, draft.security));
  const secret = draft.secretFrom === "own" ? draft.own : draft.generated;
  const isPortValid = isPort(port);
  // Servers hash the secret as they please; ASCII is the same in every encoding (XEP-0114 §3).
  const isSecretValid = draft.secretFrom === "kept" || /^[\x21-\x7e]+$/.test(secret);
  const needsConsent = draft.security === "plain" && host !== "" && !isLoopback(host);
  const consent = draft.consent.trim();
  const hasConsent = !needsConsent || consent.toLowerCase() === host.toLowerCase();
  const isReady = name !== "" && host !== "" && isPortValid && isSecretValid && hasConsent;
  return {
    port,
    secret,
    isNameMissing: name === "",
    isHostMissing: host === "",
    isPortValid,
    isSecretValid,
    needsConsent,
    values: isReady
      ? {
          name,
          host,
          port: Number(port),
          security: draft.security,
          secret: draft.secretFrom === "kept" ? null : secret,
          ...(needsConsent ? { plainConsent: consent } : {}),
        }
      : null,
  };
}
