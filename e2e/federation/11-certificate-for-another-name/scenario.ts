import { proveCertificateFault } from "../certificate-fault.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title:
    "the peer's certificate names its SRV target and not the domain: cert.name, the peer's to mend",
  run: (world, shared) =>
    proveCertificateFault(world, shared, {
      domain: "wrong-name.example",
      certificate: { names: ["xmpp.wrong-name.example"] },
      code: "cert.name",
    }),
};
