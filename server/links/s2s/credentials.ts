import type { SecureContext } from "node:tls";

/** Our certificate for one name, with its key, as the certificates' room gives them. */
export interface Credentials {
  /** PEM. */
  readonly key: string;
  /** PEM, leaf first. */
  readonly cert: string;
  readonly certificateId: string;
  readonly notAfter: Date;
}

/** The certificates of our names: from memory, the newest that were activated. */
export interface OwnCertificates {
  readonly credentials: (name: string) => Credentials | null;
  /** For the server side of TLS, by SNI; null: there is no certificate at all, hence no TLS. */
  readonly contextFor: (servername: string | null) => SecureContext | null;
  /** Tells that another certificate was activated for some name. */
  readonly onChange: (listener: () => void) => () => void;
}
