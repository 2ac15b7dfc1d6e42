import { z } from "zod";
import { localDomain, localDomainPage } from "#contract/domains.ts";
import { id } from "#contract/paging.ts";
import { peer, peerPage } from "#contract/peers.ts";
import { invitationCreated, session, token, tokenCreated, user } from "#contract/people.ts";
import { settings, type Settings } from "#contract/settings.ts";
import { tracePage } from "#contract/traces.ts";
import { type Client, createClient } from "../stack/client.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import type { Random } from "./random.ts";

const MOST_THINGS = 12;

/** What the audit log must say of an acknowledged change. */
export interface AuditedChange {
  readonly resource: string;
  readonly action: string;
  readonly resourceId: string | null;
}

/** Changes one kind of thing, one change at a time, and knows what must be there. */
export interface Writer {
  readonly name: string;
  readonly ledger: Ledger;
  /** Makes one change; throws when its answer does not come or is not the expected one. */
  readonly step: (client: Client, random: Random) => Promise<AuditedChange | null>;
  readonly readBack: (client: Client) => Promise<Map<string, string>>;
}

interface Found {
  readonly id: string;
  readonly state: string;
}

interface Collection {
  readonly name: string;
  /** Makes the thing whose natural name is `key` and returns its id. */
  readonly create: (client: Client, key: string, state: string) => Promise<string>;
  readonly update?: (client: Client, id: string, state: string) => Promise<void>;
  readonly state: (random: Random) => string;
  readonly path: string;
  readonly list: (client: Client) => Promise<Map<string, Found>>;
  /** The audit log's words; null for what is not audited. */
  readonly actions: {
    readonly create: string | null;
    readonly update: string;
    readonly remove: string;
  };
}

const AUDITED = { create: "create", update: "update", remove: "delete" };

function collectionWriter(collection: Collection): Writer {
  const { name, path, actions } = collection;
  const ledger = createLedger();
  const ids = new Map<string, string>();
  let last = 0;
  const audited = (action: string | null, resourceId: string): AuditedChange | null =>
    action === null ? null : { resource: name, action, resourceId };

  const create = async (client: Client, state: string) => {
    last += 1;
    const key = `k${last}`;
    ledger.ask(key, state);
    const made = await collection.create(client, key, state);
    ids.set(key, made);
    ledger.acknowledge(key);
    return audited(actions.create, made);
  };
  return {
    name,
    ledger,
    step: async (client, random) => {
      const present = ledger.present();
      const key = random.pick(present);
      const known = key === undefined ? undefined : ids.get(key);
      const isFew = present.length < 3 || (present.length < MOST_THINGS && random.below(2) === 0);
      const state = collection.state(random);
      if (key === undefined || known === undefined || isFew) return await create(client, state);
      if (collection.update !== undefined && random.below(3) > 0) {
        ledger.ask(key, state);
        await collection.update(client, known, state);
        ledger.acknowledge(key);
        return audited(actions.update, known);
      }
      ledger.ask(key, null);
      await client.send("DELETE", `${path}/${known}`);
      ledger.acknowledge(key);
      return audited(actions.remove, known);
    },
    readBack: async (client) => {
      const found = await collection.list(client);
      const ours = [...found].filter(([key]) => /^k\d+$/.test(key));
      for (const [key, { id }] of ours) ids.set(key, id);
      return new Map(ours.map(([key, { state }]) => [key, state]));
    },
  };
}

/** One setting, changed again and again while others change theirs. */
function settingWriter(key: keyof Settings, value: (random: Random) => unknown): Writer {
  const ledger = createLedger();
  return {
    name: `setting ${key}`,
    ledger,
    step: async (client, random) => {
      const next = value(random);
      ledger.ask(key, JSON.stringify(next));
      await client.send("PATCH", "/api/v1/settings", { [key]: next });
      ledger.acknowledge(key);
      return { resource: "settings", action: "update", resourceId: null };
    },
    readBack: async (client) => {
      const found = await client.read(settings, "GET", "/api/v1/settings");
      return new Map([[key, JSON.stringify(found[key])]]);
    },
  };
}

const roleOf = (random: Random) => random.pick(["admin", "auditor"]) ?? "admin";
const words = (random: Random) => `text ${random.below(1_000_000)}`;

