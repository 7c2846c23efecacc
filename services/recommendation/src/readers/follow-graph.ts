import type { Mysql } from "@headline/mysql";
import { LRUCache } from "lru-cache";

const READERS_MAX = 50_000;
/** The latest follows count; nobody reads more than these many authors. */
const FOLLOWS_MAX = 200;
const NOBODY: ReadonlySet<bigint> = new Set();

/** Whom readers follow, remembered until the change feed says otherwise. */
export class FollowGraph {
  readonly #follows = new LRUCache<bigint, ReadonlySet<bigint>>({ max: READERS_MAX });

  constructor(private readonly mysql: Mysql) {}

  /** At once for guests and for readers seen lately; a promise when MySQL has to be asked. */
  followsOf(userId: bigint): ReadonlySet<bigint> | Promise<ReadonlySet<bigint>> {
    if (userId <= 0n) return NOBODY;
    return this.#follows.get(userId) ?? this.#load(userId);
  }

  forget(userId: bigint): void {
    this.#follows.delete(userId);
  }

  async #load(userId: bigint): Promise<ReadonlySet<bigint>> {
    const rows = await this.mysql.query<{ author_id: string }>(
      `SELECT author_id FROM follows WHERE user_id = ? ORDER BY created_at DESC LIMIT ${FOLLOWS_MAX}`,
      [userId],
    );
    const follows = new Set(rows.map((row) => BigInt(row.author_id)));
    this.#follows.set(userId, follows);
    return follows;
  }
}
