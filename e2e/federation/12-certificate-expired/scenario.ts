import { proveCertificateFault } from "../certificate-fault.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "the peer's certificate has expired: cert.expired, the peer's to mend",
  run: (world, shared) =>
    proveCertificateFault(world, shared, {
      domain: "expired.example",
      certificate: { issuedOn: "2024-01-01", days: 90, signedBy: "root" },
      code: "cert.expired",
    }),
};
