/**
 * `npm run staff -- add|remove NAME`: says who may sign in to the jobs dashboard; without a name it lists them. Of MYSQL_URL,
 * or of the private server of `npm start`, whether that runs or not.
 */
import { openMysql } from "@headline/mysql";
import { commandLine } from "../lib/command-line.js";
import { endInWords, openStores } from "../lib/open-stores.js";

const USAGE =
  "npm run staff [-- add|remove NAME]\n\nSays who may sign in to the jobs dashboard; without a name lists them.";
const [action, name] = commandLine({ usage: USAGE, positionals: 2 }).positionals;
const isChange = action === "add" || action === "remove";
if ((action !== undefined && !isChange) || (isChange && !name)) {
  process.stderr.write(`Usage: ${USAGE}\n`);
  process.exit(2);
}

await change().catch(endInWords);

async function change(): Promise<void> {
  await using stores = await openStores(process.env, (line) => void process.stderr.write(`${line}\n`));
  await using mysql = openMysql(stores.mysqlUrl, { acquireTimeoutMs: 5_000, statementTimeoutMs: 5_000 });
  if (isChange) {
    const users = await mysql.query("SELECT id FROM users WHERE name = ?", [name as string]);
    if (users.length === 0) {
      process.stderr.write(`There is no user ${name}; who is to be staff signs up first.\n`);
      process.exitCode = 1;
    }
    await mysql.write("UPDATE users SET is_staff = ? WHERE name = ?", [action === "add" ? 1 : 0, name as string]);
  }
  const staff = await mysql.query<{ name: string }>("SELECT name FROM users WHERE is_staff = 1 ORDER BY name");
  process.stdout.write(`Staff: ${staff.map((user) => user.name).join(", ") || "none"}\n`);
}
