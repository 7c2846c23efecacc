import type { Mysql } from "@headline/mysql";
import { readBlocksAndDislikes } from "@headline/newsroom/reactions";
import { dislikeShare } from "./dislike-weight.js";
import { ReaderSets } from "./reader-sets.js";

/** Authors and articles that a reader does not want to see. */
export interface BlockList {
  /** Authors whose articles are never shown. */
  readonly blocked: ReadonlySet<bigint>;
  /** Articles that are hidden. */
  readonly disliked: ReadonlySet<bigint>;
  /** Authors of articles that were disliked for something of theirs, with when last, ms: theirs come less often for weeks. */
  readonly dampened: ReadonlyMap<bigint, number>;
}

/** Limit of blocked authors, and of dislikes. */
const EACH_MAX = 1_000;
/** Memory of the empty sets of one reader, and of an id in one of them. */
const SETS_BYTES = 700;
const ENTRY_BYTES = 60;

export const NO_BLOCKS: BlockList = { blocked: new Set(), disliked: new Set(), dampened: new Map() };

/** Block lists of readers, guests included, in memory until the change feed invalidates them. */
export class BlockLists {
  readonly #sets: ReaderSets<BlockList>;

  constructor(mysql: Mysql) {
    this.#sets = new ReaderSets<BlockList>({
      load: (userId) => readBlockList(mysql, userId),
      bytesOf: (blockList) =>
        blockList === NO_BLOCKS
          ? 0
          : SETS_BYTES + (blockList.blocked.size + blockList.disliked.size + blockList.dampened.size) * ENTRY_BYTES,
    });
  }

  /** At once for readers seen lately; a promise when MySQL has to be asked. */
  of(userId: bigint): BlockList | Promise<BlockList> {
    return userId === 0n ? NO_BLOCKS : this.#sets.of(userId);
  }

  forget(userId: bigint): void {
    this.#sets.forget(userId);
  }
}

async function readBlockList(mysql: Mysql, userId: bigint): Promise<BlockList> {
  const { blocked, dislikes } = await readBlocksAndDislikes(mysql, userId, EACH_MAX);
  if (blocked.length === 0 && dislikes.length === 0) return NO_BLOCKS;
  const dampened = new Map<bigint, number>();
  for (const { authorId, atMs, why } of dislikes) {
    if (authorId === undefined || dislikeShare(why).author === 0) continue;
    dampened.set(authorId, Math.max(atMs, dampened.get(authorId) ?? 0));
  }
  return { blocked: new Set(blocked), disliked: new Set(dislikes.map(({ articleId }) => articleId)), dampened };
}
