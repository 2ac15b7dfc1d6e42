import type { S2sServices } from "#links/s2s/engine.ts";

/** Native links of an appliance that is alone in the world: nobody can be reached, nobody is believed. */
export const absentPeers: S2sServices = {
  dialbackSecret: "a-dialback-secret-of-the-tests",
  certificates: { credentials: () => null, serverOptions: () => null },
  opener: {
    open: async (request) => ({
      kind: "failed",
      condition: "remote-server-not-found",
      finding: {
        code: "dns.nxdomain",
        params: { domain: request.to },
        owner: "peer",
        severity: "error",
      },
    }),
  },
  trust: {
    termsFor: () => ({ tls: "required", minTls: "TLSv1.2", dialback: false, override: null }),
    judge: () => Promise.reject(new Error("nobody is there to be judged")),
    admit: async () => ({ ok: true }),
  },
};
