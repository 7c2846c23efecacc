import type { Mysql } from "@headline/mysql";
import { ReaderSets } from "./reader-sets.js";

/** The latest follows count; nobody reads more than these many authors. */
const FOLLOWS_MAX = 200;
const NOBODY: ReadonlySet<bigint> = new Set();

type Follows = ReadonlySet<bigint>;

/** Whom readers follow, remembered until the change feed says otherwise. */
export class FollowGraph {
  readonly #sets: ReaderSets<Follows>;

  constructor(mysql: Mysql) {
    this.#sets = new ReaderSets<Follows>({ load: (userId) => readFollows(mysql, userId), bytesOf });
  }

  /** At once for guests and for readers seen lately; a promise when MySQL has to be asked. */
  followsOf(userId: bigint): Follows | Promise<Follows> {
    return userId <= 0n ? NOBODY : this.#sets.of(userId);
  }

  forget(userId: bigint): void {
    this.#sets.forget(userId);
  }
}

/** A set of bigints takes some 60 bytes an entry; that of readers who follow nobody is shared. */
function bytesOf({ size }: Follows): number {
  return size === 0 ? 0 : 200 + size * 60;
}

async function readFollows(mysql: Mysql, userId: bigint): Promise<Follows> {
  const rows = await mysql.query<{ author_id: string }>(
    `SELECT author_id FROM follows WHERE user_id = ? ORDER BY created_at DESC LIMIT ${FOLLOWS_MAX}`,
    [userId],
  );
  return rows.length === 0 ? NOBODY : new Set(rows.map((row) => BigInt(row.author_id)));
}
