import type { Domain } from "#protocol/xmpp/address.ts";
import type { LinkRow, listAttachments } from "#store/links.ts";
import type { Vault } from "#store/vault.ts";
import type { ComponentConfig } from "./component.ts";

/** A link as the database has it, with the domain that it belongs to. */
export type Attachment = Awaited<ReturnType<typeof listAttachments>>[number];

/** Where a link's secret is sealed: bound to its row. */
export function secretContext(linkId: string): string {
  return `links/${linkId}/secret`;
}

/** What else is set of native names does not concern the streams that they have. */
export function keyOf({ link, domain }: Attachment): string {
  const { kind, name, host, port, security } = link;
  const dialled = kind === "component" ? [host, port, security, domain, sealedOf(link)] : [];
  return JSON.stringify([kind, name, ...dialled]);
}

export function sealedOf(row: LinkRow): string {
  return Buffer.from(row.secretSealed ?? []).toString("base64");
}

export function configOf(target: Attachment, vault: Pick<Vault, "open">): ComponentConfig {
  const { link: row, domain } = target;
  if (row.host === null || row.port === null) throw new Error(`link ${row.id} has no address`);
  return {
    name: row.name as Domain,
    serverDomain: domain as Domain,
    host: row.host,
    port: row.port,
    security: row.security,
    secret: secretOf(row, vault),
  };
}

export function secretOf(row: LinkRow, vault: Pick<Vault, "open">): string {
  if (row.secretSealed === null) throw new Error(`link ${row.id} has no secret`);
  return new TextDecoder().decode(vault.open(row.secretSealed, secretContext(row.id)));
}
