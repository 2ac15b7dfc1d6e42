import { createServer, type Socket } from "node:net";
import { connect, createServer as createTlsServer } from "node:tls";
import type { CertificateFiles } from "../stack/openssl.ts";

/** One half of the way that relayed stanzas take, by a program that copies bytes and reads nothing. */
export interface CopyPlan {
  readonly host: string;
  /** Where its component attaches. */
  readonly componentPort: number;
  /** Where the far half listens for the near one's TLS. */
  readonly s2s: { readonly host: string; readonly port: number };
  /** Of the far half. */
  readonly certificate: CertificateFiles | null;
}

process.once("message", (plan: CopyPlan) => {
  if (plan.certificate === null) copyOut(plan);
  else copyIn(plan, plan.certificate);
});
process.once("disconnect", () => process.exit());

/** From the component to the far half. */
function copyOut({ host, componentPort, s2s }: CopyPlan): void {
  const upstream = connect({ ...s2s, rejectUnauthorized: false }, () => {
    upstream.setNoDelay(true);
    const server = createServer({ noDelay: true }, (socket) => {
      attach(socket, () => socket.on("data", (bytes) => upstream.write(bytes)));
    });
    server.listen(componentPort, host, ready);
  });
  upstream.resume();
}

/** From the near half to the component. */
function copyIn({ host, componentPort, s2s }: CopyPlan, { chain, key }: CertificateFiles): void {
  let component: Socket | null = null;
  createServer({ noDelay: true }, (socket) => {
    attach(socket, () => (component = socket));
  }).listen(componentPort, host);
  createTlsServer({ cert: chain, key, noDelay: true }, (socket) => {
    socket.on("data", (bytes) => component?.write(bytes));
  }).listen(s2s.port, s2s.host, ready);
}

/** XEP-0114's handshake, whatever the component says. */
function attach(socket: Socket, onAttached: () => void): void {
  socket.once("data", () => {
    socket.write(
      "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='copy'>",
    );
    socket.once("data", () => {
      socket.write("<handshake/>");
      onAttached();
      socket.resume();
    });
  });
}

function ready(): void {
  process.send?.("ready");
}
