import { sql } from "drizzle-orm";
import { bigint, customType, timestamp, uuid } from "drizzle-orm/pg-core";

// Kinds of columns that tables share.

export const bytea = customType<{ data: Uint8Array; driverData: Buffer }>({
  dataType: () => "bytea",
  toDriver: (value) => Buffer.from(value),
  fromDriver: (value) => new Uint8Array(value),
});
export const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
export const key = () =>
  uuid("id")
    .primaryKey()
    .default(sql`gen_random_uuid()`);
export const counter = (name: string) => bigint(name, { mode: "number" }).notNull().default(0);
