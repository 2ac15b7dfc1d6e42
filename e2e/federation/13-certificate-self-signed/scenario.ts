import { proveCertificateFault } from "../certificate-fault.ts";
import type { Scenario } from "../scenario.ts";

export const scenario: Scenario = {
  title: "the peer's certificate is signed by itself: cert.self_signed, the peer's to mend",
  run: (world, shared) =>
    proveCertificateFault(world, shared, {
      domain: "self-signed.example",
      certificate: { signedBy: "itself" },
      code: "cert.self_signed",
    }),
};
