import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { type ComponentHostDeps, createComponentHost } from "#links/component-host/host.ts";
import type { HostedStatus } from "#links/component-host/hosted-name.ts";
import type { ComponentHostLimits } from "#links/component-host/limits.ts";
import type { ListenAddress } from "#links/component-host/listener.ts";
import type { Domain } from "#protocol/xmpp/address.ts";
import { element, type XmlElement } from "#protocol/xmpp/element.ts";
import { primitives } from "../primitives.ts";
import { connectRawComponent, type RawComponent, until } from "./raw-component.ts";

export const name = "rooms.example.com" as Domain;
export const secret = "s3cret";
const components = [{ linkId: "link-1", name, secret }];

/** A host on an address of its own, and all that it told. */
export function startHost(
  changed: Partial<Omit<ComponentHostDeps, "limits">> & {
    limits?: Partial<ComponentHostLimits>;
    address?: ListenAddress;
  } = {},
  hosted = components,
) {
  const { host, port } = changed.address ?? { host: "127.0.34.1", port: 0 };
  const stanzas: XmlElement[] = [];
  const refused: XmlElement[] = [];
  const bounced: { id: string; condition: string }[] = [];
  const statuses: HostedStatus[] = [];
  const bugs: unknown[] = [];
  const service = createComponentHost({
    primitives,
    tls: () => null,
    newId: () => randomBytes(16).toString("base64url"),
    now: () => new Date(),
    onStanza: (_linkId, _name, stanza) => void stanzas.push(stanza),
    onRefused: (_linkId, _name, head) => void refused.push(head),
    onBounce: (_name, stanza, condition) =>
      void bounced.push({ id: stanza.attributes["id"] ?? "", condition }),
    onStatus: (_linkId, status) => void statuses.push(status),
    onBug: (error) => void bugs.push(error),
    ...changed,
    limits: { closeMs: 100, ...changed.limits },
  });
  service.configure(hosted);
  service.listenAt({ host, port });
  after(() => service.stop());
  const connect = async (): Promise<RawComponent> => {
    await until(() => service.listening().port !== null);
    return connectRawComponent(host, service.listening().port ?? 0);
  };
  const attach = async (): Promise<RawComponent> => {
    const component = await connect();
    await component.attach(name, secret);
    return component;
  };
  return { service, host, connect, attach, stanzas, refused, bounced, statuses, bugs };
}

export const message = (id: string, from = "kim@acmewave.com/phone", body = "hello") =>
  element("message", "jabber:client", { from, to: `lobby@${name}`, id }, [
    element("body", "jabber:client", {}, [body]),
  ]);
export const ids = (component: RawComponent) =>
  component.elements().flatMap((one) => (one.name === "message" ? [one.attributes["id"]] : []));
export const outgoing = (attributes: string) => `<message ${attributes}><body>hi</body></message>`;
