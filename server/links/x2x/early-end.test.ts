import assert from "node:assert/strict";
import { createServer, type TLSSocket } from "node:tls";
import { once } from "node:events";
import { after, test } from "node:test";
import { createCertificateLab } from "../../testing/certificate-lab.ts";
import { agree, bothHalves } from "../../testing/x2x-pair.ts";
import { dialPeer } from "./dial.ts";
import { x2xLimits } from "./terms.ts";
import { createX2xTls } from "./tls.ts";

const lab = createCertificateLab();
const root = lab.root();
const { keyPem: key, pem: cert } = lab.issue({
  ...{ subject: "/CN=shore.example", issuer: root },
  extensions: ["subjectAltName = DNS:shore.example"],
});
lab.close();

test("a peer that ends the connection while its certificate is judged has turned us away", async () => {
  const accepted = Promise.withResolvers<TLSSocket>();
  const server = createServer(
    { key, cert, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      socket.on("error", () => {});
      accepted.resolve(socket);
    },
  );
  after(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert(address !== null && typeof address === "object");
  const certificate = { by: "names", pins: [] } as const;
  const listens = { host: "127.0.0.1", port: address.port };
  const agreement = await agree(
    { security: "mutual_tls" },
    { listens: null, certificate },
    { listens, opens: null, certificate },
  );
  const tls = createX2xTls();
  const dialled = Promise.withResolvers<TLSSocket>();
  const outcome = await dialPeer(bothHalves(agreement)[0], AbortSignal.timeout(10_000), {
    tls: {
      ...tls,
      dialledChain(socket, earlier) {
        dialled.resolve(socket);
        return tls.dialledChain(socket, earlier);
      },
    },
    limits: x2xLimits,
    certificates: { credentials: () => ({ key, cert, notAfter: new Date() }) },
    addressesOf: async () => [],
    reverse: () => assert.fail(),
    trust: {
      async judge() {
        const ours = await dialled.promise;
        const closed = Promise.withResolvers<void>();
        ours.once("close", () => closed.resolve());
        ours.resume();
        (await accepted.promise).destroy();
        await closed.promise;
        return { isAuthentic: true, finding: null } as never;
      },
    },
  });
  assert("code" in outcome);
  assert.equal(outcome.code, "x2x.turned_away");
});
