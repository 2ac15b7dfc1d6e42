import { randomInt } from "node:crypto";
import { hashPassword } from "#http/credentials.ts";
import { insertAudit } from "#store/audit.ts";
import { openStore } from "#store/database.ts";
import { migrateStore } from "#store/migrator.ts";
import {
  clearAllFailures,
  deleteSessionsOf,
  findUserByName,
  insertUser,
  listUsers,
  updateUser,
} from "#store/people.ts";
import { readConfig } from "./config.ts";

const USAGE = `Usage: npm run admin reset-owner [NAME]

Gives an owner a new password and prints it, ends their sessions and lifts a block; makes the
account if there is none of that name. NAME may be left out when there is just one owner.
With the embedded database, stop the appliance first.
`;

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});

/** What a person with a shell on the machine may do without signing in. */
async function main([command, name, ...rest]: string[]): Promise<void> {
  if (command !== "reset-owner" || rest.length > 0) {
    process.stderr.write(USAGE);
    process.exit(2);
  }
  const config = readConfig(process.env);
  const store = await openStore({
    url: config.databaseUrl,
    dataDirectory: config.dataDirectory,
    onIdleError: () => {},
  });
  try {
    await migrateStore(store);
    const owners = (await listUsers(store.db)).filter((user) => user.role === "owner");
    const chosen = name ?? (owners.length === 1 ? owners[0]?.name : undefined);
    if (chosen === undefined) {
      const names = owners.map((owner) => owner.name).join(", ");
      throw new Error(
        owners.length === 0 ? "There is no owner yet: give a NAME." : `Which owner? ${names}`,
      );
    }
    const password = newPassword();
    const passwordHash = await hashPassword(password);
    await store.db.transaction(async (tx) => {
      const found = await findUserByName(tx, chosen);
      const user =
        found === null
          ? await insertUser(tx, { name: chosen, role: "owner", passwordHash })
          : await updateUser(tx, found.id, { role: "owner", disabledAt: null, passwordHash });
      if (user === null) throw new Error(`The account ${chosen} could not be written.`);
      await deleteSessionsOf(tx, user.id, null);
      await clearAllFailures(tx);
      await insertAudit(tx, {
        actor: "npm run admin",
        actorKind: "local",
        action: "reset_owner",
        resource: "users",
        resourceId: user.id,
        after: { name: user.name, role: user.role },
      });
    });
    process.stdout.write(`Owner: ${chosen}\nNew password: ${password}\n`);
  } finally {
    await store.close();
  }
}

/** Twenty characters without look-alikes: 100 bits. */
function newPassword(): string {
  const alphabet = "abcdefghijkmnpqrstuvwxyz23456789";
  return Array.from({ length: 20 }, () => alphabet[randomInt(alphabet.length)]).join("");
}
