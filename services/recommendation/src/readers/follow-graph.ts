import type { Mysql } from "@headline/mysql";
import { LRUCache } from "lru-cache";

/** The latest follows count; nobody reads more than these many authors. */
const FOLLOWS_MAX = 200;
/** How many follows are remembered, over all readers: some 60 bytes each, and a reader weighs as much as a few. */
const REMEMBERED_MAX = 1_000_000;
const READER_WEIGHT = 5;
const NOBODY: ReadonlySet<bigint> = new Set();

type Follows = ReadonlySet<bigint>;

/** Whom readers follow, remembered until the change feed says otherwise. */
export class FollowGraph {
  readonly #follows = new LRUCache<bigint, Follows>({
    maxSize: REMEMBERED_MAX,
    sizeCalculation: (follows) => READER_WEIGHT + follows.size,
  });
  readonly #loading = new Map<bigint, Promise<Follows>>();

  constructor(private readonly mysql: Mysql) {}

  /** At once for guests and for readers seen lately; a promise when MySQL has to be asked. */
  followsOf(userId: bigint): Follows | Promise<Follows> {
    if (userId <= 0n) return NOBODY;
    return this.#follows.get(userId) ?? this.#loading.get(userId) ?? this.#load(userId);
  }

  /** What is being loaded was perhaps read before the change, so it is not remembered. */
  forget(userId: bigint): void {
    this.#follows.delete(userId);
    this.#loading.delete(userId);
  }

  #load(userId: bigint): Promise<Follows> {
    const loading = this.#read(userId);
    this.#loading.set(userId, loading);
    const settle = (follows: Follows | undefined) => {
      if (this.#loading.get(userId) !== loading) return;
      this.#loading.delete(userId);
      if (follows !== undefined) this.#follows.set(userId, follows);
    };
    loading.then(settle, () => settle(undefined)); // the failure is the caller's to hear
    return loading;
  }

  async #read(userId: bigint): Promise<Follows> {
    const rows = await this.mysql.query<{ author_id: string }>(
      `SELECT author_id FROM follows WHERE user_id = ? ORDER BY created_at DESC LIMIT ${FOLLOWS_MAX}`,
      [userId],
    );
    return new Set(rows.map((row) => BigInt(row.author_id)));
  }
}

/** Whom a reader follows; nobody, and `onUnknown` is told, while MySQL does not say. */
export function followsOrNobody(graph: FollowGraph, onUnknown: (error: unknown) => void) {
  return (userId: bigint): Follows | Promise<Follows> => {
    const follows = graph.followsOf(userId);
    if (!(follows instanceof Promise)) return follows;
    return follows.catch((error: unknown) => {
      onUnknown(error);
      return NOBODY;
    });
  };
}
