import type { TLSSocketOptions } from "node:tls";

/** Our certificate for one name, with its key, as the certificates' room gives them. */
export interface Credentials {
  /** PEM. */
  readonly key: string;
  /** PEM, leaf first. */
  readonly cert: string;
  readonly notAfter: Date;
}

/** The certificates of our names: at once, from memory, those that were activated last. */
export interface OwnCertificates {
  readonly credentials: (name: string) => Credentials | null;
  /** For the server side of one connection; `name`: whom it is for, if SNI does not say. Null: no name has a certificate. */
  readonly serverOptions: (offer: {
    readonly security: "starttls" | "direct";
    readonly name: string | null;
    /** Whatever SNI says, it is for `name`: its listener answers for no other. */
    readonly ignoresSni?: boolean;
  }) => TLSSocketOptions | null;
}
