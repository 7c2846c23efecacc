import type { Mysql } from "@headline/mysql";
import { readFollowed } from "@headline/newsroom/follows";
import { ReaderSets } from "./reader-sets.js";

/** Follows of a reader that count, the latest. */
const FOLLOWS_MAX = 200;
const NONE: ReadonlySet<bigint> = new Set();

type Follows = ReadonlySet<bigint>;

/** Follows of readers, in memory until the change feed invalidates them. */
export class FollowGraph {
  readonly #sets: ReaderSets<Follows>;

  constructor(mysql: Mysql) {
    this.#sets = new ReaderSets<Follows>({ load: (userId) => readFollows(mysql, userId), bytesOf });
  }

  /** At once for guests and for readers seen lately; a promise when MySQL has to be asked. */
  followsOf(userId: bigint): Follows | Promise<Follows> {
    return userId <= 0n ? NONE : this.#sets.of(userId);
  }

  forget(userId: bigint): void {
    this.#sets.forget(userId);
  }
}

/** A set of bigints takes some 60 bytes an entry; the empty one is shared. */
function bytesOf({ size }: Follows): number {
  return size === 0 ? 0 : 200 + size * 60;
}

async function readFollows(mysql: Mysql, userId: bigint): Promise<Follows> {
  const followed = await readFollowed(mysql, userId, FOLLOWS_MAX);
  return followed.length === 0 ? NONE : new Set(followed);
}