/** Writers of everything that an operator changes by the API. */
export function createWriters(url: string): Writer[] {
  const anonymous = createClient(url, null);
  return [
    tokenWriter(url),
    userWriter(anonymous),
    collectionWriter({
      name: "peers",
      path: "/api/v1/peers",
      state: words,
      actions: AUDITED,
      create: async (client, key, note) => {
        const body = { domain: `${key}.peers.example`, note, checkIntervalSeconds: 15 };
        return (await client.read(peer, "POST", "/api/v1/peers", body)).id;
      },
      update: (client, found, note) => client.send("PATCH", `/api/v1/peers/${found}`, { note }),
      list: async (client) => {
        const { items } = await client.read(peerPage, "GET", "/api/v1/peers?limit=200");
        return new Map(
          items.map((one) => [firstLabel(one.domain), { id: one.id, state: one.note }]),
        );
      },
    }),
    collectionWriter({
      name: "domains",
      path: "/api/v1/domains",
      state: words,
      actions: AUDITED,
      create: async (client, key, label) => {
        const body = { domain: `${key}.domains.example`, label };
        return (await client.read(localDomain, "POST", "/api/v1/domains", body)).id;
      },
      update: (client, found, label) => client.send("PATCH", `/api/v1/domains/${found}`, { label }),
      list: async (client) => {
        const { items } = await client.read(localDomainPage, "GET", "/api/v1/domains");
        return new Map(
          items.map((one) => [firstLabel(one.domain), { id: one.id, state: one.label }]),
        );
      },
    }),
    collectionWriter({
      name: "traces",
      path: "/api/v1/traces",
      state: () => "there",
      actions: { ...AUDITED, create: null },
      create: async (client, key) => {
        const body = { domain: `${key}.traces.example` };
        return (await client.read(z.object({ id }), "POST", "/api/v1/traces", body)).id;
      },
      list: async (client) => {
        const { items } = await client.read(tracePage, "GET", "/api/v1/traces?limit=200");
        return new Map(
          items.map((one) => [firstLabel(one.domain), { id: one.id, state: "there" }]),
        );
      },
    }),
    settingWriter("statusTitle", words),
    settingWriter("traceRetentionDays", (random) => 1 + random.below(3000)),
    settingWriter("extraSrvPorts", (random) => [1 + random.below(1000), 1 + random.below(1000)]),
  ];
}

/** A token is there when it is listed and its secret, told once, is accepted. */
function tokenWriter(url: string): Writer {
  const secrets = new Map<string, string>();
  return collectionWriter({
    name: "tokens",
    path: "/api/v1/tokens",
    state: roleOf,
    actions: { ...AUDITED, remove: "revoke" },
    create: async (client, name, role) => {
      const made = await client.read(tokenCreated, "POST", "/api/v1/tokens", { name, role });
      secrets.set(name, made.token);
      return made.id;
    },
    list: async (client) => {
      const schema = z.object({ items: z.array(token) });
      const { items } = await client.read(schema, "GET", "/api/v1/tokens");
      const found = new Map(items.map((one) => [one.name, { id: one.id, state: one.role }]));
      for (const [name, secret] of secrets) {
        const answer = await createClient(url, secret).request("GET", "/api/v1/session");
        const role = answer.status === 200 ? session.parse(answer.body).role : null;
        if (role !== (found.get(name)?.state ?? null))
          throw new Error(`token ${name} is ${found.get(name)?.state} and accepted as ${role}`);
        if (role === null) secrets.delete(name);
      }
      return found;
    },
  });
}

/** People come by invitation: two changes, each acknowledged. */
function userWriter(anonymous: Client): Writer {
  const people = "/api/v1/users";
  const schema = z.object({ items: z.array(user) });
  return collectionWriter({
    name: "users",
    path: people,
    state: roleOf,
    actions: { ...AUDITED, create: "accept_invitation" },
    create: async (client, name, role) => {
      const invitation = `${people}/invitations`;
      const { link } = await client.read(invitationCreated, "POST", invitation, { role });
      const accepted = { token: link.split("#")[1], name, password: "a password of the soak" };
      const path = "/api/v1/session/invitation";
      const signedIn = await anonymous.read(session, "POST", path, accepted);
      if (signedIn.user === null) throw new Error("nobody was signed in");
      return signedIn.user.id;
    },
    update: (client, found, role) => client.send("PATCH", `${people}/${found}`, { role }),
    list: async (client) => {
      const { items } = await client.read(schema, "GET", people);
      return new Map(items.map((one) => [one.name, { id: one.id, state: one.role }]));
    },
  });
}

function firstLabel(domain: string): string {
  return domain.split(".")[0] ?? domain;
}
