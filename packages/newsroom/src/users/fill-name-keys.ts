import { isDuplicate, type Mysql } from "@headline/mysql";
import { nameKeys } from "./name.js";

interface Unkeyed {
  readonly id: string;
  readonly name: string;
}

const AT_ONCE = 500;
/** No name has this character: users who were there with the name of another one before there were keys. */
const DUPLICATE = "\u0001";

/**
 * Gives keys to users that have none: rows of other versions, of imports and of other token issuers. Of users with names alike
 * the first keeps the key. Returns whether all have keys, after at most `max` were given some.
 */
export async function fillNameKeys(mysql: Mysql, max = Number.POSITIVE_INFINITY): Promise<boolean> {
  for (let filled = 0; filled < max; ) {
    const users = await mysql.query<Unkeyed>(
      `SELECT id, name FROM users WHERE name_skeleton IS NULL ORDER BY id LIMIT ${AT_ONCE}`,
    );
    for (const user of users) await fill(mysql, user);
    if (users.length < AT_ONCE) return true;
    filled += users.length;
  }
  return false;
}

/** The skeleton last: with it the user counts as done. */
async function fill(mysql: Mysql, { id, name }: Unkeyed): Promise<void> {
  const { skeleton, folded } = nameKeys(name);
  await setKey(mysql, "UPDATE users SET name_folded = ? WHERE id = ?", id, folded);
  await setKey(mysql, "UPDATE users SET name_skeleton = ? WHERE id = ?", id, skeleton);
}

async function setKey(mysql: Mysql, statement: string, id: string, key: string): Promise<void> {
  try {
    await mysql.write(statement, [key, id]);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    await mysql.write(statement, [DUPLICATE + id, id]);
  }
}
