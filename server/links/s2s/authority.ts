import type { Domain } from "#protocol/xmpp/address.ts";
import type { DialbackOutcome } from "#protocol/xmpp/dialback.ts";
import type { OwnCertificates } from "./credentials.ts";
import type { KeyToVerify } from "./incoming-stream.ts";
import type { S2sLimits } from "./limits.ts";
import type { OpenedStream, StreamOpener } from "./opener.ts";
import type { OutgoingStream } from "./outgoing-stream.ts";
import type { PeerTrust } from "./trust.ts";

export interface AuthorityDeps {
  readonly opener: StreamOpener;
  readonly trust: Pick<PeerTrust, "termsFor">;
  readonly certificates: Pick<OwnCertificates, "credentials">;
  readonly limits: S2sLimits;
  /** The stream that carries our stanzas to `remote` already; null: there is none. */
  readonly openStream: (local: Domain, remote: Domain) => OutgoingStream | null;
  readonly open: (
    opened: OpenedStream,
    pair: { readonly local: Domain; readonly remote: Domain },
  ) => OutgoingStream;
}

const noAnswer: DialbackOutcome = {
  kind: "error",
  condition: "remote-server-timeout",
  text: null,
};

/**
 * Asks the authoritative server of a key's sender whether it made the key (XEP-0220 §2.1.2): over the stream that
 * there is, else, or when that one ends before it has answered, over one of its own that is closed afterwards.
 * Never rejects.
 */
export function createAuthority(
  deps: AuthorityDeps,
): (key: KeyToVerify) => Promise<DialbackOutcome> {
  const { limits } = deps;
  return async (key) => {
    const { from: remote, to: local, written } = key;
    const asked = { id: key.id, key: key.key, from: written.to, to: written.from };
    const said = await deps.openStream(local, remote)?.verify(asked);
    if (said !== null && said !== undefined) return said;
    const terms = deps.trust.termsFor(remote);
    const opened = await deps.opener.open({
      from: local,
      to: remote,
      tls: terms.tls,
      minTls: terms.minTls,
      credentials: deps.certificates.credentials(local),
      override: terms.override,
      signal: AbortSignal.timeout(limits.loginMs),
    });
    if (opened.kind === "failed")
      return { kind: "error", condition: opened.condition, text: opened.finding.code };
    const stream = deps.open(opened, { local, remote });
    const timer = setTimeout(() => stream.drop(), limits.loginMs);
    const outcome = await stream.verify(asked);
    clearTimeout(timer);
    stream.close();
    return outcome ?? noAnswer;
  };
}
