import { getCACertificates } from "node:tls";
import { splitPem } from "./pem.ts";
import { parseCertificate, type Certificate } from "./x509.ts";

/** The certificates that paths may end in. */
export interface TrustStore {
  /** Those whose subject has this key (`DistinguishedName.key`). */
  readonly issuersNamed: (key: string) => readonly Certificate[];
  readonly isAnchor: (certificate: Certificate) => boolean;
  readonly anchors: () => readonly Certificate[];
  readonly size: number;
}

/** `bundled`: Mozilla's list as Node carries it, and NODE_EXTRA_CA_CERTS. `system`: the operating system's. */
export type TrustSource = "bundled" | "system" | "none";

/** Reads the source when first asked (about 30 ms); what cannot be parsed is left out. `extra` is PEM. */
export function createTrustStore(options: {
  source: TrustSource;
  extra?: readonly string[];
}): TrustStore & {
  /** From now on this source counts. */ readonly use: (source: TrustSource) => void;
} {
  let source = options.source;
  let loaded: Map<string, Certificate[]> | null = null;
  let size = 0;

  function load(): Map<string, Certificate[]> {
    if (loaded !== null) return loaded;
    const bySubject = new Map<string, Certificate[]>();
    const seen = new Set<string>();
    for (const pem of [...systemOrBundled(source), ...(options.extra ?? [])]) {
      for (const der of certificatesIn(pem)) {
        const parsed = parseCertificate(der);
        if (!parsed.ok || seen.has(parsed.value.fingerprint)) continue;
        seen.add(parsed.value.fingerprint);
        const { key } = parsed.value.subject;
        bySubject.set(key, [...(bySubject.get(key) ?? []), parsed.value]);
      }
    }
    size = seen.size;
    loaded = bySubject;
    return bySubject;
  }

  const issuersNamed = (key: string) => load().get(key) ?? [];
  return {
    issuersNamed,
    isAnchor: (certificate) =>
      issuersNamed(certificate.subject.key).some(
        (anchor) => anchor.fingerprint === certificate.fingerprint,
      ),
    anchors: () => [...load().values()].flat(),
    get size() {
      load();
      return size;
    },
    use(wanted) {
      if (wanted === source) return;
      source = wanted;
      loaded = null;
    },
  };
}

function systemOrBundled(source: TrustSource): readonly string[] {
  if (source === "none") return [];
  return source === "system"
    ? getCACertificates("system")
    : [...getCACertificates("bundled"), ...getCACertificates("extra")];
}

function certificatesIn(pem: string): Uint8Array[] {
  return splitPem(pem).blocks.flatMap((block) =>
    block.label === "CERTIFICATE" && block.der !== null ? [block.der] : [],
  );
}
