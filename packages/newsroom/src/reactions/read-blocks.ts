import { idList, type Mysql, WANTED_IDS } from "@headline/mysql";
import type { DislikeWhy } from "../events/index.js";

/** An article that a reader disliked. */
export interface Dislike {
  readonly articleId: bigint;
  /** Undefined when the article is no more. */
  readonly authorId: bigint | undefined;
  readonly atMs: number;
  readonly why: DislikeWhy | undefined;
}

/** Blocked authors of a reader, and their dislikes, the latest first. */
export interface BlocksAndDislikes {
  readonly blocked: readonly bigint[];
  readonly dislikes: readonly Dislike[];
}

interface Row {
  readonly article_id: string | null;
  readonly author_id: string | null;
  readonly created_at: string;
  readonly why: DislikeWhy | null;
}

const BLOCKED_MAX = 100_000;

/** Blocked authors of each of these readers, in one statement. */
export async function readBlocked(
  mysql: Mysql,
  userIds: readonly bigint[],
): Promise<ReadonlyMap<bigint, ReadonlySet<bigint>>> {
  const rows = await mysql.query<{ user_id: string; author_id: string }>(
    `SELECT b.user_id, b.author_id
       FROM ${WANTED_IDS} JOIN author_blocks b ON b.user_id = want.id
      LIMIT ${BLOCKED_MAX}`,
    [idList(userIds)],
  );
  const blocked = new Map(userIds.map((id) => [id, new Set<bigint>()]));
  for (const row of rows) blocked.get(BigInt(row.user_id))?.add(BigInt(row.author_id));
  return blocked;
}

/** Blocks and dislikes of a reader in one statement, `max` of each at most. */
export async function readBlocksAndDislikes(mysql: Mysql, userId: bigint, max: number): Promise<BlocksAndDislikes> {
  const rows = await mysql.query<Row>(
    `(SELECT NULL AS article_id, author_id, created_at, NULL AS why FROM author_blocks WHERE user_id = ? LIMIT ${max})
     UNION ALL
     (SELECT d.article_id, a.author_id, d.created_at, d.why FROM article_dislikes d
        LEFT JOIN articles a ON a.id = d.article_id WHERE d.user_id = ? ORDER BY d.created_at DESC LIMIT ${max})`,
    [userId, userId],
  );
  return {
    blocked: rows.filter(isBlock).map((row) => BigInt(row.author_id as string)),
    dislikes: rows.filter((row) => !isBlock(row)).map(toDislike),
  };
}

function isBlock(row: Row): boolean {
  return row.article_id === null;
}

function toDislike({ article_id, author_id, created_at, why }: Row): Dislike {
  return {
    articleId: BigInt(article_id as string),
    authorId: author_id === null ? undefined : BigInt(author_id),
    atMs: Number(created_at),
    why: why ?? undefined,
  };
}
