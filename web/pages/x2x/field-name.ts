import type { TermsKey } from "./fields.ts";
import { useTerms } from "./fields.ts";

const OF_SIDE: Readonly<Record<string, TermsKey>> = {
  domains: "domains",
  listens: "listens",
  "listens.host": "host",
  "listens.port": "port",
  opens: "opens",
  "opens.knownBy": "isKnown",
  "opens.addresses": "sourceAddresses",
  "opens.port": "sourcePort",
  "opens.hostName": "hostName",
  certificate: "certificate",
  "certificate.pins": "certificate",
};
const OF_BOTH: Readonly<Record<string, TermsKey>> = {
  name: "name",
  sides: "opener",
  version: "version",
  security: "security",
  compression: "compression",
  connections: "connections",
  onInvalid: "onInvalid",
  maxStanzaBytes: "maxStanzaBytes",
  keepaliveSeconds: "keepaliveSeconds",
  idleSeconds: "idleSeconds",
  language: "language",
  bindAddress: "bindAddress",
  listenAddress: "listenAddress",
  priority: "priority",
};

/** A field of an agreement as the page calls it: `sides.1.opens.port` is "Their side, source port". */
export function useFieldName(): (field: string) => string {
  const t = useTerms();
  return (field) => {
    const [, side, part = ""] = /^sides\.([01])\.?(.*)$/.exec(field) ?? [];
    if (side === undefined) {
      const key = OF_BOTH[field];
      return key === undefined ? field : t(key);
    }
    const key = OF_SIDE[part];
    const whose = t(side === "0" ? "ourSide" : "theirSide");
    return key === undefined ? `${whose}, ${part}` : `${whose}, ${t(key)}`;
  };
}
