import type { Mysql } from "@headline/mysql";

/** Reactions of a reader to an article and its author. */
export interface ViewerState {
  readonly liked: boolean;
  readonly collected: boolean;
  readonly disliked: boolean;
  readonly blocked_author: boolean;
  readonly following: boolean;
}

interface StateRow {
  readonly liked: number;
  readonly collected: number;
  readonly disliked: number;
  readonly blocked_author: number;
  readonly following: number;
}

/** Reads a reader's state towards an article: five lookups by primary key, in one statement. */
export async function readViewerState(
  mysql: Mysql,
  { userId, articleId, authorId }: { userId: bigint; articleId: bigint; authorId: bigint },
): Promise<ViewerState> {
  const [row] = await mysql.query<StateRow>(
    `SELECT EXISTS (SELECT 1 FROM article_likes WHERE user_id = ? AND article_id = ?) AS liked,
            EXISTS (SELECT 1 FROM article_collects WHERE user_id = ? AND article_id = ?) AS collected,
            EXISTS (SELECT 1 FROM article_dislikes WHERE user_id = ? AND article_id = ?) AS disliked,
            EXISTS (SELECT 1 FROM author_blocks WHERE user_id = ? AND author_id = ?) AS blocked_author,
            EXISTS (SELECT 1 FROM follows WHERE user_id = ? AND author_id = ?) AS following`,
    [userId, articleId, userId, articleId, userId, articleId, userId, authorId, userId, authorId],
  );
  const is = (value: number | undefined) => Number(value) === 1;
  return {
    liked: is(row?.liked),
    collected: is(row?.collected),
    disliked: is(row?.disliked),
    blocked_author: is(row?.blocked_author),
    following: is(row?.following),
  };
}
