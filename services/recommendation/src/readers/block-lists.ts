import type { Mysql } from "@headline/mysql";
import type { DislikeWhy } from "@headline/newsroom/events";
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

const BLOCKED_MAX = 1_000;
const DISLIKED_MAX = 1_000;
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

interface BlockRow {
  readonly article_id: string | null;
  readonly author_id: string | null;
  readonly created_at: string;
  readonly why: DislikeWhy | null;
}

async function readBlockList(mysql: Mysql, userId: bigint): Promise<BlockList> {
  const rows = await mysql.query<BlockRow>(
    `(SELECT NULL AS article_id, author_id, created_at, NULL AS why FROM author_blocks WHERE user_id = ? LIMIT ${BLOCKED_MAX})
     UNION ALL
     (SELECT d.article_id, a.author_id, d.created_at, d.why FROM article_dislikes d
        LEFT JOIN articles a ON a.id = d.article_id WHERE d.user_id = ? ORDER BY d.created_at DESC LIMIT ${DISLIKED_MAX})`,
    [userId, userId],
  );
  if (rows.length === 0) return NO_BLOCKS;
  const blocked = new Set<bigint>();
  const disliked = new Set<bigint>();
  const dampened = new Map<bigint, number>();
  for (const { article_id, author_id, created_at, why } of rows) {
    if (article_id === null) blocked.add(BigInt(author_id as string));
    else {
      disliked.add(BigInt(article_id));
      if (author_id === null) continue; // the article is no more
      if (dislikeShare(why ?? undefined).author === 0) continue;
      const author = BigInt(author_id);
      dampened.set(author, Math.max(Number(created_at), dampened.get(author) ?? 0));
    }
  }
  return { blocked, disliked, dampened };
}
