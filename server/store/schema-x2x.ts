import { boolean, integer, jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { X2xAgreement, X2xState } from "#contract/x2x.ts";
import { at, key } from "./columns.ts";

/** Agreements with peers (XEP-0361), the first side ours: docs/x2x-profile.md. */
export const x2xLinks = pgTable("x2x_links", {
  id: key(),
  name: text("name").notNull().unique(),
  agreement: jsonb("agreement").$type<X2xAgreement>().notNull(),
  priority: integer("priority").notNull().default(10),
  fallsBack: boolean("falls_back").notNull().default(false),
  bindAddress: text("bind_address"),
  listenAddress: text("listen_address"),
  isEnabled: boolean("is_enabled").notNull().default(true),
  /** Who agreed to do without TLS or without identity, and when. */
  consent: jsonb("consent").$type<{ by: string; at: string }>(),
  createdAt: at("created_at").notNull().defaultNow(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

/** How the appliance that holds a link last saw it. */
export const x2xStates = pgTable("x2x_states", {
  linkId: uuid("link_id")
    .primaryKey()
    .references(() => x2xLinks.id, { onDelete: "cascade" }),
  nodeId: text("node_id").notNull(),
  state: jsonb("state").$type<X2xState>().notNull(),
  leaseUntil: at("lease_until").notNull(),
});
